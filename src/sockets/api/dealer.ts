/** Dealer: DEALER, asynchronous requests and replies without an envelope (RFC 28). */

import { optionsOf, SocketType } from '../core/socket-type.ts';
import { defineOptions } from '../options/option-accessors.ts';
import type {
  ConflateOptions,
  HelloOptions,
  HiccupOptions,
  ProbeRouterOptions,
  ReceiveOptions,
  RoutingIdOptions,
  SendOptions,
} from '../options/options.ts';
import { DuplexSocket } from './sending-receiving.ts';
import type { SocketOptions } from './socket-options.ts';

export interface Dealer
  extends SendOptions,
    ReceiveOptions,
    RoutingIdOptions,
    HelloOptions,
    HiccupOptions,
    ProbeRouterOptions,
    ConflateOptions {}

/**
 * Sends each message to one of its peers, in turn, and receives fairly from all of them. Adds and removes no parts: to talk to a
 * Reply, send an empty part first.
 */
export class Dealer extends DuplexSocket {
  constructor(options?: SocketOptions<Dealer>) {
    super(SocketType.Dealer, options);
  }
}

defineOptions(Dealer.prototype, optionsOf(SocketType.Dealer));
