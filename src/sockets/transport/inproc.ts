/**
 * inproc: two pipes of one context joined end to end, without a protocol between them.
 *
 *     one's pipe.write → offer → the other's pipe.deliver      (until that is full: then one's own queue fills)
 *
 * A name is bound by one socket at a time; those who connect before the bind wait for it. Together the two
 * queues hold the sender's mark plus the receiver's, as in libzmq.
 */

import type { MessagePort } from 'node:worker_threads';
import { checkPartner, type SocketType, type ZmtpError } from '../../zmtp/index.ts';
import { type Message, ownSmallParts } from '../message.ts';
import type { OptionValues } from '../options/options.ts';
import type { Pipe, PipeDriver } from '../routing/pipe.ts';
import { afterScheme, type Endpoint } from './endpoint.ts';
import { type Flushed, together } from './flushed.ts';
import { type ThreadEnd, type ThreadGreeting, ThreadSide } from './thread-side.ts';
import {
  endPipe,
  type ListeningEndpoint,
  type OpenEndpoint,
  type Opening,
  type PeerConnection,
  retire,
  type Transport,
  type TransportHost,
} from './transport.ts';

/** `inproc://name`. */
export interface InprocEndpoint extends Endpoint {
  readonly transport: 'inproc';
  readonly name: string;
}

export const inproc: Transport<InprocEndpoint, InprocEndpoint> = {
  scheme: 'inproc',
  handshakes: false,
  serves: (host) => !host.raw,
  parseBind: (text) => ({ transport: 'inproc', name: afterScheme(text) }),
  parseConnect: (text) => ({ transport: 'inproc', name: afterScheme(text) }),
  listen: (opening) => new InprocListener(opening),
  connect: (opening) => new InprocConnecter(opening),
};

/** One connection of an end, in this thread or to another. */
type Side = InprocSide | ThreadSide;

/** What both ends of an inproc connection are. */
abstract class InprocEnd implements OpenEndpoint {
  abstract readonly kind: 'bind' | 'connect';
  readonly reconnectCount = 0;
  abstract readonly spent: boolean;
  readonly text: string;
  readonly address: string;
  readonly name: string;
  readonly host: TransportHost;
  readonly values: OptionValues;
  readonly over: Promise<void>;
  protected readonly sides: Set<Side> = new Set();
  protected closing: boolean = false;
  #resolveOver!: () => void;

  constructor({ host, values, text, endpoint }: Opening<InprocEndpoint>) {
    this.host = host;
    this.values = values;
    this.text = text;
    this.address = text;
    this.name = endpoint.name;
    this.over = new Promise((resolve) => {
      this.#resolveOver = resolve;
    });
  }

  get unsentCount(): number {
    let count = 0;
    for (const side of this.sides) count += side.outgoingCount;
    return count;
  }

  get socketType(): string {
    return this.host.typeName;
  }

  /** What a peer in another thread is told. */
  get greeting(): ThreadGreeting {
    const { address, socketType, values } = this;
    return { socketType, routingId: values.routingId || undefined, address };
  }

  flush(): Flushed {
    return together([...this.sides].map((side) => side.flush()));
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
  join(side: Side): void {
    this.sides.add(side);
  }

  /** @internal */
  leave(side: Side): void {
    this.sides.delete(side);
    if (this.closing) this.settle();
  }

  protected settle(): void {
    if (this.sides.size === 0) this.#resolveOver();
  }
}

/** A bound name. */
class InprocListener extends InprocEnd implements ListeningEndpoint, ThreadEnd {
  readonly kind = 'bind';
  readonly spent = false;
  /** Those of other threads who have not said yet that they stay. */
  readonly #visitors = new Set<ThreadSide>();

  listen(): undefined {
    this.host.names.bind(this);
  }

  listenSync(): void {
    this.host.names.bind(this);
  }

  override finish(): void {
    this.#unbind();
    super.finish();
  }

  override close(): Promise<void> {
    this.#unbind();
    return super.close();
  }

  /** @internal */
  visit(port: MessagePort): void {
    this.#visitors.add(new ThreadSide(this, port));
  }

  /** @internal A visitor has decided to stay. */
  greeted(side: ThreadSide, greeting: ThreadGreeting): void {
    this.#visitors.delete(side);
    const pipe = this.host.makePipe(this.values);
    side.drive(pipe, greeting);
    this.join(side);
    this.host.pattern.attach(pipe);
    if (side.closed) return;
    side.greet('open');
    side.open();
  }

  /** @internal */
  turnedAway(side: ThreadSide): void {
    this.#visitors.delete(side);
  }

  #unbind(): void {
    this.host.names.unbind(this);
    for (const side of [...this.#visitors]) side.close();
  }
}

/** A connected name. */
class InprocConnecter extends InprocEnd implements ThreadEnd {
  readonly kind = 'connect';
  readonly #connectRoutingId: Buffer | undefined;
  /** The pipe, before there is somebody to join it with. */
  #waiting: Pipe | undefined;
  /** Somebody in another thread, who has not said yet that we may come. */
  #reaching: ThreadSide | undefined;
  #met = false;

  constructor(opening: Opening<InprocEndpoint>) {
    super(opening);
    this.#connectRoutingId = opening.connectRoutingId;
    if (!opening.values.immediate) this.#attach();
    this.host.names.connect(this);
  }

  /** Who had bound the name has gone: it does not connect to another by itself. */
  get spent(): boolean {
    return this.#met && this.sides.size === 0;
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
    this.host.names.forget(this);
    this.#leaveReached();
    const pipe = this.#waiting;
    this.#waiting = undefined;
    if (pipe !== undefined) endPipe(this.host, pipe);
    return super.close();
  }

  /** @internal The name is bound: join a pipe of ours with one of theirs. */
  meet(listener: InprocListener): void {
    this.#leaveReached();
    if (!this.#goesWith(listener.socketType)) return;
    const pipe = this.#found();
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

  /** @internal The name is bound in another thread. */
  reach(port: MessagePort, socketType: string): void {
    if (this.#reaching !== undefined || !this.#goesWith(socketType)) {
      port.close();
      return;
    }
    this.#reaching = new ThreadSide(this, port);
    this.#reaching.greet('join');
  }

  /** @internal We may come. */
  greeted(side: ThreadSide, greeting: ThreadGreeting): void {
    this.#reaching = undefined;
    this.host.names.forget(this);
    side.drive(this.#found(), greeting);
    this.join(side);
    side.open();
    if (this.closing) side.finish();
  }

  /** @internal */
  turnedAway(side: ThreadSide, refused: boolean): void {
    if (side !== this.#reaching) return;
    this.#reaching = undefined;
    // Else it has unbound the name or ended in between. Is there another?
    if (refused) this.#giveUp();
    else this.host.names.again(this);
  }

  /** Forget the other thread, for one that is nearer or for good. */
  #leaveReached(): void {
    const side = this.#reaching;
    this.#reaching = undefined;
    side?.close();
  }

  /** The pipe for who has bound the name. */
  #found(): Pipe {
    this.#met = true;
    const pipe = this.#waiting ?? this.#attach();
    this.#waiting = undefined;
    return pipe;
  }

  /** Whether a socket of that type can be our peer; else we have none. */
  #goesWith(socketType: string): boolean {
    try {
      checkPartner(this.host.typeName as SocketType, socketType);
      return true;
    } catch (error) {
      const { address } = this;
      this.host.emit({
        type: 'handshake:error:protocol',
        address,
        error: error as ZmtpError,
      });
      this.#giveUp();
      return false;
    }
  }

  /** Who has bound the name has no place for us. */
  #giveUp(): void {
    this.host.names.forget(this);
    const pipe = this.#found();
    endPipe(this.host, pipe);
    this.host.departed(pipe, undefined);
    if (this.closing) this.settle();
  }

  #attach(): Pipe {
    const pipe = this.host.makePipe(this.values, this.#connectRoutingId);
    this.#waiting = pipe;
    this.host.pattern.attach(pipe);
    return pipe;
  }
}

/** One direction's driver: what is written to `pipe` is delivered to `target`. */
class InprocSide implements PipeDriver, PeerConnection {
  readonly remoteAddress: undefined = undefined;
  readonly bytesSent = 0;
  readonly bytesReceived = 0;
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
    target.peer = {
      socketType: host.typeName,
      // Only types that have the option can have a value; without ZMTP, a REP's is told as well.
      routingId: values.routingId || undefined,
      address: end.address,
      metadata: new Map(),
    };
    pipe.drive(this);
  }

  get outgoingCount(): number {
    return this.pipe.outgoingCount;
  }

  flush(): Flushed {
    // What has room is there already.
    return 'done';
  }

  /** Tell the socket that its peer is there. */
  greet(): void {
    if (!this.#closed) this.#end.host.established(this.pipe, this);
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
    host.departed(this.pipe, this);
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
