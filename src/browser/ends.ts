/** Ends: in place of transport/ends.ts, as a page does not learn the local address of a connection. */

import type { Socket as Stream } from 'node:net';
import type { ConnectionEnds } from '../sockets/index.ts';

/** The addresses of a connection to `address`: the remote one alone. */
export function dialledEnds(_stream: Stream, address: string): ConnectionEnds {
  return { remote: address };
}
