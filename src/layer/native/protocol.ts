/**
 * Protocol: what layers and hubs (or producers) say to each other, version 1.
 *
 * ```
 * header  7a 01 kind flags | from (8) | number (6) | time to live, ms (4) | extra (4)
 *
 * layer → hub, PUSH:          header, name, payload [, except]      kinds send, group
 *                             header                                kind  mark
 *                             header, json                          kind  control
 * layer → hub, XSUB upstream: header + json                         kind  control
 *                             header + length (2) + address + payload   kind  back
 * hub → layer, XPUB:          topic, header, payload [, except]         kind  group
 *                             topic, header, group, payload [, except]  kind  replay
 *                             topic, header, address, payload           kinds letter, direct
 *                             topic, header, json                   kind  control
 * ```
 *
 * `from` is the key of the process that sent the message. `number` counts: on PUSH what that process has sent; in `group` and
 * `replay` the group messages of the hub; in `direct` what the hub has handed to one route; in `letter` and `back` the place of
 * the message in its channel. `extra` is the capacity of the channel (PUSH), or the age in ms (`replay`). An upstream part
 * begins with neither 0 nor 1, which would be a subscription.
 */

import type { Letter } from '../local/letter.ts';

export const MAGIC = 0x7a;
export const VERSION = 1;
export const HEADER = 26;

/** What a message is: one octet of its header. */
export const Kind = {
  send: 0x73,
  group: 0x67,
  mark: 0x6d,
  control: 0x63,
  back: 0x62,
  letter: 0x6c,
  direct: 0x64,
  replay: 0x72,
} as const;
export type Kind = (typeof Kind)[keyof typeof Kind];

/** A header, read. */
export interface Header {
  readonly kind: number;
  readonly from: string;
  readonly number: number;
  /** Milliseconds. */
  readonly ttl: number;
  readonly extra: number;
}

/** Writes the header of a message from process `from`: 8 octets in hexadecimal. Hot. */
export class HeaderWriter {
  readonly #from: Buffer;

  constructor(from: string) {
    this.#from = Buffer.from(from, 'hex');
  }

  write(kind: Kind, number: number, ttl: number, extra: number): Buffer {
    const header = Buffer.allocUnsafe(HEADER);
    header[0] = MAGIC;
    header[1] = VERSION;
    header[2] = kind;
    header[3] = 0;
    header.set(this.#from, 4);
    header.writeUIntBE(number, 12, 6);
    header.writeUInt32BE(toField(ttl), 18);
    header.writeUInt32BE(extra < 0xffff_ffff ? extra : 0xffff_ffff, 22);
    return header;
  }
}

/** The header with another process's `from`, kept as it came. */
export function relay(
  header: Uint8Array,
  kind: Kind,
  number: number,
  ttl: number,
  extra: number,
): Buffer {
  const copy = Buffer.allocUnsafe(HEADER);
  copy.set(header.subarray(0, HEADER));
  copy[2] = kind;
  copy.writeUIntBE(number, 12, 6);
  copy.writeUInt32BE(toField(ttl), 18);
  copy.writeUInt32BE(extra < 0xffff_ffff ? extra : 0xffff_ffff, 22);
  return copy;
}

/** A header; a text that says why not, if it is none of ours. */
export function readHeader(part: Buffer | undefined): Header | string {
  if (part === undefined || part.length < HEADER || part[0] !== MAGIC) return 'not of a layer';
  if (part[1] !== VERSION) return `version ${part[1]} of the protocol, expected ${VERSION}`;
  const extra = part.readUInt32BE(22);
  return {
    kind: part[2]!,
    from: senderOf(part),
    number: part.readUIntBE(12, 6),
    ttl: part.readUInt32BE(18),
    extra: extra === 0xffff_ffff ? Number.POSITIVE_INFINITY : extra,
  };
}

/** Many messages in a row are of one process: its name is made once for them. Hot. */
function senderOf(header: Buffer): string {
  const high = header.readUInt32BE(4);
  const low = header.readUInt32BE(8);
  if (high !== last.high || low !== last.low || last.from === '') {
    last.high = high;
    last.low = low;
    last.from = header.toString('hex', 4, 12);
  }
  return last.from;
}

const last = { high: 0, low: 0, from: '' };

/** Names begin in different ways, so none is the beginning of another: a subscription is a prefix. */
export function groupTopic(group: string): string {
  return `g${group}\n`;
}

export function inboxTopic(key: string): string {
  return `p${key}\n`;
}

/** What all layers hear. */
export const COMMON_TOPIC = 'a\n';

/** The process whose inbox `topic` is. */
export function inboxOwner(topic: string): string | undefined {
  return /^p([0-9a-f]{16})\n$/.exec(topic)?.[1];
}

/** A letter on its way back upstream. */
export function packBack(
  header: HeaderWriter,
  channel: string,
  letter: Letter,
  now: number,
): Buffer {
  const head = header.write(Kind.back, letter.sequence, letter.expiresAt - now, 0);
  const name = Buffer.from(packAddress(channel, letter.group), 'latin1');
  const length = Buffer.of(name.length >> 8, name.length & 0xff);
  return Buffer.concat([head, length, name, letter.payload]);
}

/** The address and payload of a `back`; undefined if it is too short. */
export function unpackBack(part: Buffer): { address: string; payload: Buffer } | undefined {
  if (part.length < HEADER + 2) return undefined;
  const end = HEADER + 2 + part.readUInt16BE(HEADER);
  if (part.length < end) return undefined;
  return { address: part.toString('latin1', HEADER + 2, end), payload: part.subarray(end) };
}

/** A channel, and the group whose message this is, if it came by one: that is what it was encrypted for. */
export function packAddress(channel: string, group: string | undefined): string {
  return group === undefined ? channel : `${channel}\n${group}`;
}

export function unpackAddress(address: string): [channel: string, group: string | undefined] {
  const end = address.indexOf('\n');
  return end < 0 ? [address, undefined] : [address.slice(0, end), address.slice(end + 1)];
}

/** Channels that do not get a message, as one part. */
export function packExcept(except: ReadonlySet<string> | undefined): Buffer | undefined {
  if (except === undefined || except.size === 0) return undefined;
  return Buffer.from([...except].join('\n'), 'latin1');
}

export function unpackExcept(part: Buffer | undefined): ReadonlySet<string> | undefined {
  if (part === undefined || part.length === 0) return undefined;
  return new Set(part.toString('latin1').split('\n'));
}

/** Pairs rather than maps: `__proto__` is a good name for a channel. */
export type ToHub =
  | {
      t: 'hello';
      /** The hub that answered last; empty if none has. */
      hub: string;
      /** Its last group message here. */
      seq: number;
      /** The last `leave` of it here. */
      ended: number;
      /** The last of ours that it, or one before it, has confirmed. */
      acked: number;
      /** The last `sync` made. */
      sync: number;
      /** Age of the oldest membership, milliseconds; 0 without any. */
      since: number;
      routes: [route: string, last: number, unread: number][];
      wants: [channel: string, count: number][];
      members: [group: string, channel: string, capacity: number][];
      /** Memberships ended that it may not have heard of. */
      left: [group: string, channel: string][];
    }
  | { t: 'sync'; id: number }
  | { t: 'own'; routes: string[] }
  | { t: 'want'; c: [channel: string, delta: number][] }
  | { t: 'join'; m: [group: string, channel: string, capacity: number][] }
  | { t: 'leave'; m: [group: string, channel: string][] }
  | { t: 'level'; hub: string; r: [route: string, last: number, unread: number][] }
  | { t: 'flush'; id: number; prefix: string }
  | { t: 'flushed'; id: number }
  | { t: 'bye' };

export type FromHub =
  | {
      t: 'welcome';
      hub: string;
      seq: number;
      /** The last `leave`, to whomever. */
      ended: number;
      sync: number;
      acked: number;
      refused: number[];
      held: number;
      /** Group messages that can no longer be repeated, of all groups. */
      missed: number;
    }
  | { t: 'synced'; id: number }
  /** `held`: messages of whomever that wait in the hub. */
  | { t: 'ack'; n: number; refused: number[]; held: number }
  /** `n`: the number of the last of them, from 1, of all processes. */
  | { t: 'leave'; n: number; m: [group: string, channel: string][] }
  | { t: 'gap'; from: number; to: number }
  | { t: 'flush'; id: number; prefix: string }
  | { t: 'flushed'; id: number };

/** Undefined for what is no control message. Its fields are checked where they are used. */
export function readControl<T extends { t: string }>(octets: Buffer): T | undefined {
  try {
    const value: unknown = JSON.parse(octets.toString());
    return typeof value === 'object' && value !== null && 't' in value ? (value as T) : undefined;
  } catch {
    return undefined;
  }
}

function toField(ttl: number): number {
  const milliseconds = Math.round(ttl);
  return milliseconds > 0 ? Math.min(milliseconds, 0xffff_ffff) : 0;
}
