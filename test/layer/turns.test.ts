/** Loops of calls that never wait: timers and I/O get their turns by time, not by the number of calls alone. */

import t from 'tap';
import { MemoryLayer } from '../../src/layer/index.ts';
import { turnsDuring, work } from '../support/sockets/turns.ts';

/** Fewer than the calls after which a turn comes by their number; together they take 40 ms at least. */
const COUNT = 200;

/** A turn a millisecond would be 40. */
const ENOUGH = 8;

t.test('a loop that works on each message leaves others a turn within milliseconds', async (t) => {
  const layer = new MemoryLayer({ capacity: COUNT });
  t.teardown(() => layer.close());
  const sending = await turnsDuring(async () => {
    for (let n = 0; n < COUNT; n++) {
      await layer.send('channel', { n });
      work();
    }
  });
  t.ok(sending >= ENOUGH, `${sending} turns in send`);
  const receiving = await turnsDuring(async () => {
    for (let n = 0; n < COUNT; n++) {
      await layer.receive('channel');
      work();
    }
  });
  t.ok(receiving >= ENOUGH, `${receiving} turns in receive`);
});
