/** Channel: one named socket of a daemon, as it is declared and as it is used. */

import { pause } from '../base/pause.ts';
import {
  type Message,
  openSocket,
  type Sendable,
  type Sender,
  type Socket,
  type SocketName,
  type SocketsByName,
} from '../sockets/index.ts';

/** The socket type of a channel: its name in ZMTP, in lower case. */
export type ChannelType = SocketName;

/** Channel types that receive: they need a handler. */
export type ReceivingType = Exclude<ChannelType, 'push' | 'pub'>;

/** Channel types that send. */
export type SendingType = Exclude<ChannelType, 'pull' | 'sub'>;

/**
 * Called with each message, an array of its parts. If it returns a promise, the next message waits until that has settled.
 * Errors are logged. On a `rep` channel the returned value is the reply.
 */
export type Handler = (message: Message[]) => unknown;

/** The declaration of one channel. */
export interface ChannelDeclaration {
  /** The socket type. */
  readonly type: ChannelType;
  /** Endpoints to bind; the configuration may replace them. Default none. */
  readonly bind?: string | readonly string[];
  /** Endpoints to connect to; the configuration may replace them. Default none. */
  readonly connect?: string | readonly string[];
  /** `sub` only: prefixes to subscribe to. Default: the empty one, which is everything. */
  readonly subscribe?: string | readonly string[];
  /** Options of the socket, by their names. */
  readonly options?: Readonly<Record<string, unknown>>;
  /**
   * The function that takes the messages, or the name of the daemon's method that does; false: the daemon's own code reads the
   * socket. Default: the method named `on` and the channel's name, `onMyFeed` for `my_feed`.
   */
  readonly handler?: Handler | string | false;
  /**
   * The name of the channel that this one's messages are passed on to: reading pauses when `highWaterMark` messages wait to
   * be sent there, and resumes when half of them are left. Default none.
   */
  readonly drainedBy?: string;
  /** Messages that may wait in the channel `drainedBy`. Default 1000. */
  readonly highWaterMark?: number;
}

/** The channels of a daemon, by name. */
export type ChannelDeclarations = Readonly<Record<string, ChannelDeclaration>>;

/** The methods that a daemon with channels `C` must have. */
export type Handlers<C extends ChannelDeclarations> = {
  [K in keyof C & string as HandlerName<C[K], K>]: Handler;
};

/** The open channels of a daemon, by name; those whose socket type sends have `send`. */
export type Channels<C extends ChannelDeclarations> = {
  readonly [K in keyof C]: OpenChannel<C[K]['type']>;
};

/** An open channel of one type. */
export type OpenChannel<T extends ChannelType> = T extends SendingType
  ? Channel<SocketsByName[T]>
  : Omit<Channel<SocketsByName[T]>, 'send'>;

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

/** `texts` as a list: a string is split at commas and spaces, an array is copied. */
export function listOf(texts: string | readonly string[] | undefined): string[] {
  if (texts === undefined) return [];
  if (typeof texts !== 'string') return [...texts];
  return texts.split(/[\s,]+/).filter((text) => text !== '');
}

/** An open channel. */
export class Channel<S extends Socket = Socket> {
  /** Its name in the declaration. */
  readonly name: string;
  /** Its socket type. */
  readonly type: ChannelType;
  /** Its socket. */
  readonly socket: S;
  /** The endpoints it has bound, with real ports, and then those it connects to. */
  readonly endpoints: readonly string[];
  /** Messages passed to the handler. */
  handledCount = 0;
  /** Messages for which the handler threw or rejected. */
  failedCount = 0;
  /** Messages passed to `send` that the socket has not accepted yet. */
  #waitingCount = 0;
  #sent: Promise<void> = Promise.resolve();

  constructor(name: string, type: ChannelType, socket: S, endpoints: readonly string[]) {
    this.name = name;
    this.type = type;
    this.socket = socket;
    this.endpoints = endpoints;
  }

  /**
   * Sends one message, after those passed earlier; there is no need to await it. Resolves when the socket has accepted it.
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
    // A caller that does not await it cannot catch the rejection; `bufferedCount` and `close` count what is left.
    sent.catch(() => {});
    return sent;
  }

  /** Messages passed to `send` that the socket has not written to the network. */
  get bufferedCount(): number {
    return this.#waitingCount + (this.socket.closed ? 0 : this.socket.stats().queued.out);
  }

  /**
   * Closes the channel when all messages passed to `send` are delivered, at the latest after `limit` milliseconds or the
   * socket's `linger`. Resolves to the number of messages that were not delivered.
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

/** Opens the channel that `declaration` describes. Rejects with the name of the channel and the socket's error as `cause`. */
export async function openChannel(name: string, declaration: ChannelDeclaration): Promise<Channel> {
  const { type, bind, connect } = declaration;
  try {
    const { socket, endpoints } = await openSocket({
      ...declaration,
      bind: listOf(bind),
      connect: listOf(connect),
    });
    return new Channel(name, type, socket, endpoints);
  } catch (error) {
    throw new Error(`channel ${name}: ${(error as Error).message}`, { cause: error });
  }
}
