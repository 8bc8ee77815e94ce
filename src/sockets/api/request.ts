/** Request: REQ, asks and waits for the answer (RFC 28). */

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
 * `send` and `receive` in strict turn: a call out of turn waits for its turn, and is refused with `EFSM` where it may
 * not wait. Each request goes to one Reply or Router, in turn; only that one's answer is received. A request whose
 * peer dies is not sent again; see `relaxed` and `correlate`.
 */
export class Request extends DuplexSocket {
  constructor(options?: SocketOptions<Request>) {
    super(SocketType.Request, options);
  }
}

defineOptions(Request.prototype, optionsOf(SocketType.Request));
