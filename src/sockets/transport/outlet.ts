/** Outlet: what a protocol has encoded goes to the stream, as far as the kernel takes it; the other way than the Inlet. */

import type { Socket as Stream } from 'node:net';
import { setTimeout } from 'node:timers';
import { RUNTIME } from '../../base/runtime.ts';
import { turnsNoMore } from './flush-turn.ts';
import type { Flushed } from './flushed.ts';
import { Outflow } from './outflow.ts';
import type { Protocol } from './protocol.ts';

export class Outlet {
  /** Nothing more may be sent: the kernel is full, or the connection is ending. What waits stays in the pipe. */
  blocked = false;
  /** Octets given to the stream, framing included. */
  bytesSent = 0;
  readonly #stream: Stream;
  readonly #protocol: Protocol;
  readonly #outflow: Outflow;

  constructor(stream: Stream, protocol: Protocol) {
    this.#stream = stream;
    this.#protocol = protocol;
    this.#outflow = new Outflow(stream);
  }

  /** Whether octets, encoded or given to the stream, have not left this process. */
  get held(): boolean {
    return this.#protocol.pending > 0 || this.#stream.writableLength > 0;
  }

  /** Gives the stream what is encoded. */
  flush(): void {
    const stream = this.#stream;
    const protocol = this.#protocol;
    if (protocol.pending === 0 || this.blocked || stream.destroyed) return;
    const given = this.bytesSent;
    this.bytesSent += protocol.pending;
    const buffers = protocol.take();
    if (turnsNoMore() && this.#outflow.direct) {
      this.blocked = !this.#outflow.writeNow(buffers, given);
      if (!this.blocked) protocol.written();
      return;
    }
    // Bun joins what was corked to one buffer: large bodies would be copied.
    const corked = buffers.length > 1 && !(RUNTIME === 'bun' && buffers.some(isLarge));
    if (corked) stream.cork();
    for (let i = 0; i < buffers.length; i++) stream.write(buffers[i]!);
    if (corked) stream.uncork();
    // Octets that the kernel took at once are gone; the stream holds the rest and says `drain`.
    if (stream.writableLength === 0) protocol.written();
    else this.#refused(buffers);
  }

  /** The stream takes octets again. Returns whether it did not before. */
  drained(): boolean {
    if (!this.blocked) return false;
    this.blocked = false;
    if (this.#stream.writableLength === 0) {
      this.#protocol.written();
      this.#outflow.emptied();
    }
    this.#outflow.look(this.bytesSent, performance.now());
    return true;
  }

  /** Milliseconds of `performance.now()`: when the peer last took octets, as seen at `now`; see {@link Outflow}. */
  movedAt(now: number): number {
    this.#outflow.look(this.bytesSent, now);
    return this.#outflow.movedAt;
  }

  /** Says the last of the protocol, and ends the stream behind it, once; calls `left` when the kernel has all of that. */
  end(left: () => void): void {
    const stream = this.#stream;
    if (stream.writableEnded || stream.destroyed) return;
    this.#protocol.end();
    this.flush();
    stream.end();
    stream.once('finish', () => {
      // A reset would take it away again from a peer that has not read it yet, and closing with unread octets is a reset:
      // so read on for a moment, until the peer closes.
      setTimeout(() => stream.destroy(), CLOSE_GRACE).unref();
      left();
    });
  }

  /** Ends the stream on a peer that breaks the rules: it gets what the kernel takes now, and is not waited for. */
  abandon(): void {
    const stream = this.#stream;
    this.flush();
    stream.end();
    stream.once('finish', () => stream.destroy());
    if (this.blocked) stream.destroy();
    this.blocked = true;
  }

  /** Gives the stream up; what is sent from now on waits in the pipe for the next connection. */
  sever(): void {
    this.blocked = true;
    this.#stream.destroy();
  }

  // — past the stream, when the event loop does not turn any more —

  /** Whether the kernel can be given octets, and asked for some, past the stream: the event loop does not turn any more. */
  get direct(): boolean {
    return turnsNoMore() && this.#outflow.direct;
  }

  /** Gives the kernel what the stream holds, then has `drain` give what waits. Only where it is `direct`. */
  flushNow(drain: () => void): Flushed {
    const outflow = this.#outflow;
    const before = outflow.wroteNow;
    this.#emptyNow();
    drain();
    if (this.blocked && outflow.direct) return outflow.wroteNow > before ? 'moved' : 'stuck';
    // The end of a connection with unread octets is a reset, which takes away what the peer has not got yet.
    for (let i = 0; i < READS_MAX && outflow.direct && outflow.readNow() !== undefined; i++);
    return 'done';
  }

  /** Gives the kernel what waits; what has come from the peer, or how far that went. Only where it is `direct`. */
  exchangeNow(): Buffer | Flushed {
    this.#emptyNow();
    this.flush();
    // Before the connection is there the kernel takes nothing, not even the greeting.
    const chunk = this.blocked ? undefined : this.#outflow.readNow();
    return chunk ?? (this.direct ? 'stuck' : 'done');
  }

  /** Gives the kernel what the stream was given and holds: that goes first. */
  #emptyNow(): void {
    this.blocked = !this.#outflow.writeNow([], this.bytesSent);
  }

  #refused(buffers: readonly Buffer[]): void {
    this.blocked = this.#stream.writableNeedDrain;
    this.#outflow.keep(buffers);
    this.#outflow.look(this.bytesSent, performance.now());
  }
}

function isLarge(buffer: Buffer): boolean {
  return buffer.length >= LARGE;
}

/**
 * Octets worth a write of their own. Less than a block of the encoder by more than it copies of one part: so all of them
 * are in one block, which goes out in one write and can serve again.
 */
export const FLUSH_AT: number = 65_536 - 4096;

/** Milliseconds in which a peer that we leave may read what is on its way. */
const CLOSE_GRACE = 500;

/** Octets from which the copy costs more than a write of its own. */
const LARGE = 262_144;

/** Reads of 64 KiB that are thrown away at the end of a process. */
const READS_MAX = 64;
