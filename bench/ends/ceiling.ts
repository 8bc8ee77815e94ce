/** The ends of the ceiling: a program `ROLE key=value…` over bare `node:net`, awaited one by one. Those of a conversation poll as ours do. */

import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { encodeGreeting, GREETING_SIZE } from 'zeromq-pure/wire';
import { now, Orders, say, told } from './contract.ts';
import { Inbox, Outbox } from './framed-stream.ts';
import { tellUsage } from './idle-server.ts';
import { Meter, roundTripResult } from './meter.ts';

const ROLES: Record<string, (orders: Orders) => Promise<void>> = {
  async pull(orders) {
    const inbox = new Inbox();
    await listen(orders, (stream) => inbox.add(stream));
    const [warmup, count] = [orders.number('warmup'), orders.number('count')];
    const meter = new Meter(warmup, count);
    await receiveAll(inbox, warmup + count, meter);
    say({ result: meter.result });
  },

  async push(orders) {
    const outboxes = (await openAll(orders)).map((stream) => new Outbox(stream));
    say({ ready: true });
    await told('go');
    const share = (orders.number('warmup') + orders.number('count')) / outboxes.length;
    const body = bodyOf(orders);
    await Promise.all(outboxes.map((outbox) => sendAll(outbox, body, share)));
  },

  async rep(orders) {
    await listen(orders, (stream) => void echo(stream));
  },

  async req(orders) {
    const [stream] = await openAll(orders);
    const [inbox, outbox] = [new Inbox(stream!), new Outbox(stream!)];
    poll(stream!);
    say({ ready: true });
    await told('go');
    const body = bodyOf(orders);
    const ask = async (times: Float64Array): Promise<void> => {
      let before = now();
      for (let i = 0; i < times.length; i++) {
        await outbox.send(body);
        await inbox.receive();
        const after = now();
        times[i] = after - before;
        before = after;
      }
    };
    await ask(new Float64Array(orders.number('warmup')));
    const times = new Float64Array(orders.number('count'));
    say({ measuring: true });
    const startedAt = now();
    await ask(times);
    say({ result: roundTripResult(times, (now() - startedAt) / 1000) });
  },

  async pub(orders) {
    const streams: Socket[] = [];
    const complete = new Promise<void>((resolve) => {
      void listen(orders, (stream) => {
        if (streams.push(stream) === orders.number('peers')) resolve();
      });
    });
    await Promise.all([told('go'), complete]);
    const count = orders.number('warmup') + orders.number('count');
    await sendAll(new Outbox(...streams), bodyOf(orders), count);
  },

  async sub(orders) {
    const streams = await openAll(orders);
    const handshake = orders.number('handshake') !== 0;
    if (handshake) await Promise.all(streams.map(subscribe));
    const inboxes = streams.map((stream) => new Inbox(stream));
    for (const stream of streams) stream.resume();
    if (handshake) await Promise.all(inboxes.map((inbox) => inbox.receive()));
    say({ ready: true });
    if (handshake) await Promise.all(inboxes.map(toStart));
    const [warmup, count] = [orders.number('warmup'), orders.number('count')];
    const meter = new Meter(warmup * inboxes.length, count * inboxes.length);
    await Promise.all(inboxes.map((inbox) => receiveAll(inbox, warmup + count, meter)));
    say({ result: meter.result });
  },

  async router(orders) {
    await listen(orders, (stream) => void echo(stream));
  },

  async dealer(orders) {
    const streams = await openAll(orders);
    say({ ready: true });
    await told('go');
    const [warmup, count] = [orders.number('warmup'), orders.number('count')];
    const meter = new Meter(warmup, count);
    const share = (warmup + count) / streams.length;
    const window = Math.min(orders.number('window'), share);
    const body = bodyOf(orders);
    await Promise.all(
      streams.map(async (stream) => {
        const [inbox, outbox] = [new Inbox(stream), new Outbox(stream)];
        poll(stream);
        await sendAll(outbox, body, window);
        for (let received = 0, sent = window; received < share; received++) {
          await inbox.receive();
          meter.passed(1);
          if (sent++ < share) await outbox.send(body);
        }
      }),
    );
    say({ result: meter.result });
  },

  /** Canned octets to every client, and a PING at each interval. */
  async 'idle-server'(orders) {
    const streams = new Set<Socket>();
    const ready = Buffer.from('\x04\x1a\x05READY\x0bSocket-Type\0\0\0\x06ROUTER', 'latin1');
    ready[1] = ready.length - 2;
    const ping = Buffer.from('\x04\x07\x04PING\0\0', 'latin1');
    await listen(orders, (stream) => {
      streams.add(stream);
      stream.resume();
      stream.write(Buffer.concat([encodeGreeting('NULL'), ready]));
    });
    setInterval(() => {
      for (const stream of streams) stream.write(ping);
    }, orders.number('heartbeat'));
    await tellUsage();
  },
};

async function listen(orders: Orders, accept: (stream: Socket) => void): Promise<void> {
  const endpoint = orders.text('endpoint');
  const server = createServer({ noDelay: true }, accept);
  if (endpoint.startsWith('ipc://')) {
    server.listen({ path: endpoint.slice(6), backlog: 4096 });
  } else {
    server.listen({ host: '127.0.0.1', port: 0, backlog: 4096 });
  }
  await once(server, 'listening');
  const address = server.address();
  const where = typeof address === 'object' ? `tcp://127.0.0.1:${address?.port}` : endpoint;
  say({ ready: true, endpoint: where });
}

/**
 * Shakes hands with a publisher of ZMTP, and subscribes to what the ends in pub-sub.ts publish. libzmq wants nothing before it
 * is its turn.
 */
async function subscribe(stream: Socket): Promise<void> {
  let heard = Buffer.alloc(0);
  const hear = async (size: number): Promise<Buffer> => {
    while (heard.length < size) {
      const [chunk] = (await once(stream, 'data')) as [Buffer];
      heard = Buffer.concat([heard, chunk]);
    }
    const part = heard.subarray(0, size);
    heard = heard.subarray(size);
    return part;
  };
  stream.write(encodeGreeting('NULL'));
  await hear(GREETING_SIZE);
  stream.write(Buffer.from('\x04\x19\x05READY\x0bSocket-Type\0\0\0\x03SUB', 'latin1'));
  const [, size = 0] = await hear(2);
  await hear(size);
  stream.pause();
  stream.unshift(heard);
  stream.write(Buffer.from('\0\x09\x01t0000000\0\x02\x01~', 'latin1'));
}

async function toStart(inbox: Inbox): Promise<void> {
  while ((await inbox.receive()).toString('latin1') !== '~start') {}
}

/** A connection for each peer. */
function openAll(orders: Orders): Promise<Socket[]> {
  const endpoint = orders.text('endpoint');
  const open = async (): Promise<Socket> => {
    const stream = endpoint.startsWith('ipc://')
      ? connect(endpoint.slice(6))
      : connect(Number(new URL(endpoint.replace('tcp:', 'http:')).port), '127.0.0.1');
    await once(stream, 'connect');
    return stream.setNoDelay(true);
  };
  return Promise.all(Array.from({ length: orders.number('peers') }, open));
}

/**
 * Keeps the event loop from sleeping for 100 µs after octets have come on `stream`: it polls as the default `busyPoll` of a
 * context does between question and answer.
 */
function poll(stream: Socket): void {
  stream.on('data', () => {
    awakeUntil = now() + POLL;
    if (awake) return;
    awake = true;
    setImmediate(stayAwake);
  });
}

function stayAwake(): void {
  awake = now() < awakeUntil;
  if (awake) setImmediate(stayAwake);
}

async function echo(stream: Socket): Promise<never> {
  poll(stream);
  const [inbox, outbox] = [new Inbox(stream), new Outbox(stream)];
  for (;;) await outbox.send(await inbox.receive());
}

async function sendAll(outbox: Outbox, body: Buffer, count: number): Promise<void> {
  for (let i = 0; i < count; i++) await outbox.send(body);
}

async function receiveAll(inbox: Inbox, count: number, meter: Meter): Promise<void> {
  for (let i = 0; i < count; i++) {
    await inbox.receive();
    meter.passed(1);
  }
}

function bodyOf(orders: Orders): Buffer {
  return Buffer.alloc(orders.number('size'), 0x2a);
}

/** Milliseconds. */
const POLL = 0.1;
let awakeUntil = 0;
let awake = false;

const orders = new Orders(process.argv.slice(2));
const role = ROLES[orders.role];
if (role === undefined) throw new Error(`no role "${orders.role}"`);
await role(orders);
