/**
 * inproc: two pipes of one context joined end to end, without a protocol between them.
 *
 *     one's pipe.write → offer → the other's pipe.deliver      (until that is full: then one's own queue fills)
 *
 * A name is bound by one socket at a time; sockets that connect before the bind wait for it. Together the two
 * queues hold the sender's mark plus the receiver's, as in libzmq.
 */

import type { MessagePort } from 'node:worker_threads';
import { checkPartner, type SocketType, type ZmtpError } from '../../zmtp/index.ts';
import type { Pipe } from '../routing/pipe.ts';
import { afterScheme } from './endpoint.ts';
import { turnsNoMore } from './flush-turn.ts';
import type { Flushed } from './flushed.ts';
import { InprocEnd, type InprocEndpoint } from './inproc-end.ts';
import { InprocSide } from './inproc-side.ts';
import type { ThreadGreeting } from './thread-frame.ts';
import { type ThreadEnd, ThreadSide } from './thread-side.ts';
import {
  detachPipe,
  endPipe,
  type ListeningEndpoint,
  type Opening,
  type Transport,
} from './transport.ts';

export const inproc: Transport<InprocEndpoint, InprocEndpoint> = {
  scheme: 'inproc',
  handshakes: false,
  serves: (host) => !host.raw,
  parseBind: (text) => ({ transport: 'inproc', name: afterScheme(text) }),
  parseConnect: (text) => ({ transport: 'inproc', name: afterScheme(text) }),
  listen: (opening) => new InprocListener(opening),
  connect: (opening) => new InprocConnecter(opening),
};

/** A bound name. */
class InprocListener extends InprocEnd implements ListeningEndpoint, ThreadEnd {
  readonly kind = 'bind';
  readonly spent = false;
  /** Peers in other threads that have not sent `join` yet. */
  readonly #visitors = new Set<ThreadSide>();

  listen(): Promise<void> | undefined {
    const { names } = this.host;
    const claim = names.claim(this);
    if (claim !== undefined) return claim.then(() => names.bind(this));
    names.bind(this);
    return undefined;
  }

  listenSync(): void {
    const { names } = this.host;
    names.claimNow(this);
    names.bind(this);
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

  /** @internal A visitor has sent `join`: accepts it, if the types of the two sockets match. */
  greeted(side: ThreadSide, greeting: ThreadGreeting): void {
    this.#visitors.delete(side);
    if (mismatch(this.host.typeName, greeting.socketType) !== undefined) {
      side.close();
      return;
    }
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
  /** The pipe, while there is no peer to join it with. */
  #waiting: Pipe | undefined;
  /** The side to a binder in another thread that has not accepted us yet. */
  #reaching: ThreadSide | undefined;
  #met = false;

  constructor(opening: Opening<InprocEndpoint>) {
    super(opening);
    this.#connectRoutingId = opening.connectRoutingId;
    if (!opening.values.immediate) this.#attach();
    this.host.names.connect(this);
  }

  /** True when the binder of the name is gone: the connection is not made again, not even with another binder. */
  get spent(): boolean {
    return this.#met && this.sides.size === 0;
  }

  override get unsentCount(): number {
    return super.unsentCount + (this.#waiting?.outgoingCount ?? 0);
  }

  override flush(): Flushed {
    if (!turnsNoMore || this.#waiting === undefined) return super.flush();
    if (this.#reaching !== undefined) return this.#reaching.flush();
    this.host.names.others?.bequeath(this, this.#waiting);
    return 'done';
  }

  override finish(): void {
    // Messages that wait for a bind are delivered if it comes within the linger.
    if (this.#waiting === undefined) {
      super.finish();
      return;
    }
    detachPipe(this.host, this.#waiting);
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

  /** @internal The name is bound: joins a pipe of ours with one of the binder's. */
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

  /** @internal The name is bound in another thread: asks its binder for a connection. */
  reach(port: MessagePort, socketType: string): void {
    if (this.#reaching !== undefined || !this.#goesWith(socketType)) {
      port.close();
      return;
    }
    this.#reaching = new ThreadSide(this, port);
    this.#reaching.greet('join');
  }

  /** @internal The binder in another thread has accepted us. */
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
    // Otherwise it has unbound the name, or ended, in between: another thread may have bound it.
    if (refused) this.#giveUp();
    else this.host.names.again(this);
  }

  /** Closes the side to a binder in another thread that has not accepted us yet. */
  #leaveReached(): void {
    const side = this.#reaching;
    this.#reaching = undefined;
    side?.close();
  }

  /** The pipe to join with the binder's; `spent` holds from when that connection ends. */
  #found(): Pipe {
    this.#met = true;
    const pipe = this.#waiting ?? this.#attach();
    this.#waiting = undefined;
    return pipe;
  }

  /** Whether a socket of type `socketType` can be our peer; if not, emits the error and ends the pipe. */
  #goesWith(socketType: string): boolean {
    const error = mismatch(this.host.typeName, socketType);
    if (error === undefined) return true;
    this.host.emit({ type: 'handshake:error:protocol', address: this.address, error });
    this.#giveUp();
    return false;
  }

  /** Ends the pipe: the binder of the name does not accept this connection. */
  #giveUp(): void {
    this.host.names.forget(this);
    const pipe = this.#found();
    endPipe(this.host, pipe);
    this.host.disconnected(pipe, undefined);
    if (this.closing) this.settle();
  }

  #attach(): Pipe {
    const pipe = this.host.makePipe(this.values, this.#connectRoutingId);
    this.#waiting = pipe;
    this.host.pattern.attach(pipe);
    return pipe;
  }
}

/** Why sockets of types `ours` and `theirs` may not be connected; undefined where they may. */
function mismatch(ours: string, theirs: string): ZmtpError | undefined {
  try {
    checkPartner(ours as SocketType, theirs);
    return undefined;
  } catch (error) {
    return error as ZmtpError;
  }
}
