/** Group messages for very many members of one process: everybody else has a turn meanwhile, and nothing gets out of order. */

import fc from 'fast-check';
import t from 'tap';
import { MemoryLayer } from '../../../src/layer/index.ts';
import { FanOut } from '../../../src/layer/local/fan-out.ts';
import { Groups } from '../../../src/layer/local/groups.ts';
import { Letter } from '../../../src/layer/local/letter.ts';
import { Mailboxes } from '../../../src/layer/local/mailboxes.ts';
import { turns } from '../../support/local.ts';

const MANY = 100_000;

/** So many take longer than one slice on any machine. */
const SOME = 30_000;

async function crowd(t: { teardown(end: () => unknown): void }, count = SOME, capacity = 100) {
  const layer = new MemoryLayer({ capacity });
  t.teardown(() => layer.close());
  const members = await Promise.all(Array.from({ length: count }, () => layer.newChannel()));
  for (const member of members) await layer.groupAdd('crowd', member);
  return { layer, members, last: members.at(-1)! };
}

t.test('100 000 members do not keep others from their messages', async (t) => {
  const { layer, last } = await crowd(t, MANY);
  const ends: string[] = [];
  const all = layer.groupSend('crowd', { n: 1 }).then(() => ends.push('everybody'));
  const other = layer.receive('other').then(() => ends.push('other'));
  await layer.send('other', {});
  await turns();
  t.same(ends, ['other'], 'a turn after a few milliseconds, and not after all of them');
  await Promise.all([all, other]);
  t.match(layer.stats(), { delivered: MANY + 1, skipped: 0, unread: MANY });
  t.same(await layer.receive(last), { n: 1 });
});

t.test('what the readers of a message do counts as well', async (t) => {
  const { layer, members } = await crowd(t, 8000);
  // Each takes 20 µs: 160 ms in all, which one slice of handing over would bring into a turn or two.
  const busy = async (member: string): Promise<void> => {
    await layer.receive(member);
    for (const until = performance.now() + 0.02; performance.now() < until; );
  };
  const read = Promise.all(members.map(busy));
  let [turnCount, isOver] = [0, false];
  const sent = layer.groupSend('crowd', { n: 1 });
  void Promise.all([sent, read]).then(() => {
    isOver = true;
  });
  for (; !isOver; turnCount++) await turns(1);
  t.ok(turnCount >= 10, `${turnCount} turns`);
});

t.test('what is sent meanwhile keeps its order, and refuses no less', async (t) => {
  const { layer, last } = await crowd(t, SOME, 4);
  const sent = [layer.groupSend('crowd', { n: 1 }), layer.groupSend('crowd', { n: 2 })];
  sent.push(layer.send(last, { n: 3 }), layer.groupSend('crowd', { n: 4 }));
  await t.rejects(layer.send(last, { n: 5 }), { code: 'ERR_CHANNEL_FULL' }, 'four are before it');
  await Promise.all(sent);
  for (let n = 1; n <= 4; n++) t.same(await layer.receive(last), { n });
});

t.test('who leaves meanwhile gets nothing more, who joins not yet', async (t) => {
  const { layer, last } = await crowd(t);
  const sent = layer.groupSend('crowd', { n: 1 });
  await layer.groupDiscard('crowd', last);
  await layer.groupAdd('crowd', 'new');
  await sent;
  t.match(layer.stats(), { delivered: SOME - 1 });
  for (const channel of [last, 'new']) {
    await t.rejects(layer.receive(channel, { timeout: 0 }), { code: 'ERR_TIMEOUT' });
  }
});

t.test('flush and close end it, and close counts it', async (t) => {
  const { layer } = await crowd(t);
  const sent = layer.groupSend('crowd', { n: 1 });
  await layer.flush();
  await sent;
  t.match(layer.stats(), { unread: 0, memberships: 0 });

  const { layer: closing } = await crowd(t);
  const cut = closing.groupSend('crowd', { n: 1 });
  await closing.close();
  await cut;
  t.equal(closing.stats().lost, SOME);
});

t.test('any course of messages arrives in order, each once', async (t) => {
  const channels = ['p!a', 'p!b', 'c'];
  const step = fc.oneof(
    fc.record({ kind: fc.constant('group' as const) }),
    fc.record({ kind: fc.constant('direct' as const), to: fc.constantFrom(...channels) }),
    fc.record({ kind: fc.constant('turn' as const) }),
  );
  await t.resolves(
    fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        const groups = new Groups(1000);
        const boxes = new Mailboxes({
          capacityOf: () => 1000,
          expired() {},
          settled() {},
          levelsChanged() {},
        });
        const fanOut = new FanOut({ groups, now: () => 0 });
        for (let n = 0; n < 20_000; n++) groups.add('g', `filler${n}`, 0);
        for (const channel of channels) groups.add('g', channel, 0);
        const expected = new Map(channels.map((channel) => [channel, [] as number[]]));
        for (const [n, { kind, ...rest }] of steps.entries()) {
          const letter = new Letter(new Uint8Array(0), 1000, n);
          if (kind === 'turn') await turns();
          else if (kind === 'direct') {
            const { to } = rest as { to: string };
            fanOut.catchUp(to);
            boxes.put(to, letter, 0);
            expected.get(to)!.push(n);
          } else {
            const spread = boxes.beginSpread(letter);
            fanOut.add('g', {
              into: (channel, now) => boxes.spreadTo(spread, channel, now),
              end: () => boxes.endSpread(spread),
            });
            for (const list of expected.values()) list.push(n);
          }
        }
        await fanOut.busy;
        for (const [channel, list] of expected) {
          const got: number[] = [];
          for (let next = boxes.take(channel, 0); next; next = boxes.take(channel, 0)) {
            got.push(next.sequence);
          }
          if (String(got) !== String(list)) throw new Error(`${channel}: ${got}, not ${list}`);
        }
      }),
      { numRuns: 30 },
    ),
  );
});
