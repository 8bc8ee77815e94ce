/** Messages of the hub protocol that were changed at random: the hub serves on, and what it counts stays finite. */

import t from 'tap';
import { FIELD_TYPES, type FieldTypes } from '../../src/layer/native/fields.ts';
import { alone } from '../../src/layer/native/greeting.ts';
import { Outgoing } from '../../src/layer/native/messages.ts';
import {
  encode,
  type FieldsOf,
  type Kind,
  RECORDS,
  VERSION,
} from '../../src/layer/native/records.ts';
import { JoinedHub, settleAll } from '../support/layer/joined-hub.ts';
import { generator, mutated } from '../support/random.ts';

/** `MUTATED=1000` in the environment is over sooner. */
const MUTATED = Number(process.env['MUTATED'] ?? 100_000);

const random = generator(20261129);
const below = (limit: number): number => Math.floor(random() * limit);
const one = <T>(of: readonly T[]): T => of[below(of.length)]!;

/** Names that others use, too. */
const names = ['q', 'g', 'jobs', 'p:x'];

/** Lawful values of each type; `name` and `text` are often names that mean something here. */
const values: { readonly [K in keyof FieldTypes]: () => unknown } = {
  u8: () => below(2),
  u32: () => one([0, 1, 5, 100, 0xffff_ffff]),
  delta: () => below(65) - 32,
  number: () => one([0, 0, 1, 2, 9, 2 ** 40]),
  time: () => one([0, 60_000, 1e9, 1e15]),
  id: () => '0102030405060708',
  secret: () => Buffer.alloc(16, below(20)),
  name: () => one(names),
  // An empty prefix would be that of the lawful processes.
  text: () => one(names),
  names: () => names.slice(below(4)),
  ranges: () =>
    one([
      [],
      [{ from: 1, count: 2 }],
      [
        { from: 1, count: 1 },
        { from: 3, count: 1 },
      ],
    ]),
  payload: () => Buffer.alloc(below(20), 0x78),
};

function lawful(kind: Kind): Buffer {
  const fields: Record<string, unknown> = {};
  for (const [name, type] of Object.entries(RECORDS[kind].fields)) {
    fields[name] = name === 'version' ? VERSION : values[type as keyof FieldTypes]();
  }
  return encode(kind, fields as unknown as FieldsOf<Kind>);
}

const KINDS = (Object.keys(RECORDS) as Kind[]).filter((kind) => RECORDS[kind].from === 'process');
/** Those that may be said at any time, whatever is in them; of the others nearly all break a rule. */
const FREE: readonly Kind[] = [
  'send',
  'groupSend',
  'skip',
  'subscribe',
  'unsubscribe',
  'join',
  'leave',
  'sync',
  'flush',
];

/** One connection at a time, of one process of twenty. */
class Stranger {
  readonly #hub: JoinedHub;
  #connection = '';
  #count = 0;

  constructor(hub: JoinedHub) {
    this.#hub = hub;
  }

  say(...records: Buffer[]): void {
    const { core, expelled, mute, time } = this.#hub;
    if (this.#connection === '' || expelled.at(-1) === this.#connection || random() < 0.05) {
      core.gone(this.#connection);
      mute.delete(this.#connection);
      this.#connection = `stranger ${++this.#count}`;
      mute.add(this.#connection);
      core.heard(this.#connection, alone(lawful('hello'), time.now));
      if (expelled.at(-1) === this.#connection) return;
    }
    core.heard(this.#connection, parts(records, time.now));
    core.flushOut();
  }
}

t.test(`${MUTATED} of them`, async (t) => {
  t.same(Object.keys(values), Object.keys(FIELD_TYPES), 'a value for each type');
  const hub = new JoinedHub({ now: 1000 }, { processes: 200, namesPerProcess: 200 });
  const [producer, consumer] = [hub.process(), hub.process()];
  producer.connect();
  consumer.connect();
  settleAll(hub);
  const own = consumer.local.newChannel('x');
  names.push(own);
  const stranger = new Stranger(hub);
  for (let n = 1; n <= MUTATED; n++) {
    hub.time.now += 5;
    const records = Array.from({ length: below(3) }, () => lawful(one(FREE)));
    stranger.say(...records, mutated(lawful(one(KINDS)), random));
    if (n % 1000 !== 0) continue;
    hub.sweep();
    settleAll(hub);
    consumer.local.boxes.clear();
    settleAll(hub);
    producer.send(own, n);
    settleAll(hub);
    consumer.receive(own, false);
    if (consumer.read.at(-1) !== n) t.fail(`message ${n} of a lawful process has not arrived`);
  }
  for (const [name, count] of Object.entries(hub.local.counters)) {
    t.ok(Number.isSafeInteger(count) && count >= 0, `${name} is ${count}`);
  }
  t.ok(Number.isSafeInteger(hub.core.outstandingCount));
  t.ok(hub.core.sessions.size <= 200);
  for (const { held, taken, ledger } of hub.core.sessions.values()) {
    if (!(held >= 0 && Number.isSafeInteger(taken) && ledger.octets >= 0)) {
      t.fail(`a process with ${held} held, ${taken} taken, ${ledger.octets} octets`);
    }
  }
  const served = hub.expelled.filter((each) => !each.startsWith('stranger'));
  t.same(served, [], 'no lawful process was disconnected');
  const { undecodable, sent, groupSent } = hub.local.counters;
  t.ok(undecodable > MUTATED / 4, `${undecodable} cost a connection`);
  t.ok(sent + groupSent > MUTATED / 10, `${sent + groupSent} were messages none the less`);
});

function parts(records: readonly Buffer[], now: number): Buffer[] {
  const out = new Outgoing();
  for (const record of records) out.push(record);
  return out.take(now)[0]!;
}
