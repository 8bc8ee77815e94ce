/** Push: PUSH, the sending end of a pipeline (RFC 30). */

import { optionsOf, SocketType } from '../core/socket-type.ts';
import { defineOptions } from '../options/option-accessors.ts';
import type { ConflateOptions, SendOptions } from '../options/options.ts';
import { SendingSocket } from './sending-receiving.ts';
import type { SocketOptions } from './socket-options.ts';

export interface Push extends SendOptions, ConflateOptions {}

/** Sends each message to one Pull, in turn among those with room. `send` waits while none has room; nothing is dropped. */
export class Push extends SendingSocket {
  constructor(options?: SocketOptions<Push>) {
    super(SocketType.Push, options);
  }
}

defineOptions(Push.prototype, optionsOf(SocketType.Push));
