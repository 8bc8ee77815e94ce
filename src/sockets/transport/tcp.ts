/** tcp: `tcp://host:port` (zmq_tcp(7)). */

import dns from 'node:dns';
import type net from 'node:net';
import { isIP, isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { OptionValues } from '../options/options.ts';
import { Acceptor } from './accept.ts';
import { dial, type OpenStream, readAccepted } from './dial.ts';
import { afterScheme, bindAddress, type Endpoint, formatTcp, invalid, quoted } from './endpoint.ts';
import { dialBySocks, type SocksRoute } from './socks.ts';
import type { SocksRequest } from './socks-exchange.ts';
import type { StreamCarrier } from './stream-carrier.ts';
import { streamTransport } from './stream-transport.ts';
import type { Transport } from './transport.ts';

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

const carrier: StreamCarrier<TcpBindEndpoint, TcpConnectEndpoint> = {
  scheme: 'tcp',
  hasAddresses: true,

  parseBind(text) {
    const { host, port } = splitPort(afterScheme(text), text);
    return {
      transport: 'tcp',
      host: host === '*' ? host : parseHost(host, text),
      port: port === '*' ? 0 : parsePort(port, text),
    };
  },

  parseConnect: (text) => parseTcpConnect(afterScheme(text), text),

  async dial({ endpoint, values, text }, signal) {
    const { socksProxy } = values;
    const open =
      socksProxy === null
        ? await dial(connectOptions(endpoint, values, text), signal)
        : await dialBySocks(
            routeTo(socksProxy, values, text),
            requestFor(endpoint, values),
            signal,
          );
    keepAlive(open, values);
    return open;
  },

  accept({ endpoint, values, text }, events) {
    const host = localAddress(endpoint.host, values, text);
    const options = { host, port: endpoint.port, backlog: values.backlog, ipv6Only: false };
    return new Acceptor(options, text, events);
  },

  admit(accepted, values) {
    const open = readAccepted(accepted);
    keepAlive(open, values);
    const { remoteAddress, remotePort } = open.stream;
    if (remoteAddress === undefined) return open;
    return { ...open, address: formatTcp(remoteAddress, remotePort!) };
  },
};

export const tcp: Transport<TcpBindEndpoint, TcpConnectEndpoint> = streamTransport(carrier);

function connectOptions(
  { host, port, source }: TcpConnectEndpoint,
  values: OptionValues,
  text: string,
): net.NetConnectOpts {
  return {
    host,
    port,
    // The first address only, as libzmq: AAAA or else a mapped A with `ipv6`, A without.
    autoSelectFamily: false,
    ...(isIP(host) === 0 && (values.ipv6 ? { family: 6, hints: dns.V4MAPPED } : { family: 4 })),
    ...(source && {
      localAddress: localAddress(source.host, values, text),
      ...(source.port > 0 && { localPort: source.port }),
    }),
  };
}

/** @throws SocketError `EINVAL`, where the option is no `host:port` */
function routeTo(socksProxy: string, values: OptionValues, text: string): SocksRoute {
  let proxy: TcpConnectEndpoint;
  try {
    proxy = parseTcpConnect(socksProxy, text);
  } catch {
    throw invalid(text, `socksProxy is ${quoted(socksProxy)}, expected host:port`);
  }
  const options = connectOptions(proxy, values, text);
  return { name: socksProxy, options, patience: values.handshakeInterval };
}

/** The host goes to the proxy as it is written: names are resolved there. */
function requestFor({ host, port }: TcpConnectEndpoint, values: OptionValues): SocksRequest {
  const { socksUsername, socksPassword } = values;
  return {
    host,
    port,
    username: socksUsername ?? undefined,
    password: socksPassword ?? undefined,
  };
}

/** The address to listen on, or to connect from, for `host`. Only an interface needs the list of them, for which Deno asks for a permission. */
function localAddress(host: string, { ipv6 }: OptionValues, text: string): string {
  const named = host !== '*' && host !== 'localhost' && isIP(host) === 0;
  return bindAddress(host, ipv6, named ? networkInterfaces() : {}, text);
}

/** `ZMQ_TCP_KEEPALIVE_IDLE` is in seconds, Node wants milliseconds; 0 leaves the system's own. */
function keepAlive({ stream }: OpenStream, { tcpKeepalive, tcpKeepaliveIdle }: OptionValues): void {
  if (tcpKeepalive !== 1) return;
  stream.setKeepAlive(true, tcpKeepaliveIdle > 0 ? tcpKeepaliveIdle * 1000 : 0);
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

/** At the last colon, so that an IPv6 literal may also come without brackets, as libzmq has it. */
function splitPort(text: string, address: string): { host: string; port: string } {
  const colon = text.lastIndexOf(':');
  if (colon === -1) {
    throw invalid(address, `no port in ${quoted(address)}, expected tcp://host:port`);
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
