/** JoinedWrites: writes all that is published within one tick by one system call; the client library makes one per message. */

import type { Socket } from 'node:net';

export class JoinedWrites {
  /** The socket of the library, which does not export it; without it every message is written by itself. */
  readonly #socket: Socket | undefined;
  #joining = false;

  /** @param connection one of `rabbitmq-client`, which has one stream from its beginning to its end */
  constructor(connection: object) {
    const { _socket: socket } = connection as { readonly _socket?: Socket };
    if (typeof socket?.cork !== 'function') return;
    this.#socket = socket;
    // Before the library's listener, so that what had to wait is joined as well.
    socket.prependListener('drain', () => this.join());
  }

  /** Octets written from now on wait for the end of the tick, or until the stream is full. */
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
