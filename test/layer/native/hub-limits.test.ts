/** What a process that breaks the rules costs: its own connection, and nothing else. */

import t from 'tap';
import { alone } from '../../../src/layer/native/greeting.ts';
import { Outgoing } from '../../../src/layer/native/messages.ts';
import { encode, VERSION } from '../../../src/layer/native/records.ts';
import { JoinedHub, type JoinedProcess, settleAll } from '../../support/layer/joined-hub.ts';

const SECRET = Buffer.alloc(16, 7);

/** A connection that says these records, then or later. */
function stranger(hub: JoinedHub, ...records: Buffer[]): (...more: Buffer[]) => void {
  const connection = `stranger ${++strangerCount}`;
  const say = (...more: Buffer[]): void => {
    const out = new Outgoing();
    for (const record of more) out.push(record);
    for (const message of out.take(hub.time.now)) hub.core.heard(connection, message);
    hub.core.flushOut();
  };
  // Nothing reads what it is told.
  hub.mute.add(connection);
  hub.core.heard(connection, alone(hello(), hub.time.now));
  say(...records);
  return say;
}

let strangerCount = 0;

function hello(secret = SECRET): Buffer {
  const none = { hub: '', session: 0, received: 0, acked: 0, kept: [], back: [] };
  return encode('hello', { version: VERSION, secret, ...none });
}

function scene(limits = {}): {
  hub: JoinedHub;
  one: JoinedProcess;
  two: JoinedProcess;
  own: string;
} {
  const hub = new JoinedHub({ now: 1000 }, limits);
  const [one, two] = [hub.process(), hub.process()];
  one.connect();
  two.connect();
  settleAll(hub);
  return { hub, one, two, own: two.local.newChannel('x') };
}

const ranges = (from: number, count: number) => [{ from, count }];

const cases: Record<string, (own: string) => Buffer[]> = {
  'B1: a grant beyond its range': () => {
    const record = encode('grant', { channel: 'q', count: 1 });
    record.writeInt32BE(5_000_000, record.length - 4);
    return [record];
  },
  'H4: a grant for the channel of another': (own) => [encode('grant', { channel: own, count: 1 })],
  'H6: a level of the channel of another': (own) => [
    encode('level', { route: own.slice(0, own.indexOf('!') + 1), unread: 1e9 }),
  ],
  'readers at the channel of another': (own) => [encode('waits', { channel: own, count: 1 })],
  'numbers that were not handed': () => [
    encode('settled', { received: 0, numbers: ranges(1, 1e9) }),
  ],
  'more received than handed': () => [encode('settled', { received: 5, numbers: [] })],
  'a name with a line feed': () => {
    const record = encode('subscribe', { request: 1, before: 0, group: 'ab' });
    record[record.length - 1] = 0x0a;
    return [record];
  },
  'a record that ends too early': () => [encode('sync', { request: 1 }).subarray(0, 4)],
  'a record that goes on': () => [Buffer.concat([encode('sync', { request: 1 }), Buffer.of(0)])],
  'what only a hub says': () => [encode('done', { request: 1, denied: 0 })],
  'a record of no octets': () => [Buffer.alloc(4)],
  'a length beyond the octets': () => [Buffer.from('7fffffff0c', 'hex')],
  'hello twice': () => [hello()],
};

for (const [title, records] of Object.entries(cases)) {
  t.test(title, async (t) => {
    const { hub, one, two, own } = scene();
    const errors: Error[] = [];
    hub.local.events.on('undecodable', ({ error }) => errors.push(error));
    stranger(hub, ...records(own));
    t.equal(hub.expelled.length, 1, 'its connection is ended');
    t.match(errors, [{ message: /\w/ }]);
    t.equal(hub.core.peerCount, 2);
    one.send(own, 1);
    settleAll(hub);
    two.receive(own);
    t.same(two.read, [1], 'others are served');
  });
}

t.test('H2, H5: without its secret nobody speaks for a process', async (t) => {
  const { hub, one, two, own } = scene();
  const say = stranger(hub);
  say(encode('bye', { received: 0 }));
  one.send(own, 1);
  settleAll(hub);
  two.receive(own);
  t.same(two.read, [1]);
  t.equal(hub.core.peerCount, 2);
});

t.test('another version is told so, and nothing else', async (t) => {
  const { hub } = scene();
  const errors: Error[] = [];
  hub.local.events.on('undecodable', ({ error }) => errors.push(error));
  const record = hello();
  record[5] = 9;
  hub.core.heard('old', alone(record, hub.time.now));
  t.match(errors, [{ message: 'a process speaks version 9 of the protocol, this hub 5' }]);
  t.equal(hub.core.peerCount, 2);
});

t.test('groups, channels and levels of one process are bounded', async (t) => {
  const kinds = {
    groups: (n: number) => encode('subscribe', { request: n, before: 0, group: `g${n}` }),
    channels: (n: number) => encode('grant', { channel: `c${n}`, count: 1 }),
    joins: (n: number) => encode('join', { request: n, group: `g${n}`, channel: 'c', capacity: 1 }),
  };
  for (const [what, record] of Object.entries(kinds)) {
    const { hub } = scene({ namesPerProcess: 10 });
    const errors: Error[] = [];
    hub.local.events.on('undecodable', ({ error }) => errors.push(error));
    stranger(hub, ...Array.from({ length: 11 }, (_, n) => record(n)));
    t.match(errors, [{ message: `more than 10 ${what}` }]);
    t.equal(hub.expelled.length, 1);
  }
});

t.test(
  'M13: what waits in channels is bounded in octets, whatever capacity a sender names',
  async (t) => {
    const { hub } = scene({ octets: 10_000 });
    const payload = Buffer.alloc(1000);
    const send = encode('send', { channel: 'q', expires: 1e14, capacity: 0xffff_ffff, payload });
    stranger(hub, ...Array.from({ length: 50 }, () => send));
    t.equal(hub.local.boxes.letterCount, 10);
    t.equal(hub.local.counters.full, 40);
  },
);

t.test('M12: a process that does not read is dropped at a mark in octets', async (t) => {
  const { hub, one, two } = scene({ octetsPerProcess: 10_000 });
  const own = two.local.newChannel('x');
  void two.core.join('g', own, false);
  settleAll(hub);
  for (let n = 0; n < 20; n++) {
    void one.core.sends.groupSend('g', Buffer.alloc(1000), []);
  }
  one.up();
  t.equal(hub.core.peerCount, 1);
  t.equal(hub.lost, 10);
});

t.test(
  'a reader of large messages gets no more at once than costs it the connection',
  async (t) => {
    const { hub, one, two } = scene({ octetsPerProcess: 10_000 });
    const many = 30;
    for (let n = 0; n < many; n++) two.receive('jobs');
    settleAll(hub);
    const payload = (n: number): Buffer => Buffer.from(String(n).padStart(1000, '0'));
    for (let n = 0; n < many; n++) void one.core.sends.send('jobs', payload(n));
    one.up();
    t.same(hub.expelled, []);
    t.equal(hub.core.outstandingCount, 5, 'half of what it may not have taken in');
    settleAll(hub);
    t.same(
      two.read,
      Array.from({ length: many }, (_, n) => n),
    );
    t.equal(hub.core.outstandingCount, 0);
  },
);

t.test('H3: what is sent to a channel is said to its process alone', async (t) => {
  const { hub, one, two, own } = scene();
  const heard: Buffer[][] = [];
  const third = hub.process();
  third.connect();
  settleAll(hub);
  const before = third.fromHub.push;
  third.fromHub.push = (...messages: Buffer[][]) => {
    heard.push(...messages);
    return before.apply(third.fromHub, messages);
  };
  // It may join and subscribe as it likes.
  for (const name of ['p', own, own.slice(0, 3)]) void third.core.join(name, 'jobs', false);
  settleAll(hub);
  heard.length = 0;
  one.send(own, 1);
  settleAll(hub);
  two.receive(own);
  t.same(two.read, [1]);
  t.same(heard, []);
});

t.test(
  'H9: 100 000 ends of memberships and then hello take no longer for their number',
  async (t) => {
    const { hub, own } = scene();
    const time = (count: number): number => {
      const since = process.cpuUsage();
      const leaves = Array.from({ length: count }, (_, n) =>
        encode('leave', { request: n, group: `g${n}`, channel: own }),
      );
      const say = stranger(hub);
      while (leaves.length > 0) say(...leaves.splice(-10_000));
      hub.processes[1]!.cut();
      hub.processes[1]!.connect();
      settleAll(hub);
      const { user, system } = process.cpuUsage(since);
      return (user + system) / count;
    };
    time(20_000);
    const [few, many] = [time(20_000), time(100_000)];
    t.ok(many < 4 * few, `${many} µs each of many, ${few} of few`);
    t.equal(hub.core.peerCount, 3);
  },
);

t.test('H17: a process is given what was sent before it came once, whatever it says', async (t) => {
  const { hub, one } = scene();
  const payload = Buffer.alloc(1000);
  for (let n = 0; n < 10; n++) void one.core.sends.groupSend('g', payload, []);
  one.up();
  const third = hub.process();
  third.connect();
  settleAll(hub);
  const subscribe = encode('subscribe', { request: 0, before: 1, group: 'g' });
  const out = new Outgoing();
  for (let n = 0; n < 50; n++) out.push(subscribe);
  for (const message of out.take(hub.time.now)) hub.core.heard(third.connection!, message);
  const session = [...hub.core.sessions.values()].find((each) => each.key === third.local.key)!;
  t.equal(session.ledger.handed, 10);
});
