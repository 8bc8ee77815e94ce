/**
 * LookupNow: the address of a host where the event loop does not turn any more, which would tell what the system answers: another
 * thread asks.
 */

import { isIP } from 'node:net';
import { Worker } from 'node:worker_threads';

/** An address; `later`: ask again; `never`: the name has none. */
export function lookUpNow(host: string, ipv6: boolean): string | 'later' | 'never' {
  if (isIP(host) !== 0) return host;
  const key = `${ipv6 ? 6 : 4} ${host}`;
  let answer = answers.get(key);
  if (answer === undefined) {
    answer = ask(host, ipv6);
    answers.set(key, answer);
  }
  const size = Atomics.load(answer, 0);
  if (size === 0) return 'later';
  return size < 0 ? 'never' : Buffer.from(answer.buffer, SIZE_OCTETS, size).toString();
}

/** Where the answer will be: the size of the address, or −1 for none, and its characters. */
function ask(host: string, ipv6: boolean): Int32Array<SharedArrayBuffer> {
  const answer = new Int32Array(new SharedArrayBuffer(SIZE_OCTETS + ADDRESS_MAX));
  try {
    // Nothing of what this program has itself run in: it may load for long.
    const worker = new Worker(PROGRAM, {
      eval: true,
      workerData: { host, ipv6, answer },
      execArgv: [],
      env: {},
    });
    worker.on('error', () => {});
    worker.unref();
  } catch {
    // A program may be allowed no threads.
    answer[0] = -1;
  }
  return answer;
}

const SIZE_OCTETS = 4;

const PROGRAM = `
const dns = require('node:dns');
const { host, ipv6, answer } = require('node:worker_threads').workerData;
dns.lookup(host, ipv6 ? { family: 6, hints: dns.V4MAPPED } : { family: 4 }, (error, address) => {
  const size = error ? -1 : Buffer.from(answer.buffer, ${SIZE_OCTETS}).write(address);
  Atomics.store(answer, 0, size);
});
`;

const answers = new Map<string, Int32Array<SharedArrayBuffer>>();
/** Characters of the longest IPv6 address with its zone. */
const ADDRESS_MAX = 64;
