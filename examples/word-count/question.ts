/** The question: how a program reads the result from the sink. */

import { Request } from 'zeromq-pure';
import type { Counts } from './count.ts';
import { closeOnAbort, type Endpoints } from './endpoints.ts';
import type { Totals } from './sink.ts';

/** The result, as the sink reports it. */
export interface Result {
  readonly totals: Totals;
  readonly top: readonly (readonly [string, number])[];
  readonly counts: Counts;
}

/** Asks the sink for its result, the `top` most frequent words included. Waits for the end. */
export async function askForResult(
  { answers }: Pick<Endpoints, 'answers'>,
  top: number,
  signal: AbortSignal,
): Promise<Result> {
  const sink = new Request();
  closeOnAbort(signal, sink);
  sink.connect(answers);

  async function ask(...question: string[]) {
    await sink.send(question);
    const [answer] = await sink.receive();
    return JSON.parse(String(answer));
  }
  const result = {
    totals: await ask('totals'),
    top: await ask('top', String(top)),
    counts: new Map<string, number>(await ask('counts')),
  };
  sink.close();
  return result;
}
