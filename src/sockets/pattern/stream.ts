/** StreamPattern: raw TCP peers, each with an id; messages are [id, octets] both ways. */

import type { SocketErrorCode } from '../errors.ts';
import { SocketError } from '../errors.ts';
import type { Message } from '../message.ts';
import { FairQueue } from '../routing/fair-queue.ts';
import type { Pipe } from '../routing/pipe.ts';
import { Ring } from '../routing/ring.ts';
import { RouteTable } from '../routing/route-table.ts';
import type { Pattern, PatternHost } from './pattern.ts';

/** Options of a STREAM; read at each use, since they may change. */
export interface StreamOptions {
  /** `ZMQ_STREAM_NOTIFY`: [id, ""] is received when a peer connects, and when it goes. Default true. */
  readonly notify: boolean;
}

/** Sending [id, ""] closes the connection of that peer once what was sent before has left. */
export class StreamPattern implements Pattern {
  readonly #host: PatternHost;
  readonly #options: StreamOptions;
  readonly #queue = new FairQueue();
  readonly #routes: RouteTable;
  readonly #connected = new Set<Pipe>();
  /** Pipes whose connection closes once their queued data has been sent. */
  readonly #closing = new Set<Pipe>();
  /** Notices to be received before any data. */
  readonly #due = new Ring<Message>();
  /** Notices that follow unread data of the same peer. */
  #later: Notice[] = [];

  /** `random`, as `Math.random`, gives the first generated id. */
  constructor(host: PatternHost, options: StreamOptions, random: () => number) {
    this.#host = host;
    this.#options = options;
    this.#routes = new RouteTable(random);
  }

  /** The pipe gets its id here, since data can be sent from `connect` on, before there is a connection. */
  attach(pipe: Pipe): void {
    this.#routes.add(pipe, this.#idFor(pipe));
    this.#queue.attach(pipe);
    if (pipe.readableCount > 0) this.#host.readable();
    this.#host.writable();
  }

  established(pipe: Pipe): void {
    if (this.#connected.has(pipe)) return;
    this.#connected.add(pipe);
    this.#notify(pipe);
    this.#host.writable();
  }

  lost(pipe: Pipe): void {
    this.#closing.delete(pipe);
    if (this.#connected.delete(pipe)) this.#notify(pipe);
  }

  detach(pipe: Pipe): void {
    this.lost(pipe);
    this.#routes.remove(pipe);
    this.#queue.detach(pipe);
    if (this.#later.length > 0) this.#release();
  }

  readable(pipe: Pipe): void {
    this.#queue.activate(pipe);
    this.#host.readable();
  }

  writable(_pipe: Pipe): void {
    this.#host.writable();
  }

  /** Raw octets have no parts; `accept` itself refuses other than two. */
  get addedParts(): number {
    return Number.NEGATIVE_INFINITY;
  }

  /** @throws SocketError `EHOSTUNREACH` for an id of no peer or of one being closed, `EINVAL` for other than two parts. */
  accept(message: Message): boolean {
    if (message.length !== 2) {
      throw new SocketError('EINVAL', { message: 'a STREAM socket sends two parts: id and data' });
    }
    const pipe = this.#routes.find(message[0]!);
    if (pipe === undefined || this.#closing.has(pipe)) throw new SocketError('EHOSTUNREACH');
    const data = message[1]!;
    if (data.length > 0) return pipe.write([data]);
    // Where there is no connection there is none to close.
    if (this.#connected.has(pipe)) {
      this.#closing.add(pipe);
      pipe.finish();
    }
    return true;
  }

  receive(): Message | undefined {
    const notice = this.#due.shift();
    if (notice !== undefined) return notice;
    const message = this.#queue.receive();
    if (message !== undefined) {
      const pipe = this.#queue.last!;
      if (this.#later.length > 0) this.#release();
      // Only pipes with an id are in the queue; data is one part.
      return [pipe.routingId!, message[0]!];
    }
    if (this.#later.length === 0) return undefined;
    this.#release();
    return this.#due.shift();
  }

  canSend(): boolean {
    return true;
  }

  canReceive(): boolean {
    // What a later notice waits for is either there to be read, or gone and the notice is due.
    return this.#due.length > 0 || this.#later.length > 0 || this.#queue.canReceive();
  }

  sendRefusal(message: Message): SocketErrorCode {
    return this.knows(message[0]!) ? 'EAGAIN' : 'EHOSTUNREACH';
  }

  receiveRefusal(): SocketErrorCode {
    return 'EAGAIN';
  }

  /** Whether a peer has this id. */
  knows(routingId: Buffer): boolean {
    return this.#routes.find(routingId) !== undefined;
  }

  #idFor(pipe: Pipe): Buffer {
    const wanted = pipe.connectRoutingId ?? pipe.routingId;
    if (wanted !== undefined) {
      if (this.#routes.isFree(wanted, pipe)) return wanted;
      this.#host.note(pipe, 'its routing id is in use, another was generated');
    }
    return this.#routes.freeId();
  }

  #notify(pipe: Pipe): void {
    if (!this.#options.notify) return;
    const id = pipe.routingId!;
    const unread = pipe.readableCount;
    if (unread === 0) this.#due.push([id, EMPTY]);
    else this.#later.push({ pipe, id, after: pipe.receivedCount + unread });
    this.#host.readable();
  }

  /** Makes the notices due whose data has been read or discarded. */
  #release(): void {
    const waiting: Notice[] = [];
    for (const notice of this.#later) {
      const { pipe, id, after } = notice;
      if (pipe.readableCount === 0 || pipe.receivedCount >= after) this.#due.push([id, EMPTY]);
      else waiting.push(notice);
    }
    this.#later = waiting;
  }
}

/** A notice that is due once `after` messages of `pipe` have been read. */
interface Notice {
  readonly pipe: Pipe;
  readonly id: Buffer;
  readonly after: number;
}

const EMPTY = Buffer.alloc(0);
