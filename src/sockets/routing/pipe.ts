/** Pipe: a peer as the socket sees it, two bounded queues of whole messages; its pattern and its driver are told of changes. */

import type { Message } from '../message.ts';
import { messageSize } from '../message.ts';
import type { Notices } from './notices.ts';
import { PackedQueue } from './packed-queue.ts';
import type { BudgetWaiter, ReceiveBudget } from './receive-budget.ts';
import { Ring } from './ring.ts';

/** The socket's side of a pipe: a pattern. */
export interface PipeReader {
  /** The pipe had nothing to read and now has. */
  readable(pipe: Pipe): void;
  /** The pipe refused a message since it was last writable, and now takes one. */
  writable(pipe: Pipe): void;
}

/** The peer's side of a pipe: a link over a transport, or the other end of an inproc pair. */
export interface PipeDriver {
  /**
   * Takes `message` now, past the queue; false when it cannot. Called only while the queue is empty or nothing of it has left.
   * A driver that returns true keeps no reference to parts of up to `COPY_LIMIT` (message.ts) octets.
   */
  offer(message: Message): boolean;
  /** The outgoing queue was empty and now holds a message that `offer` had refused. */
  wake(): void;
  /** The incoming queue was full and has room again. */
  room(): void;
  /** Ends this connection because the peer broke the rules of the socket type. */
  fail(reason: string): void;
  /** Ends this connection, without an error; a connecting side may connect again. */
  disconnect(reason: string): void;
  /** Ends this connection after the queued messages have been sent. */
  finish(): void;
}

/** The limits of a pipe's queues. Marks are in messages, 0 = no mark; caps in octets, 0 = no cap. */
export interface PipeLimits {
  readonly sendHighWaterMark: number;
  readonly receiveHighWaterMark: number;
  readonly sendHighWaterMarkBytes: number;
  /** Octets of unread messages, shared by all pipes of a socket: many peers cannot take more memory than one. */
  readonly receiveBudget: ReceiveBudget | undefined;
  /** The sender of each received message, by the last part of that message; undefined unless `keepPeers` is on. */
  readonly peers?: WeakMap<Buffer, PeerInfo> | undefined;
}

/** What one pipe has of its endpoint, unlike the limits that it shares with the other pipes of its socket. */
export interface PipeOptions {
  /** `ZMQ_CONFLATE`: each queue holds the newest message only, marks do not apply. Default false. */
  readonly conflate?: boolean;
  /** `ZMQ_CONNECT_ROUTING_ID` of the connect that made the pipe: overrides what the peer announces. */
  readonly connectRoutingId?: Buffer | undefined;
  /** Messages that are sent or received when a connection begins or ends; undefined = none. */
  readonly notices?: Notices | undefined;
}

/** What is known of the peer once the handshake has finished. */
export interface PeerInfo {
  /** The `Socket-Type` it announced; for inproc the type of the other socket. */
  readonly socketType: string;
  /** The `Identity` it announced; undefined when empty or absent, or with a leading zero octet. */
  readonly routingId: Buffer | undefined;
  /** The endpoint of the connection, such as `tcp://127.0.0.1:5555`. */
  readonly address: string;
  /** Its IP address; empty for ipc and inproc. */
  readonly remoteAddress?: string;
  /** Properties of its READY command, by the names that it sent. */
  readonly metadata: ReadonlyMap<string, Buffer>;
}

export class Pipe implements BudgetWaiter {
  /** What the peer is, from the first handshake on; kept while a connecting side reconnects. */
  peer: PeerInfo | undefined;
  /** See `PipeOptions`. */
  readonly connectRoutingId: Buffer | undefined;
  readonly notices: Notices | undefined;
  /** Whether the peer cannot subscribe (udp), so that it is sent everything. Set by the transport before `attach`. */
  takesAll = false;
  /** The id by which a ROUTER, STREAM, SERVER or PEER socket knows the peer; set by its pattern. */
  routingId: Buffer | undefined;
  /** Index in the LoadBalancer or Distributor (`outIndex`), and in the FairQueue (`inIndex`); −1 = not in it. Set by these. */
  outIndex = -1;
  inIndex = -1;
  /** Generation stamp by which a Distributor visits each pipe once. Set by it. */
  stamp = 0;
  /** The peer is gone for good: nothing more is sent, but messages that have arrived can still be read. */
  ended = false;
  /** Messages since the pipe was constructed: read by the socket, and taken by the driver. */
  receivedCount = 0;
  sentCount = 0;

  readonly #limits: PipeLimits;
  readonly #conflate: boolean;
  readonly #reader: PipeReader;
  readonly #incoming = new Ring<Message>();
  readonly #outgoing = new PackedQueue();
  #driver: PipeDriver | undefined;
  #incomingBytes = 0;
  /** A write was refused, or a delivery filled the queue; cleared at the low-water mark. */
  #outgoingFull = false;
  #incomingFull = false;
  /** Whether this pipe is in the receive budget's list of waiters. */
  #awaitsBudget = false;
  #droppedCount = 0;

  constructor(limits: PipeLimits, reader: PipeReader, options: PipeOptions = {}) {
    this.#limits = limits;
    this.#reader = reader;
    this.#conflate = options.conflate ?? false;
    this.connectRoutingId = options.connectRoutingId;
    this.notices = options.notices;
  }

  /** Messages dropped since the pipe was constructed. */
  get droppedCount(): number {
    return this.#droppedCount;
  }

  /** Counts a message of this peer, or for it, that was dropped outside of the queues. */
  dropped(): void {
    this.#droppedCount++;
  }

  // — the pattern's side —

  /** Messages that wait to be read. */
  get readableCount(): number {
    return this.#incoming.length;
  }

  /**
   * Whether `write` would take a message now. False is a refusal like that of `write`: `writable` is called later, unless the
   * pipe has ended.
   */
  canWrite(): boolean {
    if (this.ended) return false;
    if (this.#conflate) return true;
    if (!this.#outgoingFull && !this.#hasRoom()) this.#outgoingFull = true;
    return !this.#outgoingFull;
  }

  /**
   * Passes a message straight to the driver when the queue is empty and the driver takes it, else queues it. False when the queue
   * is at its mark or cap: the pattern's `writable` is called once it is down to half of that, the low-water mark.
   */
  write(message: Message): boolean {
    if (this.ended) return false;
    const driver = this.#driver;
    if (this.#outgoing.length === 0 && driver !== undefined && !this.#conflate) {
      if (driver.offer(message)) {
        this.sentCount++;
        return true;
      }
    }
    if (this.#conflate) {
      if (this.#outgoing.length > 0) {
        this.#outgoing.shift();
        this.#droppedCount++;
      }
    } else if (this.#outgoingFull || !this.#hasRoom()) {
      this.#outgoingFull = true;
      return false;
    }
    this.#enqueue(message);
    return true;
  }

  /** Writes `message`, or drops and counts it where `write` refuses it. Hot. */
  writeOrDrop(message: Message): void {
    if (!this.write(message)) this.#droppedCount++;
  }

  /** Sends or queues a message whatever the mark: subscriptions must not be lost to a full queue. */
  force(message: Message): void {
    if (this.ended) return;
    if (this.#outgoing.length === 0 && this.#driver?.offer(message)) {
      this.sentCount++;
      return;
    }
    this.#enqueue(message);
  }

  /** Sends or queues a message ahead of the queue, whatever the mark. Call before anything is sent over this connection. */
  lead(message: Message): void {
    if (this.ended) return;
    if (this.#driver?.offer(message)) {
      this.sentCount++;
      return;
    }
    const waiting: Message[] = [];
    for (let next = this.#outgoing.shift(); next !== undefined; next = this.#outgoing.shift()) {
      waiting.push(next);
    }
    this.#enqueue(message);
    for (const next of waiting) this.#enqueue(next);
  }

  /**
   * Records this pipe's peer as the sender of `message`, if `keepPeers` is on, and returns it. All empty parts may share one
   * Buffer, so an empty last part is replaced.
   */
  signed(message: Message): Message {
    const { peers } = this.#limits;
    if (peers === undefined || this.peer === undefined) return message;
    const end = message.length - 1;
    const last = message[end]!;
    const own = last.length > 0 ? last : Buffer.alloc(0);
    peers.set(own, this.peer);
    return own === last ? message : [...message.slice(0, end), own];
  }

  /** The next message from the peer. */
  read(): Message | undefined {
    const message = this.#incoming.shift();
    if (message === undefined) return undefined;
    this.receivedCount++;
    const budget = this.#limits.receiveBudget;
    if (budget !== undefined) {
      const size = messageSize(message);
      this.#incomingBytes -= size;
      budget.give(size);
    }
    if (this.#incomingFull && this.#incoming.length <= this.#receiveMark / 2) {
      if (budget === undefined || !budget.full) this.#regainRoom();
      else this.#awaitBudget(budget);
    }
    return message;
  }

  /** Drops and counts all unread messages (a local `disconnect`, the next request of a REQ). Returns how many. */
  discardIncoming(): number {
    const count = this.#incoming.length;
    const octets = this.#incomingBytes;
    if (count > 0) this.#incoming.clear();
    this.#incomingBytes = 0;
    this.#droppedCount += count;
    // Both calls may deliver new messages before they return, so the counts are settled first.
    if (octets > 0) this.#limits.receiveBudget?.give(octets);
    if (this.#incomingFull && this.#incoming.length === 0) this.#regainRoom();
    return count;
  }

  /** Ends this peer's connection because it broke the rules of the socket type. */
  fail(reason: string): void {
    this.#driver?.fail(reason);
  }

  /** Closes this peer's connection, without an error. */
  disconnect(reason: string): void {
    this.#driver?.disconnect(reason);
  }

  /** Closes this peer's connection after the queued messages have been sent. */
  finish(): void {
    this.#driver?.finish();
  }

  // — the driver's side —

  /** Messages that wait to be sent. */
  get outgoingCount(): number {
    return this.#outgoing.length;
  }

  get outgoingBytes(): number {
    return this.#outgoing.size;
  }

  /** Whether the incoming queue is at its mark or cap. On true, the driver must deliver nothing until its `room` is called. */
  isFull(): boolean {
    if (this.#incomingFull) return true;
    const budget = this.#limits.receiveBudget;
    if (budget?.full && this.#incoming.length > 0 && !this.#conflate) {
      this.#incomingFull = true;
      this.#awaitBudget(budget);
      return true;
    }
    return false;
  }

  /** Messages that can be delivered before the queue is at its mark: Infinity without one. */
  get receiveRoom(): number {
    return Math.max(0, this.#receiveMark - this.#incoming.length);
  }

  /** Whether the octets of unread messages are limited, too (`receiveHighWaterMarkBytes`). */
  get capped(): boolean {
    return this.#limits.receiveBudget !== undefined;
  }

  get driven(): boolean {
    return this.#driver !== undefined;
  }

  /** Sets the driver of this pipe; undefined while a connecting side has no connection. */
  drive(driver: PipeDriver | undefined): void {
    this.#driver = driver;
  }

  /** Puts a message from the peer in the incoming queue, whatever the mark. The caller stops when `isFull` is true. */
  deliver(message: Message): void {
    if (this.#limits.peers !== undefined) message = this.signed(message);
    const incoming = this.#incoming;
    const budget = this.#limits.receiveBudget;
    const replaced = this.#conflate ? incoming.shift() : undefined;
    incoming.push(message);
    if (budget !== undefined) {
      const size = messageSize(message);
      this.#incomingBytes += size;
      budget.take(size);
    }
    if (incoming.length >= this.#receiveMark) this.#incomingFull = true;
    if (replaced !== undefined) {
      this.#droppedCount++;
      if (budget !== undefined) {
        const size = messageSize(replaced);
        this.#incomingBytes -= size;
        budget.give(size);
      }
    } else if (incoming.length === 1) {
      this.#reader.readable(this);
    }
  }

  /** The next message to put on the wire. Call `drained` after a run of these. */
  next(): Message | undefined {
    if (this.#outgoing.length === 0) return undefined;
    this.sentCount++;
    return this.#outgoing.shift();
  }

  /** As `next`, for all messages whose frames lie side by side; undefined where those of the next one do not. */
  nextRun(): Buffer | undefined {
    const run = this.#outgoing.shiftRun();
    this.sentCount += run?.messageCount ?? 0;
    return run?.frames;
  }

  /** Call after a run of `next`: calls the pattern's `writable` when the queue is down to the low-water mark. */
  drained(): void {
    if (!this.#outgoingFull) return;
    const mark = this.#limits.sendHighWaterMark;
    const cap = this.#limits.sendHighWaterMarkBytes;
    // Divided, not shifted: a cap may be beyond 2³¹, where a shift turns negative.
    if (mark > 0 && this.#outgoing.length > mark / 2) return;
    if (cap > 0 && this.#outgoing.size > cap / 2) return;
    this.#outgoingFull = false;
    if (!this.ended) this.#reader.writable(this);
  }

  /** Drops and counts all messages that wait to be sent. Returns how many. */
  discardOutgoing(): number {
    const count = this.#outgoing.length;
    this.#outgoing.clear();
    this.#droppedCount += count;
    this.drained();
    return count;
  }

  /** @internal The receive budget has room again. */
  regain(): void {
    this.#awaitsBudget = false;
    if (this.#incomingFull && this.#incoming.length <= this.#receiveMark / 2) this.#regainRoom();
  }

  get #receiveMark(): number {
    const mark = this.#limits.receiveHighWaterMark;
    return mark === 0 || this.#conflate ? Number.POSITIVE_INFINITY : mark;
  }

  #awaitBudget(budget: ReceiveBudget): void {
    if (this.#awaitsBudget) return;
    this.#awaitsBudget = true;
    budget.wait(this);
  }

  #regainRoom(): void {
    this.#incomingFull = false;
    this.#driver?.room();
  }

  #hasRoom(): boolean {
    const { sendHighWaterMark, sendHighWaterMarkBytes } = this.#limits;
    if (sendHighWaterMark > 0 && this.#outgoing.length >= sendHighWaterMark) return false;
    return sendHighWaterMarkBytes === 0 || this.#outgoing.size < sendHighWaterMarkBytes;
  }

  #enqueue(message: Message): void {
    this.#outgoing.push(message);
    if (this.#outgoing.length === 1) this.#driver?.wake();
  }
}
