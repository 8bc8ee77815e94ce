/** JoinedWrites: has what is published within one tick leave by one system call. The client library makes one for each message. */

import type { Socket } from 'node:net';

export class JoinedWrites {
  /** Of the library, which does not show it; without it every message is written by itself. */
  readonly #socket: Socket | undefined;
  #joining = false;

  /** @param connection one of `rabbitmq-client`, which has one stream from its beginning to its end */
  constructor(connection: object) {
    const { _socket: socket } = connection as { readonly _socket?: Socket };
    if (typeof socket?.cork !== 'function') return;
    this.#socket = socket;
    // Before the library: what had to wait is joined as well.
    socket.prependListener('drain', () => this.join());
  }

  /** What is written from now on waits for the end of the tick, or until the stream is full. */
  join(): void {
    const socket = this.#socket;
    if (socket === undefined || this.#joining) return;
    this.#joining = true;
    socket.cork();
    process.nextTick(() => {
      this.#joining = false;
      socket.uncork();
    });
  }
}
