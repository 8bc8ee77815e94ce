/** Pump: passes one channel's messages to its handler, and pauses while the channel that drains it is full. */

import { pause } from '../base/pause.ts';
import type { Message, Receiver, Sender, Socket } from '../sockets/index.ts';
import type { Channel, Handler } from './channel.ts';
import type { Logger } from './log.ts';
import type { Throttle } from './throttle.ts';

/** What a pump moves, where to, and until when. */
export interface PumpOptions {
  /** The channel whose messages it takes. */
  readonly channel: Channel;
  /** Takes each message. */
  readonly handler: Handler;
  /** The channel that drains this one, and the throttle that measures it; undefined = none. */
  readonly throttle: { readonly by: Channel; readonly gate: Throttle } | undefined;
  /** Where failures are logged. */
  readonly log: Logger;
  /** Ends `run` when it aborts. */
  readonly signal: AbortSignal;
}

/** Passes one channel's messages to its handler, one after the other. */
export class Pump {
  readonly #options: PumpOptions;
  readonly #socket: Socket & Receiver & Partial<Sender>;

  constructor(options: PumpOptions) {
    this.#options = options;
    this.#socket = options.channel.socket as Socket & Receiver & Partial<Sender>;
  }

  /** Waits for messages and handles them until `signal` aborts or the socket closes. */
  async run(): Promise<void> {
    const { channel, log, signal } = this.#options;
    const socket = this.#socket;
    try {
      while (!signal.aborted) {
        await this.#rest();
        await socket.whenReadable({ signal });
        const message = socket.tryReceive();
        if (message !== undefined) await this.#take(message);
      }
    } catch (error) {
      if (!signal.aborted && !socket.closed) log.error('Channel %s: %s', channel.name, error);
    }
  }

  /** Handles the messages that are there now, and no later ones. */
  async drain(): Promise<void> {
    const socket = this.#socket;
    if (socket.closed) return;
    const count = socket.stats().queued.in;
    for (let i = 0; i < count && socket.readable; i++) {
      const message = socket.tryReceive();
      if (message !== undefined) await this.#take(message);
    }
  }

  async #take(message: Message[]): Promise<void> {
    const { channel, handler, log } = this.#options;
    channel.handledCount++;
    let answer: unknown;
    try {
      answer = await handler(message);
    } catch (error) {
      channel.failedCount++;
      log.error('Channel %s: a handler has failed: %s', channel.name, shownError(error));
    }
    if (channel.type !== 'rep' || this.#socket.closed || !this.#socket.writable) return;
    // The requester waits for an answer, even an empty one.
    const reply = answer === undefined ? '' : (answer as string);
    await this.#socket.send!(reply).catch((error) => {
      log.error('Channel %s: %s', channel.name, shownError(error));
    });
  }

  /** Resolves when the draining channel has room, or `signal` has aborted. */
  async #rest(): Promise<void> {
    const { channel, throttle, log, signal } = this.#options;
    if (throttle === undefined) return;
    const { by, gate } = throttle;
    while (!signal.aborted) {
      const count = by.bufferedCount;
      const change = gate.measure(count);
      const text = '%s receive on: %s (Buffered: %d, HWM: %d)';
      if (change === 'closed') log.info(text, 'Pausing', channel.name, count, gate.highWaterMark);
      if (change === 'opened') log.info(text, 'Resuming', channel.name, count, gate.highWaterMark);
      if (!gate.closed) return;
      await pause(REST_INTERVAL, signal);
    }
  }
}

function shownError(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/** Milliseconds between two looks at a draining channel that is full. */
const REST_INTERVAL = 10;
