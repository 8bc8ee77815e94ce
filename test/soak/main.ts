/** `npm run soak`: is everything where it was after very many messages and connections? */

import { parseArgs } from 'node:util';
import { positive, UsageError } from '../../bench/options.ts';
import { soakConnections } from './connections.ts';
import type { Finding } from './finding.ts';
import { PATTERN_COUNT, soakPattern } from './pattern.ts';
import { soakSlowSubscriber } from './slow-subscriber.ts';

const USAGE = `Looks for leaks: after a warm-up and at the end, memory within 10 %, and all that can be counted as it was.

  npm run soak -- [options]

  --messages N     of each pattern, every other one under CURVE; 10000000 by default
  --connections N  opened and closed, 100000 by default
  --minutes N      at most for each pattern, 60 by default
  --faults N       seconds between two broken connections, 30 by default
  --help           show this

  npm run soak -- --messages 20000 --connections 1000 --faults 2

The exit code is 1 when something has grown.`;

/** Returns the exit code. */
async function main(args: string[]): Promise<number> {
  const values = parse(args);
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  const messages = positive('--messages', values.messages, 1e12);
  const duration = positive('--minutes', values.minutes, 1e4) * 60_000;
  const faultInterval = positive('--faults', values.faults, 1e5) * 1_000;
  const connections = positive('--connections', values.connections, 1e9);
  const parts: (() => Promise<Finding>)[] = [
    ...Array.from(
      { length: PATTERN_COUNT },
      (_, index) => () => soakPattern(index, { messages, duration, faultInterval }),
    ),
    () => soakConnections(connections),
    () => soakSlowSubscriber(Math.max(20_000, Math.min(200_000, Math.ceil(messages / 50)))),
  ];
  let good = true;
  for (const part of parts) {
    const finding = await part();
    console.log(`${finding.title}\n${finding.lines.join('\n')}\n`);
    good &&= finding.good;
  }
  console.log(good ? 'flat' : 'NOT FLAT');
  return good ? 0 : 1;
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        messages: { type: 'string', default: '10000000' },
        connections: { type: 'string', default: '100000' },
        minutes: { type: 'string', default: '60' },
        faults: { type: 'string', default: '30' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }).values;
  } catch (error) {
    throw new UsageError((error as Error).message.split('. ')[0]!);
  }
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(`soak: ${(error as Error).message}`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
