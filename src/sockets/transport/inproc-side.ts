/** InprocSide: one end of an inproc connection within one thread. What is written to its pipe is delivered to the other end's. */

import { type Message, ownSmallParts } from '../message.ts';
import type { OptionValues } from '../options/options.ts';
import { noteDeparture } from '../routing/notices.ts';
import type { Pipe, PipeDriver } from '../routing/pipe.ts';
import type { Flushed } from './flushed.ts';
import { detachPipe, endPipe, type PeerConnection, type TransportHost } from './transport.ts';

/** The endpoint that a side belongs to. */
export interface SideEnd {
  readonly host: TransportHost;
  readonly values: OptionValues;
  readonly address: string;
  readonly kind: 'bind' | 'connect';
  /** The connection has ended. */
  leave(side: InprocSide): void;
}

/** One direction's driver: what is written to `pipe` is delivered to `target`. */
export class InprocSide implements PipeDriver, PeerConnection {
  readonly remoteAddress = '';
  readonly bytesSent = 0;
  readonly bytesReceived = 0;
  readonly pipe: Pipe;
  other!: InprocSide;
  readonly #target: Pipe;
  readonly #end: SideEnd;
  #opened = false;
  #moving = false;
  #finishing = false;
  #closed = false;

  constructor(end: SideEnd, pipe: Pipe, target: Pipe) {
    this.#end = end;
    this.pipe = pipe;
    this.#target = target;
    const { host, values } = end;
    target.peer = {
      socketType: host.typeName,
      // Only types that have the option can have a value. Without ZMTP, that of a REP is passed on, too.
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
    // Messages for which the peer has room have been delivered already.
    return 'done';
  }

  /** Reports the peer to the socket. */
  greet(): void {
    if (!this.#closed) this.#end.host.established(this.pipe, this);
  }

  /** Starts delivery of messages that wait for the peer, and of those written from now on. */
  open(): void {
    this.#opened = true;
    this.#move();
  }

  offer(message: Message): boolean {
    if (!this.#opened || this.#target.isFull()) return false;
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
    // No wire protocol was broken: the pattern has dropped the message, and the connection stays.
  }

  disconnect(): void {
    this.close();
  }

  finish(): void {
    this.#finishing = true;
    detachPipe(this.#end.host, this.pipe);
    this.pipe.discardIncoming();
    if (this.pipe.outgoingCount === 0) this.close();
  }

  close(): void {
    const { other } = this;
    if (!this.#closed && other.#end.kind === 'bind') noteDeparture(other.pipe);
    other.#leave();
    this.pipe.discardIncoming();
    this.#leave();
  }

  #leave(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.pipe.drive(undefined);
    const { host } = this.#end;
    endPipe(host, this.pipe);
    host.disconnected(this.pipe, this);
    this.#end.leave(this);
  }

  #move(): void {
    // A pattern that reads at once makes room within `deliver`: one loop is enough.
    if (this.#closed || !this.#opened || this.#moving) return;
    this.#moving = true;
    const { pipe } = this;
    const target = this.#target;
    while (!target.isFull()) {
      const message = pipe.next();
      if (message === undefined) break;
      target.deliver(message);
    }
    pipe.drained();
    this.#moving = false;
    if (this.#finishing && pipe.outgoingCount === 0) this.close();
  }
}
