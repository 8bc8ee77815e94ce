/** MessageEmitter: the messages of a socket as events, for those who like callbacks. */

import { EventEmitter } from 'node:events';
import { Turns } from '../../base/turns.ts';
import type { Message, Receiver } from '../api/sending-receiving.ts';
import type { Socket } from '../api/socket.ts';

/** What a MessageEmitter tells. */
export interface MessageEvents<M extends Buffer[]> {
  /** One message, all its parts in an array. */
  message: [message: M];
  /** A listener has thrown or its promise was rejected, or receiving failed. Without a listener it is thrown. */
  error: [error: unknown];
  /** The socket was closed, or its context shut down; nothing more will come. */
  close: [];
}

/**
 * ```ts
 * new MessageEmitter(pull).on('message', ([kind, body]) => …);
 * ```
 *
 * Messages are taken only while somebody listens for them and `pause` was not called: otherwise they stay in the socket's queue,
 * and its peers feel it. One is taken at a time, and if a listener returns a promise, the next one after that is settled.
 * Listening keeps the process alive.
 */
export class MessageEmitter<M extends Buffer[] = Message[]> extends EventEmitter<MessageEvents<M>> {
  /** What it reads. */
  readonly socket: Socket & Receiver<M>;
  readonly #turns = new Turns(false);
  #paused = false;
  #closed = false;
  /** The loop under way, to be ended when nobody listens any more. */
  #stop: AbortController | undefined;

  constructor(socket: Socket & Receiver<M>) {
    super();
    this.socket = socket;
    // The two events that every emitter has, and the type of this one does not know.
    const own = this as EventEmitter;
    own.on('newListener', (event: string) => {
      // It is about to be added.
      if (event === 'message') process.nextTick(() => this.#look());
      if (event === 'close' && this.#closed) process.nextTick(() => this.emit('close'));
    });
    own.on('removeListener', (event: string) => {
      if (event === 'message') this.#look();
    });
  }

  /** Whether `pause` was called. */
  isPaused(): boolean {
    return this.#paused;
  }

  /** Leave messages where they are, although somebody listens. */
  pause(): this {
    this.#paused = true;
    this.#look();
    return this;
  }

  /** Go on after `pause`. */
  resume(): this {
    this.#paused = false;
    this.#look();
    return this;
  }

  get #wanted(): boolean {
    return !this.#paused && this.listenerCount('message') > 0;
  }

  #look(): void {
    if (this.#wanted && this.#stop === undefined && !this.#closed) {
      this.#stop = new AbortController();
      void this.#run(this.#stop.signal);
    } else if (!this.#wanted) {
      this.#stop?.abort();
    }
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { socket } = this;
    let terminated = false;
    try {
      while (!signal.aborted && !socket.closed) {
        await socket.whenReadable({ signal });
        while (this.#wanted && socket.readable) {
          const message = socket.tryReceive();
          if (message === undefined) break;
          await this.#tell(message);
          if (this.#turns.due(1)) await this.#turns.later(undefined);
        }
      }
    } catch (error) {
      if (!signal.aborted && !socket.closed) this.#fail(error);
      terminated = (error as { code?: string }).code === 'ETERM';
    }
    this.#stop = undefined;
    if (!socket.closed && !terminated) this.#look();
    else if (!this.#closed) {
      this.#closed = true;
      this.emit('close');
    }
  }

  async #tell(message: M): Promise<void> {
    const waits: unknown[] = [];
    for (const listener of this.rawListeners('message')) {
      try {
        waits.push(listener.call(this, message));
      } catch (error) {
        this.#fail(error);
      }
    }
    for (const { reason } of (await Promise.allSettled(waits)) as { reason?: unknown }[]) {
      if (reason !== undefined) this.#fail(reason);
    }
  }

  /** Not from within the loop, which goes on. */
  #fail(error: unknown): void {
    process.nextTick(() => this.emit('error', error));
  }
}
