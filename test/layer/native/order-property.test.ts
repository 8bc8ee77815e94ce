/** First in, first out: for one reader of an ordinary channel, whatever goes back to the hub meanwhile. */

import fc from 'fast-check';
import t from 'tap';
import { JoinedHub, settleAll } from '../../support/layer/joined-hub.ts';

const CHANNEL = 'jobs';
const BEFORE = 60;

const count = fc.integer({ min: 1, max: 3 });
const step = fc.oneof(
  fc.record({ do: fc.constantFrom('send', 'stop') }),
  fc.record({ do: fc.constant('receive'), count: fc.constantFrom(1, 2, 3, 20) }),
  fc.record({ do: fc.constantFrom('writer', 'reader up', 'reader down'), count }),
  // Longer than a reader counts as there, and shorter.
  fc.record({ do: fc.constant('wait'), count: fc.constantFrom(1, 20, 60) }),
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

async function readBy(steps: readonly Step[]): Promise<number[]> {
  const hub = new JoinedHub({ now: 1000 });
  const writer = hub.process({ expiry: 600_000 });
  const reader = hub.process({ expiry: 600_000 });
  for (const process of hub.processes) process.connect();
  settleAll(hub);
  let sent = 0;
  const receive = (): void => {
    if (reader.local.waitingAt(CHANNEL) === 0) reader.receive(CHANNEL);
  };
  // Enough for the window of the reader to grow.
  while (sent < BEFORE) writer.send(CHANNEL, sent++);
  settleAll(hub);
  for (const each of steps) {
    switch (each.do) {
      case 'send':
        writer.send(CHANNEL, sent++);
        break;
      case 'receive':
        for (let n = (each as { count: number }).count; n > 0; n--) receive();
        break;
      case 'stop':
        reader.stopReading(CHANNEL);
        reader.core.unwant(CHANNEL);
        break;
      case 'wait':
        hub.time.now += (each as { count: number }).count;
        reader.core.idle(hub.time.now);
        break;
      case 'writer':
        writer.up((each as { count: number }).count);
        break;
      case 'reader up':
        reader.up((each as { count: number }).count);
        break;
      case 'reader down':
        reader.down((each as { count: number }).count);
        break;
    }
    await Promise.resolve();
  }
  for (let n = 0; n < sent; n++) {
    receive();
    settleAll(hub);
    await Promise.resolve();
    settleAll(hub);
  }
  return reader.read;
}

t.test('one reader gets what one writer has sent, in that order', async (t) => {
  const property = fc.asyncProperty(fc.array(step, { maxLength: 80 }), async (steps) => {
    const read = await readBy(steps);
    const sent = BEFORE + steps.filter((each) => each.do === 'send').length;
    return read.length === sent && read.every((number, n) => number === n);
  });
  const found = await fc.check(property, { numRuns: 5000, seed: 20261129 });
  t.notOk(found.failed, fc.defaultReportMessage(found) ?? 'no counterexample');
});
