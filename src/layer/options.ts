/** Options: what every channel layer can be told, under the names of the Python layers. Times are seconds. */

import { Cipher, type EncryptionKey } from './codec/cipher.ts';
import type { Codec } from './codec/codec.ts';
import { JsonCodec } from './codec/json-codec.ts';
import { MsgpackCodec } from './codec/msgpack-codec.ts';
import { LayerError } from './errors.ts';
import { Capacities, type ChannelCapacity } from './local/capacity.ts';
import { isNamePrefix } from './local/names.ts';

/** What the constructor of every layer takes. */
export interface LayerOptions {
  /** Messages that may wait in one channel, process-specific ones with the same part before `!` together. Default 100. */
  capacity?: number;
  /** Seconds after which a message that nobody has read dies. Default 60. */
  expiry?: number;
  /** Seconds a membership lasts after the last `groupAdd`. Default 86 400. */
  groupExpiry?: number;
  /** Other capacities, by patterns of names; the first that matches wins, else `capacity`. Default none. */
  channelCapacity?: ChannelCapacity;
  /** Put before all names on the wire: layers with different prefixes share nothing but sockets. Default none. */
  prefix?: string;
  /** Messages that may wait in all channels of this process together; beyond it group messages are skipped. Default no limit. */
  localCapacity?: number;
  /** Seconds a message may wait in this process, if that is less than `expiry`. Default `expiry`. */
  localExpiry?: number;
  /** Octets in an encoded message. Default 8 MiB. */
  maxMessageSize?: number;
  /** Each 32 octets or a text; the first encrypts, all decrypt. Default none: nothing is encrypted. */
  symmetricEncryptionKeys?: readonly EncryptionKey[];
  /** How messages become octets; all layers that talk to each other need the same. Default `msgpack`. */
  codec?: 'msgpack' | 'json' | Codec;
  /** Seconds that only go forward, for tests. Default: the clock of the process. */
  clock?: () => number;
}

/** The same, complete and checked. */
export interface Settings {
  readonly capacities: Capacities;
  readonly expiry: number;
  readonly groupExpiry: number;
  readonly prefix: string;
  readonly localCapacity: number;
  readonly localExpiry: number;
  readonly maxMessageSize: number;
  readonly cipher: Cipher | undefined;
  readonly codec: Codec;
  readonly clock: () => number;
}

/** @throws LayerError `ERR_INVALID_OPTION` */
export function settle(options: LayerOptions): Settings {
  const expiry = seconds('expiry', options.expiry ?? 60);
  const keys = options.symmetricEncryptionKeys ?? [];
  const prefix = options.prefix ?? '';
  if (!isNamePrefix(prefix) || prefix.length > 100) {
    throw invalid('prefix', prefix, 'letters, digits, -, _ and ., at most 100');
  }
  return {
    capacities: new Capacities(options.capacity ?? 100, options.channelCapacity),
    expiry,
    groupExpiry: seconds('groupExpiry', options.groupExpiry ?? 86_400),
    prefix: prefix === '' ? '' : `${prefix}:`,
    localCapacity: count('localCapacity', options.localCapacity ?? Number.POSITIVE_INFINITY),
    localExpiry: seconds('localExpiry', options.localExpiry ?? expiry),
    maxMessageSize: count('maxMessageSize', options.maxMessageSize ?? 8 * 1_048_576),
    cipher: keys.length === 0 ? undefined : new Cipher(keys),
    codec: toCodec(options.codec ?? 'msgpack'),
    clock: options.clock ?? (() => performance.now() / 1000),
  };
}

function toCodec(codec: 'msgpack' | 'json' | Codec): Codec {
  if (codec === 'msgpack') return new MsgpackCodec();
  if (codec === 'json') return new JsonCodec();
  if (typeof codec?.encode === 'function' && typeof codec.decode === 'function') return codec;
  throw invalid('codec', codec, "'msgpack', 'json' or an object with encode and decode");
}

function seconds(name: string, value: unknown): number {
  if (typeof value === 'number' && value > 0 && value <= 4_000_000) return value;
  throw invalid(name, value, 'seconds above 0, at most 4 000 000');
}

function count(name: string, value: unknown): number {
  if (typeof value === 'number' && value >= 1) return value;
  throw invalid(name, value, 'a number above 0');
}

function invalid(name: string, value: unknown, expected: string): LayerError {
  return new LayerError('ERR_INVALID_OPTION', `${name} is ${String(value)}, expected ${expected}`);
}
