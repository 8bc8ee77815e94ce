/** Poller: waits for several sockets together (`zmq_poll`). */

import { Deadline } from '../../base/deadline.ts';
import { DONE, yielded } from '../../base/iteration.ts';
import { Turns } from '../../base/turns.ts';
import type { Part, Receiver, Sender } from '../api/sending-receiving.ts';
import type { Socket } from '../api/socket.ts';
import type { CallOptions } from '../core/waiter.ts';

/** What a poller can wait for: any socket. */
export type Pollable = Socket & Partial<Receiver<Buffer[]>> & Partial<Sender<never>>;

/** A message and the socket that it came from, with the message type of that socket's `receive`. */
export type Polled<S> =
  S extends Receiver<infer M>
    ? { readonly socket: S; readonly message: M }
    : { readonly socket: S; readonly message: Part[] };

/** A socket that is ready, and for what. */
export interface Ready<S> {
  /** The socket that is ready. */
  readonly socket: S;
  /** `ZMQ_POLLIN`: `receive` would not wait. False if the poller does not wait for that. */
  readonly readable: boolean;
  /** `ZMQ_POLLOUT`: `send` would not wait. False if the poller does not wait for that. */
  readonly writable: boolean;
}

/** What a poller waits for at one socket. */
export interface PollOptions {
  /** Wait until the socket can receive. Default: true for a socket that receives. */
  readable?: boolean;
  /** Wait until the socket can send. Default: true for a socket that does not receive. */
  writable?: boolean;
}

/**
 * ```ts
 * for await (const { socket, message } of new Poller(pull, subscriber)) …
 * ```
 *
 * Yields one message of each readable socket in turn. Sockets may be added and removed at any time, also within the loop; a
 * closed socket is removed. The loop ends when no socket is left to read from.
 */
export class Poller<S extends Pollable = Pollable> {
  readonly #entries: Entry<S>[] = [];
  readonly #turns = new Turns(false);
  /** Waits under way, which begin again when a socket is added or removed. */
  readonly #waiting = new Set<AbortController>();
  /** Position of the socket that is served next. */
  #next = 0;

  constructor(...sockets: S[]) {
    for (const socket of sockets) this.add(socket);
  }

  /** Number of sockets that are waited for. */
  get size(): number {
    this.#sweep();
    return this.#entries.length;
  }

  /** Whether `socket` is waited for. */
  has(socket: Pollable): boolean {
    return !socket.closed && this.#entries.some((entry) => entry.socket === (socket as unknown));
  }

  /**
   * Also wait for `socket`; the options of one that was added before are replaced. Throws a TypeError for a direction that the
   * socket does not have.
   */
  add(socket: S, options: PollOptions = {}): this {
    const readable = options.readable ?? socket.tryReceive !== undefined;
    const writable = options.writable ?? !readable;
    if (readable && socket.tryReceive === undefined) throw new TypeError('Socket cannot receive');
    if (writable && socket.trySend === undefined) throw new TypeError('Socket cannot send');
    const entry = { socket, readable, writable };
    const index = this.#entries.findIndex((each) => each.socket === socket);
    if (index < 0) this.#entries.push(entry);
    else this.#entries[index] = entry;
    this.#wake();
    return this;
  }

  /** No longer wait for `socket`; returns false if it was not added. */
  remove(socket: Pollable): boolean {
    const index = this.#entries.findIndex((entry) => entry.socket === (socket as unknown));
    if (index < 0) return false;
    this.#entries.splice(index, 1);
    if (index < this.#next) this.#next--;
    this.#wake();
    return true;
  }

  /** Remove all sockets, which stay open. Waits under way end. */
  clear(): void {
    this.#entries.length = 0;
    this.#wake();
  }

  /**
   * Wait until a socket is ready, for at most `timeout` milliseconds (default −1: for ever; 0: not at all). Returns all that are
   * ready, beginning with a different one each time; none after that time, or when there is no socket. Takes no messages. Rejects
   * with the reason of `signal`, and with `ETERM` after `Context.shutdown`.
   */
  async poll(options: number | CallOptions = {}): Promise<Ready<S>[]> {
    const { timeout = -1, signal } = typeof options === 'number' ? { timeout: options } : options;
    const deadline = timeout < 0 ? Number.POSITIVE_INFINITY : performance.now() + timeout;
    for (;;) {
      signal?.throwIfAborted();
      const ready = this.#ready();
      if (ready.length > 0) {
        if (this.#turns.due(1)) await this.#turns.later(undefined);
        return ready;
      }
      const left = deadline - performance.now();
      if (left <= 0 || this.size === 0) return [];
      await this.#wait(left, signal, false);
    }
  }

  /** The next message, from the readable sockets in turn; undefined when no socket is left to read from. */
  async receive(options: Pick<CallOptions, 'signal'> = {}): Promise<Polled<S> | undefined> {
    const { signal } = options;
    for (;;) {
      signal?.throwIfAborted();
      const polled = this.#take();
      if (polled !== undefined) return this.#turns.due(1) ? this.#turns.later(polled) : polled;
      this.#sweep();
      if (!this.#entries.some((entry) => entry.readable)) return undefined;
      await this.#wait(Number.POSITIVE_INFINITY, signal, true);
    }
  }

  [Symbol.asyncIterator](): AsyncIterator<Polled<S>, undefined> {
    return {
      next: async () => {
        const value = await this.receive();
        return value === undefined ? DONE : yielded(value);
      },
      return: async () => DONE,
    };
  }

  /** Hot: once per message. */
  #take(): Polled<S> | undefined {
    const entries = this.#entries;
    const count = entries.length;
    for (let i = 0; i < count; i++) {
      const index = (this.#next + i) % count;
      const { socket, readable } = entries[index]!;
      if (!readable || !socket.readable) continue;
      const message = socket.tryReceive!();
      if (message === undefined) continue;
      this.#next = (index + 1) % count;
      return { socket, message } as unknown as Polled<S>;
    }
    return undefined;
  }

  #ready(): Ready<S>[] {
    this.#sweep();
    const ready: Ready<S>[] = [];
    const entries = this.#entries;
    for (let i = 0; i < entries.length; i++) {
      const { socket, ...wanted } = entries[(this.#next + i) % entries.length]!;
      const readable = wanted.readable && socket.readable;
      const writable = wanted.writable && socket.writable;
      if (readable || writable) ready.push({ socket, readable, writable });
    }
    if (ready.length > 0) this.#next = (this.#next + 1) % entries.length;
    return ready;
  }

  /** Settles when a socket may be ready, when one is added or removed, or after `time` milliseconds. */
  async #wait(time: number, signal: AbortSignal | undefined, reading: boolean): Promise<void> {
    const done = new AbortController();
    const abort = () => done.abort();
    this.#waiting.add(done);
    signal?.addEventListener('abort', abort, { once: true });
    const deadline = new Deadline(time, abort);
    const waits = this.#entries.map((entry) => watched(entry, done.signal, reading));
    const error = await Promise.race(waits);
    deadline.clear();
    signal?.removeEventListener('abort', abort);
    this.#waiting.delete(done);
    done.abort();
    if (error !== undefined) throw error;
  }

  #sweep(): void {
    for (const { socket } of [...this.#entries]) if (socket.closed) this.remove(socket);
  }

  #wake(): void {
    for (const waiting of this.#waiting) waiting.abort();
  }
}

interface Entry<S> {
  readonly socket: S;
  readonly readable: boolean;
  readonly writable: boolean;
}

/**
 * Resolves when `socket` may be ready, is closed, or the wait is aborted: the caller looks again. Resolves with the error if the
 * socket's context was shut down.
 */
async function watched(
  { socket, readable, writable }: Entry<Pollable>,
  signal: AbortSignal,
  reading: boolean,
): Promise<unknown> {
  try {
    const waits: Promise<void>[] = [];
    if (readable) waits.push(socket.whenReadable!({ signal }));
    if (writable && !reading) waits.push(socket.whenWritable!({ signal }));
    // Neither direction is waited for, only the close of the socket.
    if (waits.length === 0) waits.push(socket.waitFor('end', { signal }));
    for (const wait of waits) wait.catch(() => {});
    await Promise.race(waits);
  } catch (error) {
    // Otherwise the socket was closed, or the wait aborted.
    if ((error as { code?: string }).code === 'ETERM') return error;
  }
  return undefined;
}
