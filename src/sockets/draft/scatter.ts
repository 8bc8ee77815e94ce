/** Scatter: SCATTER, the sending end of a pipeline of messages of one part (RFC 49). */

import { SendingSocket } from '../api/sending-receiving.ts';
import type { SocketOptions } from '../api/socket-options.ts';
import { SCATTER } from '../core/draft-types.ts';
import type { MessageLike } from '../message.ts';
import { defineOptions } from '../options/option-accessors.ts';
import type { ConflateOptions, SendOptions } from '../options/options.ts';

export interface Scatter extends SendOptions, ConflateOptions {}

/** Each message goes to one Gather, in turn among those that can take it. Several parts are refused with `EINVAL`. */
export class Scatter extends SendingSocket<MessageLike> {
  constructor(options?: SocketOptions<Scatter>) {
    super(SCATTER, options);
  }
}

defineOptions(Scatter.prototype, SCATTER.optionNames);
