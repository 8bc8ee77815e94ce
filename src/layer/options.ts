/** Options that every channel layer takes, named as in the Python layers. Durations are milliseconds. */

import { Cipher, type EncryptionKey } from './codec/cipher.ts';
import type { Codec } from './codec/codec.ts';
import { JsonCodec } from './codec/json-codec.ts';
import { MsgpackCodec } from './codec/msgpack-codec.ts';
import { LayerError } from './errors.ts';
import { Capacities, type ChannelCapacity } from './local/capacity.ts';
import { isNamePrefix } from './local/names.ts';

/** Options of the constructor of every layer. */
export interface LayerOptions {
  /**
   * Unread messages that one channel holds; process-specific channels with the same part before `!` share it. Default 100.
   * Beyond it `send` rejects with ChannelFull.
   */
  capacity?: number;
  /**
   * Milliseconds after which an unread message expires, from 100 to 4 000 000 000 (46 days). Default 60 000. Django's 60
   * (seconds) is 60_000 here.
   */
  expiry?: number;
  /** Milliseconds a membership lasts after the last `groupAdd`, at least 100. Default 86 400 000, a day. */
  groupExpiry?: number;
  /** Other capacities for channels whose name matches a pattern; the first match wins, else `capacity`. Default none. */
  channelCapacity?: ChannelCapacity;
  /** Put before all names on the wire: layers with different prefixes share nothing but the hub. Default none. */
  prefix?: string;
  /** Unread messages in all channels of this process together; beyond it group messages are skipped. Default no limit. */
  localCapacity?: number;
  /** Milliseconds after which a message that is unread in this process expires, if less than `expiry`. Default `expiry`. */
  localExpiry?: number;
  /** Maximum octets of an encoded message; `send` and `groupSend` of a larger one reject with MessageTooLarge. Default 8 MiB. */
  maxMessageSize?: number;
  /** Keys of 32 octets, or texts, for AES-256-GCM: the first encrypts, all decrypt. Default none: nothing is encrypted. */
  symmetricEncryptionKeys?: readonly EncryptionKey[];
  /** Encodes messages; layers that exchange messages need the same codec. Default `msgpack`. */
  codec?: 'msgpack' | 'json' | Codec;
  /** Returns milliseconds that only go forward; for tests. Default `performance.now`. */
  clock?: () => number;
}

/** The options of a layer, complete and checked. */
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
  const expiry = milliseconds('expiry', options.expiry ?? 60_000, EXPIRY_MIN);
  const keys = options.symmetricEncryptionKeys ?? [];
  const prefix = options.prefix ?? '';
  if (!isNamePrefix(prefix) || prefix.length > 100) {
    throw invalid('prefix', prefix, 'letters, digits, -, _ and ., at most 100');
  }
  return {
    capacities: new Capacities(options.capacity ?? 100, options.channelCapacity),
    expiry,
    groupExpiry: milliseconds('groupExpiry', options.groupExpiry ?? 86_400_000, EXPIRY_MIN),
    prefix: prefix === '' ? '' : `${prefix}:`,
    localCapacity: count('localCapacity', options.localCapacity ?? Number.POSITIVE_INFINITY),
    localExpiry: milliseconds('localExpiry', options.localExpiry ?? expiry),
    maxMessageSize: count('maxMessageSize', options.maxMessageSize ?? 8 * 1_048_576),
    cipher: keys.length === 0 ? undefined : new Cipher(keys),
    codec: toCodec(options.codec ?? 'msgpack'),
    clock: options.clock ?? (() => performance.now()),
  };
}

function toCodec(codec: 'msgpack' | 'json' | Codec): Codec {
  if (codec === 'msgpack') return new MsgpackCodec();
  if (codec === 'json') return new JsonCodec();
  if (typeof codec?.encode === 'function' && typeof codec.decode === 'function') return codec;
  throw invalid('codec', codec, "'msgpack', 'json' or an object with encode and decode");
}

function milliseconds(name: string, value: unknown, least = 0): number {
  if (typeof value === 'number' && value > 0 && value >= least && value <= EXPIRY_MAX) return value;
  if (typeof value === 'number' && value > 0 && value < least) {
    throw invalid(name, value, `milliseconds, at least ${least}: Django's 60 is 60_000 here`);
  }
  throw invalid(name, value, `milliseconds above 0, at most ${EXPIRY_MAX}`);
}

function count(name: string, value: unknown): number {
  if (typeof value === 'number' && value >= 1) return value;
  throw invalid(name, value, 'a number above 0');
}

function invalid(name: string, value: unknown, expected: string): LayerError {
  return new LayerError('ERR_INVALID_OPTION', `${name} is ${String(value)}, expected ${expected}`);
}

/** Milliseconds; a smaller number was more likely meant as seconds. */
const EXPIRY_MIN = 100;
/** The longest time to live that has room on the wire, 46 days. */
const EXPIRY_MAX = 4_000_000_000;
