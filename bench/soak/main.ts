/** `npm run bench:soak`: is everything where it was after very many messages and connections? */

import { parseArgs } from 'node:util';
import { positive, UsageError } from '../options.ts';
import { soakConnections } from './connections.ts';
import type { Finding } from './finding.ts';
import { soakSlowSubscriber } from './slow-subscriber.ts';
import { soakPubSub, soakPushPull } from './throughput.ts';

const USAGE = `Looks for leaks: memory and handles after a warm-up, and at the end, within 10 %.

  npm run bench:soak -- [options]

  --messages N     through PUSH/PULL and PUB/SUB, 10000000 by default
  --connections N  opened and closed, 100000 by default
  --help           show this

  npm run bench:soak -- --messages 100000 --connections 1000

The exit code is 1 when something has grown.`;

/** Returns the exit code. */
async function main(args: string[]): Promise<number> {
  const values = parse(args);
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  const messages = positive('--messages', values.messages, 1e12);
  const connections = positive('--connections', values.connections, 1e9);
  const parts: (() => Promise<Finding>)[] = [
    () => soakPushPull(messages),
    () => soakPubSub(messages),
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
  console.error(`bench:soak: ${(error as Error).message}`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
