/** When a daemon that has ended is started again. */

import t from 'tap';
import { Restarts } from '../../src/daemon/restart.ts';

t.test('the delay doubles up to a limit, and begins anew after a sound life', async (t) => {
  const restarts = new Restarts({ delay: 100, maxDelay: 500, soundAfter: 1_000 });
  t.same(
    [1, 1, 1, 1].map(() => restarts.next(1, 10)),
    [100, 200, 400, 500],
  );
  t.equal(restarts.next(1, 1_000), 100);
  t.equal(restarts.next(0, 10), undefined, 'it ended well');
});

t.test('never, always, and only so often', async (t) => {
  t.equal(new Restarts({ when: 'never' }).next(1, 0), undefined);
  t.equal(new Restarts({ when: 'always', delay: 5 }).next(0, 0), 5);
  const few = new Restarts({ limit: 2 });
  t.same([few.next(1, 0), few.next(1, 0), few.next(1, 0)], [200, 400, undefined]);
});
