/** `npm run torture`: every pattern through every toxic, a minute each, eight at a time (row "toxics" of 3d). */

import { broken, brokenRequests, optionsFor, TOXICS } from '../support/faults/promise.ts';
import { requestTrial } from '../support/faults/request.ts';
import { FAULT_PATTERNS, faultTrial } from '../support/faults/trial.ts';
import { row, SECONDS } from '../support/torture.ts';

const SIDES = ['speaker', 'listener'] as const;
const TRANSPORTS = ['tcp', 'ipc'] as const;

for (const promise of TOXICS) {
  const { name, rows, effect, toxic } = promise;
  const common = {
    duration: SECONDS * 1_000,
    toxic,
    strikes: effect !== 'smooth',
    options: optionsFor(promise),
  };
  row('3d', `every pattern, ${name}`, `${rows} of the promise`, async (t) => {
    const faults: string[] = [];
    let [accepted, lost, counted, struck] = [0, 0, 0, 0];
    const trials = FAULT_PATTERNS.map(async (pattern, i) => {
      const [binder, transport] = [SIDES[i % 2]!, TRANSPORTS[(i >> 1) % 2]!];
      const account = await faultTrial(t, pattern, { ...common, binder, transport, seed: i + 1 });
      faults.push(...broken(promise, pattern, account).map((what) => `${pattern.name}: ${what}`));
      accepted += account.accepted;
      lost += account.lost;
      counted += account.counted;
      struck += account.struck;
    });
    const asking = requestTrial(t, { ...common, binder: 'listener', transport: 'tcp', seed: 8 });
    const account = await asking;
    faults.push(...brokenRequests(promise, account).map((what) => `REQ → REP: ${what}`));
    await Promise.all(trials);
    const result = `${accepted} sent, ${lost} lost (${counted} counted), ${struck} struck`;
    return { result: [result, ...faults].join('; '), good: faults.length === 0 };
  });
}
