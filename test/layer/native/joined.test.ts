/** Hub and processes joined without sockets: what is promised holds whatever connections do. */

import t from 'tap';
import { JoinedHub, type JoinedProcess, pair, settleAll } from '../../support/layer/joined-hub.ts';
import { OneReader } from '../../support/layer/one-reader.ts';

t.test('direct, ordinary and group messages arrive', async (t) => {
  const { hub, one, two } = pair({ now: 1000 });
  const channel = two.local.newChannel('x');
  one.send(channel, 1);
  settleAll(hub);
  two.receive(channel);
  one.send('jobs', 2);
  settleAll(hub);
  two.receive('jobs');
  settleAll(hub);
  const joined = two.core.join('g', channel, false);
  settleAll(hub);
  await joined;
  one.groupSend('g', 3);
  settleAll(hub);
  two.receive(channel);
  settleAll(hub);
  t.same(two.read, [1, 2, 3]);
  t.same([...one.fates.values()], ['sent', 'sent']);
  t.equal(hub.core.outstandingCount, 0);
  for (const session of hub.core.sessions.values()) t.equal(session.held, 0);
});

t.test('L1: every refusal is told, whatever becomes of the connection', async (t) => {
  const hub = new JoinedHub({ now: 0 });
  const one = hub.process({ capacity: 10 });
  one.connect();
  settleAll(hub);
  for (let n = 0; n < 10; n++) one.send('full', n);
  settleAll(hub);
  for (let n = 10; n < 3010; n++) one.send('full', n);
  one.up();
  one.cut();
  one.connect();
  settleAll(hub);
  await Promise.resolve();
  const fates = [...one.fates.values()];
  t.equal(fates.filter((fate) => fate === 'sent').length, 10);
  t.equal(fates.filter((fate) => fate === 'ERR_CHANNEL_FULL').length, 3000);
});

t.test(
  'what is not allowed is told on the next connection, if this one breaks before',
  async (t) => {
    const hub = new JoinedHub({ now: 0 }, {}, (_, __, name) => name !== 'no');
    const one = hub.process();
    one.connect();
    settleAll(hub);
    for (let n = 0; n < 10; n++) one.send(n % 2 === 0 ? 'no' : 'jobs', n);
    one.groupSend('no', 10);
    one.up();
    one.cut();
    one.connect();
    settleAll(hub);
    await Promise.resolve();
    t.same([...one.fates.values()], Array(5).fill(['ERR_REFUSED', 'sent']).flat());
    t.equal(one.local.counters.denied, 6);
    t.equal(hub.local.counters.denied, 6, 'it was not said twice');
    t.same(hub.expelled, []);
    t.equal(hub.core.outstandingCount, 0);
  },
);

for (const waiting of [1, 20]) {
  t.test(
    `L2: an ordinary message on its way to ${waiting} readers when the connection breaks`,
    async (t) => {
      const hub = new JoinedHub({ now: 0 });
      const [one, two] = [hub.process(), hub.process()];
      one.connect();
      two.connect();
      for (let n = 0; n < waiting; n++) two.receive('jobs');
      settleAll(hub);
      for (let n = 0; n < 10; n++) one.send('jobs', n);
      one.up();
      two.cut();
      two.connect();
      settleAll(hub);
      for (let n = waiting; n < 10; n++) {
        two.receive('jobs');
        settleAll(hub);
      }
      t.same(two.read, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9], 'each once, in order');
    },
  );
}

t.test('L2: a process that dies: what it had of ordinary channels goes to others', async (t) => {
  const time = { now: 0 };
  const hub = new JoinedHub(time);
  const [one, two, third] = [hub.process(), hub.process(), hub.process()];
  for (const each of [one, two, third]) each.connect();
  for (let n = 0; n < 50; n++) two.receive('jobs');
  settleAll(hub);
  for (let n = 0; n < 50; n++) one.send('jobs', n);
  one.up();
  two.cut();
  for (let n = 0; n < 50; n++) third.receive('jobs');
  time.now += 2000;
  hub.sweep();
  settleAll(hub);
  t.same(
    third.read,
    Array.from({ length: 50 }, (_, n) => n),
  );
});

t.test('L3: a hub that dies: what it had confirmed and not passed on is counted', async (t) => {
  for (const kind of ['direct', 'ordinary', 'group'] as const) {
    const { hub, one, two } = pair({ now: 0 });
    const channel = kind === 'ordinary' ? 'jobs' : two.local.newChannel('x');
    if (kind === 'group') void two.core.join('g', channel, false);
    if (kind === 'ordinary') for (let n = 0; n < 20; n++) two.receive('jobs');
    settleAll(hub);
    for (let n = 0; n < 10; n++) {
      if (kind === 'group') one.groupSend('g', n);
      else one.send(channel, n);
    }
    one.up();
    one.down();
    hub.restart();
    one.connect();
    two.connect();
    settleAll(hub);
    t.equal(one.local.counters.lost, 10, kind);
    t.equal(two.local.counters.lost, 0, kind);
  }
});

t.test(
  'L4: unread messages of a process that died are freed and counted within expiry',
  async (t) => {
    const time = { now: 0 };
    const { hub, one, two } = pair(time, [{ expiry: 2000 }]);
    const channel = two.local.newChannel('x');
    for (let n = 0; n < 100; n++) one.send(channel, n);
    settleAll(hub);
    two.cut();
    time.now += 2001;
    hub.sweep();
    one.send(channel, 100);
    settleAll(hub);
    t.equal(hub.lost, 100);
    await Promise.resolve();
    t.equal(one.fates.get(100), 'sent');
  },
);

t.test('L5: expiry goes on between hub and process', async (t) => {
  const time = { now: 0 };
  const { hub, one, two } = pair(time, [{ expiry: 3000 }]);
  const channel = two.local.newChannel('x');
  one.send(channel, 1);
  one.up();
  hub.core.flushOut();
  time.now += 9000;
  settleAll(hub);
  t.equal(two.local.counters.expired, 1);
  two.receive(channel, false);
  t.same(two.read, []);
});

t.test('unread messages of a sibling do not keep a reader waiting', async (t) => {
  const { hub, one, two } = pair({ now: 0 });
  const [slow, quick, later] = ['x', 'x', 'x'].map((prefix) => two.local.newChannel(prefix));
  two.receive(quick!);
  for (let n = 0; n < 150; n++) one.send(slow!, n);
  settleAll(hub);
  one.send(quick!, 150);
  settleAll(hub);
  t.same(two.read, [150], 'who waited before the route was full');
  one.send(quick!, 151);
  one.send(later!, 152);
  settleAll(hub);
  two.receive(later!);
  two.receive(later!);
  settleAll(hub);
  for (let n = 153; n < 156; n++) one.send(later!, n);
  settleAll(hub);
  t.same(two.read, [150, 153, 154], 'who waits since then, once for each reader');
  const cancelled = new OneReader(() => t.fail('it does not wait any more'));
  two.local.boxes.wait(quick!, cancelled);
  two.core.want(quick!);
  settleAll(hub);
  two.local.boxes.cancel(quick!, cancelled);
  two.core.unwant(quick!);
  settleAll(hub);
  one.send(quick!, 156);
  two.cut();
  two.connect();
  settleAll(hub);
  one.send(quick!, 157);
  settleAll(hub);
  await Promise.resolve();
  const full = [...one.fates].filter(([, fate]) => fate === 'ERR_CHANNEL_FULL');
  const numbers = Array.from({ length: 50 }, (_, n) => 100 + n);
  t.same(
    full.map(([n]) => n),
    [...numbers, 151, 152, 155, 156, 157],
    'all others are refused',
  );
  for (let n = 0; n < 100; n++) two.receive(slow!, false);
  settleAll(hub);
  one.send(quick!, 158);
  settleAll(hub);
  await Promise.resolve();
  t.equal(one.fates.get(158), 'sent', 'there is room again');
});

t.test('what comes by a group meanwhile is not counted twice', async (t) => {
  const { hub, one, two } = pair({ now: 0 });
  const [slow, quick] = ['x', 'x'].map((prefix) => two.local.newChannel(prefix));
  void two.core.join('g', quick!, true);
  two.receive(quick!);
  for (let n = 0; n < 100; n++) one.send(slow!, n);
  settleAll(hub);
  one.groupSend('g', 100);
  settleAll(hub);
  for (let n = 101; n < 105; n++) one.send(quick!, n);
  settleAll(hub);
  await Promise.resolve();
  t.same(two.read, [100]);
  t.ok(two.local.unreadOf(quick!.slice(0, quick!.indexOf('!') + 1)) <= 101, 'one more at most');
});

t.test('a group of many channels of others is served over several turns', async (t) => {
  const { hub, one, two } = pair({ now: 0 });
  const own = two.local.newChannel('x');
  for (let n = 0; n < 100_000; n++) hub.core.join('room', `c${n}`, 100);
  void one.core.join('room', own, true);
  settleAll(hub);
  one.groupSend('room', 1);
  one.up();
  const served = hub.local.boxes.letterCount;
  t.ok(served > 0 && served < 100_000, `${served} in the first turn`);
  t.equal(hub.core.outstandingCount, 0, 'its turn has not come');
  one.send(own, 2);
  one.send('c99999', 3);
  one.up();
  settleAll(hub);
  two.receive(own, false);
  two.receive(own, false);
  t.same(two.read, [1, 2], 'order is kept where something else is sent meanwhile');
  t.equal(hub.local.boxes.take('c99999', 0)?.group, 'room');
  t.ok(hub.core.busy !== undefined, 'what comes now waits');
  await hub.core.busy;
  t.equal(hub.local.boxes.letterCount, 100_000, 'each once, and the other message');
  hub.local.boxes.clear();
  t.equal([...hub.core.sessions.values()][0]!.held, 0);
});

t.test('what is said to many processes is said over several turns', async (t) => {
  const hub = new JoinedHub({ now: 0 });
  const processes = Array.from({ length: 100 }, () => hub.process());
  for (const process of processes) {
    process.connect();
    process.core.flushOut();
    void process.core.join('room', process.local.newChannel('x'), true);
  }
  settleAll(hub);
  hub.core.groupSend('room', Buffer.from('1'), 1e9, undefined);
  const told = (): number => processes.filter(({ fromHub }) => fromHub.length > 0).length;
  for (const sofar of [10, 20, 30]) {
    let left = 10;
    hub.core.flushOut(() => --left === 0);
    t.equal(told(), sofar);
  }
  hub.core.flushOut();
  t.equal(told(), 100);
});

t.test(
  'a process that was forgotten, and does not hear of it, is not taken for the same',
  async (t) => {
    const time = { now: 0 };
    const { hub, one } = pair(time);
    one.send('jobs', 0);
    settleAll(hub);
    one.cut();
    time.now += 60_000;
    hub.sweep();
    one.connect();
    one.up();
    one.cut();
    one.connect();
    one.send('jobs', 1);
    settleAll(hub);
    await Promise.resolve();
    t.same([...one.fates.values()], ['sent', 'sent']);
  },
);

t.test('what a process gave back is not taken for read when that does not arrive', async (t) => {
  const time = { now: 0 };
  const { hub, one, two } = pair(time);
  one.receive('jobs');
  one.up();
  two.send('jobs', 0);
  two.up();
  time.now += 5001;
  one.down();
  one.cut();
  one.connect();
  settleAll(hub);
  t.same(one.read, [0]);
});

t.test('capacities of members that are gone are forgotten', async (t) => {
  const hub = new JoinedHub({ now: 0 });
  const one = hub.process();
  one.connect();
  settleAll(hub);
  for (let n = 0; n < 3000; n++) {
    void one.core.join('room', `c${n}`, true);
    if (n >= 10) void one.core.leave('room', `c${n}`, true);
  }
  settleAll(hub);
  hub.sweep();
  t.equal(hub.core.capacityCount, 10);
});

/** A member of `room` in a process that knew a hub before this one, and the number of who sends. */
async function heir(time: {
  now: number;
}): Promise<[JoinedHub, JoinedProcess, JoinedProcess, string]> {
  const { hub, one, two } = pair(time);
  const channel = two.local.newChannel('x');
  const joined = two.core.join('room', channel, false);
  settleAll(hub);
  await joined;
  time.now += 60_000;
  hub.restart();
  one.connect();
  settleAll(hub);
  return [hub, one, two, channel];
}

t.test('a member of before gets what was sent since the hub began', async (t) => {
  const time = { now: 1000 };
  const [hub, one, two, channel] = await heir(time);
  for (let n = 0; n < 3; n++) one.groupSend('room', n);
  settleAll(hub);
  time.now += 3000;
  two.connect();
  settleAll(hub);
  one.groupSend('room', 3);
  settleAll(hub);
  for (let n = 0; n < 4; n++) two.receive(channel, false);
  t.same(two.read, [0, 1, 2, 3], 'in order, each once');
  settleAll(hub);
  t.equal(hub.core.outstandingCount, 0);
  for (const session of hub.core.sessions.values()) t.equal(session.held, 0);
});

t.test('who joins later gets nothing of before, in whatever process it is', async (t) => {
  const time = { now: 1000 };
  const [hub, one, two] = await heir(time);
  one.groupSend('room', 0);
  settleAll(hub);
  time.now += 1000;
  const late = two.local.newChannel('late');
  void two.core.join('room', late, true);
  two.connect();
  const third = hub.process();
  third.connect();
  settleAll(hub);
  const other = third.local.newChannel('x');
  void third.core.join('room', other, true);
  settleAll(hub);
  two.receive(late, false);
  third.receive(other, false);
  t.same([...two.read, ...third.read], []);
});

t.test('what was sent later than in its first seconds is not kept', async (t) => {
  const time = { now: 1000 };
  const [hub, one, two, channel] = await heir(time);
  time.now += 5001;
  one.groupSend('room', 0);
  settleAll(hub);
  two.connect();
  settleAll(hub);
  two.receive(channel, false);
  t.same(two.read, []);
});

t.test('what was given back to a hub that dies soon after is counted', async (t) => {
  const { hub, one, two } = handedOver();
  hub.sweep();
  settleAll(hub);
  t.equal(one.core.sends.held, 0, 'the sender knows that they have arrived');
  hub.time.now += 100;
  two.core.idle(hub.time.now);
  settleAll(hub);
  t.equal(hub.local.boxes.letterCount, 10, 'they are with the hub again');
  t.equal(one.core.sends.held, 10, 'which the sender knows as well');
  hub.local.boxes.clear();
  hub.restart();
  one.connect();
  settleAll(hub);
  t.equal(one.local.counters.lost, 10);
});

t.test('what another hub had handed over is read or counted where it is', async (t) => {
  for (const ending of ['read', 'expired', 'closed']) {
    const { hub, one, two } = handedOver();
    hub.restart();
    one.connect();
    two.connect();
    settleAll(hub);
    hub.time.now += 100;
    two.core.idle(hub.time.now);
    settleAll(hub);
    t.equal(two.local.boxes.letterCount, 10, 'nobody else can have them');
    if (ending === 'read') {
      for (let n = 0; n < 10; n++) two.receive('jobs');
      t.equal(two.read.length, 10);
    } else if (ending === 'expired') {
      hub.time.now += 60_000;
      two.local.boxes.sweep(hub.time.now);
      t.equal(two.local.counters.expired, 10);
    } else {
      two.core.close();
      t.equal(two.local.clearAll(), 10, 'the layer counts them');
    }
  }
});

/** Two processes of one hub: the second holds ten messages that the first has sent to `jobs`, and nobody waits for them. */
function handedOver() {
  const { hub, one, two } = pair({ now: 0 });
  for (let n = 0; n < 10; n++) two.receive('jobs');
  settleAll(hub);
  // The readers do not wait any more when the messages come.
  two.stopReading('jobs');
  for (let n = 0; n < 10; n++) one.send('jobs', n);
  settleAll(hub);
  return { hub, one, two };
}

t.test('what was on its way when its reader went away goes to who waits', async (t) => {
  const time = { now: 0 };
  const hub = new JoinedHub(time);
  const [one, two, third] = [hub.process(), hub.process(), hub.process()];
  for (const each of [one, two, third]) each.connect();
  two.receive('jobs');
  settleAll(hub);
  one.send('jobs', 1);
  one.up();
  two.stopReading('jobs');
  two.core.unwant('jobs');
  time.now += 60;
  two.core.idle(time.now);
  two.up();
  time.now += 60;
  two.core.idle(time.now);
  two.down();
  t.equal(two.local.boxes.letterCount, 1, 'it came when nobody waited there any more');
  time.now += 60;
  two.core.idle(time.now);
  third.receive('jobs');
  settleAll(hub);
  t.same(third.read, [1]);
});

t.test('memberships that a new hub has not heard of are said to it again', async (t) => {
  const hub = new JoinedHub({ now: 0 });
  const [one, two] = [hub.process(), hub.process()];
  one.connect();
  two.connect();
  const channel = two.local.newChannel('x');
  void two.core.join('g', channel, false);
  settleAll(hub);
  hub.restart();
  one.connect();
  two.connect();
  two.up();
  two.down();
  t.ok(two.core.joined);
  // What it has said since is lost with the connection.
  two.cut();
  two.connect();
  settleAll(hub);
  one.groupSend('g', 1);
  settleAll(hub);
  two.receive(channel);
  t.same(two.read, [1]);
});

t.test('what is read between hello and welcome is not said to a hub that has not sent it', (t) => {
  const { hub, one, two } = pair({ now: 0 });
  const channel = two.local.newChannel('x');
  one.send(channel, 0);
  settleAll(hub);
  hub.restart();
  one.connect();
  two.connect();
  two.receive(channel);
  settleAll(hub);
  t.same(hub.expelled, [], 'its number is nothing to the new hub');
  one.send(channel, 1);
  settleAll(hub);
  two.receive(channel);
  t.same(two.read, [0, 1]);
  t.end();
});

t.test('who was with a hub before gets none of its first messages again', async (t) => {
  const time = { now: 0 };
  const hub = new JoinedHub(time, { resumeTimeout: 500 });
  const [one, two] = [hub.process(), hub.process()];
  one.connect();
  two.connect();
  const channel = two.local.newChannel('x');
  void two.core.join('g', channel, false);
  settleAll(hub);
  one.groupSend('g', 1);
  settleAll(hub);
  two.cut();
  time.now += 600;
  hub.sweep();
  two.connect();
  settleAll(hub);
  for (let n = 0; n < 2; n++) two.receive(channel);
  t.same(two.read, [1]);
});

t.test('unread ordinary messages: with the process that becomes the producer itself', async (t) => {
  const hub = new JoinedHub({ now: 0 });
  const [one, two] = [hub.process(), hub.process()];
  one.connect();
  two.connect();
  for (let n = 0; n < 2; n++) two.receive('jobs');
  settleAll(hub);
  two.stopReading('jobs');
  for (let n = 0; n < 2; n++) one.send('jobs', n);
  settleAll(hub);
  two.cut();
  two.receive('jobs', false);
  t.same(two.read, [], 'not without a hub');
  two.core.retire();
  two.receive('jobs', false);
  t.same(two.read, [0]);
});

t.test('a reader that waits for each message is given many at a time', async (t) => {
  const { hub, one, two } = pair({ now: 0 }, [{ capacity: 2000 }]);
  for (let n = 0; n < 1000; n++) one.send('jobs', n);
  settleAll(hub);
  let turns = 0;
  for (; two.read.length < 1000 && turns < 1000; turns++) {
    while (two.local.waitingAt('jobs') === 0) two.receive('jobs');
    two.up();
    two.down();
  }
  t.ok(turns < 50, `1000 messages took ${turns} questions`);
});
