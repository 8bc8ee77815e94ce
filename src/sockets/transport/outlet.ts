/** Outlet: gives the stream what a protocol has encoded, as far as the kernel takes it; the counterpart of the Inlet. */

import type { Socket as Stream } from 'node:net';
import { setTimeout } from 'node:timers';
import { RUNTIME } from '../../base/runtime.ts';
import { turnsNoMore } from './flush-turn.ts';
import type { Flushed } from './flushed.ts';
import { Outflow } from './outflow.ts';
import type { Protocol } from './protocol.ts';

export class Outlet {
  /** Nothing more may be sent: the kernel's buffer is full, or the connection is ending. Messages wait in the pipe. */
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

  /** Gives the stream all that is encoded. */
  flush(): void {
    const stream = this.#stream;
    const protocol = this.#protocol;
    if (protocol.pending === 0 || this.blocked || stream.destroyed) return;
    const given = this.bytesSent;
    this.bytesSent += protocol.pending;
    const buffers = protocol.take();
    if (turnsNoMore && this.#outflow.direct) {
      this.blocked = !this.#outflow.writeNow(buffers, given);
      if (!this.blocked) protocol.written();
      return;
    }
    // Bun joins corked writes into one buffer: large bodies would be copied.
    const corked = buffers.length > 1 && !(RUNTIME === 'bun' && buffers.some(isLarge));
    if (corked) stream.cork();
    for (let i = 0; i < buffers.length; i++) stream.write(buffers[i]!);
    if (corked) stream.uncork();
    // Octets that the kernel took at once are gone; the stream holds the rest and emits `drain`.
    if (stream.writableLength === 0) protocol.written();
    else this.#refused(buffers);
  }

  /** Call on `drain`: the stream takes octets again. Returns whether this outlet was blocked. */
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

  /** Sends the last octets of the protocol and ends the stream, once; calls `left` when the kernel has taken all of it. */
  end(left: () => void): void {
    const stream = this.#stream;
    if (stream.writableEnded || stream.destroyed) return;
    this.#protocol.end();
    this.flush();
    stream.end();
    stream.once('finish', () => {
      // Closing with unread octets is a reset, which discards what the peer has not read yet: so read on for a moment, until the
      // peer closes.
      setTimeout(() => stream.destroy(), CLOSE_GRACE).unref();
      left();
    });
  }

  /** Ends the stream to a peer that broke the rules: what the kernel takes now is sent, the rest is discarded. */
  endNow(): void {
    const stream = this.#stream;
    this.flush();
    stream.end();
    stream.once('finish', () => stream.destroy());
    if (this.blocked) stream.destroy();
    this.blocked = true;
  }

  /** Destroys the stream; messages sent from now on wait in the pipe for the next connection. */
  destroy(): void {
    this.blocked = true;
    this.#stream.destroy();
  }

  // — past the stream, when the event loop does not turn any more —

  /** Whether the event loop does not turn any more, and the kernel can be written to and read from past the stream. */
  get direct(): boolean {
    return turnsNoMore && this.#outflow.direct;
  }

  /** Writes to the kernel what the stream holds, then has `drain` write the queued messages. Only where it is `direct`. */
  flushNow(drain: () => void): Flushed {
    if (!turnsNoMore) return 'done';
    const outflow = this.#outflow;
    const before = outflow.wroteNow;
    this.#emptyNow();
    drain();
    if (this.blocked && outflow.direct) return outflow.wroteNow > before ? 'moved' : 'stuck';
    // Closing with unread octets is a reset, which discards what the peer has not read yet.
    for (let i = 0; i < READS_MAX && outflow.direct && outflow.readNow() !== undefined; i++);
    return 'done';
  }

  /** Writes to the kernel what waits. Returns octets of the peer, else `stuck`, or `done` once no longer `direct`. */
  exchangeNow(): Buffer | Flushed {
    if (!turnsNoMore) return 'done';
    this.#emptyNow();
    this.flush();
    // Before the connection is established the kernel takes nothing, not even the greeting.
    const chunk = this.blocked ? undefined : this.#outflow.readNow();
    return chunk ?? (this.direct ? 'stuck' : 'done');
  }

  /** Writes to the kernel what the stream holds, which precedes all else. */
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
 * are in one block, which is sent in one write and can be used again.
 */
export const FLUSH_AT: number = 65_536 - 4096;

/** Milliseconds that a peer has to read what is on its way when we close. */
const CLOSE_GRACE = 500;

/** Octets from which on copying costs more than a write of its own. */
const LARGE = 262_144;

/** Reads, of 64 KiB each, whose octets are discarded at the end of a process, at most. */
const READS_MAX = 64;
