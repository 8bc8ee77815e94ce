/**
 * LookupNow: resolves the name of a host once the event loop, which would bring the answer, does not turn any more: another
 * thread asks the system.
 */

import { isIP } from 'node:net';
import { Worker } from 'node:worker_threads';
import type { Flushed } from './flushed.ts';

/**
 * Returns the address of `host`, or undefined where the name has none; until it is known, each step says that it is waited for. The
 * first step for a name waits until a thread has started, for `patience` milliseconds at most (10 s where that is negative).
 */
export function* lookUpNow(
  host: string,
  ipv6: boolean,
  patience: number,
): Generator<Flushed, string | undefined, void> {
  if (isIP(host) !== 0) return host;
  const key = `${ipv6 ? 6 : 4} ${host}`;
  let answer = answers.get(key);
  if (answer === undefined) {
    answer = ask(host, ipv6, patience < 0 ? START_MAX : Math.min(patience, START_MAX));
    answers.set(key, answer);
    yield 'moved';
  }
  let size = Atomics.load(answer, 0);
  for (; size === 0; size = Atomics.load(answer, 0)) yield 'stuck';
  return size < 0 ? undefined : Buffer.from(answer.buffer, HEAD_OCTETS, size).toString();
}

/**
 * Starts a lookup, and waits until its thread runs, which takes seconds on a busy machine. Returns where its answer will be: the size of
 * the address, or −1 for none, whether the thread runs, and the characters of the address.
 */
function ask(host: string, ipv6: boolean, patience: number): Int32Array<SharedArrayBuffer> {
  const answer = new Int32Array(new SharedArrayBuffer(HEAD_OCTETS + ADDRESS_MAX));
  try {
    // Without the arguments and environment of this program, which may preload modules that take long.
    const worker = new Worker(PROGRAM, {
      eval: true,
      workerData: { host, ipv6, answer },
      execArgv: [],
      env: {},
    });
    worker.on('error', () => {});
    worker.unref();
    Atomics.wait(answer, 1, 0, patience);
  } catch {
    // A program may not be permitted to start threads, and a window must not wait.
    answer[0] = -1;
  }
  return answer;
}

const HEAD_OCTETS = 2 * Int32Array.BYTES_PER_ELEMENT;
/** Milliseconds that a thread may take to start. */
const START_MAX = 10_000;

const PROGRAM = `
const dns = require('node:dns');
const { host, ipv6, answer } = require('node:worker_threads').workerData;
Atomics.store(answer, 1, 1);
Atomics.notify(answer, 1);
dns.lookup(host, ipv6 ? { family: 6, hints: dns.V4MAPPED } : { family: 4 }, (error, address) => {
  const size = error ? -1 : Buffer.from(answer.buffer, ${HEAD_OCTETS}).write(address);
  Atomics.store(answer, 0, size);
});
`;

const answers = new Map<string, Int32Array<SharedArrayBuffer>>();
/** Characters of the longest IPv6 address with its zone. */
const ADDRESS_MAX = 64;
