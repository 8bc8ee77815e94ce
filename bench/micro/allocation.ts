/**
 * Allocation: a program that says what one message takes from the heap on each path, both ends over tcp in this process, and ends
 * with 1 when that is beyond the budget. To be run with `--expose-gc --min-semi-space-size=128 --max-semi-space-size=128`: nothing may be collected while it counts.
 */

import { Pull, Push, Reply, Request } from '../../src/sockets/index.ts';
import { plainTable } from '../format.ts';

/** One way of moving messages. */
interface Path {
  readonly name: string;
  /** Octets of the heap that a message may take, as measured on Node 20 and a little more. */
  readonly budget: number;
  /** Moves `count` messages. */
  run(count: number): Promise<void>;
}

const body = Buffer.alloc(64, 0x2a);
const batch = new Array<Buffer>(250).fill(body);
const [pull, push] = [new Pull({ receiveHighWaterMark: 0 }), new Push({ sendHighWaterMark: 0 })];
await pull.bind('tcp://127.0.0.1:*');
push.connect(pull.lastEndpoint!);
const [reply, request] = [new Reply(), new Request()];
await reply.bind('tcp://127.0.0.1:*');
request.connect(reply.lastEndpoint!);
answer().catch(() => {}); // closed at the end

const PATHS: readonly Path[] = [
  {
    name: 'await send, await receive, one at a time',
    budget: 2_650,
    async run(count) {
      for (let i = 0; i < count; i++) {
        await push.send(body);
        await pull.receive();
      }
    },
  },
  {
    name: 'await send of all, await receive of each',
    // 527, 705 or 755, by what the compiler inlines when the machine is busy.
    budget: 800,
    async run(count) {
      for (let i = 0; i < count; i++) await push.send(body);
      for (let i = 0; i < count; i++) await pull.receive();
    },
  },
  {
    name: 'sendMany, receiveMany',
    // 250, or 284 where little is inlined.
    budget: 320,
    async run(count) {
      for (let i = 0; i < count; i += batch.length) await push.sendMany(batch);
      for (let i = 0; i < count; ) i += (await pull.receiveMany()).length;
    },
  },
  {
    name: 'REQ/REP, there and back',
    budget: 5_900,
    async run(count) {
      for (let i = 0; i < count; i++) {
        await request.send(body);
        await request.receive();
      }
    },
  },
];

async function answer(): Promise<void> {
  for (;;) await reply.send(await reply.receive());
}

/** The least of some runs: what compilers take meanwhile is on top of it. */
async function octetsOf({ run }: Path): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < RUNS; i++) {
    globalThis.gc?.();
    const before = process.memoryUsage().heapUsed;
    await run(COUNT);
    least = Math.min(least, (process.memoryUsage().heapUsed - before) / COUNT);
  }
  return least;
}

const COUNT = 4_000;
const RUNS = 6;

const rows: string[][] = [];
for (const path of PATHS) {
  const octets = await octetsOf(path);
  if (octets > path.budget) process.exitCode = 1;
  rows.push([path.name, octets.toFixed(0), String(path.budget)]);
}
console.log(`\nallocation\n${plainTable([['octets of the heap', 'each', 'budget'], ...rows])}`);
for (const socket of [pull, push, reply, request]) socket.close();
