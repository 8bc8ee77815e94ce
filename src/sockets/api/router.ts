/** Router: ROUTER, talks to many peers by their routing ids (RFC 28). */

import { optionsOf, SocketType } from '../core/socket-type.ts';
import { SocketError } from '../errors.ts';
import type { MessageLike } from '../message.ts';
import { defineOptions } from '../options/option-accessors.ts';
import { OPTIONS } from '../options/option-table.ts';
import type {
  DisconnectOptions,
  HelloOptions,
  ProbeRouterOptions,
  ReceiveOptions,
  RouterOptions,
  RoutingIdOptions,
  SendOptions,
} from '../options/options.ts';
import type { RouterPattern } from '../pattern/router.ts';
import { DuplexSocket } from './sending-receiving.ts';
import type { SocketOptions } from './socket-options.ts';

/** Options of one `connect` of a Router or Stream. */
export interface RouterConnectOptions {
  /** `ZMQ_CONNECT_ROUTING_ID`. Routing id for the peer, 1–255 octets, instead of the one that it announces. */
  routingId?: string | Buffer;
}

export interface Router
  extends SendOptions,
    ReceiveOptions,
    RoutingIdOptions,
    HelloOptions,
    DisconnectOptions,
    ProbeRouterOptions,
    RouterOptions {}

/**
 * A received message begins with the routing id of its sender. A message to send begins with the routing id of its destination,
 * which is removed. A message for an unknown peer is dropped, or refused with `EHOSTUNREACH` if `mandatory`.
 */
export class Router extends DuplexSocket<
  [routingId: MessageLike, ...parts: MessageLike[]] | MessageLike[],
  [routingId: Buffer, ...parts: Buffer[]]
> {
  constructor(options?: SocketOptions<Router>) {
    super(SocketType.Router, options);
  }

  /** Like `Socket.connect`; also throws `EADDRINUSE` for a `routingId` that this socket already uses for a peer. */
  override connect(address: string, options: RouterConnectOptions = {}): void {
    const inner = this.open();
    const id = OPTIONS.routingId.parse(options.routingId ?? null, 'routingId') ?? undefined;
    if (id !== undefined && (inner.pattern as RouterPattern).knows(id)) {
      throw new SocketError('EADDRINUSE', {
        address,
        message: `Address already in use: routing id ${JSON.stringify(id.toString('latin1'))}`,
      });
    }
    inner.endpoints.connect(address, id);
  }

  /**
   * Not in libzmq. Disconnects the peer with this routing id, and drops its messages that were not received yet. The side that
   * had connected may connect again. Returns false if there is no such peer.
   */
  disconnectPeer(routingId: Buffer): boolean {
    return (this.open().pattern as RouterPattern).disconnect(
      routingId,
      'disconnected by this side',
    );
  }
}

defineOptions(Router.prototype, optionsOf(SocketType.Router));
