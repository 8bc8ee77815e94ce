/** UdpAddress: `udp://host:port` and `udp://interface;group:port` (zmq_udp(7)). */

import { isIP, isIPv4, isIPv6 } from 'node:net';
import { afterScheme, type Endpoint, invalid, quoted } from './endpoint.ts';
import { parseTcpBind, parseTcpConnect } from './tcp-address.ts';
import { localAddress } from './tcp-stream.ts';

/** The address at which datagrams are received, or to which they are sent. */
export interface UdpEndpoint extends Endpoint {
  readonly transport: 'udp';
  /** An IP literal without brackets; for a bind also `*` or an interface name, for a connect also a name to resolve. */
  readonly host: string;
  /** 0 = any free port, for a bind, written `*` or `0`. */
  readonly port: number;
  /** The interface for the multicast group `host`: its name, its address or `*`. */
  readonly source?: string;
}

/** @throws SocketError `EINVAL` */
export function parseUdp(text: string, kind: 'bind' | 'connect'): UdpEndpoint {
  const rest = afterScheme(text);
  const semicolon = rest.lastIndexOf(';');
  const target = rest.slice(semicolon + 1);
  const { host, port } =
    kind === 'bind' ? parseTcpBind(target, text) : parseTcpConnect(target, text);
  if (kind === 'connect' && port === 0) throw invalid(text, 'port 0 is for bind');
  if (semicolon === -1) return { transport: 'udp', host, port };
  if (!isMulticast(host)) {
    throw invalid(text, `an interface goes with a multicast group, ${quoted(host)} is none`);
  }
  const { host: source } = parseTcpBind(`${rest.slice(0, semicolon)}:0`, text);
  return { transport: 'udp', host, port, source };
}

/** Whether `address` is in 224.0.0.0/4 or ff00::/8. */
export function isMulticast(address: string): boolean {
  if (isIPv4(address)) return Number.parseInt(address, 10) >> 4 === 0b1110;
  return isIPv6(address) && /^ff/i.test(address);
}

/**
 * The interface for multicast as Node wants it: an address, or `::%eth0` for IPv6; undefined = the system's choice.
 * @throws SocketError `ENODEV`
 */
export function multicastInterface(
  { host, source }: UdpEndpoint,
  text: string,
): string | undefined {
  if (source === undefined || source === '*') return undefined;
  const local = localAddress(source, { ipv6: isIPv6(host) }, text);
  const named = isIP(source) === 0 && source !== 'localhost';
  return isIPv6(host) && named ? `::%${source}` : local;
}
