/** Mailboxes and groups, with a clock in hand. */

import fc from 'fast-check';
import t from 'tap';
import { Box, type Reader } from '../../../src/layer/local/box.ts';
import { Groups } from '../../../src/layer/local/groups.ts';
import { Letter } from '../../../src/layer/local/letter.ts';
import { Mailboxes } from '../../../src/layer/local/mailboxes.ts';
import { routeOf } from '../../../src/layer/local/names.ts';
import { Queue } from '../../../src/layer/local/queue.ts';
import { OneReader } from '../../support/layer/one-reader.ts';

const EMPTY = new Uint8Array(0);

function make(capacity = 3) {
  const expired: [string, number][] = [];
  const settled: [number, string][] = [];
  let levels = 0;
  const boxes = new Mailboxes({
    capacityOf: () => capacity,
    expired: (channel, count) => expired.push([channel, count]),
    settled: ({ sequence }, how) => settled.push([sequence, how]),
    levelsChanged: () => levels++,
  });
  return { boxes, expired, settled, levels: () => levels };
}

/** Puts a group's message into all its members. */
function distribute(boxes: Mailboxes, members: Iterable<string>, letter: Letter, now: number) {
  const spread = boxes.beginSpread(letter);
  for (const channel of members) boxes.spreadTo(spread, channel, now);
  boxes.endSpread(spread);
  return { delivered: spread.delivered, skipped: spread.skipped };
}

const letter = (expiresAt = 100, sequence = 0) => new Letter(EMPTY, expiresAt, sequence);

t.test('a message waits for a reader, or a reader for a message', async (t) => {
  const { boxes } = make();
  const [one, two] = [letter(), letter()];
  t.equal(boxes.put('a', one, 0), 'kept');
  t.equal(boxes.take('a', 0), one);
  const got: Letter[] = [];
  boxes.wait('a', new OneReader((taken) => got.push(taken)));
  t.equal(boxes.put('a', two, 0), 'read');
  t.same(got, [two]);
  t.equal(boxes.size, 0, 'nothing is kept of an empty channel');
});

t.test('the dead make room', async (t) => {
  const { boxes, expired } = make(2);
  boxes.put('p!a', letter(5), 0);
  boxes.put('p!b', letter(9), 0);
  t.equal(boxes.put('p!c', letter(9), 4), 'full', 'the capacity is shared');
  t.equal(boxes.put('q!c', letter(9), 4), 'kept');
  t.equal(boxes.put('p!a', letter(20), 6), 'kept', 'also into the box that was emptied for it');
  t.same(expired, [['p!a', 1]]);
  t.equal(boxes.countOf('p!'), 2);
  boxes.sweep(10);
  t.equal(boxes.countOf('p!'), 1);
  t.equal(boxes.letterCount, 1);
  t.ok(boxes.take('p!a', 10));
});

t.test('a message of a group counts once for a route, until the last has read it', async (t) => {
  const { boxes } = make(2);
  const members = ['p!a', 'p!b', 'p!c'];
  for (let n = 0; n < 2; n++) {
    t.same(distribute(boxes, members, letter(), 0), { delivered: 3, skipped: [] });
  }
  t.same(distribute(boxes, members, letter(), 0), { delivered: 0, skipped: members });
  t.equal(boxes.countOf('p!'), 2);
  for (const member of ['p!a', 'p!b']) boxes.take(member, 0);
  t.equal(boxes.countOf('p!'), 2);
  boxes.take('p!c', 0);
  t.equal(boxes.countOf('p!'), 1);
});

t.test('what is given back takes its old place', async (t) => {
  const { boxes } = make(10);
  for (const sequence of [2, 4, 6]) boxes.put('a', letter(100, sequence), 0);
  boxes.giveBack('a', letter(100, 3), 0);
  boxes.giveBack('a', letter(100, 1), 0);
  boxes.giveBack('a', letter(5, 5), 10);
  const order = [];
  for (let next = boxes.take('a', 0); next; next = boxes.take('a', 0)) order.push(next.sequence);
  t.same(order, [1, 2, 3, 4, 6]);
});

t.test('a limit for all channels together', async (t) => {
  const silent = { capacityOf: () => 10, expired() {}, settled() {}, levelsChanged() {} };
  const boxes = new Mailboxes(silent, 3);
  for (const channel of ['a', 'b', 'c']) t.equal(boxes.put(channel, letter(), 0), 'kept');
  t.equal(boxes.put('d', letter(), 0), 'full');
});

t.test('a letter is settled once, when the last channel has let go of it', async (t) => {
  const { boxes, settled } = make(1);
  boxes.wait('reader', new OneReader());
  distribute(boxes, ['reader', 'a', 'b'], letter(100, 1), 0);
  t.same(settled, [], 'two channels hold it');
  t.equal(boxes.take('a', 0)?.sequence, 1);
  t.same(settled, []);
  boxes.sweep(100);
  t.same(settled.splice(0), [[1, 'read']], 'one read it, for another it expired');
  distribute(boxes, ['a', 'b'], letter(5, 2), 0);
  t.equal(boxes.take('a', 5), undefined);
  boxes.clear();
  t.same(settled.splice(0), [[2, 'expired']], 'expired for one, cleared for another');
  boxes.put('a', letter(100, 3), 0);
  boxes.put('a', letter(100, 4), 0);
  t.same(settled.splice(0), [[4, 'dropped']], 'there was no room for it');
  distribute(boxes, [], letter(100, 5), 0);
  t.same(settled.splice(0), [[5, 'dropped']], 'nobody was a member');
  boxes.clear();
  t.same(settled.splice(0), [[3, 'dropped']]);
  boxes.wait('a', new OneReader());
  t.ok(boxes.offer('a', letter(100, 6)));
  t.notOk(boxes.offer('a', letter(100, 7)), "and it is still its owner's");
  t.same(settled.splice(0), [[6, 'read']]);
});

t.test('letters are taken back from the end, unsettled', async (t) => {
  const { boxes, settled } = make(10);
  for (let n = 1; n <= 4; n++) boxes.put('a', letter(100, n), 0);
  t.same(boxes.takeBack('nowhere', 3), []);
  t.same(
    boxes.takeBack('a', 2).map(({ sequence }) => sequence),
    [4, 3],
  );
  t.equal(boxes.countOf('a'), 2);
  t.equal(boxes.takeBack('a', 3).length, 2);
  t.equal(boxes.size, 0, 'nothing is kept of the channel');
  t.same(settled, []);
});

t.test('that counts have changed is told once, until somebody looks', async (t) => {
  const { boxes, levels } = make(10);
  boxes.put('a', letter(), 0);
  t.equal(levels(), 0, 'nobody asked');
  boxes.tracking = true;
  for (const channel of ['p!x', 'p!y', 'b']) boxes.put(channel, letter(5), 0);
  t.equal(levels(), 1);
  t.strictSame(
    boxes.takeChanged().map(({ name, count }) => [name, count]),
    [
      ['p!', 2],
      ['b', 1],
    ],
  );
  boxes.sweep(5);
  t.equal(levels(), 2, 'also by expiry');
});

t.test('any course of things goes as in a naive model', async (t) => {
  const channels = ['a', 'b', 'p!x', 'p!y'];
  const step = fc.oneof(
    fc.record({ kind: fc.constant('put'), channel: fc.constantFrom(...channels) }),
    fc.record({ kind: fc.constant('take'), channel: fc.constantFrom(...channels) }),
    fc.record({ kind: fc.constant('group'), channel: fc.constant('') }),
    fc.record({ kind: fc.constant('time'), channel: fc.constant('') }),
    fc.record({ kind: fc.constant('sweep'), channel: fc.constant('') }),
  );
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const { boxes } = make(3);
        const model = new Map<string, Letter[]>(channels.map((channel) => [channel, []]));
        let now = 0;
        const alive = () => {
          for (const [channel, letters] of model) {
            model.set(
              channel,
              letters.filter(({ expiresAt }) => expiresAt > now),
            );
          }
        };
        const count = (route: string) =>
          new Set(channels.filter((c) => routeOf(c) === route).flatMap((c) => model.get(c)!)).size;
        for (const { kind, channel } of steps) {
          alive();
          const put = letter(now + 5);
          if (kind === 'put') {
            const full = count(routeOf(channel)) >= 3;
            if (!full) model.get(channel)!.push(put);
            if ((boxes.put(channel, put, now) === 'full') !== full) return false;
          } else if (kind === 'take') {
            if (boxes.take(channel, now) !== model.get(channel)!.shift()) return false;
          } else if (kind === 'group') {
            const full = new Set(['a', 'b', 'p!'].filter((route) => count(route) >= 3));
            const skipped = channels.filter((c) => full.has(routeOf(c)));
            for (const c of channels) if (!skipped.includes(c)) model.get(c)!.push(put);
            const result = distribute(boxes, channels, put, now);
            if (result.skipped.join() !== skipped.join()) return false;
          } else if (kind === 'time') now += 2;
          else boxes.sweep(now);
        }
        alive();
        boxes.sweep(now);
        return (
          boxes.letterCount === [...model.values()].reduce((sum, { length }) => sum + length, 0)
        );
      }),
    ),
  );
});

t.test('groups', async (t) => {
  const groups = new Groups(10);
  t.equal(groups.add('g', 'a', 0), true, 'the first');
  t.equal(groups.add('g', 'a', 5), false, 'again');
  t.equal(groups.add('g', 'b', 6), false);
  t.equal(groups.memberCount, 2);
  t.same([...groups.members('g', 14)], ['a', 'b']);
  t.same([...groups.members('g', 15)], ['b'], 'over ten seconds after it was renewed');
  t.same([...groups.members('g', 9, 5)], ['a'], 'only who was there then');
  t.same(groups.sweep(15), []);
  t.same(groups.sweep(16), ['g']);
  t.equal(groups.size, 0);
  t.equal(groups.discard('g', 'a'), false);
  groups.add('g', 'a', 0);
  t.equal(groups.discard('g', 'x'), false);
  t.equal(groups.discard('g', 'a'), true, 'the last');
  groups.add('p:g', 'a', 0);
  groups.add('q:g', 'a', 0);
  t.same(groups.clear('p:'), ['p:g']);
  t.equal(groups.memberCount, 1);
});

t.test('a queue is an array', async (t) => {
  const step = fc.oneof(fc.constant('shift'), fc.constant('push'), fc.constant('insert'));
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
        const queue = new Queue<number>();
        const model: number[] = [];
        for (const [n, kind] of steps.entries()) {
          if (kind === 'push') {
            queue.push(n);
            model.push(n);
          } else if (kind === 'insert') {
            queue.insert(-n, (other) => other >= 0);
            const at = model.findIndex((other) => other >= 0);
            model.splice(at < 0 ? model.length : at, 0, -n);
          } else if (queue.shift() !== model.shift()) return false;
          if (queue.length !== model.length || queue.peek() !== model[0]) return false;
        }
        return true;
      }),
    ),
  );
});

t.test('readers wait in the order in which they came, and may go from anywhere', async () => {
  const change = fc.record({ n: fc.nat(5), comes: fc.boolean() });
  fc.assert(
    fc.property(fc.array(change, { maxLength: 30 }), (changes) => {
      const route = { name: '', boxes: new Set<Box>(), count: 0, changed: false, firstExpiry: 0 };
      const [here, there] = [new Box('here', route), new Box('there', route)];
      const readers = Array.from({ length: 6 }, () => new OneReader());
      const waiting: Reader[] = [];
      return changes.every(({ n, comes }) => {
        const reader = readers[n]!;
        const at = waiting.indexOf(reader);
        if (comes && at < 0) {
          here.add(reader);
          waiting.push(reader);
        } else if (!comes) {
          if (there.remove(reader) || here.remove(reader) !== at >= 0) return false;
          if (at >= 0) waiting.splice(at, 1);
        }
        const forth: Reader[] = [];
        for (let one = here.first; one !== undefined; one = one.after) forth.push(one);
        const back: Reader[] = [];
        for (let one = here.last; one !== undefined; one = one.before) back.unshift(one);
        return [forth, back].every(
          (list) => list.length === waiting.length && list.every((one, k) => one === waiting[k]),
        );
      });
    }),
  );
});
