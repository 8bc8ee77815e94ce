/** `bench`: one scenario against any endpoint. */

import { createHistogram } from 'node:perf_hooks';
import type { Socket } from '../../index.ts';
import { type Arguments, UsageError } from '../arguments.ts';
import { type Command, EXIT } from '../command.ts';
import { grouped } from '../meter.ts';
import { closeGently, openSocket, SOCKET_OPTIONS } from '../socket.ts';
import type { Terminal } from '../terminal.ts';

/** How much to send, and what shows the progress. */
interface Load {
  readonly size: number;
  readonly count: number;
  readonly timeout: number;
  readonly signal: AbortSignal;
  progress(done: number): void;
}

/** The figures measured, by name. */
type Result = Readonly<Record<string, number>>;

type Scenario = (given: Arguments, terminal: Terminal, load: Load) => Promise<Result>;

const SCENARIOS: Readonly<Record<string, Scenario>> = {
  'round-trip': roundTrip,
  send,
  receive,
};

export const bench: Command = {
  name: 'bench',
  summary: 'measure one scenario against any endpoint',
  usage: 'SCENARIO (-c ENDPOINT | -b ENDPOINT) [OPTIONS]',
  description:
    'Measure from here, against whatever is at the endpoint:\n' +
    '  round-trip  a REQ asks, and something like `rep` answers: times in microseconds\n' +
    '  send        a PUSH sends to something that pulls: messages a second that it accepts\n' +
    '  receive     a PULL takes what something pushes: messages a second',
  options: {
    ...SOCKET_OPTIONS,
    size: { type: 'string', value: 'N', help: 'octets in a message; default 100' },
    count: { type: 'string', short: 'n', value: 'N', help: 'messages; default 10000' },
    json: { type: 'boolean', help: 'the result as JSON' },
  },
  examples: [
    'zeromq-pure rep -b tcp://*:5555 -q &                     # something to measure',
    'zeromq-pure bench round-trip -c tcp://localhost:5555',
    'zeromq-pure bench send -c tcp://localhost:5557 --size 1000 -n 100000',
  ],
  async run(given, terminal) {
    const [name, ...more] = given.positionals;
    const scenario = name === undefined ? undefined : SCENARIOS[name];
    if (name === undefined || scenario === undefined || !Object.hasOwn(SCENARIOS, name)) {
      throw new UsageError(`which scenario? One of ${Object.keys(SCENARIOS).join(', ')}`);
    }
    if (more.length > 0) throw new UsageError(`"${more[0]}" is not expected here`);
    const count = given.count('count', 1) ?? 10_000;
    const step = Math.max(1, Math.floor(count / 100));
    const load: Load = {
      size: given.count('size') ?? 100,
      count,
      timeout: given.number('timeout') ?? -1,
      signal: terminal.signal,
      progress(done) {
        if (done % step === 0) terminal.status(`${name} ${Math.floor((done * 100) / count)} %`);
      },
    };
    try {
      const result = await scenario(given, terminal, load);
      terminal.status('');
      if (given.has('json')) {
        await terminal.line(JSON.stringify({ scenario: name, size: load.size, count, ...result }));
      } else {
        const facts = Object.entries(result).map(([what, value]) => {
          const shown = value < 100 ? String(Number(value.toPrecision(3))) : grouped(value);
          return `${what} ${terminal.paint('bold', shown)}`;
        });
        await terminal.line(
          `${name}, ${grouped(count)} × ${grouped(load.size)} bytes: ${facts.join(', ')}`,
        );
      }
    } finally {
      terminal.status('');
    }
    return EXIT.done;
  },
};

async function roundTrip(given: Arguments, terminal: Terminal, load: Load): Promise<Result> {
  const { size, count, timeout, signal } = load;
  const socket = await openSocket('req', given, terminal);
  const histogram = createHistogram();
  const body = Buffer.alloc(size);
  const wait = { timeout, signal };
  await socket.waitFor('handshake', wait);
  for (let n = 0; n < count; n++) {
    const asked = process.hrtime.bigint();
    await socket.send(body, wait);
    await socket.receive(wait);
    const took = process.hrtime.bigint() - asked;
    histogram.record(took > 0n ? took : 1n);
    load.progress(n + 1);
  }
  await done(socket);
  const microseconds = (percentile: number): number => histogram.percentile(percentile) / 1_000;
  return {
    'median µs': microseconds(50),
    'p99 µs': microseconds(99),
    'max µs': histogram.max / 1_000,
    'per second': 1e9 / histogram.mean,
  };
}

async function send(given: Arguments, terminal: Terminal, load: Load): Promise<Result> {
  const { size, count, timeout, signal } = load;
  const socket = await openSocket('push', given, terminal);
  const body = Buffer.alloc(size);
  const wait = { timeout, signal };
  await socket.waitFor('handshake', wait);
  const started = performance.now();
  for (let n = 0; n < count; n++) {
    await socket.send(body, wait);
    load.progress(n + 1);
  }
  // The time ends when the system has taken the last message.
  const lost = await closeGently(socket, timeout === -1 ? undefined : timeout, terminal);
  if (lost > 0) throw new Error(`${lost} messages were not delivered`);
  return rates(count, size, performance.now() - started);
}

async function receive(given: Arguments, terminal: Terminal, load: Load): Promise<Result> {
  const { count, timeout, signal } = load;
  const socket = await openSocket('pull', given, terminal);
  const wait = { timeout, signal };
  let [started, octets, first] = [0, 0, 0];
  for (let n = 0; n < count; n++) {
    const message = await socket.receive(wait);
    for (const part of message) octets += part.length;
    // The time begins with the first message: before it there was only waiting.
    if (n === 0) {
      started = performance.now();
      first = octets;
    }
    load.progress(n + 1);
  }
  const took = Math.max(performance.now() - started, Number.MIN_VALUE);
  await done(socket);
  if (count === 1) return { bytes: octets };
  return rates(count - 1, (octets - first) / (count - 1), took);
}

function rates(count: number, size: number, milliseconds: number): Result {
  return {
    seconds: milliseconds / 1_000,
    'messages/s': (count * 1_000) / milliseconds,
    'MB/s': (count * size) / milliseconds / 1_000,
  };
}

async function done(socket: Socket): Promise<void> {
  socket.linger = 0;
  await socket[Symbol.asyncDispose]();
}
