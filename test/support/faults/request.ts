/** REQ and REP through a toxic: every reply belongs to its question, and no question is asked twice. */

import * as zmq from '../../../src/index.ts';
import { own, type TearDown } from '../local.ts';
import { PATIENCE } from '../patience.ts';
import { FaultProxy } from './proxy.ts';
import { COMMON, type TrialOptions } from './trial.ts';

export interface RequestAccount {
  readonly asked: number;
  readonly answered: number;
  /** Questions that the REP has seen more than once. */
  readonly doubled: number;
  /** Replies that are not those of the question. */
  readonly altered: number;
  readonly connections: number;
  readonly struck: number;
}

/** Asks one question after another, gives each up after a time, and goes on. */
export async function requestTrial(
  t: TearDown,
  { transport, binder, duration, seed, toxic, strikes = false, options = {} }: TrialOptions,
): Promise<RequestAccount> {
  // Where nothing is struck, nothing need be given up.
  const receiveTimeout = strikes ? 800 : PATIENCE;
  const relaxed = { relaxed: true, correlate: true, sendTimeout: 1_000, receiveTimeout };
  const request = own(t, new zmq.Request({ ...COMMON, ...options, ...relaxed }));
  const reply = own(t, new zmq.Reply({ ...COMMON, ...options }));
  const [bound, connected] = binder === 'speaker' ? [request, reply] : [reply, request];
  await bound.bind(transport === 'tcp' ? 'tcp://127.0.0.1:*' : 'ipc://*');
  const proxy = await FaultProxy.open(t, bound.lastEndpoint!, { seed, toxic });
  connected.connect(proxy.endpoint);
  const seen = new Map<string, number>();
  const serving = (async () => {
    for await (const question of reply) {
      const text = String(question[0]);
      seen.set(text, (seen.get(text) ?? 0) + 1);
      await reply.send(question);
    }
  })();

  let [asked, answered, altered, afterwards] = [0, 0, 0, false];
  const until = performance.now() + duration;
  const patience = until + PATIENCE;
  // The last question is answered: what was struck is in order again.
  while (performance.now() < until || !afterwards || (strikes && proxy.struckCount === 0)) {
    if (performance.now() > patience) throw new Error('REQ/REP did not come to its end');
    afterwards = false;
    const text = `question ${asked}`;
    try {
      await request.send(text);
      asked++;
      const [answer] = await request.receive();
      answered++;
      if (String(answer) !== text) altered++;
      afterwards = true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    }
  }
  const doubled = [...seen.values()].filter((times) => times > 1).length;
  const account = { asked, answered, doubled, altered };
  const { connectionCount, struckCount } = proxy;
  for (const socket of [request, reply]) socket.close();
  proxy.close();
  await serving;
  return { ...account, connections: connectionCount, struck: struckCount };
}
