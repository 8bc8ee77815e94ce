/**
 * inproc: two pipes of one context joined end to end, without a protocol between them.
 *
 *     one's pipe.write → offer → the other's pipe.deliver      (until that is full: then one's own queue fills)
 *
 * A name is bound by one socket at a time; those who connect before the bind wait for it. Together the two
 * queues hold the sender's mark plus the receiver's, as in libzmq.
 */

import { checkPartner, type SocketType, type ZmtpError } from '../../zmtp/index.ts';
import { SocketError } from '../errors.ts';
import { type Message, ownSmallParts } from '../message.ts';
import type { OptionValues } from '../options/options.ts';
import type { Pipe, PipeDriver } from '../routing/pipe.ts';
import { endPipe, type OpenEndpoint, retire, type TransportHost } from './transport.ts';

/** The names of one context: who has bound them, and who waits for them. */
export class InprocNames {
  readonly #bound = new Map<string, InprocListener>();
  readonly #waiting = new Map<string, Set<InprocConnecter>>();

  /** @internal @throws SocketError `EADDRINUSE` */
  bind(listener: InprocListener): void {
    const { name } = listener;
    if (this.#bound.has(name)) {
      const message = `Address already in use: ${listener.text}`;
      throw new SocketError('EADDRINUSE', { message, address: listener.text });
    }
    this.#bound.set(name, listener);
    const waiting = this.#waiting.get(name);
    this.#waiting.delete(name);
    for (const connecter of waiting ?? []) connecter.meet(listener);
  }

  /** @internal Has somebody bound `name`? */
  has(name: string): boolean {
    return this.#bound.has(name);
  }

  /** @internal */
  unbind(listener: InprocListener): void {
    if (this.#bound.get(listener.name) === listener) this.#bound.delete(listener.name);
  }

  /** @internal */
  connect(connecter: InprocConnecter): void {
    const listener = this.#bound.get(connecter.name);
    if (listener !== undefined) {
      connecter.meet(listener);
      return;
    }
    const waiting = this.#waiting.get(connecter.name) ?? new Set();
    this.#waiting.set(connecter.name, waiting.add(connecter));
  }

  /** @internal */
  forget(connecter: InprocConnecter): void {
    const waiting = this.#waiting.get(connecter.name);
    waiting?.delete(connecter);
    if (waiting?.size === 0) this.#waiting.delete(connecter.name);
  }
}

/** What both ends of an inproc connection are. */
abstract class InprocEnd implements OpenEndpoint {
  abstract readonly kind: 'bind' | 'connect';
  readonly text: string;
  readonly address: string;
  readonly name: string;
  readonly host: TransportHost;
  readonly values: OptionValues;
  readonly over: Promise<void>;
  protected readonly names: InprocNames;
  protected readonly sides: Set<InprocSide> = new Set();
  protected closing: boolean = false;
  #resolveOver!: () => void;

  constructor(names: InprocNames, host: TransportHost, values: OptionValues, text: string) {
    this.names = names;
    this.host = host;
    this.values = values;
    this.text = text;
    this.address = text;
    this.name = text.slice('inproc://'.length);
    this.over = new Promise((resolve) => {
      this.#resolveOver = resolve;
    });
  }

  get unsentCount(): number {
    let count = 0;
    for (const side of this.sides) count += side.pipe.outgoingCount;
    return count;
  }

  finish(): void {
    this.closing = true;
    for (const side of [...this.sides]) side.finish();
    this.settle();
  }

  close(): Promise<void> {
    this.closing = true;
    for (const side of [...this.sides]) side.close();
    this.settle();
    return this.over;
  }

  /** @internal */
  join(side: InprocSide): void {
    this.sides.add(side);
  }

  /** @internal */
  leave(side: InprocSide): void {
    this.sides.delete(side);
    if (this.closing) this.settle();
  }

  protected settle(): void {
    if (this.sides.size === 0) this.#resolveOver();
  }
}

/** A bound name. */
export class InprocListener extends InprocEnd {
  readonly kind = 'bind';

  override finish(): void {
    this.names.unbind(this);
    super.finish();
  }

  override close(): Promise<void> {
    this.names.unbind(this);
    return super.close();
  }
}

/** A connected name. */
export class InprocConnecter extends InprocEnd {
  readonly kind = 'connect';
  readonly #connectRoutingId: Buffer | undefined;
  /** The pipe, before there is somebody to join it with. */
  #waiting: Pipe | undefined;

  constructor(
    names: InprocNames,
    host: TransportHost,
    values: OptionValues,
    text: string,
    connectRoutingId?: Buffer,
  ) {
    super(names, host, values, text);
    this.#connectRoutingId = connectRoutingId;
    if (!values.immediate) this.#attach();
    names.connect(this);
  }

  override get unsentCount(): number {
    return super.unsentCount + (this.#waiting?.outgoingCount ?? 0);
  }

  override finish(): void {
    // Messages that wait for a bind are delivered if it comes within the linger.
    if (this.#waiting === undefined) {
      super.finish();
      return;
    }
    retire(this.host, this.#waiting);
    if (this.#waiting.outgoingCount > 0) this.closing = true;
    else void this.close();
  }

  override close(): Promise<void> {
    this.names.forget(this);
    const pipe = this.#waiting;
    this.#waiting = undefined;
    if (pipe !== undefined) endPipe(this.host, pipe);
    return super.close();
  }

  /** @internal The name is bound: join a pipe of ours with one of theirs. */
  meet(listener: InprocListener): void {
    const pipe = this.#waiting ?? this.#attach();
    this.#waiting = undefined;
    try {
      checkPartner(this.host.typeName as SocketType, listener.host.typeName);
    } catch (error) {
      const { address } = this;
      this.host.emit({
        type: 'handshake:error:protocol',
        address,
        error: error as ZmtpError,
      });
      endPipe(this.host, pipe);
      this.host.departed(pipe, undefined);
      return;
    }
    const theirs = listener.host.makePipe(listener.values);
    const here = new InprocSide(this, pipe, theirs);
    const there = new InprocSide(listener, theirs, pipe);
    here.other = there;
    there.other = here;
    this.join(here);
    listener.join(there);
    listener.host.pattern.attach(theirs);
    if (!theirs.driven && theirs.ended) return;
    // Both ends learn of each other before the first message moves.
    here.greet();
    there.greet();
    here.open();
    there.open();
    if (this.closing) here.finish();
  }

  #attach(): Pipe {
    const pipe = this.host.makePipe(this.values, this.#connectRoutingId);
    this.#waiting = pipe;
    this.host.pattern.attach(pipe);
    return pipe;
  }
}

/** One direction's driver: what is written to `pipe` is delivered to `target`. */
class InprocSide implements PipeDriver {
  readonly pipe: Pipe;
  other!: InprocSide;
  readonly #target: Pipe;
  readonly #end: InprocEnd;
  #opened = false;
  #moving = false;
  #finishing = false;
  #closed = false;

  constructor(end: InprocEnd, pipe: Pipe, target: Pipe) {
    this.#end = end;
    this.pipe = pipe;
    this.#target = target;
    const { host, values } = end;
    const announces = ['REQ', 'DEALER', 'ROUTER', 'REP'].includes(host.typeName);
    target.peer = {
      socketType: host.typeName,
      routingId: (announces && values.routingId) || undefined,
      address: end.address,
      metadata: new Map(),
    };
    pipe.drive(this);
  }

  /** Tell the socket that its peer is there. */
  greet(): void {
    if (!this.#closed) this.#end.host.established(this.pipe, undefined);
  }

  /** Move what has waited for the peer, and what comes from now on. */
  open(): void {
    this.#opened = true;
    this.#move();
  }

  offer(message: Message): boolean {
    if (!this.#opened || this.#target.full) return false;
    this.#target.deliver(ownSmallParts(message));
    return true;
  }

  wake(): void {
    this.#move();
  }

  room(): void {
    this.other.#move();
  }

  fail(): void {
    // Nothing on the wire to end: the pattern has thrown the message away, and goes on.
  }

  drop(): void {
    this.close();
  }

  finish(): void {
    this.#finishing = true;
    retire(this.#end.host, this.pipe);
    this.pipe.discardIncoming();
    if (this.pipe.outgoingCount === 0) this.close();
  }

  close(): void {
    this.other.#leave();
    this.pipe.discardIncoming();
    this.#leave();
  }

  #leave(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.pipe.drive(undefined);
    const { host } = this.#end;
    endPipe(host, this.pipe);
    host.departed(this.pipe, undefined);
    this.#end.leave(this);
  }

  #move(): void {
    // A pattern that reads at once makes room within `deliver`: one loop is enough.
    if (this.#closed || !this.#opened || this.#moving) return;
    this.#moving = true;
    const { pipe } = this;
    const target = this.#target;
    while (!target.full) {
      const message = pipe.next();
      if (message === undefined) break;
      target.deliver(message);
    }
    pipe.drained();
    this.#moving = false;
    if (this.#finishing && pipe.outgoingCount === 0) this.close();
  }
}
