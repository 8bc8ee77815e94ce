/** Soak: very many messages of one pattern through a proxy that breaks the connection now and then. */

import { monitorEventLoopDelay } from 'node:perf_hooks';
import {
  curveKeyPair,
  Dealer,
  Pair,
  Publisher,
  Pull,
  Push,
  Reply,
  Request,
  Router,
  type Socket,
  Subscriber,
  XPublisher,
  XSubscriber,
} from 'zeromq-pure';
import { FaultProxy } from '../support/faults/proxy.ts';
import type { Finding } from './finding.ts';
import { compare, type Holdings, holdings, slopes } from './memory.ts';

/** Who binds and speaks, and who connects through the proxy and listens. */
interface SoakPattern {
  readonly title: string;
  readonly make: () => readonly [speaker: Socket, listener: Socket];
  /** Gives one message away, or for REQ has one answered. False when that took too long. */
  readonly pass: (speaker: never) => Promise<boolean>;
}

const PATTERNS: readonly SoakPattern[] = [
  {
    title: 'PUSH/PULL',
    make: () => [new Push(), new Pull()],
    pass: (push: Push) => settled(push.send(BODY, PATIENCE)),
  },
  {
    title: 'PUB/SUB',
    make: () => {
      const subscriber = new Subscriber();
      subscriber.subscribe('');
      return [new Publisher({ noDrop: true }), subscriber];
    },
    pass: (publisher: Publisher) => settled(publisher.send(BODY, PATIENCE)),
  },
  {
    title: 'XPUB/XSUB',
    make: () => {
      const subscriber = new XSubscriber();
      void subscriber.send(Buffer.from([1]));
      return [new XPublisher({ noDrop: true }), subscriber];
    },
    pass: (publisher: XPublisher) => settled(publisher.send(BODY, PATIENCE)),
  },
  {
    title: 'DEALER/ROUTER',
    make: () => [new Dealer(), new Router()],
    pass: (dealer: Dealer) => settled(dealer.send(BODY, PATIENCE)),
  },
  {
    title: 'PAIR',
    make: () => [new Pair(), new Pair()],
    pass: (pair: Pair) => settled(pair.send(BODY, PATIENCE)),
  },
  {
    title: 'REQ/REP',
    make: () => [new Request({ relaxed: true, correlate: true }), new Reply()],
    pass: (request: Request) =>
      settled(request.send(BODY, PATIENCE).then(() => request.receive(PATIENCE))),
  },
];

export const PATTERN_COUNT: number = PATTERNS.length;

export interface SoakOptions {
  readonly messages: number;
  /** Milliseconds after which it ends, whatever has passed. */
  readonly duration: number;
  /** Milliseconds between two resets. */
  readonly faultInterval: number;
}

/** Pattern number `index`: under CURVE if that is odd. A tenth of its messages before, as a warm-up. */
export async function soakPattern(index: number, options: SoakOptions): Promise<Finding> {
  const { title, make, pass } = PATTERNS[index]!;
  const sealed = index % 2 === 1;
  const [speaker, listener] = make();
  if (sealed) encrypt(speaker, listener);
  for (const socket of [speaker, listener]) socket.reconnectInterval = 10;
  await speaker.bind('tcp://127.0.0.1:*');
  const ends: (() => void)[] = [];
  const proxy = await FaultProxy.open(
    { teardown: (end) => ends.push(end as () => void) },
    speaker.lastEndpoint!,
  );
  listener.connect(proxy.endpoint);
  await speaker.waitFor('handshake', { timeout: 10_000 });
  const lane = new Lane(speaker, listener, pass as (speaker: Socket) => Promise<boolean>);

  await lane.run(Math.ceil(options.messages / 10), performance.now() + options.duration);
  const delay = monitorEventLoopDelay({ resolution: 1 }); // a handle, too
  delay.enable();
  const faults = setInterval(() => proxy.reset(), options.faultInterval);
  const samples: Holdings[] = [await holdings()];
  delay.reset();
  const startedAt = performance.now();
  const sentBefore = lane.sent;
  const end = startedAt + options.duration;
  while (lane.sent - sentBefore < options.messages && performance.now() < end) {
    await lane.run(Math.ceil(options.messages / samplesOf(options.messages)), end);
    samples.push(await holdings());
  }
  delay.disable();
  clearInterval(faults);
  const seconds = (performance.now() - startedAt) / 1_000;
  const compared = compare(samples[0]!, samples.at(-1)!);
  const sloped = slopes(samples);
  for (const socket of [speaker, listener]) {
    socket.linger = 0;
    socket.close();
  }
  await lane.over;
  for (const stop of ends) stop();
  const milliseconds = (value: number): string => `${(value / 1e6).toFixed(1)} ms`;
  const sent = lane.sent - sentBefore;
  return {
    title: `${title}${sealed ? ' under CURVE' : ''}: ${sent} messages of 64 B in ${seconds.toFixed(0)} s`,
    lines: [
      ...compared.lines,
      ...sloped.lines,
      `  connections: ${proxy.connectionCount}; messages lost with them: ${lane.lost}`,
      `  event loop: a timer of 1 ms took p50 ${milliseconds(delay.percentile(50))}, p99 ${milliseconds(delay.percentile(99))}`,
    ],
    good: compared.good && sloped.good && sent > 0,
  };
}

/** Passes messages from one to the other, and knows how many have come. */
class Lane {
  sent = 0;
  lost = 0;
  readonly over: Promise<void>;
  readonly #speaker: Socket;
  readonly #pass: (speaker: Socket) => Promise<boolean>;
  readonly #answers: boolean;
  #received = 0;
  #wake: (() => void) | undefined;

  constructor(speaker: Socket, listener: Socket, pass: (speaker: Socket) => Promise<boolean>) {
    this.#speaker = speaker;
    this.#pass = pass;
    this.#answers = listener instanceof Reply;
    this.over = this.#listen(listener as unknown as AsyncIterable<Buffer[]>);
  }

  /** `count` more, in runs that are waited for: what does not come in time was lost with its connection. */
  async run(count: number, end: number): Promise<void> {
    const until = this.sent + count;
    while (this.sent < until && performance.now() < end) {
      for (let n = 0; n < RUN && this.sent < until; n++) {
        if (await this.#pass(this.#speaker)) this.sent++;
        else break;
      }
      await this.#arrived();
    }
  }

  async #arrived(): Promise<void> {
    if (this.#answers) return;
    const patience = performance.now() + PATIENCE.timeout;
    while (this.#received + this.lost < this.sent) {
      if (performance.now() > patience) {
        this.lost = this.sent - this.#received;
        return;
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 100);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  async #listen(listener: AsyncIterable<Buffer[]>): Promise<void> {
    for await (const message of listener) {
      this.#received++;
      if (this.#answers) await (listener as unknown as Reply).send(message);
      else if (this.#received + this.lost >= this.sent) this.#wake?.();
    }
  }
}

function encrypt(server: Socket, client: Socket): void {
  const [own, other] = [curveKeyPair(), curveKeyPair()];
  server.curveServer = true;
  server.curveSecretKey = own.secretKey;
  client.curveServerKey = own.publicKey;
  client.curvePublicKey = other.publicKey;
  client.curveSecretKey = other.secretKey;
}

/** Whether it came about in time. */
async function settled(work: Promise<unknown>): Promise<boolean> {
  try {
    await work;
    return true;
  } catch (error) {
    if ((error as { code?: string }).code === 'EAGAIN') return false;
    throw error;
  }
}

const BODY = Buffer.alloc(64, 0x2a);
const PATIENCE = { timeout: 2_000 };
const RUN = 1_000;
/** How often memory is looked at: a trial run is over before it could say anything of a slope. */
function samplesOf(messages: number): number {
  return messages < 1_000_000 ? 1 : 10;
}
