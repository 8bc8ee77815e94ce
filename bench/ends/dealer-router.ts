/** DEALER and ROUTER: many clients, each with some questions under way. */

import { type Orders, say, told } from './contract.ts';
import { curveOf } from './curve.ts';
import { Meter } from './meter.ts';
import type { Style, Zmq } from './style.ts';

/** Binds, and sends back whatever comes. */
export async function router(zmq: Zmq, orders: Orders): Promise<void> {
  // Thousands of clients connect at once: whom the kernel turns away tries again a second later, or half a minute.
  const socket = new zmq.Router({ linger: 0, backlog: 4096, ...curveOf(orders, 'server') });
  await socket.bind(orders.text('endpoint'));
  say({ ready: true, endpoint: socket.lastEndpoint });
  if ((orders.text('style') as Style) === 'batch') {
    for (;;) await socket.sendMany(await socket.receiveMany());
  }
  for (;;) await socket.send(await socket.receive());
}

/** Connects with one socket for each client. */
export async function dealer(zmq: Zmq, orders: Orders): Promise<void> {
  const peers = orders.number('peers');
  // A context makes 1 023 sockets, unless it is told otherwise.
  const context = new zmq.Context({ maxSockets: Math.max(1023, peers) });
  const sockets = Array.from({ length: peers }, () => {
    const socket = new zmq.Dealer({ linger: 0, context });
    socket.connect(orders.text('endpoint'));
    return socket;
  });
  const body = Buffer.alloc(orders.number('size'), 0x2a);
  // All connections are up once each has had an answer.
  await Promise.all(
    sockets.map(async (socket) => {
      await socket.send(body);
      await socket.receive();
    }),
  );
  say({ ready: true });
  await told('go');
  const [warmup, count] = [orders.number('warmup'), orders.number('count')];
  const meter = new Meter(warmup, count);
  const job = { body, meter, share: (warmup + count) / peers, window: orders.number('window') };
  const ask = (orders.text('style') as Style) === 'batch' ? askInBatches : askAwaiting;
  await Promise.all(sockets.map((socket) => ask(socket, job)));
  say({ result: meter.result });
}

type Client = InstanceType<Zmq['Dealer']>;

interface Job {
  readonly body: Buffer;
  readonly meter: Meter;
  /** Round trips of this client. */
  readonly share: number;
  /** Questions under way at a time. */
  readonly window: number;
}

async function askAwaiting(socket: Client, { body, meter, share, window }: Job): Promise<void> {
  let sent = 0;
  while (sent < Math.min(window, share)) {
    await socket.send(body);
    sent++;
  }
  for (let received = 0; received < share; received++) {
    await socket.receive();
    meter.passed(1);
    if (sent < share) {
      await socket.send(body);
      sent++;
    }
  }
}

async function askInBatches(socket: Client, { body, meter, share, window }: Job): Promise<void> {
  let sent = Math.min(window, share);
  await socket.sendMany(new Array(sent).fill(body));
  for (let received = 0; received < share; ) {
    const { length } = await socket.receiveMany();
    meter.passed(length);
    received += length;
    const more = Math.min(length, share - sent);
    if (more > 0) await socket.sendMany(new Array(more).fill(body));
    sent += more;
  }
}
