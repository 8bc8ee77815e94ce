/** Push: PUSH, the sending end of a pipeline (RFC 30). */

import { SendingSocket } from './directed.ts';
import { defineOptions } from './option-accessors.ts';
import { CONFLATE, SEND } from './option-table.ts';
import type { ConflateOptions, SendOptions } from './options.ts';
import type { SocketOptions } from './socket-options.ts';
import { SocketType } from './socket-type.ts';

export interface Push extends SendOptions, ConflateOptions {}

/**
 * Each message goes to one Pull, in turn among those that can take it. `send` waits while none can; nothing is dropped.
 */
export class Push extends SendingSocket {
  constructor(options?: SocketOptions<Push>) {
    super(SocketType.Push, options);
  }
}

defineOptions(Push.prototype, [...SEND, ...CONFLATE]);
