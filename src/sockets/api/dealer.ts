/** Dealer: DEALER, a Request without turns and without envelope (RFC 28). */

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
 * Sends to its peers in turn, receives from them fairly, adds and strips nothing: to talk to a Reply, send an empty part
 * first.
 */
export class Dealer extends DuplexSocket {
  constructor(options?: SocketOptions<Dealer>) {
    super(SocketType.Dealer, options);
  }
}

defineOptions(Dealer.prototype, optionsOf(SocketType.Dealer));
