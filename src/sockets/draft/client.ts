/** Client: CLIENT, the peer of a Server (RFC 41). */

import { DuplexSocket, type Part } from '../api/sending-receiving.ts';
import type { SocketOptions } from '../api/socket-options.ts';
import { CLIENT } from '../core/draft-types.ts';
import type { MessageLike } from '../message.ts';
import { defineOptions } from '../options/option-accessors.ts';
import type {
  HelloOptions,
  HiccupOptions,
  ReceiveOptions,
  SendOptions,
} from '../options/options.ts';

export interface Client extends SendOptions, ReceiveOptions, HelloOptions, HiccupOptions {}

/** Sends to its servers in turn, receives from them fairly. Messages have one part; several are refused with `EINVAL`. */
export class Client extends DuplexSocket<MessageLike, [Part]> {
  constructor(options?: SocketOptions<Client>) {
    super(CLIENT, options);
  }
}

defineOptions(Client.prototype, CLIENT.optionNames);
