/** Channel: one named socket of a daemon, as it is declared and as it is used. */

import { pause } from '../base/pause.ts';
import {
  Dealer,
  type Message,
  Pair,
  Publisher,
  Pull,
  Push,
  Reply,
  Request,
  Router,
  type Sendable,
  type Sender,
  type Socket,
  Subscriber,
  XPublisher,
  XSubscriber,
} from '../sockets/index.ts';

/** The socket type of a channel, by the name it has on the wire, in small letters. */
export type ChannelType = keyof ChannelSockets;

/** The socket class of each channel type. */
export interface ChannelSockets {
  push: Push;
  pull: Pull;
  pub: Publisher;
  sub: Subscriber;
  xpub: XPublisher;
  xsub: XSubscriber;
  req: Request;
  rep: Reply;
  dealer: Dealer;
  router: Router;
  pair: Pair;
}

/** Channel types that receive: they need a handler. */
export type ReceivingType = Exclude<ChannelType, 'push' | 'pub'>;

/** Channel types that send. */
export type SendingType = Exclude<ChannelType, 'pull' | 'sub'>;

/**
 * Called with each message, all its parts in an array; the next one waits until what it returns has settled. What it throws is
 * logged. On a `rep` channel what it returns is the answer.
 */
export type Handler = (message: Message[]) => unknown;

/** One channel, declared. */
export interface ChannelDeclaration {
  readonly type: ChannelType;
  /** Endpoints to listen on. Configuration may replace them. */
  readonly bind?: string | readonly string[];
  /** Endpoints to connect to. Likewise. */
  readonly connect?: string | readonly string[];
  /** `sub` only: prefixes to receive. Default: everything. */
  readonly subscribe?: string | readonly string[];
  /** Options of the socket, by their names. */
  readonly options?: Readonly<Record<string, unknown>>;
  /**
   * Who takes the messages: a function, or the name of a method; false when the daemon reads the socket itself. Default:
   * the method named `on` and the channel's name, `onMyFeed` for `my_feed`.
   */
  readonly handler?: Handler | string | false;
  /**
   * The name of a channel into which this one's messages lead: reading pauses when `highWaterMark` messages wait there, and
   * goes on when half of them are left.
   */
  readonly drainedBy?: string;
  /** See `drainedBy`. Default 1000. */
  readonly highWaterMark?: number;
}

/** The channels of a daemon, by name. */
export type ChannelDeclarations = Readonly<Record<string, ChannelDeclaration>>;

/** The methods that a daemon with channels `C` must have. */
export type Handlers<C extends ChannelDeclarations> = {
  [K in keyof C & string as HandlerName<C[K], K>]: Handler;
};

/** The channels of a daemon, open: `send` exists where the socket type has it. */
export type Channels<C extends ChannelDeclarations> = {
  readonly [K in keyof C]: OpenChannel<C[K]['type']>;
};

/** An open channel of one type. */
export type OpenChannel<T extends ChannelType> = T extends SendingType
  ? Channel<ChannelSockets[T]>
  : Omit<Channel<ChannelSockets[T]>, 'send'>;

type HandlerName<D extends ChannelDeclaration, K extends string> = D['type'] extends ReceivingType
  ? D extends { handler: infer H }
    ? H extends string
      ? H
      : never
    : `on${Pascal<K>}`
  : never;

type Pascal<S extends string> = S extends `${infer A}_${infer B}`
  ? `${Capitalize<A>}${Pascal<B>}`
  : S extends `${infer A}-${infer B}`
    ? `${Capitalize<A>}${Pascal<B>}`
    : Capitalize<S>;

/** `onMyFeed` for `my_feed`. */
export function handlerName(channel: string): string {
  return `on${channel.replace(/(?:^|[_-])(.)/g, (_, first: string) => first.toUpperCase())}`;
}

/** One or several texts, of which a text may hold several with commas or spaces between them, as a list. */
export function listOf(texts: string | readonly string[] | undefined): string[] {
  if (texts === undefined) return [];
  if (typeof texts !== 'string') return [...texts];
  return texts.split(/[\s,]+/).filter((text) => text !== '');
}

/** A channel in use. */
export class Channel<S extends Socket = Socket> {
  readonly name: string;
  readonly type: ChannelType;
  readonly socket: S;
  /** Where it really listens, then what it connects to. */
  readonly endpoints: readonly string[];
  /** Messages that a handler has taken, and those of them at which it failed. */
  handledCount = 0;
  failedCount = 0;
  /** Messages that wait for the socket to take them. */
  #waitingCount = 0;
  #sent: Promise<void> = Promise.resolve();

  constructor(name: string, type: ChannelType, socket: S, endpoints: readonly string[]) {
    this.name = name;
    this.type = type;
    this.socket = socket;
    this.endpoints = endpoints;
  }

  /**
   * Send one message after those before it; need not be waited for. Resolves when the socket has accepted it.
   */
  send(message: Sendable): Promise<void> {
    const socket = this.socket as unknown as Sender;
    if (this.#waitingCount === 0 && socket.trySend(message)) return Promise.resolve();
    this.#waitingCount++;
    const sent = this.#sent.then(async () => {
      try {
        await socket.send(message, { timeout: -1 });
      } finally {
        this.#waitingCount--;
      }
    });
    this.#sent = sent.catch(() => {});
    // Who does not wait has nothing to catch it with; `bufferedCount` and the end tell what is left.
    sent.catch(() => {});
    return sent;
  }

  /** Messages that have been given to `send` and not to the network. */
  get bufferedCount(): number {
    return this.#waitingCount + (this.socket.closed ? 0 : this.socket.stats().queued.out);
  }

  /**
   * Close it when what `send` was given is delivered, or `limit` milliseconds are over, or those of the socket's `linger`.
   * Resolves to how many messages were not.
   */
  async close(limit: number): Promise<number> {
    const { socket } = this;
    if (socket.closed) return 0;
    const { linger } = socket;
    const deadline = performance.now() + (linger < 0 ? limit : Math.min(linger, limit));
    const left = (): number => Math.max(0, Math.round(deadline - performance.now()));
    const accepted = new AbortController();
    void this.#sent.then(() => accepted.abort());
    await pause(left(), accepted.signal);
    const unaccepted = this.#waitingCount;
    socket.linger = left();
    const before = socket.stats().dropped;
    await socket[Symbol.asyncDispose]();
    return unaccepted + socket.stats().dropped - before;
  }
}

/** Opens the channel that `declaration` describes. Rejects with what its socket refuses; then nothing stays open. */
export async function openChannel(name: string, declaration: ChannelDeclaration): Promise<Channel> {
  const Class = CLASSES[declaration.type] as (new (options: object) => Socket) | undefined;
  if (Class === undefined) throw new TypeError(`channel ${name}: no type "${declaration.type}"`);
  const socket = new Class({ ...declaration.options });
  const endpoints: string[] = [];
  try {
    if (socket instanceof Subscriber) {
      const prefixes = declaration.subscribe ?? '';
      socket.subscribe(...(typeof prefixes === 'string' ? [prefixes] : prefixes));
    }
    for (const address of listOf(declaration.bind)) {
      await socket.bind(address);
      endpoints.push(socket.lastEndpoint ?? address);
    }
    for (const address of listOf(declaration.connect)) {
      socket.connect(address);
      endpoints.push(address);
    }
  } catch (error) {
    socket.close();
    throw new Error(`channel ${name}: ${(error as Error).message}`, { cause: error });
  }
  return new Channel(name, declaration.type, socket, endpoints);
}

const CLASSES: { readonly [T in ChannelType]: unknown } = {
  push: Push,
  pull: Pull,
  pub: Publisher,
  sub: Subscriber,
  xpub: XPublisher,
  xsub: XSubscriber,
  req: Request,
  rep: Reply,
  dealer: Dealer,
  router: Router,
  pair: Pair,
};
