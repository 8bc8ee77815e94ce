/** A seeded fuzzer over TCP: some correct steps of ZMTP, then changed ones, against a socket of each type that goes on serving. */

import net from 'node:net';
import * as zmq from '../../../src/index.ts';
import { generator, mutated } from '../random.ts';
import { addressOf, command, greeting, message, ready } from '../raw-peer.ts';
import { Log, use } from '../sockets.ts';

interface TearDown {
  teardown(fn: () => unknown): void;
}

/** Every type, who may connect to it, and who of the two speaks in a lawful exchange. */
const TYPES = {
  PAIR: { make: () => new zmq.Pair(), partner: 'PAIR', hears: true },
  PUB: { make: () => new zmq.Publisher(), partner: 'SUB', hears: false },
  SUB: { make: () => subscribed(new zmq.Subscriber()), partner: 'PUB', hears: true },
  REQ: {
    make: () => new zmq.Request({ relaxed: true, correlate: true, receiveTimeout: 100 }),
    partner: 'REP',
    hears: false,
  },
  REP: { make: () => new zmq.Reply(), partner: 'REQ', hears: true },
  DEALER: { make: () => new zmq.Dealer(), partner: 'DEALER', hears: true },
  ROUTER: { make: () => new zmq.Router(), partner: 'DEALER', hears: true },
  PULL: { make: () => new zmq.Pull(), partner: 'PUSH', hears: true },
  PUSH: { make: () => new zmq.Push(), partner: 'PULL', hears: false },
  XPUB: { make: () => new zmq.XPublisher(), partner: 'XSUB', hears: true },
  XSUB: { make: () => subscribed(new zmq.XSubscriber()), partner: 'XPUB', hears: true },
  STREAM: { make: () => new zmq.Stream(), partner: 'STREAM', hears: true },
} as const;

export type FuzzType = keyof typeof TYPES;
export const FUZZ_TYPES = Object.keys(TYPES) as FuzzType[];

/** Case `n` of `seed`: what a peer of a socket of this type says up to its READY, and what it says then. */
export function fuzzCase(type: FuzzType, seed: number, n: number): [Buffer, Buffer] {
  const random = generator(Math.imul(seed * 16 + FUZZ_TYPES.indexOf(type), 0x9e3779b1) + n);
  const steps = lawfulSteps(type, n);
  const correct = Math.floor(random() * (steps.length + 1));
  const from = (first: number, end: number): Buffer => {
    const lawful = Buffer.concat(steps.slice(first, Math.max(first, Math.min(correct, end))));
    const rest = Buffer.concat(steps.slice(Math.max(first, correct), end));
    return Buffer.concat([lawful, rest.length > 0 ? mutated(rest, random) : rest]);
  };
  const [handshake, traffic] = [from(0, 2), from(2, steps.length)];
  // After the last step there is nothing left to change: a message once more.
  if (correct < steps.length) return [handshake, traffic];
  return [handshake, Buffer.concat([traffic, mutated(message('', 'again'), random)])];
}

/** What a partner may say, one thing after the other. */
function lawfulSteps(type: FuzzType, n: number): Buffer[] {
  return [
    greeting(),
    ready(TYPES[type].partner, { Identity: `fuzz ${n}` }),
    command('SUBSCRIBE', Buffer.from('a')),
    message('', 'body'),
    command('PING', Buffer.from([0, 0]), Buffer.from('ctx')),
    message('', 'a', 'x'.repeat(300)),
    command('CANCEL', Buffer.from('a')),
    message('\x01topic'),
  ];
}

/** Says the pieces of a case, together or one after the other; resolves when the connection is over. */
export function attack(
  endpoint: string,
  [handshake, traffic]: readonly [Buffer, Buffer],
  together: boolean,
): Promise<void> {
  return new Promise((resolve) => {
    const stream = net.connect(addressOf(endpoint));
    stream.on('error', () => {});
    stream.on('close', () => resolve());
    stream.resume();
    stream.on('connect', () => {
      if (together) {
        stream.end(Buffer.concat([handshake, traffic]));
        return;
      }
      stream.write(handshake);
      setImmediate(() => stream.end(traffic));
    });
  });
}

/** A bound socket of a type, whose messages are read as a program would. */
export class FuzzVictim {
  readonly type: FuzzType;
  readonly socket: zmq.Socket;
  readonly log: Log;
  readonly #t: TearDown;
  readonly #heard = new Set<string>();
  #wake: (() => void) | undefined;
  #count = 0;
  #serving = false;
  #failure: unknown;

  constructor(t: TearDown, type: FuzzType) {
    this.#t = t;
    this.type = type;
    const socket = TYPES[type].make();
    // A frame may seem to be as long as a number says.
    socket.maxMessageSize = 1_048_576;
    socket.handshakeInterval = 2_000;
    this.socket = use(t, socket);
    this.log = new Log(socket);
  }

  static async open(t: TearDown, type: FuzzType): Promise<FuzzVictim> {
    const victim = new FuzzVictim(t, type);
    await victim.socket.bind('tcp://127.0.0.1:*');
    if (TYPES[type].hears) {
      victim.#listen().catch((error: unknown) => {
        victim.#failure = error;
        victim.#wake?.();
      });
    } else {
      // Hostile peers are spoken to as well, and asked.
      const noise = setInterval(() => {
        if (victim.#serving || victim.socket.closed) return;
        (victim.socket as zmq.Push | zmq.Request).trySend('noise');
      }, 2);
      t.teardown(() => clearInterval(noise));
    }
    return victim;
  }

  get endpoint(): string {
    return this.socket.lastEndpoint!;
  }

  /** A new lawful peer comes, a message goes through, it leaves. @throws when none does in ten seconds */
  async serves(): Promise<void> {
    const text = `lawful ${this.#count++}`;
    this.#serving = true;
    const until = performance.now() + 10_000;
    const { hears } = TYPES[this.type];
    const partner = new Partner(this.#t, this.type, this.endpoint, (heard) => {
      this.#heard.add(heard);
      this.#wake?.();
    });
    while (!this.#heard.has(text)) {
      if (this.#failure !== undefined) throw this.#failure;
      if (performance.now() > until) throw new Error(`${this.type} does not serve any more`);
      if (this.type === 'REQ') await this.#ask(text);
      else if (hears) partner.say(text);
      else (this.socket as zmq.Publisher | zmq.Push).trySend(text);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        setTimeout(resolve, 5);
      });
    }
    partner.close();
    this.#serving = false;
  }

  async #listen(): Promise<void> {
    for await (const parts of this.socket as unknown as AsyncIterable<Buffer[]>) {
      this.#heard.add(String(parts.at(-1)));
      this.#wake?.();
      if (this.socket instanceof zmq.Reply) await this.socket.send(parts);
    }
    if (!this.socket.closed) throw new Error(`${this.type} reads no more`);
  }

  /** Whoever answers, it must be this. */
  async #ask(text: string): Promise<void> {
    const request = this.socket as zmq.Request;
    try {
      await request.send(text, { timeout: 100 });
      const [answer] = await request.receive();
      if (String(answer) === text) this.#heard.add(text);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    }
  }
}

/** A lawful peer of a victim. */
class Partner {
  readonly #socket: zmq.Socket | net.Socket;

  constructor(t: TearDown, type: FuzzType, endpoint: string, heard: (text: string) => void) {
    if (type === 'STREAM') {
      const stream = net.connect(addressOf(endpoint)).on('error', () => {});
      this.#socket = stream;
      t.teardown(() => stream.destroy());
      return;
    }
    const socket = TYPES[TYPES[type].partner].make();
    this.#socket = use(t, socket);
    socket.linger = 0;
    socket.reconnectInterval = 10;
    if ('receive' in socket && !(socket instanceof zmq.Request)) {
      void (async () => {
        for await (const parts of socket as unknown as AsyncIterable<Buffer[]>) {
          heard(String(parts.at(-1)));
          if (socket instanceof zmq.Reply) await socket.send(parts);
        }
      })().catch(() => {});
    }
    socket.connect(endpoint);
  }

  say(text: string): void {
    if (this.#socket instanceof net.Socket) this.#socket.write(text);
    else (this.#socket as zmq.Push).trySend(text);
  }

  close(): void {
    if (this.#socket instanceof net.Socket) this.#socket.destroy();
    else this.#socket.close();
  }
}

function subscribed<S extends zmq.Subscriber | zmq.XSubscriber>(socket: S): S {
  if (socket instanceof zmq.Subscriber) socket.subscribe('');
  else void (socket as zmq.XSubscriber).send(Buffer.from([1]));
  return socket;
}
