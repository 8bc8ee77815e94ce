/** After every fault of a broker each message is accounted for: sent = delivered + expired + lost, and what was not sent is rejected with a reason. */

import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { RabbitmqLayer, type RabbitmqLayerOptions } from '../../../src/layer/rabbitmq/index.ts';
import { RabbitmqBroker, skipRabbitmq } from '../../support/layer/rabbitmq-broker.ts';

interface Fault {
  readonly title: string;
  /** Events that the reader must have by the end, in order. */
  readonly events: readonly string[];
  readonly options?: RabbitmqLayerOptions;
  /** Settles when the broker works again. */
  strike(broker: RabbitmqBroker, layers: readonly RabbitmqLayer[], jobs: string): Promise<unknown>;
}

const BROKEN = ['connect', 'disconnect', 'connect'];
const FAULTS: readonly Fault[] = [
  {
    title: 'connections closed by an administrator',
    events: BROKEN,
    strike: (broker) => broker.closeConnections('maintenance'),
  },
  {
    title: 'the queue of the reader deleted',
    events: BROKEN,
    strike: (broker) => broker.deleteQueue('reader'),
  },
  {
    title: 'the queue of an ordinary channel deleted',
    events: ['connect'],
    strike: (broker, _layers, jobs) => broker.deleteQueue(jobs),
  },
  {
    title: 'memory alarm',
    events: ['connect'],
    strike: async (broker) => {
      await broker.memoryAlarm(true);
      await broker.memoryAlarm(false);
    },
  },
  {
    title: 'stopped with SIGSTOP until the connections were given up',
    events: BROKEN,
    strike: async (broker, layers) => {
      const gone = layers.map(({ events }) => once(events, 'disconnect'));
      await broker.pause();
      await Promise.all(gone);
      broker.resume();
    },
  },
  {
    title: 'killed with SIGKILL and started again',
    events: BROKEN,
    strike: (broker) => broker.restart(),
  },
  {
    title: 'killed with SIGKILL and started again, durable',
    events: BROKEN,
    options: { durable: true, prefix: 'durable' },
    strike: async (broker) => {
      await broker.evaluate('mnesia:sync_log(), [dets:sync(T) || T <- dets:all()].');
      await broker.restart();
    },
  },
  {
    title: 'killed with SIGKILL and started under another name',
    events: BROKEN,
    strike: (broker) => broker.restart({ renamed: true }),
  },
];

t.test('accounts', { skip: skipRabbitmq }, async (t) => {
  const broker = await RabbitmqBroker.start();
  t.teardown(() => broker.stop());
  const open = (options: RabbitmqLayerOptions) => {
    const layer = new RabbitmqLayer({
      url: broker.url(),
      reconnectInterval: 50,
      reconnectMaxInterval: 200,
      heartbeatInterval: 1000,
      ...options,
    });
    t.teardown(() => layer.close());
    return layer;
  };

  for (const [i, { title, events, options, strike }] of FAULTS.entries()) {
    t.test(`${title}: what was sent is read, or counted`, async (t) => {
      const writer = open({ queue: 'writer', ...options });
      const reader = open({ queue: 'reader', ...options });
      const said: string[] = [];
      for (const event of ['connect', 'disconnect'] as const) {
        reader.events.on(event, () => said.push(event));
      }
      await Promise.all([writer.ready(), reader.ready()]);
      const jobs = `jobs${i}`;
      const books = ['reader!1', jobs].map((channel) => new Book(writer, reader, channel));
      for (const book of books) await book.write(20);
      await reader.ready();

      const underWay = books.map((book) => book.write(20));
      await strike(broker, [writer, reader], jobs);
      await Promise.all(underWay);
      for (const book of books) await book.write(20);
      for (const book of books) book.read();
      await until(() => said.length >= events.length);

      const balance = () => {
        const missing = books.reduce((sum, book) => sum + book.missingCount, 0);
        const { lost, expired } = sums(writer, reader);
        return lost + expired - missing;
      };
      await until(() => balance() >= 0);
      const confirmed = books.reduce((sum, book) => sum + book.confirmed.size, 0);
      t.same(said, events);
      t.match(writer.stats(), { sent: confirmed, full: 0 });
      for (const book of books) book.check(t);
      await Promise.all([writer.close(), reader.close()]);
    });
  }

  t.test('a burst to a process that is not there is lost as a whole', async (t) => {
    const layer = open({ queue: 'alone' });
    await layer.ready();
    const sends = Array.from({ length: 50 }, () => layer.send('nobody!1', {}));
    await Promise.all(sends);
    t.match(layer.stats(), { sent: 50, lost: 50 });
    await layer.close();
  });

  t.test('never let in: nothing is sent, and every call says so', async (t) => {
    for (const [url, code] of [
      [broker.url('guest', 'asgi', 'wrong'), 'ACCESS_REFUSED'],
      [broker.url('guest', 'missing'), 'NOT_ALLOWED'],
      [broker.url('reader'), 'ACCESS_REFUSED'],
    ] as const) {
      const layer = open({ url, expiry: 500 });
      const told: string[] = [];
      layer.events.on('refused', ({ error }) => told.push(error.code ?? error.message));
      const calls = ['x!y', 'jobs'].map((channel) =>
        t.rejects(layer.send(channel, {}), { code: 'ERR_UNCONFIRMED' }, url),
      );
      await layer.groupSend('room', {});
      await Promise.all(calls);
      await until(() => layer.stats().lost > 0 && told.length > 0);
      t.equal(told[0], code, url);
      t.match(layer.stats(), { sent: 0, groupSent: 1, received: 0, full: 0, expired: 0, lost: 1 });
      await layer.close();
    }
  });
});

/** Numbers sent to a channel, and which of them came. */
class Book {
  readonly confirmed = new Set<number>();
  readonly #writer: RabbitmqLayer;
  readonly #reader: RabbitmqLayer;
  readonly #channel: string;
  readonly #seen = new Set<number>();
  readonly #doubtful = new Set<number>();
  readonly #codes = new Set<string>();
  #next = 0;

  constructor(writer: RabbitmqLayer, reader: RabbitmqLayer, channel: string) {
    this.#writer = writer;
    this.#reader = reader;
    this.#channel = channel;
  }

  /** Confirmed, and not read so far. */
  get missingCount(): number {
    return [...this.confirmed].filter((n) => !this.#seen.has(n)).length;
  }

  /** Settles when it is known of each of `count` messages what became of it. */
  async write(count: number): Promise<void> {
    const from = this.#next;
    this.#next += count;
    await Promise.all(
      Array.from({ length: count }, async (_, i) => {
        try {
          await this.#writer.send(this.#channel, { n: from + i });
          this.confirmed.add(from + i);
        } catch (error) {
          this.#doubtful.add(from + i);
          this.#codes.add((error as { code: string }).code);
        }
      }),
    );
  }

  /** Reads until the layer is closed. */
  read(): void {
    const reading = async () => {
      for await (const { n } of this.#reader.messages(this.#channel)) this.#seen.add(n as number);
    };
    reading().catch(() => {});
  }

  check(t: Test): void {
    t.ok(
      [...this.#codes].every((code) => code === 'ERR_UNCONFIRMED'),
      `${this.#channel}: what is not confirmed is in doubt: ${[...this.#codes]}`,
    );
    t.ok(
      [...this.#seen].every((n) => this.confirmed.has(n) || this.#doubtful.has(n)),
      `${this.#channel}: nothing came that was not sent`,
    );
    t.equal(this.confirmed.size + this.#doubtful.size, this.#next, 'each call had one end');
  }
}

function sums(...layers: RabbitmqLayer[]): { lost: number; expired: number } {
  const all = layers.map((layer) => layer.stats());
  const sum = (key: 'lost' | 'expired') => all.reduce((total, each) => total + each[key], 0);
  return { lost: sum('lost'), expired: sum('expired') };
}

async function until(done: () => boolean): Promise<void> {
  const end = performance.now() + 60_000;
  while (!done()) {
    if (performance.now() > end) throw new Error(`never: ${done}`);
    await sleep(5);
  }
}
