/** Ends: in place of transport/ends.ts, as a page is not told where its own end is. */

import type { Socket as Stream } from 'node:net';
import type { ConnectionEnds } from '../sockets/index.ts';

/** Those of a connection to `address`. */
export function dialledEnds(_stream: Stream, address: string): ConnectionEnds {
  return { remote: address };
}
