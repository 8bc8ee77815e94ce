/** docs/libzmq.md: what it names exists here, every number that is known here is in it, and what it says of an option is so. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import * as sockets from '../src/index.ts';
import * as draft from '../src/sockets/draft/index.ts';
import {
  CONTEXT_OPTION_IDS,
  OPTION_IDS,
  READ_ONLY_IDS,
  VERBOSITY_IDS,
} from '../src/sockets/options/option-table.ts';

interface Row {
  readonly section: string;
  readonly name: string;
  readonly number: number | undefined;
  readonly status: string;
  /** A class and its member, an export, or an event; undefined: there is none. */
  readonly here: string | undefined;
  readonly why: string;
}

const rows = read(readFileSync(join(import.meta.dirname, '../docs/libzmq.md'), 'utf8'));
const of = (section: string) => rows.filter((row) => row.section === section);
const exported: Readonly<Record<string, unknown>> = { ...sockets, ...draft };

t.test(
  'each name stands there once, with a status, and a reason unless it is the same',
  async (t) => {
    t.ok(rows.length > 250, `${rows.length} rows`);
    t.equal(new Set(rows.map(({ section, name }) => section + name)).size, rows.length);
    for (const { name, status, why, here } of rows) {
      t.match(status, /^(same|different|without effect|not possible)$/, name);
      t.ok(status === 'same' || why !== '', `${name} is ${status}, and why`);
      if (status === 'without effect') t.ok(here, `${name} can be set`);
    }
  },
);

t.test('what is named as ours exists', async (t) => {
  const events = instance(t, 'Socket')['events'] as {
    on(name: string, listener: () => void): unknown;
  };
  for (const { section, name, here } of rows) {
    if (here === undefined) continue;
    if (section === 'Events of a monitor') {
      t.doesNotThrow(() => events.on(here, () => {}), `${name}: event ${here}`);
      continue;
    }
    const [owner, member] = here.split('.') as [string, string?];
    t.ok(owner in exported, `${name}: ${owner} is exported`);
    if (member !== undefined) t.ok(member in instance(t, owner), `${name}: ${here}`);
  }
});

t.test('every number that an option has here is in the tables', async (t) => {
  const known = numbers('Socket options');
  for (const ids of [OPTION_IDS, READ_ONLY_IDS, VERBOSITY_IDS]) {
    for (const id of ids.keys()) t.ok(known.has(id), `socket option ${id}`);
  }
  const ofContexts = numbers('Context options');
  for (const id of CONTEXT_OPTION_IDS.keys()) t.ok(ofContexts.has(id), `context option ${id}`);
});

t.test('an option without effect is kept; one that is not here is refused', async (t) => {
  for (const { section, name, status, here, number } of rows) {
    if (section !== 'Socket options' && section !== 'Context options') continue;
    const [owner, member] = (here ?? 'Socket').split('.') as [string, string?];
    const holder = instance(t, section === 'Context options' ? 'Context' : owner);
    if (status === 'without effect') {
      const before = holder[member!];
      holder[member!] = before;
      t.equal(holder[member!], before, `${name} is read as it was set`);
    } else if (status.startsWith('not') && member !== undefined) {
      t.throws(
        () => {
          holder[member] = another(holder[member]);
        },
        { code: /^(ENOTSUP|EINVAL)$/ },
        name,
      );
    } else if (status.startsWith('not')) {
      const set = holder['setInt32Option'] as ((option: number, value: number) => void) | undefined;
      if (set !== undefined) t.throws(() => set.call(holder, number!, 1), { code: 'EINVAL' }, name);
    }
  }
});

t.test('a transport that is not here is refused as such', async (t) => {
  for (const { name, status } of of('Transports')) {
    const socket = instance(t, 'Socket') as unknown as { bind(address: string): Promise<void> };
    if (status === 'not possible') {
      await t.rejects(socket.bind(`${name}127.0.0.1:1`), { code: 'EPROTONOSUPPORT' }, name);
    }
  }
});

function read(page: string): Row[] {
  let section = '';
  const found: Row[] = [];
  for (const line of page.split('\n')) {
    if (line.startsWith('## ')) section = line.slice(3);
    const cells = line.split('|').map((cell) => cell.trim());
    const named = /^`([^`]+)`(?: \((\d+)\))?$/.exec(cells[1] ?? '');
    if (named === null) continue;
    found.push({
      section,
      name: named[1]!,
      number: named[2] === undefined ? undefined : Number(named[2]),
      status: cells[2]!,
      here: /^`([^`]+)`$/.exec(cells[3]!)?.[1],
      why: cells[4]!,
    });
  }
  return found;
}

function numbers(section: string): Set<number | undefined> {
  return new Set(of(section).map(({ number }) => number));
}

/** One of the class `name`; of `Socket`, which is abstract, a DEALER. Closed after the test. */
function instance(t: Test, name: string): Record<string, unknown> {
  const type = exported[name === 'Socket' ? 'Dealer' : name];
  if (typeof type !== 'function') throw new Error(`${name} is no class`);
  const made = new (type as new () => Record<string, unknown>)();
  const close = made['close'] as (() => unknown) | undefined;
  t.teardown(() => close?.call(made));
  return made;
}

/** A value that is not the one given, of its type. */
function another(value: unknown): unknown {
  if (typeof value === 'boolean') return !value;
  return typeof value === 'number' ? value + 1 : 'x';
}
