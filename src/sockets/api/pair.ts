/** Pair: PAIR, two sockets that belong to each other (RFC 31). */

import { optionsOf, SocketType } from '../core/socket-type.ts';
import { defineOptions } from '../options/option-accessors.ts';
import type { ReceiveOptions, SendOptions } from '../options/options.ts';
import { DuplexSocket } from './sending-receiving.ts';
import type { SocketOptions } from './socket-options.ts';

export interface Pair extends SendOptions, ReceiveOptions {}

/**
 * Talks to one other Pair, both ways. While that peer is there, a second one is refused with the event `peer:refused`. Without a peer, or with a full one, `send` waits.
 */
export class Pair extends DuplexSocket {
  constructor(options?: SocketOptions<Pair>) {
    super(SocketType.Pair, options);
  }
}

defineOptions(Pair.prototype, optionsOf(SocketType.Pair));
