/** Options of RabbitmqLayer, and the settings that result when they are complete and checked. */

import type { ConnectionOptions as TlsOptions } from 'node:tls';
import { LayerError } from '../errors.ts';
import { isNamePrefix } from '../local/names.ts';
import type { LayerOptions } from '../options.ts';

/** Options of `new RabbitmqLayer`. Names in brackets are those of the Python package channels_rabbitmq. */
export interface RabbitmqLayerOptions extends LayerOptions {
  /**
   * [`host`] URL of the broker, `amqp://USER:PASSWORD@HOST:PORT/VHOST` or `amqps:`. Several are tried in turn, and so are
   * the addresses of one host name. Default `amqp://guest:guest@127.0.0.1/asgi`.
   */
  url?: string | readonly string[];
  /** [`ssl_context`] As for `tls.connect`: `ca`, `cert`, `key`. The broker's certificate is verified. Default: Node's CAs. */
  tls?: TlsOptions;
  /**
   * [`local_capacity`] Unread messages that this process holds, one in several channels counted once; further ones wait in the
   * broker. Default 100.
   */
  localCapacity?: number;
  /** [`remote_capacity`] Messages that wait in the broker for this process; then `send` rejects with ChannelFull. Default 100. */
  remoteCapacity?: number;
  /** [`groups_exchange`] Name of the exchange for messages to groups. Default `groups`. */
  groupsExchange?: string;
  /** `channels_rabbitmq`: `newChannel` makes names that the Python package can send to. Default `native`. */
  wire?: 'native' | 'channels_rabbitmq';
  /** Name of the queue of this process. Default: `channels_` and its key; with `channels_rabbitmq`, 12 random letters instead. */
  queue?: string;
  /** Whether ordinary channels are quorum queues, which survive a broker restart; all layers need the same. Default false. */
  durable?: boolean;
  /** Milliseconds between heartbeats, at least 1000, in whole seconds; the connection ends after twice that. Default 10 000. */
  heartbeatInterval?: number;
  /** Milliseconds within which a connection must be established. Default 10 000. */
  connectTimeout?: number;
  /** Milliseconds before the second attempt to connect; each further one waits up to twice as long. Default 200. */
  reconnectInterval?: number;
  /** The longest wait between two attempts, in milliseconds. Default 10 000. */
  reconnectMaxInterval?: number;
}

/** The options of the carrier, complete and checked. */
export interface RabbitmqSettings {
  readonly places: readonly Place[];
  readonly localCapacity: number;
  readonly remoteCapacity: number;
  readonly groupsExchange: string;
  /** The queue of this process, with the prefix of the layer. */
  readonly queue: string;
  readonly durable: boolean;
  readonly heartbeatInterval: number;
  readonly connectTimeout: number;
  readonly reconnectInterval: number;
  readonly reconnectMaxInterval: number;
  /** Whether messages are maps in msgpack, as the Python package reads them; otherwise they are wrapped into one. */
  readonly plain: boolean;
}

/** One URL, parsed. */
export interface Place {
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly password: string;
  readonly vhost: string;
  readonly tls: TlsOptions | undefined;
}

/** @throws LayerError `ERR_INVALID_OPTION` */
export function settleRabbitmq(options: RabbitmqLayerOptions): RabbitmqSettings {
  const { url = 'amqp://guest:guest@127.0.0.1/asgi', tls, wire = 'native', prefix = '' } = options;
  const urls = typeof url === 'string' ? [url] : url;
  if (!Array.isArray(urls) || urls.length === 0) throw invalid('url', url, 'an URL, or several');
  if (wire !== 'native' && wire !== 'channels_rabbitmq') {
    throw invalid('wire', wire, "'native' or 'channels_rabbitmq'");
  }
  const queue = options.queue ?? `channels_${letters(12)}`;
  const exchange = options.groupsExchange ?? 'groups';
  for (const [name, value] of [
    ['queue', queue],
    ['groupsExchange', exchange],
  ] as const) {
    if (!isNamePrefix(value) || value === '' || value.length > 80) {
      throw invalid(name, value, 'letters, digits, -, _ and ., at most 80');
    }
  }
  const keys = options.symmetricEncryptionKeys ?? [];
  return {
    places: urls.map((each) => toPlace(each, tls)),
    localCapacity: whole('localCapacity', options.localCapacity ?? 100, 1, 0xffff),
    remoteCapacity: whole('remoteCapacity', options.remoteCapacity ?? 100, 1, 0x7fff_ffff),
    groupsExchange: exchange,
    queue: prefix === '' ? queue : `${prefix}:${queue}`,
    durable: options.durable ?? false,
    heartbeatInterval: whole(
      'heartbeatInterval',
      options.heartbeatInterval ?? 10_000,
      1000,
      600_000,
    ),
    connectTimeout: whole('connectTimeout', options.connectTimeout ?? 10_000, 1, 600_000),
    reconnectInterval: whole('reconnectInterval', options.reconnectInterval ?? 200, 1, 600_000),
    reconnectMaxInterval: whole(
      'reconnectMaxInterval',
      options.reconnectMaxInterval ?? 10_000,
      1,
      600_000,
    ),
    plain: (options.codec ?? 'msgpack') === 'msgpack' && keys.length === 0,
  };
}

/** `count` random letters, as in the names of the Python package. */
export function letters(count: number): string {
  const octets = crypto.getRandomValues(new Uint8Array(count));
  return Array.from(octets, (octet) => LETTERS[octet % LETTERS.length]).join('');
}

function toPlace(text: unknown, tls: TlsOptions | undefined): Place {
  let url: URL;
  try {
    url = new URL(String(text));
  } catch {
    throw invalid('url', '…', 'amqp://USER:PASSWORD@HOST:PORT/VHOST');
  }
  const secure = url.protocol === 'amqps:';
  if (!secure && url.protocol !== 'amqp:') throw invalid('url', url.protocol, 'amqp: or amqps:');
  if (!secure && tls !== undefined) throw invalid('url', url.protocol, 'amqps:, as there is tls');
  const vhost = url.pathname.slice(1);
  if (vhost.includes('/')) throw invalid('url', url.pathname, 'one virtual host; / in it as %2F');
  const host = url.hostname.replace(/^\[|\]$/g, '') || '127.0.0.1';
  return {
    host,
    port: url.port === '' ? (secure ? 5671 : 5672) : Number(url.port),
    username: decodeURIComponent(url.username || 'guest'),
    password: decodeURIComponent(url.password || 'guest'),
    vhost: vhost === '' ? '/' : decodeURIComponent(vhost),
    tls: secure ? { servername: host, ...tls } : undefined,
  };
}

function whole(name: string, value: unknown, least: number, most: number): number {
  if (Number.isInteger(value) && (value as number) >= least && (value as number) <= most) {
    return value as number;
  }
  throw invalid(name, value, `an integer from ${least} to ${most}`);
}

function invalid(name: string, value: unknown, expected: string): LayerError {
  return new LayerError('ERR_INVALID_OPTION', `${name} is ${String(value)}, expected ${expected}`);
}

const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';
