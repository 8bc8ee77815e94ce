/** Ends: the two addresses of a connection, as events tell them (version 2 of libzmq's monitor). */

import type { Socket as Stream } from 'node:net';
import type { ConnectionEnds } from '../events.ts';
import { formatTcp, plainAddress } from './endpoint.ts';

/** Those of an accepted stream; `address` is the endpoint that it came in by. */
export function acceptedEnds(stream: Stream, address: string): ConnectionEnds {
  const { localAddress, localPort, remoteAddress, remotePort } = stream;
  const local = endpointOf(localAddress, localPort, address) ?? address;
  const remote = endpointOf(remoteAddress, remotePort, address);
  return { local, ...(remote && { remote }) };
}

/** Those of a stream that leads to `address`, perhaps by way of a proxy. */
export function dialledEnds({ localAddress, localPort }: Stream, address: string): ConnectionEnds {
  const local = endpointOf(localAddress, localPort, address);
  return { ...(local && { local }), remote: address };
}

/** With the scheme of `address`. There is no port over ipc, in a browser, and when the peer has left already. */
function endpointOf(
  host: string | undefined,
  port: number | undefined,
  address: string,
): string | undefined {
  if (host === undefined || port === undefined) return undefined;
  return formatTcp(plainAddress(host), port, address.slice(0, address.indexOf(':')));
}
