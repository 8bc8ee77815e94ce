/** Records: all records of the protocol between process and hub, version 5, in one table. See docs/layer-protocol.md. */

import { LayerError } from '../errors.ts';
import { Cursor, FIELD_TYPES, type FieldType, type FieldTypes, type ValueOf } from './fields.ts';
import {
  begin,
  HEAD,
  readDirect,
  readGroup,
  readGroupSend,
  readLetter,
  readSend,
  writeDirect,
  writeGroup,
  writeGroupSend,
  writeLetter,
  writeSend,
} from './hot-records.ts';

export const VERSION = 5;

interface RecordShape {
  /** First octet of the record. */
  readonly code: number;
  readonly from: 'process' | 'hub';
  readonly fields: Readonly<Record<string, keyof FieldTypes>>;
}

/** The sender, code and fields, in order, of each record. Both the parser and the documentation are made of this table. */
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
/** One record, decoded. */
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
  /** A reader written by hand, where there is one. */
  readonly read: ((cursor: Cursor) => object) | undefined;
}

/** Records that carry messages have writers and readers of their own, which are faster. */
const HOT_WRITERS: { readonly [K in Kind]?: (fields: FieldsOf<K>) => Buffer } = {
  send: writeSend,
  groupSend: writeGroupSend,
  direct: writeDirect,
  letter: writeLetter,
  group: writeGroup,
};
const HOT_READERS: { readonly [K in Kind]?: (cursor: Cursor) => RecordOf<K> } = {
  send: readSend,
  groupSend: readGroupSend,
  direct: readDirect,
  letter: readLetter,
  group: readGroup,
};

const PLANS: Readonly<Record<string, Plan>> = Object.fromEntries(
  Object.entries<RecordShape>(RECORDS).map(([kind, { code, from, fields }]) => [
    kind,
    {
      kind: kind as Kind,
      code,
      from,
      names: Object.keys(fields),
      types: Object.values(fields).map((type) => FIELD_TYPES[type] as FieldType<unknown>),
      read: HOT_READERS[kind as Kind],
    },
  ]),
);
const PLAN_OF: readonly (Plan | undefined)[] = Array.from({ length: 256 }, (_, code) =>
  Object.values(PLANS).find((plan) => plan.code === code),
);

/** Encodes one record, with its length in front. Hot. */
export function encode<K extends Kind>(kind: K, fields: FieldsOf<K>): Buffer {
  const hot = HOT_WRITERS[kind];
  return hot === undefined ? write(kind, fields) : hot(fields);
}

/** Encodes one record by the table, also where it has a writer of its own. */
export function write<K extends Kind>(kind: K, fields: FieldsOf<K>): Buffer {
  const plan = PLANS[kind]!;
  const values = fields as Readonly<Record<string, unknown>>;
  let size = 0;
  for (let i = 0; i < plan.names.length; i++) size += plan.types[i]!.size(values[plan.names[i]!]);
  const octets = begin(plan.code, size);
  let at = HEAD;
  for (let i = 0; i < plan.names.length; i++) {
    at = plan.types[i]!.write(values[plan.names[i]!], octets, at);
  }
  return octets;
}

/** The only record in `octets`, one that `from` sends. @throws LayerError `ERR_PROTOCOL` that names the field */
export function decode<S extends 'process' | 'hub'>(octets: Buffer, from: S): From<S> {
  const records = new Records(octets, from);
  const record = records.next();
  if (record === undefined || records.next() !== undefined) {
    throw new LayerError('ERR_PROTOCOL', `${octets.length} octets, expected one record`);
  }
  return record;
}

/** The records in one part of a message, in turn. */
export class Records<S extends 'process' | 'hub'> {
  readonly #cursor: Cursor;
  readonly #from: S;
  readonly #byTable: boolean;

  /** `byTable`: reads all records by the table, none by a reader of its own. */
  constructor(octets: Buffer, from: S, byTable = false) {
    this.#cursor = new Cursor(octets);
    this.#from = from;
    this.#byTable = byTable;
  }

  /** The next record; undefined at the end. Hot. @throws LayerError `ERR_PROTOCOL` that names the field */
  next(): From<S> | undefined {
    const cursor = this.#cursor;
    const { octets } = cursor;
    if (cursor.at === octets.length) return undefined;
    cursor.where = 'length';
    cursor.end = octets.length;
    const length = octets.readUInt32BE(cursor.take(4));
    if (length === 0 || length > octets.length - cursor.at) {
      const left = octets.length - cursor.at;
      throw cursor.violation(`is ${length}, expected 1 to the ${left} octets that are left`);
    }
    cursor.end = cursor.at + length;
    const code = octets[cursor.take(1)]!;
    const plan = PLAN_OF[code];
    if (plan === undefined || plan.from !== this.#from) {
      throw new LayerError('ERR_PROTOCOL', `a record of code ${code}, which no ${this.#from} says`);
    }
    const byHand = this.#byTable ? undefined : plan.read;
    const record = byHand === undefined ? read(plan, cursor) : byHand(cursor);
    if (cursor.at !== cursor.end) {
      const more = cursor.end - cursor.at;
      throw new LayerError('ERR_PROTOCOL', `${plan.kind} has ${more} octets too many`);
    }
    return record as unknown as From<S>;
  }
}

/** The records in a message of `from`. @throws LayerError `ERR_PROTOCOL` */
export function recordsOf<S extends 'process' | 'hub'>(
  parts: readonly Buffer[],
  from: S,
): Records<S> {
  const [, records] = parts;
  if (parts.length === PARTS && records!.length > 0) return new Records(records!, from);
  throw new LayerError(
    'ERR_PROTOCOL',
    `a message of ${parts.length} parts, expected records in the second of 2`,
  );
}

function read(plan: Plan, cursor: Cursor): object {
  const record: Record<string, unknown> = { kind: plan.kind };
  for (let i = 0; i < plan.names.length; i++) {
    const name = plan.names[i]!;
    cursor.where = name;
    record[name] = plan.types[i]!.read(cursor);
  }
  return record;
}

/** Parts of a message: the clock, and the records. */
export const PARTS = 2;
