/** MessageEmitter: delivers the messages of a socket as events. */

import { EventEmitter } from 'node:events';
import { Turns } from '../../base/turns.ts';
import type { Part, Receiver } from '../api/sending-receiving.ts';
import type { Socket } from '../api/socket.ts';

/** The events of a MessageEmitter. */
export interface MessageEvents<M extends Buffer[]> {
  /** One message, all its parts in an array. */
  message: [message: M];
  /** A listener threw or its promise rejected, or receiving failed. Without a listener for `error`, the error is thrown. */
  error: [error: unknown];
  /** The socket was closed, or its context shut down; no more messages will come. */
  close: [];
}

/**
 * ```ts
 * new MessageEmitter(pull).on('message', ([kind, body]) => …);
 * ```
 *
 * Messages are taken only while there is a listener for `message` and `pause` is not in effect: otherwise they stay in the
 * socket's queue, which holds back its peers. One is taken at a time; if a listener returns a promise, the next one after that
 * has settled. A listener for `message` keeps the process alive.
 */
export class MessageEmitter<M extends Buffer[] = Part[]> extends EventEmitter<MessageEvents<M>> {
  /** The socket whose messages are delivered. */
  readonly socket: Socket & Receiver<M>;
  readonly #turns = new Turns(false);
  #paused = false;
  #closed = false;
  /** Ends the running loop when there is no listener any more. */
  #stop: AbortController | undefined;

  constructor(socket: Socket & Receiver<M>) {
    super();
    this.socket = socket;
    // The type of this emitter lacks the two events that every emitter has.
    const own = this as EventEmitter;
    own.on('newListener', (event: string) => {
      // The listener is added only after this event.
      if (event === 'message') process.nextTick(() => this.#look());
      if (event === 'close' && this.#closed) process.nextTick(() => this.emit('close'));
    });
    own.on('removeListener', (event: string) => {
      if (event === 'message') this.#look();
    });
  }

  /** Whether it is paused: `pause` was called, and `resume` was not called since. */
  isPaused(): boolean {
    return this.#paused;
  }

  /** Leave messages in the socket's queue until `resume`, even while there are listeners. */
  pause(): this {
    this.#paused = true;
    this.#look();
    return this;
  }

  /** Deliver messages again after `pause`. */
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

  /** On a later tick: an error that no listener handles must not end the loop. */
  #fail(error: unknown): void {
    process.nextTick(() => this.emit('error', error));
  }
}
