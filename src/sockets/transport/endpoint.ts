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

/** Transports by their schemes. */
type Schemes = Pick<ReadonlyMap<string, unknown>, 'has' | 'keys'>;

/**
 * What stands before `://`. `known`: the schemes to name when there is none.
 * @throws TypeError when `text` is not a string
 * @throws SocketError `EINVAL`, when it is no address
 */
export function schemeOf(text: unknown, known: Schemes): string {
  if (typeof text !== 'string') throw new TypeError('Address must be a string');
  const at = text.indexOf('://');
  if (at <= 0) throw noTransport(text, known);
  const scheme = text.slice(0, at);
  if (at + 3 === text.length) throw invalid(text, `nothing behind ${scheme}://`);
  // A NUL would end the text in libzmq, and start an abstract name in a path given to the system.
  if (text.includes('\0', at)) throw invalid(text, 'a NUL in an endpoint');
  return scheme;
}

/** What follows `://` in an address. */
export function afterScheme(text: string): string {
  return text.slice(text.indexOf('://') + 3);
}

/** `tcp://host:port` as users write it, or that of another scheme: an IPv6 address goes in brackets. */
export function formatTcp(host: string, port: number, scheme = 'tcp'): string {
  // What is given here is an address: asking isIPv6 costs Node 20 milliseconds the first time.
  return host.includes(':') ? `${scheme}://[${host}]:${port}` : `${scheme}://${host}:${port}`;
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
    if (!ipv6) throw noDevice(address, `${host} needs the option ipv6`);
    return host;
  }
  const local = Object.hasOwn(interfaces, host) ? (interfaces[host] ?? []) : [];
  const found =
    (ipv6 ? local.find((one) => one.family === 'IPv6') : undefined) ??
    local.find((one) => one.family === 'IPv4');
  if (found !== undefined) return scoped(found, host);
  // libzmq's own manual says ENODEV, but zeromq.js accepts it and its users write it.
  if (host === 'localhost') return '127.0.0.1';
  throw noDevice(address, `${quoted(host)} is no address or interface of this machine`);
}

/** A peer's IP address as users see it: IPv4-mapped IPv6 addresses are reported as plain IPv4, undefined as empty. */
export function plainAddress(address: string | undefined): string {
  const bare = address?.replace(/^::ffff:/i, '') ?? '';
  return isIP(bare) === 4 ? bare : (address ?? '');
}

/** `address` cannot be parsed, for the reason `what`. */
export function invalid(address: string, what: string): SocketError {
  return new SocketError('EINVAL', { message: `Invalid argument: ${what}`, address });
}

/** `text` begins with a scheme that is none of those `known`. */
export function unknownTransport(text: string, known: Schemes): SocketError {
  const [scheme = ''] = text.split('://', 1);
  const lower = scheme.toLowerCase();
  if (known.has(lower)) {
    const meant = quoted(`${lower}://${afterScheme(text)}`);
    const message = `Protocol not supported: did you mean ${meant}?`;
    return new SocketError('EPROTONOSUPPORT', { message, address: text });
  }
  // Programs compare this text of zeromq.js.
  const cause = new Error(`no transport ${quoted(scheme)}, expected ${listed(known)}`);
  return new SocketError('EPROTONOSUPPORT', { address: text, cause });
}

/** `text` as errors name it. */
export function quoted(text: string): string {
  return JSON.stringify(text);
}

/** `text` has no `://`, or nothing before it. */
function noTransport(text: string, known: Schemes): SocketError {
  const scheme = /^[^/]*:[0-9*]+$/.test(text) ? 'tcp' : /^[./@]/.test(text) ? 'ipc' : undefined;
  if (scheme !== undefined) {
    return invalid(text, `no transport, did you mean ${quoted(`${scheme}://${text}`)}?`);
  }
  // This one, too.
  const cause = new Error(`no transport in ${quoted(text)}, expected ${listed(known)}`);
  return new SocketError('EINVAL', { address: text, cause });
}

function listed(known: Schemes): string {
  return [...known.keys()].map((scheme) => `${scheme}://`).join(' or ');
}

function noDevice(address: string, what: string): SocketError {
  return new SocketError('ENODEV', { message: `No such device: ${what}`, address });
}

/** A link-local address means nothing without its interface. */
function scoped(info: NetworkInterfaceInfo, name: string): string {
  return info.family === 'IPv6' && info.scopeid !== 0 ? `${info.address}%${name}` : info.address;
}
