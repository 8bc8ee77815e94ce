/**
 * StreamLink: moves messages between one byte stream (tcp or ipc) and one pipe, through a protocol.
 *
 *     inlet → protocol.arrived → protocol.next → pipe.deliver        (until the pipe is full: then the stream is paused)
 *     pipe → offer → protocol.send → one flush per tick → stream.write   (until the kernel is full: offers are refused)
 *
 * This is the only place where writes are batched.
 */

import type { Socket as Stream } from 'node:net';
import type { Credentials } from '../../zmtp/index.ts';
import type { ConnectionEnds } from '../events.ts';
import type { Message } from '../message.ts';
import { noteBeginning } from '../routing/notices.ts';
import type { Pipe, PipeDriver } from '../routing/pipe.ts';
import { Conversation } from './busy-poll.ts';
import { plainAddress } from './endpoint.ts';
import { type Flushable, refusedAtEnd, scheduleFlush, turnsNoMore } from './flush-turn.ts';
import type { Flushed } from './flushed.ts';
import { isTimeout } from './handshake-failure.ts';
import type { Inlet, InletReader } from './inlet.ts';
import { Judging } from './judging.ts';
import type { LinkOwner } from './link-owner.ts';
import { LinkTimer } from './link-timer.ts';
import { FLUSH_AT, Outlet } from './outlet.ts';
import type { Protocol } from './protocol.ts';
import { ReadPause } from './read-pause.ts';
import type { PeerConnection } from './transport.ts';

export class StreamLink implements PipeDriver, InletReader, PeerConnection, Flushable {
  readonly stream: Stream;
  readonly protocol: Protocol;
  /** The addresses of both sides. */
  readonly ends: ConnectionEnds;
  /** The IP address of the peer; empty for ipc. */
  readonly remoteAddress: string;
  /** Octets that came, framing included. */
  bytesReceived = 0;
  /** The driven pipe, from the end of the handshake to the end of the connection. */
  pipe: Pipe | undefined;

  readonly #owner: LinkOwner<StreamLink>;
  readonly #outlet: Outlet;
  readonly #timer: LinkTimer = new LinkTimer(() => this.#elapsed());
  readonly #conversation: Conversation | undefined;
  /** From the first time on that the peer has to be judged. */
  #judging: Judging | undefined;
  /** While the pipe is full. */
  readonly #pause: ReadPause;
  #error: Error | undefined;
  #finishing = false;
  #ended = false;
  #draining = false;
  #pumping = false;
  #settling = false;
  /** In the list of those to flush at the end of this tick. */
  #scheduled = false;
  /** @internal See {@link Flushable}. */
  after: Flushable | undefined;

  /** `inlet`: what reads `stream`, or will where Node cannot. */
  constructor(
    stream: Stream,
    inlet: Inlet,
    protocol: Protocol,
    ends: ConnectionEnds,
    owner: LinkOwner<StreamLink>,
  ) {
    this.stream = stream;
    this.protocol = protocol;
    this.ends = ends;
    this.#owner = owner;
    this.#outlet = new Outlet(stream, protocol);
    this.#conversation = owner.busyPoll && new Conversation(owner.busyPoll);
    this.#pause = new ReadPause(stream);
    this.remoteAddress = plainAddress(stream.remoteAddress);
    inlet.serve(this);
    // Without the inlet it comes this way.
    stream.on('data', (chunk: Buffer) => this.received(chunk));
    stream.on('drain', () => this.#drained());
    stream.on('error', (error) => {
      this.#error ??= error;
    });
    // A half-closed peer could still read, but ZeroMQ peers never do: queued messages are kept for the next connection.
    stream.on('end', () => this.#outlet.destroy());
    stream.on('close', () => this.#closed());
    stream.setNoDelay(true);
    stream.unref();
    stream.resume();
    this.#outlet.flush();
    this.#pump();
    this.#timer.arm(protocol.deadline);
  }

  /** Octets that went, framing included. */
  get bytesSent(): number {
    return this.#outlet.bytesSent;
  }

  /** Messages, or a part of one, that have not left this process. */
  get unsentCount(): number {
    return (this.pipe?.outgoingCount ?? 0) + (this.#outlet.held ? 1 : 0);
  }

  // — PipeDriver —

  offer(message: Message): boolean {
    if (this.#outlet.blocked || this.#ended) return false;
    this.protocol.send(message);
    if (this.protocol.pending >= FLUSH_AT) this.#outlet.flush();
    else if (!this.#scheduled) this.#schedule();
    return true;
  }

  wake(): void {
    if (!this.#outlet.blocked && !this.#scheduled) this.#schedule();
  }

  room(): void {
    // Before the end of the handshake's last step there is nothing to deliver, and it must not be taken twice.
    if (this.#ended || this.#pumping || this.pipe === undefined) return;
    this.#pump();
    if (this.pipe.isFull()) return;
    // Its silence was our doing, up to now.
    if (this.#pause.release()) this.protocol.forgive(performance.now());
  }

  fail(reason: string): void {
    this.protocol.reject(reason);
    this.#settle();
  }

  disconnect(reason: string): void {
    this.close(Object.assign(new Error(reason), { code: 'ERR_PEER_REFUSED' }));
  }

  // — the owner's side —

  /** The event loop does not turn any more, and the connection, which is there or begun, can be driven without. */
  get direct(): boolean {
    return turnsNoMore && !this.#ended && this.#outlet.direct;
  }

  /** Send what waits, then end the connection. What still arrives is not delivered. */
  finish(): void {
    this.#finishing = true;
    // From within `established`: goes on when that returns.
    if (this.pipe === undefined) return;
    this.#pause.readOn();
    if (!this.#outlet.blocked) this.#drain();
    this.#endIfDone();
  }

  /** Give the kernel what waits, as far as it takes it within this call. */
  flush(): Flushed {
    if (this.#ended || this.pipe === undefined) return 'done';
    if (turnsNoMore && this.#outlet.direct && !this.#settling) {
      return this.#outlet.flushNow(() => this.#drain());
    }
    this.#drain();
    return 'done';
  }

  /** The event loop does not turn any more: go on with the handshake, as far as it can without. */
  greetNow(): Flushed {
    if (!turnsNoMore || !this.direct) return 'done';
    const chunk = this.#outlet.exchangeNow();
    if (typeof chunk === 'string') return chunk;
    this.received(chunk);
    return 'moved';
  }

  /** End the connection now: what the kernel takes within this call still goes to the peer, the rest is lost. */
  endNow(): void {
    this.#finishing = true;
    this.flush();
    if (this.pipe === undefined || this.unsentCount > 0) {
      this.close();
      return;
    }
    this.#pause.readOn();
    this.#endIfDone();
  }

  /** End the connection now, for `error` where there is one; what the kernel has not taken is lost. */
  close(error?: Error): void {
    this.#error ??= error;
    this.protocol.close();
    this.#outlet.destroy();
  }

  // — InletReader —

  get place(): Buffer | undefined {
    return this.protocol.place;
  }

  placed(count: number): void {
    this.bytesReceived += count;
    const now = performance.now();
    this.#conversation?.heard(now, this.#outlet.bytesSent);
    this.protocol.placed(count, now);
    this.#heard(count);
  }

  received(chunk: Buffer): void {
    this.bytesReceived += chunk.length;
    const now = performance.now();
    this.#conversation?.heard(now, this.#outlet.bytesSent);
    this.protocol.arrived(chunk, now);
    this.#heard(chunk.length);
  }

  // — in —

  #heard(count: number): void {
    this.#pump();
    if (this.pipe?.isFull() && !this.#finishing) this.#pause.hold(count);
    if (this.protocol.pending > 0 && !this.#scheduled) this.#schedule();
    this.#timer.heard(this.protocol.deadline);
  }

  /** Deliver what is decoded, as far as the pipe takes it. */
  #pump(): void {
    const { protocol } = this;
    if (this.pipe === undefined) {
      this.#shakeHands();
      if (this.pipe === undefined) return;
    }
    // A pattern that reads at once makes room within `deliver`: this loop sees it, no second one is needed.
    if (this.#pumping) return;
    const pipe = this.pipe;
    if (this.#finishing) {
      while (protocol.next() !== undefined);
    } else {
      this.#pumping = true;
      while (!pipe.isFull()) {
        const message = protocol.next();
        if (message === undefined) break;
        pipe.deliver(message);
      }
      this.#pumping = false;
    }
    if (isFinished(protocol)) this.#settle();
  }

  #shakeHands(): void {
    const { protocol } = this;
    if (protocol.state !== 'traffic') protocol.next();
    // The states may have moved on within the call.
    if ((protocol.state as string) === 'traffic') {
      this.pipe = this.#owner.established(this);
      // The owner may have turned the peer away.
      if (this.stream.destroyed) return;
      if (!this.#finishing) noteBeginning(this.pipe);
      this.#drain();
      if (this.#finishing) this.#endIfDone();
    } else if (isFinished(protocol)) {
      this.#settle();
    } else if (protocol.asking !== undefined && !this.#judging?.underWay) {
      this.#judge(protocol.asking);
    }
  }

  /** Have the peer's credentials judged; meanwhile nothing of it is decoded. */
  #judge(credentials: Credentials): void {
    this.#judging ??= new Judging();
    this.#judging.begin(
      (signal) => this.#owner.judge(this, credentials, signal),
      (verdict) => {
        if (this.stream.destroyed) return;
        this.protocol.judged(verdict);
        this.#pump();
        if (this.protocol.pending > 0 && !this.#scheduled) this.#schedule();
        this.#timer.arm(this.protocol.deadline);
      },
      (error) => this.close(error),
    );
  }

  /** The protocol has failed, or the peer has said its last word: tell it what it allows to tell, and go. */
  #settle(): void {
    if (this.#settling || this.stream.destroyed) return;
    this.#error ??= this.protocol.error;
    if (this.#finishing) {
      // We were leaving, and the peer has broken the rules meanwhile: nothing more goes to it.
      this.#outlet.destroy();
      return;
    }
    this.#settling = true;
    this.#finishing = true;
    this.#outlet.endNow();
  }

  // — out —

  /** Move what waits in the pipe to the stream, as far as the kernel takes it. */
  #drain(): void {
    const { pipe, protocol } = this;
    if (pipe === undefined || this.#draining) return;
    // `pipe.drained` lets senders in, whose messages come back here through `wake`.
    this.#draining = true;
    while (!this.#outlet.blocked) {
      const frames = protocol.framed && pipe.nextRun();
      const message = frames === undefined ? pipe.next() : undefined;
      if (frames !== undefined) protocol.framed?.frames(frames);
      else if (message !== undefined) protocol.send(message);
      else break;
      if (protocol.pending >= FLUSH_AT) this.#outlet.flush();
    }
    pipe.drained();
    this.#draining = false;
    this.#outlet.flush();
    if (!this.#outlet.blocked && pipe.outgoingCount > 0 && !this.#scheduled) this.#schedule();
  }

  #schedule(): void {
    this.#scheduled = true;
    scheduleFlush(this);
  }

  /** @internal The tick in which it was to be flushed does not come. */
  unschedule(): void {
    this.#scheduled = false;
  }

  /** @internal The event loop does not turn again. */
  flushWithinCall(): void {
    this.flushNow();
    if (this.#outlet.blocked && !this.#ended) refusedAtEnd();
  }

  /** @internal */
  flushNow(): void {
    this.#scheduled = false;
    if (this.#ended) return;
    if (this.pipe !== undefined && this.pipe.outgoingCount > 0) this.#drain();
    else this.#outlet.flush();
    if (this.#finishing) this.#endIfDone();
  }

  #drained(): void {
    if (!this.#outlet.drained()) return;
    this.#drain();
    this.#outlet.flush();
    if (this.#finishing) this.#endIfDone();
  }

  #endIfDone(): void {
    if (this.#outlet.blocked || (this.pipe?.outgoingCount ?? 0) > 0 || this.protocol.pending > 0)
      return;
    this.#outlet.end(() => this.#end());
  }

  // — time —

  #elapsed(): void {
    if (this.#ended) return;
    const now = performance.now();
    if (this.#timer.excuses(now) || this.#pause.paused) this.protocol.forgive(now);
    // A PING may wait behind a message that takes longer than all time-outs.
    this.protocol.forgive(this.#outlet.movedAt(now));
    this.protocol.elapsed(now);
    if (this.protocol.state === 'failed') {
      this.#error ??= this.protocol.error;
      if (isTimeout(this.#error)) this.#outlet.destroy();
      else this.#settle();
      return;
    }
    if (this.protocol.pending > 0 && !this.#scheduled) this.#schedule();
    this.#timer.arm(this.protocol.deadline);
  }

  #closed(): void {
    const { pipe, protocol } = this;
    if (pipe !== undefined && !this.#finishing) {
      // What had arrived whole was accepted; at most a chunk or two, which a full pipe had held back.
      for (let message = protocol.next(); message !== undefined; message = protocol.next()) {
        pipe.deliver(message);
      }
    }
    this.#end();
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#timer.disarm();
    this.protocol.close();
    this.#judging?.cancel();
    this.pipe?.drive(undefined);
    this.#owner.ended(this, this.#error ?? this.protocol.error);
  }
}

/** Nothing more will come of it. */
function isFinished({ state }: Protocol): boolean {
  return state === 'failed' || state === 'closed';
}
