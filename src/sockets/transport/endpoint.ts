/**
 * Endpoint: `tcp://host:port`, `ipc://path` and `inproc://name` as text, parsed once into what the
 * transports need (zmq_tcp(7), zmq_ipc(7), zmq_inproc(7)).
 */

import { isIP, isIPv4, isIPv6 } from 'node:net';
import type { NetworkInterfaceInfo } from 'node:os';

import { SocketError, type SocketErrorCode } from '../errors.ts';

/** Where `bind` listens. */
export type BindEndpoint = TcpBindEndpoint | IpcBindEndpoint | InprocEndpoint;

/** Where `connect` goes. */
export type ConnectEndpoint = TcpConnectEndpoint | IpcEndpoint | InprocEndpoint;

/** `tcp://*:5555`, `tcp://127.0.0.1:*`, `tcp://eth0:0`, `tcp://[::1]:5555`. */
export interface TcpBindEndpoint {
  readonly transport: 'tcp';
  /** `*`, an IP literal without brackets, or an interface name; see {@link bindAddress}. */
  readonly host: string;
  /** 0 = any free port, written `*` or `0`. */
  readonly port: number;
}

/** `tcp://host:port`, or `tcp://source:port;host:port`. */
export interface TcpConnectEndpoint {
  readonly transport: 'tcp';
  /** An IP literal without brackets, or a name to resolve at each attempt. */
  readonly host: string;
  /** 0 is accepted, as in libzmq, and never connects. */
  readonly port: number;
  /** The local end: host is an IP literal or an interface name, port 0 = any. */
  readonly source?: { readonly host: string; readonly port: number };
}

/** `ipc:///path/to/socket`, or `ipc://@name` in Linux's abstract namespace. */
export interface IpcEndpoint {
  readonly transport: 'ipc';
  /** As written; for an abstract name without the `@`. */
  readonly path: string;
  readonly abstract: boolean;
}

export interface IpcBindEndpoint extends IpcEndpoint {
  /** `ipc://*`: the transport makes up a path in a temporary directory. `path` is then `*`. */
  readonly wildcard: boolean;
}

export interface InprocEndpoint {
  readonly transport: 'inproc';
  readonly name: string;
}

/**
 * The endpoint `text` names for `bind`.
 * @throws TypeError when it is not a string
 * @throws SocketError `EINVAL`, `EPROTONOSUPPORT`, `ENOCOMPATPROTO`, `ENAMETOOLONG`, all with `address`
 */
export function parseBind(text: unknown): BindEndpoint {
  const { scheme, rest, text: address } = split(text);
  switch (scheme) {
    case 'tcp': {
      const { host, port } = splitPort(rest, address);
      return {
        transport: 'tcp',
        host: host === '*' ? host : parseHost(host, address),
        port: port === '*' ? 0 : parsePort(port, address),
      };
    }
    case 'ipc':
      return { ...parseIpc(rest, address), wildcard: rest === '*' };
    case 'inproc':
      return { transport: 'inproc', name: rest };
    default:
      return scheme satisfies never;
  }
}

/**
 * The endpoint `text` names for `connect`. Nothing is resolved here: a name that does not exist is no
 * error, the connection is tried again and again.
 * @throws TypeError when it is not a string
 * @throws SocketError `EINVAL`, `EPROTONOSUPPORT`, `ENOCOMPATPROTO`, `ENAMETOOLONG`, all with `address`
 */
export function parseConnect(text: unknown): ConnectEndpoint {
  const { scheme, rest, text: address } = split(text);
  switch (scheme) {
    case 'tcp':
      return parseTcpConnect(rest, address);
    case 'ipc':
      if (rest === '*') throw invalid(address, 'ipc://* is for bind, connect needs a path');
      return parseIpc(rest, address);
    case 'inproc':
      return { transport: 'inproc', name: rest };
    default:
      return scheme satisfies never;
  }
}

/**
 * Checks that `text` is one that some endpoint could have, for a call on an endpoint that is not there.
 * @throws TypeError when it is not a string
 * @throws SocketError `EINVAL`, `EPROTONOSUPPORT`, `ENOCOMPATPROTO`, all with `address`
 */
export function checkTransport(text: unknown): void {
  split(text);
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

interface SplitText {
  readonly scheme: 'tcp' | 'ipc' | 'inproc';
  readonly rest: string;
  readonly text: string;
}

function split(text: unknown): SplitText {
  if (typeof text !== 'string') throw new TypeError('Address must be a string');
  const at = text.indexOf('://');
  if (at <= 0) throw noTransport(text);
  const scheme = text.slice(0, at);
  const rest = text.slice(at + 3);
  if (rest === '') throw invalid(text, `nothing behind ${scheme}://`);
  // A NUL would end the text in libzmq, and start an abstract name in a path given to the system.
  if (rest.includes('\0')) throw invalid(text, 'a NUL in an endpoint');
  switch (scheme) {
    case 'tcp':
    case 'ipc':
    case 'inproc':
      return { scheme, rest, text };
    case 'udp':
      // A known transport, but only for RADIO, DISH and DGRAM.
      throw refused('ENOCOMPATPROTO', text);
    default:
      throw unknownTransport(scheme, rest, text);
  }
}

function parseTcpConnect(rest: string, address: string): TcpConnectEndpoint {
  const semicolon = rest.indexOf(';');
  const { host, port } = splitPort(rest.slice(semicolon + 1), address);
  const destination = {
    transport: 'tcp',
    host: parseHost(host, address),
    port: parsePort(port, address),
  } as const;
  if (semicolon === -1) return destination;

  const source = splitPort(rest.slice(0, semicolon), address);
  return {
    ...destination,
    source: {
      host: parseHost(source.host, address),
      port: source.port === '*' ? 0 : parsePort(source.port, address),
    },
  };
}

function parseIpc(path: string, address: string): IpcEndpoint {
  const abstract = path.startsWith('@');
  if (abstract && path.length === 1) throw invalid(address, 'no name behind ipc://@');
  const size = Buffer.byteLength(path);
  if (size > IPC_PATH_LIMIT) {
    const message = `File name too long: a path of ${size} octets, expected at most ${IPC_PATH_LIMIT}`;
    throw new SocketError('ENAMETOOLONG', { message, address });
  }
  return { transport: 'ipc', path: abstract ? path.slice(1) : path, abstract };
}

/** At the last colon, so that an IPv6 literal may also come without brackets, as libzmq has it. */
function splitPort(text: string, address: string): { host: string; port: string } {
  const colon = text.lastIndexOf(':');
  if (colon === -1)
    throw invalid(address, `no port in ${quoted(address)}, expected tcp://host:port`);
  return { host: text.slice(0, colon), port: text.slice(colon + 1) };
}

function parseHost(text: string, address: string): string {
  if (text.startsWith('[') && text.endsWith(']')) {
    const literal = text.slice(1, -1);
    if (!isIPv6(literal)) throw invalid(address, `${quoted(literal)} is no IPv6 address`);
    return literal;
  }
  if (text === '*') throw invalid(address, 'host * is for bind, connect needs the host to go to');
  if (isIP(text) === 0 && !HOST_NAME.test(text)) {
    throw invalid(address, text === '' ? 'no host' : `${quoted(text)} is no host name or address`);
  }
  return text;
}

/** libzmq takes ports modulo 65536, so that a typing error ends at some other port; we refuse them. */
function parsePort(text: string, address: string): number {
  if (text === '*') throw invalid(address, 'port * is for bind, connect needs the port to go to');
  const port = DECIMAL.test(text) ? Number(text) : Number.NaN;
  if (!(port <= 65_535)) throw invalid(address, `port ${quoted(text)}, expected 0 to 65535`);
  return port;
}

/** A link-local address means nothing without its interface. */
function scoped(info: NetworkInterfaceInfo, name: string): string {
  return info.family === 'IPv6' && info.scopeid !== 0 ? `${info.address}%${name}` : info.address;
}

function invalid(address: string, what: string): SocketError {
  return new SocketError('EINVAL', { message: `Invalid argument: ${what}`, address });
}

/** `text` has no `://`, or nothing before it. */
function noTransport(text: string): SocketError {
  const scheme = /^[^/]*:[0-9*]+$/.test(text) ? 'tcp' : /^[./@]/.test(text) ? 'ipc' : undefined;
  if (scheme !== undefined) {
    return invalid(text, `no transport, did you mean ${quoted(`${scheme}://${text}`)}?`);
  }
  // Programs compare this text of zeromq.js.
  const cause = new Error(`no transport in ${quoted(text)}, expected ${TRANSPORTS}`);
  return new SocketError('EINVAL', { address: text, cause });
}

function unknownTransport(scheme: string, rest: string, text: string): SocketError {
  const lower = scheme.toLowerCase();
  if (lower !== scheme && TRANSPORTS.includes(`${lower}://`)) {
    const message = `Protocol not supported: did you mean ${quoted(`${lower}://${rest}`)}?`;
    return new SocketError('EPROTONOSUPPORT', { message, address: text });
  }
  // This one, too.
  const cause = new Error(`no transport ${quoted(scheme)}, expected ${TRANSPORTS}`);
  return new SocketError('EPROTONOSUPPORT', { address: text, cause });
}

function noDevice(address: string, what: string): SocketError {
  return new SocketError('ENODEV', { message: `No such device: ${what}`, address });
}

function quoted(text: string): string {
  return JSON.stringify(text);
}

function refused(code: SocketErrorCode, address: string): SocketError {
  return new SocketError(code, { address });
}

const TRANSPORTS = 'tcp://, ipc:// or inproc://';

/** `sun_path` holds 108 octets with its NUL. */
const IPC_PATH_LIMIT = 107;

/** The characters libzmq lets through for host and interface names. */
const HOST_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

const DECIMAL = /^[0-9]+$/;
