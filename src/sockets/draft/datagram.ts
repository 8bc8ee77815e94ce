/** Datagram: DGRAM, packets to and from any address (zmq_udp(7)). */

import { DuplexSocket, type Part } from '../api/sending-receiving.ts';
import type { SocketOptions } from '../api/socket-options.ts';
import { DATAGRAM } from '../core/draft-types.ts';
import type { MessageLike } from '../message.ts';
import { defineOptions } from '../options/option-accessors.ts';
import type { ReceiveOptions, SendOptions } from '../options/options.ts';

export interface Datagram extends SendOptions, ReceiveOptions {}

/**
 * Bound to one `udp://` endpoint, it sends and receives plain udp packets. A message is an address, `ip:port`, and a body. What
 * is received has a NUL behind its address, as in libzmq, and can be answered with it. Sending is refused with `EINVAL` for
 * anything else, and with `EMSGSIZE` for a body of more than 65 507 octets.
 */
export class Datagram extends DuplexSocket<[MessageLike, MessageLike], [Part, Part]> {
  constructor(options?: SocketOptions<Datagram>) {
    super(DATAGRAM, options);
  }
}

defineOptions(Datagram.prototype, DATAGRAM.optionNames);
