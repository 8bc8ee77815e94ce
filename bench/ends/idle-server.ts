/** Idle server: a ROUTER with very many silent peers, and what they cost. */

import { type Orders, say, told } from './contract.ts';
import type { Zmq } from './style.ts';

/** Binds, and says at each `mark` what it uses. */
export async function idleServer(zmq: Zmq, orders: Orders): Promise<void> {
  const socket = new zmq.Router({
    linger: 0,
    backlog: 4096,
    heartbeatInterval: orders.number('heartbeat'),
    heartbeatTimeout: 60_000,
  });
  await socket.bind(orders.text('endpoint'));
  say({ ready: true, endpoint: socket.lastEndpoint });
  void socket.receive();
  await tellUsage();
}

/** Answer each `mark` with the memory (octets) and processor time (seconds) of this process. */
export async function tellUsage(): Promise<never> {
  for (;;) {
    await told('mark');
    globalThis.gc?.(); // what connections hold, and not what making them left behind
    const { user, system } = process.cpuUsage();
    const { rss } = process.memoryUsage();
    say({ usage: { memory: rss, processor: (user + system) / 1e6 } });
  }
}
