/** The address of a TCP endpoint: `tcp://host:port` (zmq_tcp(7)). */

import { isIP, isIPv6 } from 'node:net';
import { type Endpoint, invalid, quoted } from './endpoint.ts';

/** `tcp://*:5555`, `tcp://127.0.0.1:*`, `tcp://eth0:0`, `tcp://[::1]:5555`. */
export interface TcpBindEndpoint extends Endpoint {
  readonly transport: 'tcp';
  /** `*`, an IP literal without brackets, or an interface name; see `bindAddress`. */
  readonly host: string;
  /** 0 = any free port, written `*` or `0`. */
  readonly port: number;
}

/** `tcp://host:port`, or `tcp://source:port;host:port`. */
export interface TcpConnectEndpoint extends Endpoint {
  readonly transport: 'tcp';
  /** An IP literal without brackets, or a name to resolve at each attempt. */
  readonly host: string;
  /** 0 is accepted, as in libzmq, and never connects. */
  readonly port: number;
  /** The local end: host is an IP literal or an interface name, port 0 = any. */
  readonly source?: { readonly host: string; readonly port: number };
}

/**
 * `host:port` to bind.
 * @throws SocketError `EINVAL`, which blames `address`
 */
export function parseTcpBind(rest: string, address: string): TcpBindEndpoint {
  const { host, port } = splitPort(rest, address);
  return {
    transport: 'tcp',
    host: host === '*' ? host : parseHost(host, address),
    port: port === '*' ? 0 : parsePort(port, address),
  };
}

/**
 * `host:port` or `source:port;host:port` to connect to.
 * @throws SocketError `EINVAL`, which blames `address`
 */
export function parseTcpConnect(rest: string, address: string): TcpConnectEndpoint {
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

/** At the last colon, so that an IPv6 literal may also come without brackets, as libzmq has it. */
function splitPort(text: string, address: string): { host: string; port: string } {
  const colon = text.lastIndexOf(':');
  if (colon === -1) {
    const [scheme] = address.split('://', 1);
    throw invalid(address, `no port in ${quoted(address)}, expected ${scheme}://host:port`);
  }
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

/** The characters libzmq lets through for host and interface names. */
const HOST_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

const DECIMAL = /^[0-9]+$/;
