/** Newcomers: clients that connect, ask once, and leave, over and over: what a handshake costs. */

import { type Orders, say, told } from './contract.ts';
import { curveOf } from './curve.ts';
import { Meter } from './meter.ts';
import type { Zmq } from './style.ts';

/** `peers` of them at a time. */
export async function newcomers(zmq: Zmq, orders: Orders): Promise<void> {
  const [endpoint, options] = [orders.text('endpoint'), curveOf(orders, 'client')];
  say({ ready: true });
  await told('go');
  const [warmup, count] = [orders.number('warmup'), orders.number('count')];
  const meter = new Meter(warmup, count);
  let left = warmup + count;
  const comeAndGo = async (): Promise<void> => {
    while (left > 0) {
      left--;
      const socket = new zmq.Dealer({ linger: 0, ...options });
      socket.connect(endpoint);
      await socket.send('x');
      await socket.receive();
      socket.close();
      meter.passed(1);
    }
  };
  await Promise.all(Array.from({ length: orders.number('peers') }, comeAndGo));
  say({ result: meter.result });
}
