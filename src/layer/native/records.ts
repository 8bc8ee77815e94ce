/** Records: all that a process and a hub say to each other, version 4, in one table. See docs/layer-protocol.md. */

import { LayerError } from '../errors.ts';
import { Cursor, FIELD_TYPES, type FieldType, type FieldTypes, type ValueOf } from './fields.ts';

export const VERSION = 4;

interface RecordShape {
  /** First octet of the record. */
  readonly code: number;
  readonly from: 'process' | 'hub';
  readonly fields: Readonly<Record<string, keyof FieldTypes>>;
}

/** Who says it, and its fields in order. Both the parser and the documentation are made of this table. */
export const RECORDS = {
  hello: {
    code: 0x01,
    from: 'process',
    fields: {
      version: 'u8',
      secret: 'secret',
      hub: 'id',
      session: 'number',
      received: 'number',
      acked: 'number',
      kept: 'ranges',
      back: 'ranges',
    },
  },
  send: {
    code: 0x02,
    from: 'process',
    fields: { channel: 'name', expires: 'time', capacity: 'u32', payload: 'payload' },
  },
  groupSend: {
    code: 0x03,
    from: 'process',
    fields: { group: 'name', expires: 'time', except: 'names', payload: 'payload' },
  },
  skip: { code: 0x10, from: 'process', fields: {} },
  settled: {
    code: 0x04,
    from: 'process',
    fields: { received: 'number', numbers: 'ranges' },
  },
  back: { code: 0x05, from: 'process', fields: { received: 'number', numbers: 'ranges' } },
  level: { code: 0x06, from: 'process', fields: { route: 'name', unread: 'u32' } },
  waits: { code: 0x11, from: 'process', fields: { channel: 'name', count: 'u32' } },
  grant: { code: 0x07, from: 'process', fields: { channel: 'name', count: 'delta' } },
  subscribe: {
    code: 0x08,
    from: 'process',
    fields: { request: 'number', before: 'u8', group: 'name' },
  },
  unsubscribe: { code: 0x09, from: 'process', fields: { request: 'number', group: 'name' } },
  join: {
    code: 0x0a,
    from: 'process',
    fields: { request: 'number', group: 'name', channel: 'name', capacity: 'u32' },
  },
  leave: {
    code: 0x0b,
    from: 'process',
    fields: { request: 'number', group: 'name', channel: 'name' },
  },
  sync: { code: 0x0c, from: 'process', fields: { request: 'number' } },
  flush: { code: 0x0d, from: 'process', fields: { request: 'number', prefix: 'text' } },
  flushed: { code: 0x0e, from: 'process', fields: { flush: 'number' } },
  bye: { code: 0x0f, from: 'process', fields: { received: 'number' } },
  welcome: {
    code: 0x81,
    from: 'hub',
    fields: {
      version: 'u8',
      hub: 'id',
      session: 'number',
      resumed: 'u8',
      revoked: 'u8',
      taken: 'number',
      refused: 'ranges',
      denied: 'ranges',
    },
  },
  refusal: { code: 0x82, from: 'hub', fields: { version: 'u8', why: 'text' } },
  direct: {
    code: 0x83,
    from: 'hub',
    fields: { channel: 'name', group: 'text', sender: 'id', expires: 'time', payload: 'payload' },
  },
  letter: {
    code: 0x84,
    from: 'hub',
    fields: {
      channel: 'name',
      group: 'text',
      place: 'number',
      sender: 'id',
      expires: 'time',
      payload: 'payload',
    },
  },
  group: {
    code: 0x85,
    from: 'hub',
    fields: { group: 'name', sender: 'id', expires: 'time', except: 'names', payload: 'payload' },
  },
  late: {
    code: 0x8c,
    from: 'hub',
    fields: {
      group: 'name',
      sender: 'id',
      sent: 'time',
      expires: 'time',
      except: 'names',
      payload: 'payload',
    },
  },
  left: { code: 0x86, from: 'hub', fields: { group: 'name', channel: 'name' } },
  flushing: { code: 0x87, from: 'hub', fields: { flush: 'number', prefix: 'text' } },
  ack: {
    code: 0x88,
    from: 'hub',
    fields: { taken: 'number', held: 'number', refused: 'ranges', denied: 'ranges' },
  },
  done: { code: 0x89, from: 'hub', fields: { request: 'number', denied: 'u8' } },
  lapsed: { code: 0x8b, from: 'hub', fields: {} },
  recall: { code: 0x8a, from: 'hub', fields: { channel: 'name' } },
  denial: { code: 0x8d, from: 'hub', fields: { channel: 'name' } },
} as const;

type Table = typeof RECORDS;
export type Kind = keyof Table;
/** The fields of a record of that kind. */
export type FieldsOf<K extends Kind> = {
  readonly [F in keyof Table[K]['fields']]: ValueOf<Table[K]['fields'][F] & keyof FieldTypes>;
};
/** One record, read. */
export type RecordOf<K extends Kind> = { readonly kind: K } & FieldsOf<K>;
type From<S extends 'process' | 'hub'> = {
  [K in Kind]: Table[K]['from'] extends S ? RecordOf<K> : never;
}[Kind];
export type FromProcess = From<'process'>;
export type FromHub = From<'hub'>;

interface Plan {
  readonly kind: Kind;
  readonly code: number;
  readonly from: 'process' | 'hub';
  readonly names: readonly string[];
  readonly types: readonly FieldType<unknown>[];
}

const PLANS: Readonly<Record<string, Plan>> = Object.fromEntries(
  Object.entries<RecordShape>(RECORDS).map(([kind, { code, from, fields }]) => [
    kind,
    {
      kind: kind as Kind,
      code,
      from,
      names: Object.keys(fields),
      types: Object.values(fields).map((type) => FIELD_TYPES[type] as FieldType<unknown>),
    },
  ]),
);
const BY_CODE: readonly (Plan | undefined)[] = Array.from({ length: 256 }, (_, code) =>
  Object.values(PLANS).find((plan) => plan.code === code),
);

/** The octets of one record. Hot. */
export function encode<K extends Kind>(kind: K, fields: FieldsOf<K>): Buffer {
  const plan = PLANS[kind]!;
  const values = fields as Readonly<Record<string, unknown>>;
  let size = 1;
  for (let i = 0; i < plan.names.length; i++) size += plan.types[i]!.size(values[plan.names[i]!]);
  const octets = Buffer.allocUnsafe(size);
  octets[0] = plan.code;
  let at = 1;
  for (let i = 0; i < plan.names.length; i++) {
    at = plan.types[i]!.write(values[plan.names[i]!], octets, at);
  }
  return octets;
}

/** One record as `from` says it. Hot. @throws LayerError `ERR_PROTOCOL` that names the field */
export function decode<S extends 'process' | 'hub'>(octets: Buffer, from: S): From<S> {
  const plan = BY_CODE[octets[0] ?? 0];
  if (plan === undefined || plan.from !== from) {
    throw new LayerError('ERR_PROTOCOL', `a record of code ${octets[0]}, which no ${from} says`);
  }
  const cursor = new Cursor(octets);
  cursor.at = 1;
  const record: Record<string, unknown> = { kind: plan.kind };
  for (let i = 0; i < plan.names.length; i++) {
    const name = plan.names[i]!;
    cursor.where = name;
    record[name] = plan.types[i]!.read(cursor);
  }
  if (cursor.at !== octets.length) {
    throw new LayerError(
      'ERR_PROTOCOL',
      `${plan.kind} has ${octets.length - cursor.at} octets too many`,
    );
  }
  return record as unknown as From<S>;
}
