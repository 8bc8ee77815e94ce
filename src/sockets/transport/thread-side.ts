/**
 * ThreadSide: one end of an inproc connection whose other end is in another thread. It moves messages between a pipe and a
 * MessagePort:
 *
 *     pipe.write → offer → batch → postMessage, at the latest after the tick → the other thread      (until its grant is used up)
 *     batch → pipe.deliver                                                         (until that is full: then it waits here)
 *
 * The receiver grants absolute numbers of messages: those read so far plus its mark. So the two queues together hold the
 * sender's mark plus the receiver's, as within one thread.
 *
 *     binder                             connecter
 *       port, with the socket type  →                      by ThreadNames
 *                                   ←  join      (thread-bequest.ts: with all that a thread has sent before it ended)
 *       open (or refuse)            →
 *       grant, batches             ← →
 *
 * A frame that breaks these rules ends the connection, as it would for a peer on the network.
 */

import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import type { Message } from '../message.ts';
import { noteDeparture } from '../routing/notices.ts';
import type { PeerInfo, Pipe, PipeDriver } from '../routing/pipe.ts';
import { type Flushable, refusedAtEnd, scheduleFlush, turnsNoMore } from './flush-turn.ts';
import type { Flushed } from './flushed.ts';
import { BatchReader, BatchWriter } from './thread-batch.ts';
import { type ThreadFrame, type ThreadGreeting, threadFrame } from './thread-frame.ts';
import { takeFrom } from './thread-port.ts';
import { detachPipe, endPipe, type PeerConnection, type TransportHost } from './transport.ts';

/** The endpoint that a side belongs to. */
export interface ThreadEnd {
  readonly host: TransportHost;
  readonly address: string;
  readonly kind: 'bind' | 'connect';
  /** What the peer is sent about our socket. */
  readonly greeting: ThreadGreeting;
  /** The peer has sent `join` or `open`. */
  greeted(side: ThreadSide, greeting: ThreadGreeting): void;
  /** The connection ended before `greeted`; `refused`: the peer does not accept us. */
  turnedAway(side: ThreadSide, refused: boolean): void;
  /** The connection ended after `greeted`. */
  leave(side: ThreadSide): void;
}

export class ThreadSide implements PipeDriver, PeerConnection, Flushable {
  readonly remoteAddress = '';
  readonly bytesSent = 0;
  readonly bytesReceived = 0;
  readonly #end: ThreadEnd;
  readonly #port: MessagePort;
  #pipe: Pipe | undefined;
  #opened = false;
  #closed = false;
  #finishing = false;

  readonly #writer = new BatchWriter();
  #sentCount = 0;
  #sentOctets = 0;
  #grantedCount = 0;
  #grantedOctets = 0;
  #scheduled = false;
  /** See {@link Flushable}. */
  after: Flushable | undefined;
  #draining = false;

  /** Batches that are not fully delivered, the oldest first. */
  readonly #batches: BatchReader[] = [];
  #deliveredCount = 0;
  #deliveredOctets = 0;
  /** Messages and octets that the peer was granted, counted from the beginning. */
  #givenCount = 0;
  #givenOctets = 0;
  #pumping = false;

  constructor(end: ThreadEnd, port: MessagePort) {
    this.#end = end;
    this.#port = port;
    takeFrom(
      port,
      (value) => this.#took(value),
      () => this.#lost(),
    );
  }

  /** The pipe that is driven, once both sides know of each other. */
  get pipe(): Pipe | undefined {
    return this.#pipe;
  }

  get outgoingCount(): number {
    return this.#pipe?.outgoingCount ?? 0;
  }

  /** Sends our greeting: `join` from the connecting end, `open` from the binder. */
  greet(kind: 'join' | 'open'): void {
    this.#post({ kind, greeting: this.#end.greeting });
  }

  /** Makes `pipe` the pipe of this peer. No message moves before `open`. */
  drive(pipe: Pipe, greeting: ThreadGreeting): void {
    const { routingId } = greeting;
    this.#pipe = pipe;
    const peer: PeerInfo = {
      socketType: greeting.socketType,
      routingId: routingId && Buffer.from(routingId),
      address: greeting.address,
      metadata: new Map(),
    };
    pipe.peer = peer;
    pipe.drive(this);
  }

  /** Reports the peer to the socket, and starts to move messages. */
  open(): void {
    const pipe = this.#pipe;
    if (this.#closed || pipe === undefined) return;
    this.#opened = true;
    this.#end.host.established(pipe, this);
    this.#grant(pipe);
  }

  // — PipeDriver —

  offer(message: Message): boolean {
    if (!this.#maySend) return false;
    this.#add(message);
    if (!this.#scheduled) this.#schedule();
    return true;
  }

  wake(): void {
    if (this.#maySend && !this.#scheduled) this.#schedule();
  }

  room(): void {
    if (!this.#closed && !this.#pumping) this.#pump();
  }

  fail(): void {
    // No wire protocol was broken: the pattern has dropped the message, and the connection stays.
  }

  disconnect(): void {
    this.close();
  }

  /** Sends the queued messages, then ends the connection. Messages that still arrive are not delivered. */
  finish(): void {
    const pipe = this.#pipe;
    if (pipe === undefined) {
      this.close();
      return;
    }
    this.#finishing = true;
    detachPipe(this.#end.host, pipe);
    this.#discard(pipe);
    if (pipe.outgoingCount === 0) this.close();
  }

  get closed(): boolean {
    return this.#closed;
  }

  // — the owner's side —

  /** Posts queued messages, as far as the peer has granted them. */
  flush(): Flushed {
    const sent = this.#sentCount;
    if (this.#closed) return 'done';
    this.#drain();
    if (!turnsNoMore || this.#pipe?.outgoingCount === 0) return 'done';
    // The event loop, which would bring the answer of the peer or its further grants, does not turn any more.
    for (let i = 0; i < FRAMES_MAX && !this.#closed; i++) {
      const frame = receiveMessageOnPort(this.#port);
      if (frame === undefined) break;
      this.#took(frame.message);
    }
    if (this.#closed || this.#pipe?.outgoingCount === 0) return 'done';
    return this.#sentCount > sent ? 'moved' : 'stuck';
  }

  /** Ends the connection now: queued messages that the peer has granted are still sent to it, the rest is lost. */
  close(): void {
    if (this.#closed) return;
    this.#finishing = false;
    if (this.#opened) this.#drain();
    else if (this.#pipe !== undefined) this.#post({ kind: 'refuse' });
    this.#port.close();
    if (this.#pipe !== undefined) this.#discard(this.#pipe);
    this.#finish(false);
  }

  /** @internal */
  flushNow(): void {
    this.#scheduled = false;
    if (!this.#closed) this.#drain();
  }

  /** @internal */
  flushWithinCall(): void {
    this.flushNow();
    if (!this.#closed && this.outgoingCount > 0) refusedAtEnd();
  }

  /** @internal */
  unschedule(): void {
    this.#scheduled = false;
  }

  // — out —

  get #maySend(): boolean {
    return this.#sentCount < this.#grantedCount && this.#sentOctets < this.#grantedOctets;
  }

  #add(message: Message): void {
    const writer = this.#writer;
    const before = writer.octets;
    writer.add(message);
    this.#sentCount++;
    this.#sentOctets += writer.octets - before;
    // A message that uses up the grant is posted before the end of the tick: the sender may go on until its queue is full.
    if (writer.full || !this.#maySend) this.#postBatch();
  }

  #schedule(): void {
    this.#scheduled = true;
    scheduleFlush(this);
  }

  #drain(): void {
    const pipe = this.#pipe;
    if (pipe === undefined || this.#draining) return;
    // `pipe.drained` may let senders write more, which comes back here through `wake`.
    this.#draining = true;
    while (this.#maySend) {
      const message = pipe.next();
      if (message === undefined) break;
      this.#add(message);
    }
    pipe.drained();
    this.#draining = false;
    this.#postBatch();
    if (this.#finishing && pipe.outgoingCount === 0) this.close();
    else if (pipe.outgoingCount > 0) this.wake();
  }

  #postBatch(): void {
    if (this.#writer.count === 0) return;
    const [batch, transfer] = this.#writer.take();
    this.#post({ kind: 'batch', batch }, transfer);
  }

  #post(frame: ThreadFrame, transfer: ArrayBuffer[] = []): void {
    this.#port.postMessage(frame, transfer);
  }

  // — in —

  #took(value: unknown): void {
    if (this.#closed) return;
    const frame = threadFrame(value);
    switch (frame?.kind) {
      case 'join':
      case 'open':
        if (this.#pipe !== undefined) return;
        this.#end.greeted(this, frame.greeting);
        if (frame.batches === undefined) return;
        // A thread that is over could not wait for a grant.
        this.#givenCount = Number.POSITIVE_INFINITY;
        for (const batch of frame.batches) this.#took({ kind: 'batch', batch });
        return;
      case 'refuse':
        this.#port.close();
        this.#finish(true);
        return;
      case 'grant':
        if (frame.messages < this.#grantedCount || frame.octets < this.#grantedOctets) break;
        this.#grantedCount = frame.messages;
        this.#grantedOctets = frame.octets;
        this.#drain();
        return;
      case 'batch':
        if (this.#finishing) return;
        // Each batch has at least one message.
        if (this.#batches.length >= this.#givenCount - this.#deliveredCount) break;
        this.#batches.push(new BatchReader(frame.batch));
        if (!this.#pumping) this.#pump();
        return;
      case undefined:
        break;
      default:
        frame satisfies never;
    }
    this.#break();
  }

  /** Ends the connection of a peer that broke the rules. */
  #break(): void {
    if (this.#closed) return;
    this.#port.close();
    this.#batches.length = 0;
    this.#lost();
  }

  /** Delivers messages that have arrived, as far as the pipe has room. */
  #pump(): void {
    const pipe = this.#pipe;
    if (pipe === undefined) return;
    // A pattern that reads at once makes room within `deliver`: this loop sees it, no second one is needed.
    this.#pumping = true;
    while (!pipe.isFull() && this.#batches.length > 0) this.#deliverNext(pipe);
    this.#pumping = false;
    if (!this.#closed) this.#grant(pipe);
  }

  #deliverNext(pipe: Pipe): void {
    const batch = this.#batches[0]!;
    const before = batch.octets;
    const message = this.#next(batch);
    if (message !== undefined) {
      this.#deliveredCount++;
      this.#deliveredOctets += batch.octets - before;
      pipe.deliver(message);
    } else if (this.#batches[0] === batch) {
      this.#batches.shift();
    }
  }

  /** The next message of `batch`. A malformed one, or one beyond the grant, ends the connection. */
  #next(batch: BatchReader): Message | undefined {
    try {
      const message = batch.next();
      if (message === undefined || this.#deliveredCount < this.#givenCount) return message;
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
    }
    this.#break();
    return undefined;
  }

  /** Grants the peer more, when half of its grant or less is left. */
  #grant(pipe: Pipe): void {
    if (pipe.isFull() || this.#finishing) return;
    const window = pipe.capped ? CAPPED_WINDOW : WINDOW;
    const left = this.#givenCount - this.#deliveredCount;
    const octetsLeft = this.#givenOctets - this.#deliveredOctets;
    const room = Math.max(1, pipe.receiveRoom);
    if (left > room / 2 && octetsLeft > window / 2) return;
    this.#givenCount = Math.max(this.#givenCount, this.#deliveredCount + room);
    this.#givenOctets = this.#deliveredOctets + window;
    this.#post({ kind: 'grant', messages: this.#givenCount, octets: this.#givenOctets });
  }

  /** Drops and counts messages that have arrived and were not read. */
  #discard(pipe: Pipe): void {
    for (const batch of this.#batches.splice(0)) {
      while (this.#next(batch) !== undefined) pipe.dropped();
    }
    pipe.discardIncoming();
  }

  /** The peer has closed, or its thread has ended; all that it posted has arrived. */
  #lost(): void {
    if (this.#closed) return;
    const pipe = this.#pipe;
    // Messages that have arrived are delivered, whether the pipe is full or not.
    if (pipe !== undefined && !this.#finishing) {
      while (this.#batches.length > 0) this.#deliverNext(pipe);
      if (this.#closed) return;
      if (this.#end.kind === 'bind') noteDeparture(pipe);
      this.#end.host.emit({ type: 'disconnect', address: this.#end.address });
    }
    this.#finish(false);
  }

  #finish(refused: boolean): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#grantedCount = 0;
    const pipe = this.#pipe;
    if (pipe === undefined) {
      this.#end.turnedAway(this, refused);
      return;
    }
    const { host } = this.#end;
    pipe.drive(undefined);
    endPipe(host, pipe);
    host.disconnected(pipe, this);
    this.#end.leave(this);
  }
}

/** Frames that one `flush` reads at the end of a thread, at most. */
const FRAMES_MAX = 1_024;

/** Octets that may be under way; fewer where the receiver limits the octets of its unread messages. */
const WINDOW = 16 * 1_048_576;
const CAPPED_WINDOW = 65_536;
