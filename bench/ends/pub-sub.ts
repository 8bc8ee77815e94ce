/**
 * PUB and SUB. The publisher has `noDrop`, so that what is measured is delivery and not loss. It repeats a
 * message until the runner knows that every subscriber hears it; one more message ends that, and then
 * come those that are measured.
 */

import { setTimeout as later } from 'node:timers/promises';
import { held, type Orders, say, told } from './contract.ts';
import { Meter } from './meter.ts';
import { receiveAll, type Style, sendAll, type Zmq } from './style.ts';

/** Binds, and publishes to topics in turns. */
export async function pub(zmq: Zmq, orders: Orders): Promise<void> {
  const socket = new zmq.Publisher({ linger: 0, noDrop: true });
  await socket.bind(orders.text('endpoint'));
  held.push(socket);
  say({ ready: true, endpoint: socket.lastEndpoint });
  let going = false;
  void told('go').then(() => {
    going = true;
  });
  while (!going) {
    await socket.send(HELLO);
    await later(helloInterval(orders.number('peers')));
  }
  await socket.send(START);
  const count = orders.number('warmup') + orders.number('count');
  await sendAll(socket, topicBodies(orders), count, orders.text('style') as Style);
}

/**
 * Milliseconds. At most 20 000 messages a second in all: each is a call of the system for each peer, and a publisher that does
 * nothing else has no time for those who still shake hands.
 */
function helloInterval(peers: number): number {
  return Math.max(2, peers / 20);
}

/** Connects with one socket for each peer, subscribes to all topics, and receives. */
export async function sub(zmq: Zmq, orders: Orders): Promise<void> {
  const peers = orders.number('peers');
  const [warmup, count] = [orders.number('warmup'), orders.number('count')];
  const topics = Array.from({ length: orders.number('subscriptions') }, (_, i) => topic(i));
  const sockets = Array.from({ length: peers }, () => {
    const socket = new zmq.Subscriber({ linger: 0 });
    // libzmq drops subscriptions beyond the mark of a SUB socket, which zeromq.js has no property for.
    if (orders.text('system') === 'zeromq.js') {
      (socket as unknown as NumberedOptions).setInt32Option(ZMQ_SNDHWM, 0);
    }
    socket.connect(orders.text('endpoint'));
    for (const each of topics) socket.subscribe(each);
    // Last both in order of calls and of octets, whichever a library sends them in: a publisher that knows
    // this subscription knows all of them.
    socket.subscribe(CONTROL);
    return socket;
  });
  await Promise.all(sockets.map((socket) => socket.receive()));
  say({ ready: true });
  await Promise.all(sockets.map(toStart));
  const meter = new Meter(warmup * peers, count * peers);
  const style = orders.text('style') as Style;
  await Promise.all(sockets.map((socket) => receiveAll(socket, warmup + count, style, meter)));
  say({ result: meter.result });
}

/** What every socket of zeromq.js has, though it is not among its types. */
interface NumberedOptions {
  setInt32Option(option: number, value: number): void;
}

async function toStart(socket: InstanceType<Zmq['Subscriber']>): Promise<void> {
  for (;;) {
    const [body] = await socket.receive();
    if (START.equals(body!)) return;
  }
}

/** One body for each topic, or for so many of them, evenly spread, as fit a cache. */
function topicBodies(orders: Orders): Buffer[] {
  const subscriptions = orders.number('subscriptions');
  const count = Math.min(subscriptions, BODIES_MAX);
  return Array.from({ length: count }, (_, i) => {
    const body = Buffer.alloc(orders.number('size'), 0x2a);
    body.write(topic(Math.floor((i * subscriptions) / count)));
    return body;
  });
}

/** Eight octets, none the prefix of another. */
function topic(index: number): string {
  return `t${String(index).padStart(7, '0')}`;
}

const CONTROL = '~';
const HELLO = Buffer.from('~hello');
const START = Buffer.from('~start');
const BODIES_MAX = 4096;
const ZMQ_SNDHWM = 23;
