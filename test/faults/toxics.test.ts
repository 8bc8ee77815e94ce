/**
 * Every pattern through every toxic of the fault proxy: what is lost equals the promise, the table "What a message may
 * expect" of docs/promises.md. Less than a second each here, a minute each in `npm run torture`.
 */

import t from 'tap';
import { curveKeyPair } from '../../src/index.ts';
import { broken, brokenRequests, optionsFor, TOXICS } from '../support/faults/promise.ts';
import { requestTrial } from '../support/faults/request.ts';
import { type Account, FAULT_PATTERNS, faultTrial } from '../support/faults/trial.ts';

const DURATION = 300;
const BINDERS = ['speaker', 'listener'] as const;

for (const promise of TOXICS) {
  const { name, rows, effect, toxic } = promise;
  const strikes = effect !== 'smooth';
  const options = optionsFor(promise);

  t.test(`${rows}: ${name}`, async (t) => {
    // Side by side: most of it is waiting.
    const trials = FAULT_PATTERNS.flatMap((pattern, i) =>
      BINDERS.map(async (binder, j) => {
        const transport = (i + j) % 2 === 0 ? 'tcp' : 'ipc';
        const what = `${pattern.name}, ${binder} bound, ${transport}`;
        const trial = { transport, binder, duration: DURATION, toxic, strikes, options } as const;
        const account = await faultTrial(t, pattern, { ...trial, seed: i + 1 });
        t.strictSame(broken(promise, pattern, account), [], line(what, account));
      }),
    );
    await Promise.all(trials);
  });

  t.test(`${rows}: ${name}, REQ and REP`, async (t) => {
    const trials = BINDERS.map(async (binder) => {
      const transport = binder === 'speaker' ? 'ipc' : 'tcp';
      const trial = { transport, binder, duration: DURATION, toxic, strikes, options } as const;
      const account = await requestTrial(t, { ...trial, seed: 1 });
      t.strictSame(brokenRequests(promise, account), [], JSON.stringify(account));
    });
    await Promise.all(trials);
  });
}

t.test('V3: one bit flipped under CURVE: never a changed message', async (t) => {
  const promise = TOXICS.find(({ effect }) => effect === 'alters')!;
  const server = curveKeyPair();
  const client = curveKeyPair();
  const serving = { curveServer: true, curveSecretKey: server.secretKey };
  const calling = {
    curvePublicKey: client.publicKey,
    curveSecretKey: client.secretKey,
    curveServerKey: server.publicKey,
  };
  const trials = FAULT_PATTERNS.map(async (pattern, i) => {
    const sealed = {
      ...pattern,
      make: (options: object) => {
        const made = pattern.make(options);
        Object.assign(made.listener, serving);
        Object.assign(made.speaker, calling);
        return made;
      },
    };
    const account = await faultTrial(t, sealed, {
      transport: 'tcp',
      binder: 'listener',
      duration: DURATION,
      toxic: promise.toxic,
      strikes: true,
      seed: i + 1,
    });
    t.strictSame(broken(promise, pattern, account, true), [], line(pattern.name, account));
  });
  await Promise.all(trials);
});

/** The table of what is lost: one line of it. */
function line(what: string, account: Account): string {
  const { accepted, lost, counted, gaps, doubled, disordered, altered, struck } = account;
  return `${what}: of ${accepted} lost ${lost} (${counted} counted) in ${gaps} gaps, doubled ${doubled}, disordered ${disordered}, altered ${altered}; ${struck} struck`;
}
