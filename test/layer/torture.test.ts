/** Hubs and consumers that die: every message is in one account. `npm run torture` has the long form. */

import t from 'tap';
import { skipTorture, torture } from '../support/layer/torture.ts';

for (const [what, options] of [
  // Long enough for a loaded machine to confirm each send within it.
  ['are stopped for longer than messages live', { expiry: 5000, stopped: 5000 }],
  ['cannot be heard', { expiry: 60_000, halfOpen: 2 }],
] as const) {
  t.test(
    `consumers that ${what} lose nothing without a count`,
    { skip: skipTorture },
    async (t) => {
      const blows = ['stop consumer', 'stop consumer'] as const;
      const account = await torture(t, { sends: 8000, blows, resumeTimeout: 60_000, ...options });
      t.comment(JSON.stringify(account));
      t.match(account, { unsettled: 0, ownTwice: 0, refusedRead: 0, unconfirmed: 0 });
      t.equal(account.missing, account.counted, 'to the one');
    },
  );
}

t.test('a hub that is killed twice, and a consumer', { skip: skipTorture }, async (t) => {
  const blows = ['kill hub', 'kill consumer', 'kill hub', 'nothing'] as const;
  const account = await torture(t, { sends: 12_000, blows, expiry: 8000, resumeTimeout: 1000 });
  t.comment(JSON.stringify(account));
  t.match(account, { unsettled: 0, ownTwice: 0, refusedRead: 0 });
  const { missing, counted } = account;
  t.ok(missing <= counted, `${missing} are missing, ${counted} counted`);
});
