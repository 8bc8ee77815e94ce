/** The exchange without sockets: what a hub tells whom, with a clock in hand. */

import t from 'tap';
import { LocalState } from '../../../src/layer/local/local-state.ts';
import { Exchange } from '../../../src/layer/native/exchange.ts';
import { Kind } from '../../../src/layer/native/protocol.ts';
import { settle } from '../../../src/layer/options.ts';

const PEER = '0102030405060708';

function make() {
  const time = { now: 0 };
  const local = new LocalState(settle({ clock: () => time.now, groupExpiry: 10_000 }));
  const published: (string | Buffer)[][] = [];
  const exchange = new Exchange(local, { publish: (parts) => published.push(parts) });
  return { time, local, published, exchange };
}

/** What a process says when it connects; it has been in a group for `since` seconds. */
function hello(since: number) {
  return {
    t: 'hello' as const,
    hub: '',
    seq: 0,
    ended: 0,
    acked: 0,
    sync: 0,
    since,
    routes: [],
    wants: [],
    members: [],
    left: [],
  };
}

t.test('a hello that was long on its way still brings what was sent since the join', async (t) => {
  const { time, published, exchange } = make();
  time.now = 1000;
  exchange.groupSend('room', Buffer.from('x'), undefined, 60_000, time.now);
  published.length = 0;
  // Joined at 900, said hello at 1100, and is heard at 4000.
  time.now = 4000;
  exchange.control(PEER, hello(200), time.now);
  const kinds = published.map(([, header]) => (header as Buffer)[2]);
  t.same(kinds, [Kind.replay, Kind.control]);
  t.same(String(published[0]![3]), 'x');
  const age = (published[0]![1] as Buffer).readUInt32BE(22);
  t.equal(age, 3000, 'with its age, so that who joined later can leave it out');
});

t.test('who is in no group is told nothing of before', async (t) => {
  const { time, published, exchange } = make();
  exchange.groupSend('room', Buffer.from('x'), undefined, 60_000, 0);
  published.length = 0;
  time.now = 1000;
  exchange.control(PEER, hello(0), 1000);
  t.same(
    published.map(([, header]) => (header as Buffer)[2]),
    [Kind.control],
  );
});

t.test(
  'who ends a membership of its own is not told to end it: it may be a member again',
  async (t) => {
    const { time, published, exchange } = make();
    const leaves = () => published.filter(([, , body]) => String(body).includes('"leave"')).length;
    const route = 'specific.2122232425262728!';
    const member = `${route}abcdefghijkl`;
    const other = '1112131415161718';
    for (const peer of [PEER, other]) exchange.control(peer, hello(0), 0);
    exchange.control(PEER, { t: 'own', routes: [route] }, 0);
    const told = (from: string): number => {
      published.length = 0;
      exchange.control(from, { t: 'leave', m: [['room', member]] }, 0);
      return leaves();
    };
    t.equal(told(PEER), 0);
    t.equal(told(other), 1);
    const toldAgain = (ended: number): number => {
      published.length = 0;
      const routes: [string, number, number][] = [[route, 0, 0]];
      exchange.control(PEER, { ...hello(0), hub: exchange.id, ended, routes }, 0);
      return leaves();
    };
    t.equal(toldAgain(0), 1, 'what it may not have heard');
    t.equal(toldAgain(1), 0);
    exchange.sweep(time.now + 300_001);
    t.equal(toldAgain(0), 0, 'not for ever');
  },
);

t.test('capacities of members that are gone are forgotten', async (t) => {
  const { time, local, exchange } = make();
  exchange.control(PEER, hello(0), 0);
  for (let n = 0; n < 3000; n++) {
    exchange.control(PEER, { t: 'join', m: [['room', `c${n}`, 5]] }, 0);
    if (n >= 10) exchange.control(PEER, { t: 'leave', m: [['room', `c${n}`]] }, 0);
  }
  exchange.sweep(time.now);
  t.equal(local.foreignCapacities.size, 10);
});
