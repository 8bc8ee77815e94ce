/**
 * Rows of `npm run torture`: what takes too long, or a machine too large, for the ordinary tests. Each row has a bar and says what
 * was seen; the table goes to stderr, line by line. `TORTURE_ONLY` (a regular expression) picks rows, `TORTURE_SECONDS`
 * is how long those run that have no end of their own (60).
 */

import t, { type Test } from 'tap';

export interface Seen {
  readonly result: string;
  readonly good: boolean;
}

export const SECONDS = Number(process.env['TORTURE_SECONDS'] ?? 60);
// Without its runner, tap would end the file after 30 seconds.
t.setTimeout(7_200_000);

const ONLY = new RegExp(process.env['TORTURE_ONLY'] ?? '');

/** One row: `section` of the plan, what is done, and what must hold. `measure` may say why it is not possible here. */
export function row(
  section: string,
  what: string,
  bar: string,
  measure: (t: Test) => Promise<Seen | string>,
): void {
  const title = `${section}  ${what}`;
  if (!ONLY.test(title)) return;
  t.test(title, { timeout: 3_600_000 }, async (t) => {
    try {
      const seen = await measure(t);
      if (typeof seen === 'string') {
        print(title, bar, seen, 'skipped');
        t.skip(seen, () => {});
        return;
      }
      print(title, bar, seen.result, seen.good ? 'ok' : 'MISSED');
      t.ok(seen.good, `${seen.result}; wanted: ${bar}`);
    } catch (error) {
      print(title, bar, (error as Error).message, 'FAILED');
      throw error;
    }
  });
}

/** A change, with its sign. */
export function signed(value: number, digits = 0): string {
  return `${value >= 0 ? '+' : ''}${value.toFixed(digits)}`;
}

function print(title: string, bar: string, result: string, verdict: string): void {
  process.stderr.write(`${title.padEnd(62)} ${bar.padEnd(34)} ${result.padEnd(40)} ${verdict}\n`);
}
