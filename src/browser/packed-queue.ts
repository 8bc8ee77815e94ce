/** PackedQueue: in place of routing/packed-queue.ts, as code is dearer to a page than the memory of its few messages that wait. */

import { type Message, messageSize, ownSmallParts } from '../sockets/message.ts';

/** First in, first out. Small parts are copied when they are put in, larger ones are not. */
export class PackedQueue {
  size = 0;
  length = 0;
  #in: Message[] = [];
  /** The first ones, in reverse. */
  #out: Message[] = [];

  push(message: Message): void {
    this.#in.push(ownSmallParts(message));
    this.length++;
    this.size += messageSize(message);
  }

  shift(): Message | undefined {
    if (this.#out.length === 0) {
      this.#out = this.#in.reverse();
      this.#in = [];
    }
    const message = this.#out.pop();
    if (message === undefined) return undefined;
    this.length--;
    this.size -= messageSize(message);
    return message;
  }

  /** Never called: WebSocket has other frames. */
  shiftRun(): undefined {}

  clear(): void {
    this.#in = [];
    this.#out = [];
    this.length = 0;
    this.size = 0;
  }
}
