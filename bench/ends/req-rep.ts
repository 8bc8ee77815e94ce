/** REQ and REP: one question, one answer, and how long that takes. */

import { now, type Orders, say, told } from './contract.ts';
import { curveOf } from './curve.ts';
import { roundTripResult } from './meter.ts';
import type { Style, Zmq } from './style.ts';

/** Binds, and sends back whatever it is asked. */
export async function rep(zmq: Zmq, orders: Orders): Promise<void> {
  const socket = new zmq.Reply({ linger: 0, ...curveOf(orders, 'server') });
  await socket.bind(orders.text('endpoint'));
  say({ ready: true, endpoint: socket.lastEndpoint });
  switch (orders.text('style') as Style) {
    case 'iterate':
      for await (const message of socket) await socket.send(message);
      break;
    case 'try':
      for (;;) {
        const message = socket.tryReceive();
        if (message === undefined) await socket.whenReadable();
        else if (!socket.trySend(message)) await socket.send(message);
      }
    default:
      for (;;) await socket.send(await socket.receive());
  }
}

/** Connects, and asks. */
export async function req(zmq: Zmq, orders: Orders): Promise<void> {
  const socket = new zmq.Request({ linger: 0, ...curveOf(orders, 'client') });
  socket.connect(orders.text('endpoint'));
  say({ ready: true });
  await told('go');
  const body = Buffer.alloc(orders.number('size'), 0x2a);
  const style = orders.text('style') as Style;
  const ask = style === 'try' ? askByTrying : askAwaiting;
  await ask(socket, body, new Float64Array(orders.number('warmup')));
  const times = new Float64Array(orders.number('count'));
  say({ measuring: true });
  const startedAt = now();
  await ask(socket, body, times);
  say({ result: roundTripResult(times, (now() - startedAt) / 1000) });
}

type Request = InstanceType<Zmq['Request']>;

/** As many round trips as there are `times` to fill. */
async function askAwaiting(socket: Request, body: Buffer, times: Float64Array): Promise<void> {
  let before = now();
  for (let i = 0; i < times.length; i++) {
    await socket.send(body);
    await socket.receive();
    const after = now();
    times[i] = after - before;
    before = after;
  }
}

async function askByTrying(socket: Request, body: Buffer, times: Float64Array): Promise<void> {
  let before = now();
  for (let i = 0; i < times.length; i++) {
    while (!socket.trySend(body)) await socket.whenWritable();
    while (socket.tryReceive() === undefined) await socket.whenReadable();
    const after = now();
    times[i] = after - before;
    before = after;
  }
}
