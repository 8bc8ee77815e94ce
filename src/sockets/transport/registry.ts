/** Registry: the transports there are. One more is its files and a line here; see docs/how-to/transport.md. */

import { SocketError } from '../errors.ts';
import { schemeOf, unknownTransport } from './endpoint.ts';
import { inproc } from './inproc.ts';
import { ipc } from './ipc.ts';
import { tcp } from './tcp.ts';
import type { Transport } from './transport.ts';
import { ws, wss } from './ws.ts';

/** By scheme. */
export const transports: Map<string, Transport> = new Map(
  [tcp, ipc, inproc, ws, wss].map((transport: Transport) => [transport.scheme, transport]),
);

/**
 * The transport of an address, among those that a socket `has`.
 * @throws TypeError for what is no string
 * @throws SocketError `EINVAL` for what is no address, `EPROTONOSUPPORT` for an unknown scheme, `ENOCOMPATPROTO` for
 * one that no socket type of ours can use; all with `address`
 */
export function transportOf(
  text: unknown,
  has: ReadonlyMap<string, Transport> = transports,
): Transport {
  const scheme = schemeOf(text, has);
  const transport = has.get(scheme);
  if (transport !== undefined) return transport;
  const address = text as string;
  const elsewhere = transports.has(scheme) || FOR_OTHER_TYPES.has(scheme);
  if (elsewhere) throw new SocketError('ENOCOMPATPROTO', { address });
  throw unknownTransport(address, has);
}

/** Known to libzmq, but only for RADIO, DISH and DGRAM. */
const FOR_OTHER_TYPES: ReadonlySet<string> = new Set(['udp']);
