/** `npm run torture:hub`: hubs and consumers that are killed, stopped and not heard while half a million messages are sent. */

import { type Blow, skipTorture, torture } from '../support/layer/torture.ts';
import { row } from '../support/torture.ts';

const SENDS = Number(process.env['TORTURE_SENDS'] ?? 500_000);

for (const [what, options] of [
  ['consumers stopped for longer than messages live', { expiry: 1500 }],
  ['consumers stopped and unheard', { expiry: 60_000, halfOpen: 3 }],
] as const) {
  row('hub', `${SENDS / 5} sends, ${what}`, 'to the one', async (t) => {
    if (skipTorture !== false) return skipTorture;
    const blows = Array.from({ length: 6 }, (): Blow => 'stop consumer');
    const account = await torture(t, {
      sends: SENDS / 5,
      blows,
      resumeTimeout: 60_000,
      ...options,
    });
    const { unsettled, ownTwice, jobsTwice, refusedRead, missing, counted } = account;
    return {
      result: JSON.stringify(account),
      good: unsettled + ownTwice + jobsTwice + refusedRead === 0 && missing === counted,
    };
  });
}

row('hub', `${SENDS} sends, hub killed ten times, consumers too`, 'all counted', async (t) => {
  if (skipTorture !== false) return skipTorture;
  const blows = Array.from({ length: 10 }, (_, n): Blow[] =>
    n % 3 === 0 ? ['kill hub', 'kill consumer'] : ['kill hub', 'stop consumer'],
  ).flat();
  const limits = { expiry: 8000, resumeTimeout: 1500 };
  const account = await torture(t, { sends: SENDS, blows, halfOpen: 2, ...limits });
  const { unsettled, ownTwice, refusedRead, missing, counted } = account;
  return {
    result: JSON.stringify(account),
    good: unsettled + ownTwice + refusedRead === 0 && missing <= counted,
  };
});
