/** High-water marks, counted: how many messages are taken before somebody has to wait or something is dropped. */

import t from 'tap';
import * as zmq from '../../../src/index.ts';
import {
  deadEndpoint,
  failure,
  freeEndpoint,
  join,
  meet,
  own,
  texts,
  turns,
  until,
} from '../../support/local.ts';
import { PATIENCE } from '../../support/patience.ts';

/** Sends until it would have to wait. */
function stuff(socket: zmq.Push | zmq.Publisher | zmq.Dealer, limit = 100_000): number {
  let count = 0;
  while (count < limit && socket.trySend(`${count}`)) count++;
  return count;
}

/** Reads all there is, over inproc: nothing is on its way then. */
async function count(socket: zmq.Pull | zmq.Subscriber): Promise<number> {
  let seen = 0;
  for (let idle = 0; idle < 20; ) {
    if (socket.tryReceive() === undefined) {
      idle++;
      await turns();
    } else {
      idle = 0;
      seen++;
    }
  }
  return seen;
}

t.test(
  'M2: without a peer a socket holds as many messages as its mark says, for each endpoint',
  async (t) => {
    for (const endpoint of [await deadEndpoint(own(t, new zmq.Pull())), freeEndpoint('inproc')]) {
      const three = own(t, new zmq.Push({ sendHighWaterMark: 3 }));
      three.connect(endpoint);
      t.equal(stuff(three), 3);
      const two = own(t, new zmq.Push({ sendHighWaterMark: 2 }));
      two.connect(endpoint);
      t.equal(two.trySend(['a', 'b', 'c']) && two.trySend(['a', 'b', 'c']), true);
      t.equal(two.trySend('x'), false, 'messages count, not parts');
      const none = own(t, new zmq.Push({ sendHighWaterMark: 0 }));
      none.connect(endpoint);
      t.equal(stuff(none, 5_000), 5_000, '0 is no mark');
      const immediate = own(t, new zmq.Push({ sendHighWaterMark: 3, immediate: true }));
      immediate.connect(endpoint);
      t.equal(stuff(immediate), 0);
      const standard = own(t, new zmq.Push());
      standard.connect(endpoint);
      t.equal(stuff(standard), 1_000);
    }
    const both = own(t, new zmq.Push({ sendHighWaterMark: 5 }));
    both.connect(await deadEndpoint(own(t, new zmq.Pull())));
    both.connect(await deadEndpoint(own(t, new zmq.Pull())));
    t.equal(stuff(both), 10, 'for each pipe');
    t.throws(() => new zmq.Push({ sendHighWaterMark: -1 }), { code: 'EINVAL' });
  },
);

t.test('over inproc the marks add up', async (t) => {
  for (const [send, receive, total] of [
    [5, 3, 8],
    [3, 2, 5],
    [1, 1, 2],
    [1_000, 1_000, 2_000],
    [0, 1, 10_000],
    [1, 0, 10_000],
    [0, 0, 10_000],
  ] as const) {
    for (const order of ['bind first', 'connect first']) {
      const push = own(t, new zmq.Push({ sendHighWaterMark: send }));
      const pull = own(t, new zmq.Pull({ receiveHighWaterMark: receive }));
      const endpoint = freeEndpoint('inproc');
      if (order === 'bind first') await pull.bind(endpoint);
      push.connect(endpoint);
      if (order !== 'bind first') await pull.bind(endpoint);
      t.equal(stuff(push, 10_000), total, `${send} + ${receive}, ${order}`);
      t.equal(await count(pull), total);
      t.equal(stuff(push, 10_000), total, 'and again');
    }
  }
});

t.test('over inproc, what is read when the binder closes first', async (t) => {
  const push = own(t, new zmq.Push({ sendHighWaterMark: 4 }));
  const pull = own(t, new zmq.Pull({ receiveHighWaterMark: 4 }));
  await join(push, pull, 'inproc');
  t.equal(stuff(push), 8);
  push.close();
  t.equal(await count(pull), 8);
});

t.test('a pull that disconnects loses what it has not read', async (t) => {
  const push = own(t, new zmq.Push({ sendHighWaterMark: 1 }));
  const pull = own(t, new zmq.Pull({ receiveHighWaterMark: 1 }));
  const endpoint = await join(push, pull, 'inproc');
  t.equal(stuff(push), 2);
  pull.disconnect(endpoint);
  t.equal(pull.readable, false);
  t.match((await failure(() => push.send('x', { timeout: 0 }))).error, { code: 'EAGAIN' });
  await meet(push, pull, endpoint);
  t.equal(stuff(push), 2);
});

t.test('a changed mark holds for later endpoints and open ones, and loses nothing', async (t) => {
  const changed = own(t, new zmq.Push({ sendHighWaterMark: 1 }));
  const reader = own(t, new zmq.Pull({ receiveHighWaterMark: 1 }));
  changed.sendHighWaterMark = 2;
  reader.receiveHighWaterMark = 2;
  await join(reader, changed, 'inproc');
  t.equal(stuff(changed), 4, 'before connect');

  const push = own(t, new zmq.Push({ sendHighWaterMark: 1 }));
  const pull = own(t, new zmq.Pull({ receiveHighWaterMark: 1 }));
  await join(pull, push, 'inproc');
  push.sendHighWaterMark = 5;
  const more = stuff(push);
  t.equal(more, 6, 'after it: ours, and the part that the peer took over before');
  push.sendHighWaterMark = 1;
  t.equal(push.trySend('x'), false);
  t.equal(await count(pull), more, 'decreased while full: nothing is lost');
  t.equal(push.trySend('y'), true);
});

t.test(
  'tcp and ipc: the sender waits, the reader gets all, and the reader holds no more than its mark',
  async (t) => {
    for (const transport of ['tcp', 'ipc'] as const) {
      const push = own(t, new zmq.Push({ sendHighWaterMark: 5 }));
      const pull = own(t, new zmq.Pull({ receiveHighWaterMark: 3 }));
      await join(pull, push, transport);
      const body = Buffer.alloc(200_000);
      let sent = 0;
      let waiting = false;
      const sending = (async () => {
        for (; sent < 300; sent++) {
          waiting = !push.writable;
          await push.send(body);
        }
      })();
      await until(() => waiting && pull.stats().queued.in >= 3);
      await turns(50);
      t.ok(sent < 300, `${sent} of 300 went out`);
      t.ok(pull.stats().queued.in <= 4, `${pull.stats().queued.in} were held`);
      t.ok(push.stats().queued.out <= 5);
      for (let n = 0; n < 300; n++) await pull.receive();
      await sending;
      t.equal(pull.readable, false);

      const small = own(t, new zmq.Push());
      const slow = own(t, new zmq.Pull({ receiveHighWaterMark: 10 }));
      await join(slow, small, transport);
      await small.sendMany(Array.from({ length: 1_000 }, (_, n) => `${n}`));
      await until(() => slow.stats().queued.in >= 10);
      await turns(20);
      t.equal(slow.stats().queued.in, 10, 'also when many come in one piece');
      for (let n = 0; n < 1_000; n++) {
        const [part] = await slow.receive();
        if (String(part) !== `${n}`) t.fail(`${part} instead of ${n}`);
      }
    }
  },
);

t.test('a full pipe takes messages again at the low-water mark', async (t) => {
  const push = own(t, new zmq.Push({ sendHighWaterMark: 10 }));
  const pull = own(t, new zmq.Pull({ receiveHighWaterMark: 10 }));
  await join(pull, push, 'inproc');
  t.equal(stuff(push), 20);
  let reads = 0;
  while (!push.writable) {
    pull.tryReceive();
    reads++;
  }
  t.ok(reads > 1 && reads < 20, `after ${reads}`);
  const before = reads;
  t.equal(stuff(push), before, 'as many as were read');
});

t.test('M3: PUB drops for the slow one only', async (t) => {
  for (const transport of ['tcp', 'inproc'] as const) {
    const publisher = own(t, new zmq.Publisher({ sendHighWaterMark: 50 }));
    const slow = own(t, new zmq.Subscriber({ receiveHighWaterMark: 50 }));
    const fast = own(t, new zmq.Subscriber({ receiveHighWaterMark: 0 }));
    slow.subscribe('');
    fast.subscribe('');
    await join(publisher, slow, transport);
    await meet(publisher, fast, publisher.lastEndpoint!);
    await publisher.waitFor('subscription', { peers: 2 });
    const body = transport === 'tcp' ? Buffer.alloc(100_000) : Buffer.alloc(1);
    let got = 0;
    for (let n = 0; n < 300; n++) {
      t.equal(publisher.trySend(body), true);
      await fast.receive();
      got++;
    }
    t.equal(got, 300);
    const { dropped } = publisher.stats();
    t.ok(dropped > 0);
    if (transport === 'inproc') t.equal(dropped, 200);
    for (let n = 0; n < 300 - dropped; n++) await slow.receive({ timeout: PATIENCE });
    t.equal(slow.readable, false, 'what did not come was counted');
  }
});

t.test('M3: NODROP: nobody gets it until all can, and nothing is lost', async (t) => {
  for (const type of [zmq.Publisher, zmq.XPublisher]) {
    const publisher = own(t, new type({ sendHighWaterMark: 5, noDrop: true }));
    const subscriber = own(t, new zmq.Subscriber({ receiveHighWaterMark: 5 }));
    subscriber.subscribe('');
    await join(publisher, subscriber, 'inproc');
    await publisher.waitFor('subscription');
    let sent = 0;
    while (publisher.trySend(`${sent}`)) sent++;
    t.equal(sent, 10);
    t.match((await failure(() => publisher.send('x', { timeout: 1 }))).error, { code: 'EAGAIN' });
    const sending = publisher.sendMany(Array.from({ length: 600 }, (_, n) => `${sent + n}`));
    for (let n = 0; n < 610; n++) {
      const [part] = await subscriber.receive();
      if (String(part) !== `${n}`) t.fail(`${part} instead of ${n}`);
    }
    await sending;
    t.equal(publisher.stats().dropped, 0);
  }
});

t.test('credit is returned as messages are read', async (t) => {
  const publisher = own(t, new zmq.Publisher({ sendHighWaterMark: 11_024 }));
  const subscriber = own(t, new zmq.Subscriber({ receiveHighWaterMark: 11_024 }));
  subscriber.subscribe('');
  await join(publisher, subscriber);
  await publisher.waitFor('subscription');
  for (const burst of [9_999, 1_100]) {
    for (let n = 0; n < burst; n++) publisher.trySend('x');
    for (let n = 0; n < burst; n++) await subscriber.receive({ timeout: PATIENCE });
  }
  t.equal(publisher.stats().dropped, 0);
});

t.test('M5: CONFLATE keeps the newest', async (t) => {
  const push = own(t, new zmq.Push({ conflate: true }));
  const pull = own(t, new zmq.Pull({ conflate: true }));
  await join(pull, push, 'inproc');
  for (let n = 0; n < 50; n++) await push.send(`${n}`);
  t.strictSame(texts(pull.tryReceive()), ['49']);
  t.equal(pull.tryReceive(), undefined);

  const alone = own(t, new zmq.Push({ conflate: true }));
  const late = own(t, new zmq.Pull());
  const endpoint = await deadEndpoint(late);
  alone.connect(endpoint);
  for (let n = 0; n < 50; n++) await alone.send(`${n}`);
  await late.bind(endpoint);
  t.strictSame(texts(await late.receive()), ['49']);

  const changing = own(t, new zmq.Push());
  const [before, after] = [freeEndpoint('inproc'), freeEndpoint('inproc')];
  changing.connect(before);
  await changing.sendMany(['1', '2']);
  changing.conflate = true;
  await changing.send('3');
  t.equal(changing.stats().queued.out, 3, 'what is connected already goes on as before');
  changing.linger = 0;
  changing.disconnect(before);
  changing.connect(after);
  await changing.sendMany(['1', '2', '3']);
  t.equal(changing.stats().queued.out, 1);
});

t.test('marks in octets', async (t) => {
  t.test('sendHighWaterMarkBytes, for each pipe', async (t) => {
    const push = own(t, new zmq.Push({ sendHighWaterMarkBytes: 1_000, sendHighWaterMark: 0 }));
    push.connect(await deadEndpoint(own(t, new zmq.Pull())));
    let sent = 0;
    while (push.trySend(Buffer.alloc(300))) sent++;
    t.equal(sent, 4, 'whole, as long as there is any room');
    push.sendHighWaterMarkBytes = 0;
    const other = own(t, new zmq.Push({ sendHighWaterMarkBytes: 10 }));
    other.connect(freeEndpoint('inproc'));
    t.equal(other.trySend(Buffer.alloc(10_000)), true, 'one however large');
    t.equal(other.trySend(''), false);
  });

  for (const transport of ['tcp', 'ipc', 'inproc'] as const) {
    t.test(`receiveHighWaterMarkBytes, for the whole socket, over ${transport}`, async (t) => {
      const cap = 100_000;
      const pull = own(t, new zmq.Pull({ receiveHighWaterMarkBytes: cap }));
      await pull.bind(freeEndpoint(transport));
      const body = Buffer.alloc(10_000);
      const pushes = [1, 2, 3, 4].map(() => own(t, new zmq.Push({ sendHighWaterMark: 10 })));
      for (const push of pushes) push.connect(pull.lastEndpoint!);
      await pull.waitFor('handshake', { peers: 4 });
      const sends = pushes.map((push) => push.sendMany(Array.from({ length: 200 }, () => body)));
      await until(() => pull.stats().queued.in >= cap / body.length);
      await turns(20);
      const held = pull.stats().queued.in;
      t.ok(held <= cap / body.length + 4, `${held} messages held`);
      for (let n = 0; n < 800; n++) await pull.receive({ timeout: PATIENCE });
      await Promise.all(sends);
      t.equal(pull.readable, false);
    });
  }
});
