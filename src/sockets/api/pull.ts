/** Pull: PULL, the receiving end of a pipeline (RFC 30). */

import { optionsOf, SocketType } from '../core/socket-type.ts';
import { defineOptions } from '../options/option-accessors.ts';
import type { ConflateOptions, ReceiveOptions } from '../options/options.ts';
import { ReceivingSocket } from './sending-receiving.ts';
import type { SocketOptions } from './socket-options.ts';

export interface Pull extends ReceiveOptions, ConflateOptions {}

/** Receives fairly from all connected Push sockets. A peer whose queue is full is not read from; the others are. */
export class Pull extends ReceivingSocket {
  constructor(options?: SocketOptions<Pull>) {
    super(SocketType.Pull, options);
  }
}

defineOptions(Pull.prototype, optionsOf(SocketType.Pull));
