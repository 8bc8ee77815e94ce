/** Pull: PULL, the receiving end of a pipeline (RFC 30). */

import { ReceivingSocket } from './directed.ts';
import { defineOptions } from './option-accessors.ts';
import { CONFLATE, RECEIVE } from './option-table.ts';
import type { ConflateOptions, ReceiveOptions } from './options.ts';
import type { SocketOptions } from './socket-options.ts';
import { SocketType } from './socket-type.ts';

export interface Pull extends ReceiveOptions, ConflateOptions {}

/** Receives from all connected Push sockets, fairly. A full queue stops its peer's connection, not the others. */
export class Pull extends ReceivingSocket {
  constructor(options?: SocketOptions<Pull>) {
    super(SocketType.Pull, options);
  }
}

defineOptions(Pull.prototype, [...RECEIVE, ...CONFLATE]);
