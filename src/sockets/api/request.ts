/** Request: REQ, sends a request and receives the reply to it (RFC 28). */

import { optionsOf, SocketType } from '../core/socket-type.ts';
import { defineOptions } from '../options/option-accessors.ts';
import type {
  ProbeRouterOptions,
  ReceiveOptions,
  RequestOptions,
  RoutingIdOptions,
  SendOptions,
} from '../options/options.ts';
import { DuplexSocket } from './sending-receiving.ts';
import type { SocketOptions } from './socket-options.ts';

export interface Request
  extends SendOptions,
    ReceiveOptions,
    RoutingIdOptions,
    ProbeRouterOptions,
    RequestOptions {}

/**
 * `send` and `receive` alternate strictly: a call out of turn waits for its turn, and fails with `EFSM` after its timeout. Each
 * request goes to one Reply or Router, in turn; only a reply from that peer is received. A request is not sent again when its
 * peer is lost; see `relaxed` and `correlate`.
 */
export class Request extends DuplexSocket {
  constructor(options?: SocketOptions<Request>) {
    super(SocketType.Request, options);
  }
}

defineOptions(Request.prototype, optionsOf(SocketType.Request));
