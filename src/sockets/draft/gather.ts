/** Gather: GATHER, the receiving end of a pipeline of messages of one part (RFC 49). */

import { type Part, ReceivingSocket } from '../api/sending-receiving.ts';
import type { SocketOptions } from '../api/socket-options.ts';
import { GATHER } from '../core/draft-types.ts';
import { defineOptions } from '../options/option-accessors.ts';
import type { ConflateOptions, ReceiveOptions } from '../options/options.ts';

export interface Gather extends ReceiveOptions, ConflateOptions {}

/** Receives from all its Scatter peers, fairly. */
export class Gather extends ReceivingSocket<[Part]> {
  constructor(options?: SocketOptions<Gather>) {
    super(GATHER, options);
  }
}

defineOptions(Gather.prototype, GATHER.optionNames);
