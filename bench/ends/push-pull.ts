/** PUSH and PULL: one way, over the network, within one process, or within one thread of it. */

import { once } from 'node:events';
import { parentPort, Worker } from 'node:worker_threads';
import { held, type Orders, say, told } from './contract.ts';
import { curveOf } from './curve.ts';
import { tellUsage } from './idle-server.ts';
import { Meter } from './meter.ts';
import { receiveAll, type Style, sendAll, type Zmq } from './style.ts';

/** Binds, and receives what all peers send. */
export async function pull(zmq: Zmq, orders: Orders): Promise<void> {
  const socket = new zmq.Pull({
    linger: 0,
    receiveHighWaterMark: orders.number('mark'),
    ...curveOf(orders, 'server'),
  });
  await socket.bind(orders.text('endpoint'));
  say({ ready: true, endpoint: socket.lastEndpoint });
  say({ result: await receive(socket, orders) });
}

/** Connects with one socket for each peer, and sends an equal share with each. */
export async function push(zmq: Zmq, orders: Orders): Promise<void> {
  const sockets = Array.from({ length: orders.number('peers') }, () => {
    const socket = new zmq.Push({
      linger: 0,
      sendHighWaterMark: orders.number('mark'),
      ...curveOf(orders, 'client'),
    });
    socket.connect(orders.text('endpoint'));
    held.push(socket);
    return socket;
  });
  say({ ready: true });
  await told('go');
  await Promise.all(sockets.map((socket) => send(socket, orders, sockets.length)));
}

/** Connects to where nobody is yet, fills its queue for whoever comes, and says at each `mark` what it uses. */
export async function backlog(zmq: Zmq, orders: Orders): Promise<void> {
  const mark = orders.number('mark');
  const socket = new zmq.Push({ linger: 0, sendHighWaterMark: mark, reconnectInterval: 10 });
  held.push(socket);
  socket.connect(orders.text('endpoint'));
  say({ ready: true });
  void tellUsage();
  await told('go');
  await send(socket, orders, 1);
  say({ filled: true });
}

/** Both in this process. */
export async function inproc(zmq: Zmq, orders: Orders): Promise<void> {
  const puller = new zmq.Pull({ linger: 0, receiveHighWaterMark: orders.number('mark') });
  const pusher = new zmq.Push({ linger: 0, sendHighWaterMark: orders.number('mark') });
  await puller.bind('inproc://bench');
  pusher.connect('inproc://bench');
  say({ ready: true });
  await told('go');
  const [result] = await Promise.all([receive(puller, orders), send(pusher, orders, 1)]);
  say({ result });
}

/** Both in this process, the sender in a thread of its own: this program again, with the role `thread`. */
export async function threads(zmq: Zmq, orders: Orders): Promise<void> {
  const puller = new zmq.Pull({ linger: 0, receiveHighWaterMark: orders.number('mark') });
  await puller.bind('inproc://bench');
  const [, file = '', name = '', ...args] = process.argv;
  const argv = [name, ...args.map((arg) => (arg === 'threads' ? 'thread' : arg))];
  const worker = new Worker(file, { argv, stdin: true });
  await once(worker, 'message');
  say({ ready: true });
  await told('go');
  worker.postMessage('go');
  say({ result: await receive(puller, orders) });
  await worker.terminate();
}

/** In the thread. */
export async function thread(zmq: Zmq, orders: Orders): Promise<void> {
  const port = parentPort!;
  const pusher = new zmq.Push({ sendHighWaterMark: orders.number('mark') });
  pusher.connect('inproc://bench');
  port.postMessage('ready');
  await once(port, 'message');
  await send(pusher, orders, 1);
}

async function receive(
  socket: InstanceType<Zmq['Pull']>,
  orders: Orders,
): Promise<Meter['result']> {
  const [warmup, count] = [orders.number('warmup'), orders.number('count')];
  const meter = new Meter(warmup, count);
  await receiveAll(socket, warmup + count, orders.text('style') as Style, meter);
  return meter.result;
}

function send(socket: InstanceType<Zmq['Push']>, orders: Orders, peers: number): Promise<void> {
  const share = (orders.number('warmup') + orders.number('count')) / peers;
  const bodies = [Buffer.alloc(orders.number('size'), 0x2a)];
  return sendAll(socket, bodies, share, orders.text('style') as Style);
}
