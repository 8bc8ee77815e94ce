/** TcpStream: streams to and from a TCP address, for all transports over tcp. */

import dns from 'node:dns';
import type net from 'node:net';
import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { OptionValues } from '../options/options.ts';
import type { ListenOptions } from './accept.ts';
import { dial, type OpenStream } from './dial.ts';
import { type DiallingNow, dialNow } from './dial-now.ts';
import { bindAddress, type Endpoint, invalid, quoted } from './endpoint.ts';
import type { Exchange } from './exchange.ts';
import { lookUpNow } from './lookup-now.ts';
import { dialBySocks, type SocksRoute } from './socks.ts';
import { SocksExchange, type SocksRequest } from './socks-exchange.ts';
import { parseTcpConnect, type TcpBindEndpoint, type TcpConnectEndpoint } from './tcp-address.ts';
import type { Opening } from './transport.ts';

/** As `dial`, by the proxy of `socksProxy` where there is one. `text`: the address to blame. */
export async function dialTcp(
  endpoint: TcpConnectEndpoint,
  values: OptionValues,
  text: string,
  signal: AbortSignal,
): Promise<OpenStream> {
  const { socksProxy } = values;
  const open =
    socksProxy === null
      ? await dial(connectOptions(endpoint, values, text), signal)
      : await dialBySocks(routeTo(socksProxy, values, text), requestFor(endpoint, values), signal);
  tune(open.stream, values);
  return open;
}

/** As `dialTcp`, where the event loop does not turn any more; `upgrade` is what follows on the stream. */
export function* dialTcpNow(
  endpoint: TcpConnectEndpoint,
  { host: { linger }, values, text }: Opening<Endpoint>,
  upgrade?: Exchange,
): DiallingNow {
  const { socksProxy, ipv6 } = values;
  const proxy = socksProxy === null ? undefined : parseProxy(socksProxy, text);
  const next = proxy ?? endpoint;
  const address = yield* lookUpNow(next.host, ipv6, linger);
  if (address === undefined) return undefined;
  const exchanges: Exchange[] = proxy ? [new SocksExchange(requestFor(endpoint, values))] : [];
  if (upgrade !== undefined) exchanges.push(upgrade);
  const options: net.NetConnectOpts = {
    ...connectOptions(next, values, text),
    // Node connects within the call to whatever was looked up within it, and on the next tick where it need not look.
    host: 'peer',
    lookup: (_host, _options, found) => found(null, address, isIP(address)),
  };
  const open = yield* dialNow(options, exchanges);
  if (open !== undefined) tune(open.stream, values);
  return open;
}

/**
 * Where and how to listen, for an Acceptor.
 * @throws SocketError `ENODEV`
 */
export function listenOptions(
  { host, port }: TcpBindEndpoint,
  values: OptionValues,
  text: string,
): ListenOptions {
  const { backlog, useFd: fd } = values;
  if (fd >= 0) return { fd, backlog };
  return { host: localAddress(host, values, text), port, backlog, ipv6Only: false };
}

/** Applies the options of the stream itself, as far as this runtime can. */
export function tune(stream: net.Socket, values: StreamValues): void {
  const { typeOfService, tcpKeepalive: keeps, tcpKeepaliveIdle: idle } = values;
  const { tcpKeepaliveInterval: interval, tcpKeepaliveCount: count } = values;
  const tunable: Tunable = stream;
  try {
    if (typeOfService > 0) tunable.setTypeOfService?.(typeOfService & 0xff);
  } catch {
    // The peer has left already.
  }
  if (keeps !== 1) return;
  // libzmq has seconds. 0 leaves the system's own delay, undefined Node's interval and count.
  const seconds = (value: number): number | undefined => (value > 0 ? value * 1000 : undefined);
  const probes = count > 0 ? count : undefined;
  tunable.setKeepAlive(true, seconds(idle) ?? 0, seconds(interval), probes);
}

/** The options of a stream. */
export type StreamValues = Pick<
  OptionValues,
  | 'typeOfService'
  | 'tcpKeepalive'
  | 'tcpKeepaliveIdle'
  | 'tcpKeepaliveInterval'
  | 'tcpKeepaliveCount'
>;

/** What the types of Node 20 do not have: Node 24 knows the type of service, and the third and fourth argument. */
interface Tunable {
  setTypeOfService?(octet: number): unknown;
  setKeepAlive(enable: boolean, delay: number, interval?: number, count?: number): unknown;
}

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

function routeTo(socksProxy: string, values: OptionValues, text: string): SocksRoute {
  const options = connectOptions(parseProxy(socksProxy, text), values, text);
  return { name: socksProxy, options, patience: values.handshakeInterval };
}

/** @throws SocketError `EINVAL`, where the option is no `host:port` */
function parseProxy(socksProxy: string, text: string): TcpConnectEndpoint {
  try {
    return parseTcpConnect(socksProxy, text);
  } catch {
    throw invalid(text, `socksProxy is ${quoted(socksProxy)}, expected host:port`);
  }
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
export function localAddress(
  host: string,
  { ipv6 }: Pick<OptionValues, 'ipv6'>,
  text: string,
): string {
  const named = host !== '*' && host !== 'localhost' && isIP(host) === 0;
  return bindAddress(host, ipv6, named ? networkInterfaces() : {}, text);
}
