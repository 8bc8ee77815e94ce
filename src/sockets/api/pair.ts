/** Pair: PAIR, exchanges messages with exactly one peer (RFC 31). */

import { optionsOf, SocketType } from '../core/socket-type.ts';
import { defineOptions } from '../options/option-accessors.ts';
import type { ReceiveOptions, SendOptions } from '../options/options.ts';
import { DuplexSocket } from './sending-receiving.ts';
import type { SocketOptions } from './socket-options.ts';

export interface Pair extends SendOptions, ReceiveOptions {}

/**
 * Exchanges messages with one other Pair. While that peer is there, a second one is refused with the event `peer:refused`. `send`
 * waits while there is no peer, or its queue is full.
 */
export class Pair extends DuplexSocket {
  constructor(options?: SocketOptions<Pair>) {
    super(SocketType.Pair, options);
  }
}

defineOptions(Pair.prototype, optionsOf(SocketType.Pair));
