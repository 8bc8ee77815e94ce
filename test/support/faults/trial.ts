/** One pattern through one toxic: numbered messages go in for a while, and what came out is accounted for. */

import * as zmq from '../../../src/index.ts';
import { own, type TearDown } from '../local.ts';
import { PATIENCE } from '../patience.ts';
import { FaultProxy, type Toxic } from './proxy.ts';

export type Transport = 'tcp' | 'ipc';

/** How one pattern is made and spoken: the speaker's messages are numbered, the listener's are looked at. */
export interface FaultPattern {
  readonly name: string;
  readonly make: (options: object) => { speaker: zmq.Socket; listener: zmq.Socket };
  readonly say: (speaker: zmq.Socket, body: Buffer) => Promise<boolean>;
  /** Whether `send` waits where there is nobody or no room; else what cannot go is dropped. */
  readonly waits: boolean;
  /** What the listener says before it is heard. */
  readonly greet?: (speaker: zmq.Socket, listener: zmq.Socket) => Promise<void>;
}

/** Nothing waits for ever in a trial: what is not taken within this time is not accepted. */
const SEND_TIMEOUT = 50;

const SENDS = { sendHighWaterMark: 100 };
const RECEIVES = { receiveHighWaterMark: 100 };

export const FAULT_PATTERNS: readonly FaultPattern[] = [
  {
    name: 'PUSH → PULL',
    make: (options) => ({
      speaker: new zmq.Push({ ...options, ...SENDS }),
      listener: new zmq.Pull({ ...options, ...RECEIVES }),
    }),
    say: (speaker, body) => accepted((speaker as zmq.Push).send(body, { timeout: SEND_TIMEOUT })),
    waits: true,
  },
  {
    name: 'PUB → SUB',
    make: (options) => {
      const listener = new zmq.Subscriber({ ...options, ...RECEIVES });
      listener.subscribe('');
      return { speaker: new zmq.Publisher({ ...options, ...SENDS }), listener };
    },
    say: async (speaker, body) => (speaker as zmq.Publisher).trySend(body),
    waits: false,
    greet: (speaker) => speaker.waitFor('subscription', { timeout: PATIENCE }),
  },
  {
    name: 'XPUB → XSUB',
    make: (options) => ({
      speaker: new zmq.XPublisher({ ...options, ...SENDS, ...RECEIVES }),
      listener: new zmq.XSubscriber({ ...options, ...SENDS, ...RECEIVES }),
    }),
    say: async (speaker, body) => (speaker as zmq.XPublisher).trySend(body),
    waits: false,
    greet: async (speaker, listener) => {
      await (listener as zmq.XSubscriber).send(Buffer.from([1]));
      await speaker.waitFor('subscription', { timeout: PATIENCE });
    },
  },
  {
    name: 'DEALER → ROUTER',
    make: (options) => ({
      speaker: new zmq.Dealer({ ...options, ...SENDS, ...RECEIVES }),
      listener: new zmq.Router({ ...options, ...SENDS, ...RECEIVES }),
    }),
    say: (speaker, body) => accepted((speaker as zmq.Dealer).send(body, { timeout: SEND_TIMEOUT })),
    waits: true,
  },
  {
    name: 'ROUTER → DEALER',
    make: (options) => ({
      speaker: new zmq.Router({ ...options, mandatory: true, handover: true }),
      listener: new zmq.Dealer({ ...options, routingId: 'D' }),
    }),
    say: (speaker, body) =>
      accepted((speaker as zmq.Router).send(['D', body], { timeout: SEND_TIMEOUT })),
    waits: true,
  },
  {
    name: 'PAIR → PAIR',
    make: (options) => ({
      speaker: new zmq.Pair({ ...options, ...SENDS, ...RECEIVES }),
      listener: new zmq.Pair({ ...options, ...SENDS, ...RECEIVES }),
    }),
    say: (speaker, body) => accepted((speaker as zmq.Pair).send(body, { timeout: SEND_TIMEOUT })),
    waits: true,
  },
  {
    name: 'DEALER → DEALER',
    make: (options) => ({
      speaker: new zmq.Dealer({ ...options, ...SENDS, ...RECEIVES }),
      listener: new zmq.Dealer({ ...options, ...SENDS, ...RECEIVES }),
    }),
    say: (speaker, body) => accepted((speaker as zmq.Dealer).send(body, { timeout: SEND_TIMEOUT })),
    waits: true,
  },
];

export interface TrialOptions {
  readonly transport: Transport;
  /** Which of the two binds; the other one connects, through the proxy. */
  readonly binder: 'speaker' | 'listener';
  /** Milliseconds of speaking. */
  readonly duration: number;
  readonly seed: number;
  readonly toxic: (n: number, random: () => number) => Toxic | undefined;
  /** Speaks on after the duration until the toxic has struck. */
  readonly strikes?: boolean;
  readonly options?: object;
}

/** The account of a trial. Messages. */
export interface Account {
  /** `send` took them. */
  readonly accepted: number;
  readonly received: number;
  /** Accepted and not received. */
  readonly lost: number;
  /** Of those, what the speaker says that it dropped. */
  readonly counted: number;
  /** Stretches of lost messages, each without one that came in between. */
  readonly gaps: number;
  /** Received again, after a later one, or with octets that were not sent. */
  readonly doubled: number;
  readonly disordered: number;
  readonly altered: number;
  /** Connections that were made, and those that were struck. */
  readonly connections: number;
  readonly struck: number;
}

/** Lets `pattern` speak through a proxy with this toxic. */
export async function faultTrial(
  t: TearDown,
  pattern: FaultPattern,
  { transport, binder, duration, seed, toxic, strikes = false, options = {} }: TrialOptions,
): Promise<Account> {
  const { speaker, listener } = pattern.make({ ...COMMON, ...options });
  own(t, speaker);
  own(t, listener);
  const [bound, connected] = binder === 'speaker' ? [speaker, listener] : [listener, speaker];
  await bound.bind(transport === 'tcp' ? 'tcp://127.0.0.1:*' : 'ipc://*');
  const proxy = await FaultProxy.open(t, bound.lastEndpoint!, { seed, toxic });
  connected.connect(proxy.endpoint);
  await speaker.waitFor('handshake', { timeout: PATIENCE });
  await pattern.greet?.(speaker, listener);

  const book = new Book();
  const reading = book.read(listener as unknown as AsyncIterable<Buffer[]>);
  const until = performance.now() + duration;
  const last = until + 10_000;
  let n = 0;
  while (performance.now() < until || (strikes && proxy.struckCount === 0)) {
    if (performance.now() > last) throw new Error('the toxic did not strike');
    if (await pattern.say(speaker, body(n))) n++;
    await book.near(n);
  }
  // The end is told until it is heard: it may be lost like any other.
  const patience = performance.now() + PATIENCE;
  while (!book.ended) {
    if (performance.now() > patience) throw new Error(`${pattern.name}: the end did not come`);
    await pattern.say(speaker, END);
    await Promise.race([reading, pause(20)]);
  }
  const { dropped } = speaker.stats();
  const account = book.account(n, dropped, proxy);
  for (const socket of [speaker, listener]) {
    socket.linger = 0;
    socket.close();
  }
  proxy.close();
  await reading;
  return account;
}

/** Messages that may be on their way before the speaker waits for some to arrive. */
export const WINDOW = 40;
/** Milliseconds that it waits for that at most. */
const PACE = 20;

/** Options of all sockets here: quick to come back, and to notice that nobody is there. */
export const COMMON = {
  linger: 0,
  reconnectInterval: 10,
  heartbeatInterval: 100,
  heartbeatTimeout: 400,
};

/** What the listener has heard. */
class Book {
  ended = false;
  #last = -1;
  readonly #seen = new Set<number>();
  #disordered = 0;
  #doubled = 0;
  #altered = 0;
  #wake: (() => void) | undefined;

  async read(listener: AsyncIterable<Buffer[]>): Promise<void> {
    for await (const message of listener) {
      const octets = message.at(-1)!;
      if (octets.equals(END)) this.ended = true;
      else this.#take(octets);
      this.#wake?.();
      if (this.ended) return;
    }
  }

  /** Resolves when all but `WINDOW` of the first `n` have come, or a later one, or after some time. */
  async near(n: number): Promise<void> {
    const patience = performance.now() + PACE;
    await new Promise(setImmediate);
    while (n - this.#last > WINDOW && performance.now() < patience) {
      await Promise.race([pause(PACE), new Promise<void>((resolve) => (this.#wake = resolve))]);
    }
  }

  account(accepted: number, counted: number, proxy: FaultProxy): Account {
    let [lost, gaps, before] = [0, 0, true];
    for (let n = 0; n < accepted; n++) {
      const here = this.#seen.has(n);
      if (!here) lost++;
      if (!here && before) gaps++;
      before = here;
    }
    return {
      accepted,
      received: this.#seen.size,
      lost,
      counted,
      gaps,
      doubled: this.#doubled,
      disordered: this.#disordered,
      altered: this.#altered,
      connections: proxy.connectionCount,
      struck: proxy.struckCount,
    };
  }

  #take(octets: Buffer): void {
    const n = octets.length === SIZE ? octets.readUInt32BE() : -1;
    if (n < 0 || !octets.equals(body(n))) {
      this.#altered++;
      return;
    }
    if (this.#seen.has(n)) this.#doubled++;
    else if (n < this.#last) this.#disordered++;
    this.#seen.add(n);
    this.#last = Math.max(this.#last, n);
  }
}

/** The number, and octets that follow from all of it: one flipped bit makes no other message of this one. */
function body(n: number): Buffer {
  const octets = Buffer.alloc(SIZE, n & 0xff);
  octets.writeUInt32BE(n);
  octets.writeUInt32BE(~n >>> 0, SIZE - 4);
  return octets;
}

async function accepted(sending: Promise<void>): Promise<boolean> {
  try {
    await sending;
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EAGAIN' || code === 'EHOSTUNREACH') return false;
    throw error;
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

const SIZE = 48;
const END = Buffer.from('end');
