/**
 * Endpoint: an address as text, `scheme://rest`, which its transport parses once into what it needs (zmq_tcp(7),
 * zmq_ipc(7), zmq_inproc(7)); and what IP addresses have in common.
 */

import { isIP, isIPv4, isIPv6 } from 'node:net';
import type { NetworkInterfaceInfo } from 'node:os';

import { SocketError } from '../errors.ts';

/** A parsed address. Each transport adds what it needs. */
export interface Endpoint {
  /** The scheme. */
  readonly transport: string;
}

/**
 * What stands before `://`.
 * @throws TypeError when `text` is not a string
 * @throws SocketError `EINVAL`, when it is no address
 */
export function schemeOf(text: unknown): string {
  if (typeof text !== 'string') throw new TypeError('Address must be a string');
  const at = text.indexOf('://');
  // A NUL would end the text in libzmq, and start an abstract name in a path given to the system.
  if (at <= 0 || at + 3 === text.length || text.includes('\0', at)) throw invalidAddress(text);
  return text.slice(0, at);
}

/** What follows `://` in an address. */
export function afterScheme(text: string): string {
  return text.slice(text.indexOf('://') + 3);
}

/** `tcp://host:port` as users write it: an IPv6 address goes in brackets. */
export function formatTcp(host: string, port: number): string {
  return isIPv6(host) ? `tcp://[${host}]:${port}` : `tcp://${host}:${port}`;
}

/**
 * The address to listen on (or to connect from) for the host of an endpoint: `*` is every address, an
 * interface name its first address of the family in use, `localhost` 127.0.0.1. Other names are never
 * resolved. A literal that is not ours is for the operating system to refuse, with `EADDRNOTAVAIL`.
 * `address` is the endpoint text to blame.
 * @throws SocketError `ENODEV` for an unknown name, or an IPv6 literal without `ipv6`
 */
export function bindAddress(
  host: string,
  ipv6: boolean,
  interfaces: NodeJS.Dict<NetworkInterfaceInfo[]>,
  address: string = host,
): string {
  if (host === '*') return ipv6 ? '::' : '0.0.0.0';
  if (isIPv4(host)) return host;
  if (isIPv6(host)) {
    if (!ipv6) throw new SocketError('ENODEV', { address });
    return host;
  }
  const local = Object.hasOwn(interfaces, host) ? (interfaces[host] ?? []) : [];
  const found =
    (ipv6 ? local.find((one) => one.family === 'IPv6') : undefined) ??
    local.find((one) => one.family === 'IPv4');
  if (found !== undefined) return scoped(found, host);
  // libzmq's own manual says ENODEV, but zeromq.js accepts it and its users write it.
  if (host === 'localhost') return '127.0.0.1';
  throw new SocketError('ENODEV', { address });
}

/** A peer's IP address as users see it: IPv4-mapped IPv6 addresses are reported as plain IPv4, undefined as empty. */
export function plainAddress(address: string | undefined): string {
  const bare = address?.replace(/^::ffff:/i, '') ?? '';
  return isIP(bare) === 4 ? bare : (address ?? '');
}

/** `address` cannot be parsed. */
export function invalidAddress(address: string): SocketError {
  return new SocketError('EINVAL', { address });
}

/** A link-local address means nothing without its interface. */
function scoped(info: NetworkInterfaceInfo, name: string): string {
  return info.family === 'IPv6' && info.scopeid !== 0 ? `${info.address}%${name}` : info.address;
}
