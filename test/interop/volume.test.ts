/** Many small messages, all of them, in order; and several peers at once. */

import t from 'tap';
import * as zmq from '../../src/index.ts';
import { faultless, sendNumbered, use, verify } from '../support/interop.ts';
import { implementations, LibzmqPeer } from '../support/libzmq-peer.ts';
import { numbered, Tally } from '../support/peers/numbered.js';
import { handshaken } from '../support/wait.ts';

const MANY = 100_000;

t.test('a tally notices what is wrong', async (t) => {
  const tally = new Tally();
  const message = (n: number) => numbered('x', n).map((part) => Buffer.from(part));
  for (const n of [0, 1, 3, 2, 3]) tally.add(message(n));
  tally.add([Buffer.from('x/9'), Buffer.from('body'), Buffer.from('00000000')]);
  const { count, bad, duplicates, reordered, gaps } = tally.summary();
  t.strictSame([count, bad, duplicates, reordered, gaps], [6, 1, 1, 1, 1]);
});

for (const implementation of implementations(t)) {
  t.test(`libzmq through ${implementation}`, async (t) => {
    const peer = await LibzmqPeer.spawn(t, { implementation });

    t.test(`${MANY} messages from us`, async (t) => {
      const pull = await peer.open('PULL');
      const push = use(t, new zmq.Push());
      push.connect(await pull.bind());
      const received = pull.verify(MANY);
      await sendNumbered(push, MANY);
      t.strictSame(await received, faultless('ours', MANY));
      await pull.close();
    });

    t.test(`${MANY} messages to us`, async (t) => {
      const push = await peer.open('PUSH');
      const pull = use(t, new zmq.Pull());
      pull.connect(await push.bind());
      const sent = push.sendMany({ count: MANY });
      t.strictSame(await verify(pull, MANY), faultless('peer', MANY));
      await sent;
      await push.close();
    });

    t.test('a PUSH of ours goes round three libzmq peers', async (t) => {
      const push = use(t, new zmq.Push());
      const pulls = [await peer.open('PULL'), await peer.open('PULL'), await peer.open('PULL')];
      for (const pull of pulls) push.connect(await pull.bind());
      await handshaken(push, 3);
      for (let n = 0; n < 300; n++) await push.send(String(n));
      const firsts = new Set<number>();
      for (const pull of pulls) {
        const numbers = (await pull.receiveMany(100)).map(([part]) => Number(part));
        const first = numbers[0]!;
        firsts.add(first);
        t.strictSame(
          numbers,
          Array.from({ length: 100 }, (_, n) => first + 3 * n),
          'every third message',
        );
      }
      t.strictSame([...firsts].sort(), [0, 1, 2]);
      for (const pull of pulls) await pull.close();
    });

    t.test('a libzmq PUSH goes round three peers of ours', async (t) => {
      const push = await peer.open('PUSH');
      const endpoint = await push.bind();
      const pulls = [use(t, new zmq.Pull()), use(t, new zmq.Pull()), use(t, new zmq.Pull())];
      for (const pull of pulls) pull.connect(endpoint);
      await push.event('handshake', 3);
      for (let n = 0; n < 30; n++) await push.send(String(n));
      for (const pull of pulls) {
        const numbers: number[] = [];
        while (numbers.length < 10) numbers.push(Number((await pull.receive())[0]));
        t.strictSame(
          numbers,
          Array.from({ length: 10 }, (_, n) => numbers[0]! + 3 * n),
        );
      }
      await push.close();
    });

    t.test('a PULL of ours takes everything from five libzmq peers', async (t) => {
      const pull = use(t, new zmq.Pull());
      await pull.bind('tcp://127.0.0.1:*');
      const sources = ['a', 'b', 'c', 'd', 'e'];
      const sent = sources.map(async (source) => {
        const push = await peer.open('PUSH');
        await push.connect(pull.lastEndpoint!);
        await push.sendMany({ count: 2_000, source });
        return push;
      });
      const summary = await verify(pull, 10_000);
      const { bad, duplicates, reordered, gaps } = summary;
      t.strictSame([bad, duplicates, reordered, gaps], [0, 0, 0, 0]);
      for (const source of sources) {
        t.strictSame(summary.sources[source], { first: 0, last: 1_999, count: 2_000 }, source);
      }
      for (const push of await Promise.all(sent)) await push.close();
    });

    t.test('two streams cross on one connection', async (t) => {
      const theirs = await peer.open('DEALER');
      const ours = use(t, new zmq.Dealer());
      ours.connect(await theirs.bind());
      const [, , summary, other] = await Promise.all([
        sendNumbered(ours, 10_000, { size: 200 }),
        theirs.sendMany({ count: 10_000, size: 200 }),
        verify(ours, 10_000),
        theirs.verify(10_000),
      ]);
      t.strictSame(summary, faultless('peer', 10_000));
      t.strictSame(other, faultless('ours', 10_000));
      await theirs.close();
    });
  });
}
