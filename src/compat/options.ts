/** Options of version 5, by libzmq's number or by short name, over the properties of version 6. */

import { type Socket, SocketError } from '../sockets/index.ts';
import * as zmq from './constants.ts';

/** Options by their short names, as `setsockopt`, `getsockopt` and the properties of a socket have them. */
export const options: Readonly<Record<OptionName, number>> = {
  _fd: zmq.ZMQ_FD,
  _ioevents: zmq.ZMQ_EVENTS,
  _receiveMore: zmq.ZMQ_RCVMORE,
  _subscribe: zmq.ZMQ_SUBSCRIBE,
  _unsubscribe: zmq.ZMQ_UNSUBSCRIBE,
  affinity: zmq.ZMQ_AFFINITY,
  backlog: zmq.ZMQ_BACKLOG,
  identity: zmq.ZMQ_IDENTITY,
  linger: zmq.ZMQ_LINGER,
  rate: zmq.ZMQ_RATE,
  rcvbuf: zmq.ZMQ_RCVBUF,
  last_endpoint: zmq.ZMQ_LAST_ENDPOINT,
  reconnect_ivl: zmq.ZMQ_RECONNECT_IVL,
  recovery_ivl: zmq.ZMQ_RECOVERY_IVL,
  sndbuf: zmq.ZMQ_SNDBUF,
  mechanism: zmq.ZMQ_MECHANISM,
  plain_server: zmq.ZMQ_PLAIN_SERVER,
  plain_username: zmq.ZMQ_PLAIN_USERNAME,
  plain_password: zmq.ZMQ_PLAIN_PASSWORD,
  curve_server: zmq.ZMQ_CURVE_SERVER,
  curve_publickey: zmq.ZMQ_CURVE_PUBLICKEY,
  curve_secretkey: zmq.ZMQ_CURVE_SECRETKEY,
  curve_serverkey: zmq.ZMQ_CURVE_SERVERKEY,
  zap_domain: zmq.ZMQ_ZAP_DOMAIN,
  heartbeat_ivl: zmq.ZMQ_HEARTBEAT_IVL,
  heartbeat_ttl: zmq.ZMQ_HEARTBEAT_TTL,
  heartbeat_timeout: zmq.ZMQ_HEARTBEAT_TIMEOUT,
  connect_timeout: zmq.ZMQ_CONNECT_TIMEOUT,
};

/** A short name of an option. */
export type OptionName =
  | '_fd'
  | '_ioevents'
  | '_receiveMore'
  | '_subscribe'
  | '_unsubscribe'
  | 'affinity'
  | 'backlog'
  | 'identity'
  | 'linger'
  | 'rate'
  | 'rcvbuf'
  | 'last_endpoint'
  | 'reconnect_ivl'
  | 'recovery_ivl'
  | 'sndbuf'
  | 'mechanism'
  | 'plain_server'
  | 'plain_username'
  | 'plain_password'
  | 'curve_server'
  | 'curve_publickey'
  | 'curve_secretkey'
  | 'curve_serverkey'
  | 'zap_domain'
  | 'heartbeat_ivl'
  | 'heartbeat_ttl'
  | 'heartbeat_timeout'
  | 'connect_timeout';

/** What an option can be set to. */
export type OptionInput = string | Buffer | number | boolean | null;

/** What an option reads as; booleans as 1 and 0. */
export type OptionOutput = string | number | null;

/** Reads an option of `socket`. @throws SocketError `EINVAL` for one that it does not have, or that cannot be read */
export function readOption(socket: Socket, option: number | string): OptionOutput {
  const id = numberOf(option);
  switch (id) {
    case zmq.ZMQ_EVENTS:
      return (socket.readable ? zmq.ZMQ_POLLIN : 0) | (socket.writable ? zmq.ZMQ_POLLOUT : 0);
    case zmq.ZMQ_IPV4ONLY:
      return socket.ipv6 ? 0 : 1;
    case zmq.ZMQ_MECHANISM:
      return MECHANISMS.indexOf(socket.securityMechanism);
    default: {
      const name = PROPERTIES.get(id);
      if (name === undefined) throw refused(option, 'read');
      if (!(name in socket)) return readIgnored(socket, id, option);
      const value = (socket as unknown as Record<string, unknown>)[name];
      return typeof value === 'boolean' ? Number(value) : (value as OptionOutput);
    }
  }
}

/** Sets an option of `socket`. @throws SocketError `EINVAL` for one that it does not have, or that cannot be set */
export function writeOption(socket: Socket, option: number | string, value: OptionInput): void {
  const id = numberOf(option);
  switch (id) {
    case zmq.ZMQ_SUBSCRIBE:
    case zmq.ZMQ_UNSUBSCRIBE: {
      const method = id === zmq.ZMQ_SUBSCRIBE ? 'subscribe' : 'unsubscribe';
      if (!(method in socket)) throw refused(option, 'set');
      (socket as unknown as Subscribing)[method](value as string | Buffer);
      return;
    }
    case zmq.ZMQ_IPV4ONLY:
      socket.ipv6 = !value;
      return;
    case zmq.ZMQ_XPUB_VERBOSE:
      if (!('verbosity' in socket)) throw refused(option, 'set');
      socket.verbosity = value ? 'allSubs' : null;
      return;
    default: {
      const name = PROPERTIES.get(id);
      if (name === undefined || READ_ONLY.has(id)) throw refused(option, 'set');
      if (name in socket) {
        const converted = BOOLEANS.has(id) ? Boolean(value) : toOctets(value);
        (socket as unknown as Record<string, unknown>)[name] = converted;
      } else if (ANYWHERE.has(id)) {
        const values = ignored.get(socket) ?? new Map();
        ignored.set(socket, values.set(id, Buffer.isBuffer(value) ? value.toString() : value));
      } else {
        throw refused(option, 'set');
      }
    }
  }
}

interface Subscribing {
  subscribe(filter: string | Buffer): void;
  unsubscribe(filter: string | Buffer): void;
}

function readIgnored(socket: Socket, id: number, option: number | string): OptionOutput {
  if (!ANYWHERE.has(id)) throw refused(option, 'read');
  return ignored.get(socket)?.get(id) ?? DEFAULTS.get(id) ?? -1;
}

function numberOf(option: number | string): number {
  if (typeof option === 'number') return option;
  if (Object.hasOwn(options, option)) return options[option as OptionName];
  throw refused(option, 'used');
}

/** A string as a Buffer: in version 5, options of text may hold any octets. */
function toOctets(value: OptionInput): OptionInput {
  return typeof value === 'string' ? Buffer.from(value) : value;
}

function refused(option: number | string, what: 'read' | 'set' | 'used'): SocketError {
  const message = `Invalid argument: option ${option} cannot be ${what} on this socket`;
  return new SocketError('EINVAL', { message });
}

/** The property of version 6 for each number. */
const PROPERTIES: ReadonlyMap<number, string> = new Map([
  [zmq.ZMQ_AFFINITY, 'affinity'],
  [zmq.ZMQ_IDENTITY, 'routingId'],
  [zmq.ZMQ_RATE, 'rate'],
  [zmq.ZMQ_RECOVERY_IVL, 'recoveryInterval'],
  [zmq.ZMQ_SNDBUF, 'sendBufferSize'],
  [zmq.ZMQ_RCVBUF, 'receiveBufferSize'],
  [zmq.ZMQ_TYPE, 'type'],
  [zmq.ZMQ_LINGER, 'linger'],
  [zmq.ZMQ_RECONNECT_IVL, 'reconnectInterval'],
  [zmq.ZMQ_BACKLOG, 'backlog'],
  [zmq.ZMQ_RECONNECT_IVL_MAX, 'reconnectMaxInterval'],
  [zmq.ZMQ_MAXMSGSIZE, 'maxMessageSize'],
  [zmq.ZMQ_SNDHWM, 'sendHighWaterMark'],
  [zmq.ZMQ_RCVHWM, 'receiveHighWaterMark'],
  [zmq.ZMQ_MULTICAST_HOPS, 'multicastHops'],
  [zmq.ZMQ_RCVTIMEO, 'receiveTimeout'],
  [zmq.ZMQ_SNDTIMEO, 'sendTimeout'],
  [zmq.ZMQ_LAST_ENDPOINT, 'lastEndpoint'],
  [zmq.ZMQ_ROUTER_MANDATORY, 'mandatory'],
  [zmq.ZMQ_TCP_KEEPALIVE, 'tcpKeepalive'],
  [zmq.ZMQ_TCP_KEEPALIVE_CNT, 'tcpKeepaliveCount'],
  [zmq.ZMQ_TCP_KEEPALIVE_IDLE, 'tcpKeepaliveIdle'],
  [zmq.ZMQ_TCP_KEEPALIVE_INTVL, 'tcpKeepaliveInterval'],
  [zmq.ZMQ_TCP_ACCEPT_FILTER, 'tcpAcceptFilter'],
  [zmq.ZMQ_DELAY_ATTACH_ON_CONNECT, 'immediate'],
  [zmq.ZMQ_IPV6, 'ipv6'],
  [zmq.ZMQ_PLAIN_SERVER, 'plainServer'],
  [zmq.ZMQ_PLAIN_USERNAME, 'plainUsername'],
  [zmq.ZMQ_PLAIN_PASSWORD, 'plainPassword'],
  [zmq.ZMQ_CURVE_SERVER, 'curveServer'],
  [zmq.ZMQ_CURVE_PUBLICKEY, 'curvePublicKey'],
  [zmq.ZMQ_CURVE_SECRETKEY, 'curveSecretKey'],
  [zmq.ZMQ_CURVE_SERVERKEY, 'curveServerKey'],
  [zmq.ZMQ_ZAP_DOMAIN, 'zapDomain'],
  [zmq.ZMQ_ROUTER_HANDOVER, 'handover'],
  [zmq.ZMQ_HEARTBEAT_IVL, 'heartbeatInterval'],
  [zmq.ZMQ_HEARTBEAT_TTL, 'heartbeatTimeToLive'],
  [zmq.ZMQ_HEARTBEAT_TIMEOUT, 'heartbeatTimeout'],
  [zmq.ZMQ_CONNECT_TIMEOUT, 'connectTimeout'],
]);

const READ_ONLY: ReadonlySet<number> = new Set([zmq.ZMQ_TYPE, zmq.ZMQ_LAST_ENDPOINT]);

/** Options that version 5 sets to 1 and 0, and version 6 to booleans. */
const BOOLEANS: ReadonlySet<number> = new Set([
  zmq.ZMQ_ROUTER_MANDATORY,
  zmq.ZMQ_DELAY_ATTACH_ON_CONNECT,
  zmq.ZMQ_IPV6,
  zmq.ZMQ_PLAIN_SERVER,
  zmq.ZMQ_CURVE_SERVER,
  zmq.ZMQ_ROUTER_HANDOVER,
]);

/** Options that libzmq accepts on every socket, also where they have no effect, with their defaults. */
const DEFAULTS: ReadonlyMap<number, OptionOutput> = new Map<number, OptionOutput>([
  [zmq.ZMQ_IDENTITY, null],
  [zmq.ZMQ_SNDHWM, 1_000],
  [zmq.ZMQ_RCVHWM, 1_000],
  [zmq.ZMQ_MULTICAST_HOPS, 1],
]);
const ANYWHERE: ReadonlySet<number> = new Set([
  ...DEFAULTS.keys(),
  zmq.ZMQ_SNDBUF,
  zmq.ZMQ_RCVBUF,
  zmq.ZMQ_RCVTIMEO,
  zmq.ZMQ_SNDTIMEO,
]);

/** Values of the options of `ANYWHERE`, by number, on sockets where they have no effect. */
const ignored = new WeakMap<Socket, Map<number, OptionOutput>>();

const MECHANISMS: readonly (string | null)[] = [null, 'plain', 'curve', 'gssapi'];
