/** Server: SERVER, talks to many clients by number (RFC 41). */

import type { SocketOptions } from '../api/socket-options.ts';
import { SERVER } from '../core/draft-types.ts';
import { defineOptions } from '../options/option-accessors.ts';
import { RoutedSocket } from './routed-socket.ts';

/** Receives from its clients, fairly, and answers them by the `routingId` that comes with each message. */
export class Server extends RoutedSocket {
  constructor(options?: SocketOptions<Server>) {
    super(SERVER, options);
  }
}

defineOptions(Server.prototype, SERVER.optionNames);
