// A libzmq peer driven by lines of JSON on stdin, answering on stdout: the npm package `zeromq`.
// The commands are described in ../libzmq-peer.ts.

import { createInterface } from 'node:readline';
import { crc32 } from 'node:zlib';
import * as zmq from 'zeromq';
import { noise, numbered, Tally } from './numbered.js';

const classes = {
  PAIR: zmq.Pair,
  PUB: zmq.Publisher,
  SUB: zmq.Subscriber,
  REQ: zmq.Request,
  REP: zmq.Reply,
  DEALER: zmq.Dealer,
  ROUTER: zmq.Router,
  PULL: zmq.Pull,
  PUSH: zmq.Push,
  XPUB: zmq.XPublisher,
  XSUB: zmq.XSubscriber,
};
const entries = new Map();

const commands = {
  open({ id, type, options }) {
    const socket = new classes[type](decodeOptions(options));
    const entry = {
      socket,
      sending: Promise.resolve(),
      receiving: Promise.resolve(),
      seen: new Map(),
      details: new Map(),
      watchers: new Set(),
      beacon: undefined,
      stopped: false,
      subscribes: type === 'SUB' || type === 'XSUB',
      waiting: 0,
    };
    entries.set(id, entry);
    observe(entry);
  },

  set({ id, options }) {
    Object.assign(entries.get(id).socket, decodeOptions(options));
  },

  async bind({ id, endpoint }) {
    const { socket } = entries.get(id);
    await socket.bind(endpoint);
    return { endpoint: socket.lastEndpoint };
  },

  connect({ id, endpoint, routingId }) {
    const { socket } = entries.get(id);
    if (routingId === undefined) socket.connect(endpoint);
    else socket.connect(endpoint, { routingId });
  },

  unbind: ({ id, endpoint }) => entries.get(id).socket.unbind(endpoint),
  disconnect: ({ id, endpoint }) => entries.get(id).socket.disconnect(endpoint),

  subscribe({ id, topics, generate }) {
    const entry = entries.get(id);
    entry.socket.subscribe(...topicsOf(topics, generate));
    nudge(entry);
  },

  unsubscribe({ id, topics, generate }) {
    entries.get(id).socket.unsubscribe(...topicsOf(topics, generate));
  },

  send: ({ id, parts, timeout }) =>
    sending(id, async ({ socket }) => {
      if (timeout !== undefined) socket.sendTimeout = timeout;
      await socket.send(parts.map(decodePart));
    }),

  sendMany: ({ id, source, first, count, size, seed, prefix }) =>
    sending(id, async ({ socket }) => {
      const head = prefix.map(decodePart);
      for (let n = first; n < first + count; n++) {
        await socket.send([...head, ...numbered(source, n, size, seed)]);
      }
      return { sent: count };
    }),

  fill: ({ id, source, size, prefix, timeout, most }) =>
    sending(id, async ({ socket }) => {
      const head = prefix.map(decodePart);
      socket.sendTimeout = timeout;
      let sent = 0;
      try {
        for (; sent < most; sent++) await socket.send([...head, ...numbered(source, sent, size)]);
      } catch (error) {
        if (error.code !== 'EAGAIN') throw error;
      }
      socket.sendTimeout = -1;
      return { sent };
    }),

  receive: ({ id, count, timeout }) =>
    receiving(id, timeout, async ({ socket }) => {
      const messages = [];
      while (messages.length < count) {
        const message = await expected(socket);
        if (message === undefined) break;
        messages.push(message.map(encodePart));
      }
      return { messages };
    }),

  verify: ({ id, count, until, timeout, progress }) =>
    receiving(id, timeout, async ({ socket }) => {
      const tally = new Tally();
      while (tally.count < count) {
        const message = await expected(socket);
        if (message === undefined) break;
        const number = tally.add(message);
        if (progress > 0 && tally.count % progress === 0) tell({ progress: id, number });
        if (until !== undefined && number >= until) break;
      }
      return tally.summary();
    }),

  echo({ id, tag, limit }) {
    const entry = entries.get(id);
    entry.receiving = (async () => {
      for (let n = 0; n < (limit ?? Infinity); n++) {
        const message = await entry.socket.receive();
        if (tag !== undefined) message.push(tag);
        await entry.socket.send(message);
      }
    })().catch((error) => {
      if (!entry.stopped) throw error;
    });
  },

  beacon({ id, parts, interval }) {
    const entry = entries.get(id);
    const message = parts.map(decodePart);
    const flash = () => {
      sending(id, ({ socket }) => socket.send(message));
    };
    flash();
    entry.beacon = setInterval(flash, interval);
  },

  stopBeacon({ id }) {
    clearInterval(entries.get(id).beacon);
  },

  event({ id, event, count, timeout }) {
    const entry = entries.get(id);
    return new Promise((resolve, reject) => {
      const check = () => {
        if ((entry.seen.get(event) ?? 0) < count) return false;
        clearTimeout(timer);
        entry.watchers.delete(check);
        resolve({ count: entry.seen.get(event), detail: entry.details.get(event) });
        return true;
      };
      const timer = setTimeout(() => {
        entry.watchers.delete(check);
        reject(new Error(`no ${count} × ${event}, seen ${JSON.stringify([...entry.seen])}`));
      }, timeout);
      if (!check()) entry.watchers.add(check);
    });
  },

  close({ id }) {
    const entry = entries.get(id);
    entry.stopped = true;
    clearInterval(entry.beacon);
    entries.delete(id);
    entry.socket.close();
  },

  proxy({ id, front, back }) {
    const proxy = new zmq.Proxy(entries.get(front).socket, entries.get(back).socket);
    const running = proxy.run();
    entries.set(id, { proxy, running });
  },

  async stopProxy({ id }) {
    const { proxy, running } = entries.get(id);
    proxy.terminate();
    await running;
  },

  version: () => ({ libzmq: zmq.version }),

  exit() {
    for (const entry of entries.values()) {
      if (entry.socket !== undefined && !entry.socket.closed) entry.socket.linger = 0;
    }
    process.stdout.write('', () => process.exit(0));
  },
};

createInterface({ input: process.stdin })
  .on('line', async (line) => {
    const { n, command, ...rest } = JSON.parse(line);
    try {
      tell({ n, result: (await commands[command](rest)) ?? {} });
    } catch (error) {
      tell({ n, error: { code: error.code, message: error.message } });
    }
  })
  .on('close', () => process.exit(0));

function observe(entry) {
  const { events } = entry.socket;
  (async () => {
    for await (const { type, error } of events) {
      nudge(entry);
      if (error !== undefined) entry.details.set(type, error.status ?? error.code);
      entry.seen.set(type, (entry.seen.get(type) ?? 0) + 1);
      for (const check of [...entry.watchers]) check();
    }
  })();
}

// libzmq sends the subscriptions of an idle socket only when its thread comes by. (Asking a socket
// that waits would take its wake-up away.)
function nudge(entry) {
  if (entry.subscribes && entry.waiting === 0 && !entry.socket.closed) entry.socket.readable;
}

function sending(id, job) {
  const entry = entries.get(id);
  const done = entry.sending.then(() => job(entry));
  entry.sending = done.catch(() => {});
  return done;
}

function receiving(id, timeout, job) {
  const entry = entries.get(id);
  const done = entry.receiving.then(() => {
    entry.socket.receiveTimeout = timeout;
    entry.waiting++;
    return job(entry);
  });
  entry.receiving = done
    .catch(() => {})
    .then(() => {
      entry.waiting--;
    });
  return done;
}

async function expected(socket) {
  try {
    return await socket.receive();
  } catch (error) {
    if (error.code === 'EAGAIN') return undefined;
    throw error;
  }
}

function topicsOf(topics = [], generate) {
  const made = topics.map(decodePart);
  for (let n = 0; n < (generate?.count ?? 0); n++) made.push(`${generate.prefix}${n}`);
  return made;
}

function decodeOptions(options = {}) {
  return Object.fromEntries(
    Object.entries(options).map(([name, value]) => [
      name,
      typeof value === 'object' ? decodePart(value) : value,
    ]),
  );
}

function decodePart(part) {
  if (typeof part === 'string') return Buffer.from(part);
  if (part.base64 !== undefined) return Buffer.from(part.base64, 'base64');
  return noise(part.size, part.seed);
}

function encodePart(part) {
  if (part.length <= 1_024) return { base64: part.toString('base64') };
  return { size: part.length, crc32: crc32(part) };
}

function tell(line) {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
