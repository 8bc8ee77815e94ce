/**
 * LookupNow: resolves the name of a host once the event loop, which would bring the answer, does not turn any more: another
 * thread asks the system.
 */

import { isIP } from 'node:net';
import { Worker } from 'node:worker_threads';

/** The address of `host`; `later` = not known yet, call again; `never` = the name has no address. */
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

/** Starts a lookup. Returns where its answer will be: the size of the address, or −1 for none, and its characters. */
function ask(host: string, ipv6: boolean): Int32Array<SharedArrayBuffer> {
  const answer = new Int32Array(new SharedArrayBuffer(SIZE_OCTETS + ADDRESS_MAX));
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
  } catch {
    // A program may not be permitted to start threads.
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
