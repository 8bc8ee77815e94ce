/** The classes of zeromq.js, as it is installed here, member by member beside ours. */

import t from 'tap';
import * as theirs from 'zeromq';
import * as ours from '../../../src/index.ts';

/** What is theirs and not ours, and why. */
const ABSENT: Readonly<Record<string, string>> = {
  join: 'does something on the draft socket Dish only',
  leave: 'as join',
  'Publisher.receive': 'PUB does not receive: there it never settles',
  'Publisher.Symbol(Symbol.asyncIterator)': 'as receive',
  'Push.receive': 'PUSH does not receive: there it never settles',
  'Push.Symbol(Symbol.asyncIterator)': 'as receive',
  'Socket.send': 'on the classes that send',
  'Socket.receive': 'on the classes that receive',
  'Socket.Symbol(Symbol.asyncIterator)': 'as receive',
  'Proxy.frontEnd': 'a property of the instance',
  'Proxy.backEnd': 'a property of the instance',
};

/** Options that throw when they are read there, or cannot be read at all: here they read as what was set. */
const READABLE_HERE: readonly string[] = [
  ...['conflate', 'correlate', 'handover', 'mandatory', 'manual', 'noDrop', 'notify'],
  ...['probeRouter', 'relaxed', 'verbosity', 'welcomeMessage', 'tcpAcceptFilter'],
  ...['curvePublicKey', 'curveSecretKey', 'curveServerKey'],
  ...['vmciBufferSize', 'vmciBufferMinSize', 'vmciBufferMaxSize', 'vmciConnectTimeout'],
];

type Class = { readonly prototype: object; new (): theirs.Socket };
type Classes = Readonly<Record<string, Class>>;

const names = Object.keys(theirs).filter((name) => /^[A-Z]/.test(name));
const sockets = names.filter((name) => !/^(Context|Observer|Proxy|Socket)$/.test(name));

/** Every member that instances have, by name, inherited ones too. */
function members(type: Class): Map<string, PropertyDescriptor> {
  const found = new Map<string, PropertyDescriptor>();
  for (let at = type.prototype; at !== Object.prototype; at = Object.getPrototypeOf(at)) {
    for (const key of Reflect.ownKeys(at)) {
      const name = String(key);
      if (!found.has(name)) found.set(name, Object.getOwnPropertyDescriptor(at, key)!);
    }
  }
  return found;
}

t.test('every export is there', async (t) => {
  // Names that a CommonJS module has because it is one, 'module.exports' from Node 23 on.
  const formal = ['__esModule', 'module.exports'];
  const missing = Object.keys(theirs).filter((name) => !(name in ours || formal.includes(name)));
  t.same(missing, []);
  t.equal(ours.version, theirs.version);
  t.same(Object.keys(ours.capability).sort(), Object.keys(theirs.capability).sort());
});

t.test('every member of every class is there, to be called, read and set alike', async (t) => {
  t.ok(sockets.length >= 12);
  const unused = new Set(Object.keys(ABSENT));
  for (const name of names) {
    const here = members((ours as unknown as Classes)[name]!);
    for (const [member, there] of members((theirs as unknown as Classes)[name]!)) {
      const found = here.get(member);
      if (found === undefined) {
        const reason = [`${name}.${member}`, member].find((key) => key in ABSENT);
        t.ok(reason, `${name}.${member} is there, or we know why not`);
        unused.delete(reason ?? '');
        continue;
      }
      t.equal(typeof found.value, typeof there.value, `${name}.${member}: a method or not`);
      if (there.get !== undefined) t.ok(found.get, `${name}.${member} can be read`);
      if (there.set !== undefined) t.ok(found.set, `${name}.${member} can be set`);
    }
  }
  t.same([...unused], [], 'every exception is one');
});

t.test('every option begins with the same value', async (t) => {
  for (const name of sockets) {
    const there = new (theirs as unknown as Classes)[name]!();
    const here = new (ours as unknown as Classes)[name]!();
    t.teardown(() => {
      there.close();
      here.close();
    });
    let count = 0;
    for (const [option, { get }] of members((theirs as unknown as Classes)[name]!)) {
      if (get === undefined || READABLE_HERE.includes(option)) continue;
      if (option === 'context' || option === 'events') continue;
      count++;
      t.equal(Reflect.get(here, option), Reflect.get(there, option), `${name}.${option}`);
    }
    t.ok(count > 30, `${name} has ${count} options`);
  }
  const [there, here] = [new theirs.Context(), new ours.Context()];
  for (const [option, { get }] of members(theirs.Context as unknown as Class)) {
    if (get !== undefined) t.equal(Reflect.get(here, option), Reflect.get(there, option), option);
  }
});
