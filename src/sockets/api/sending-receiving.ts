/** Sending and receiving: sockets that send, sockets that receive, and sockets that do both. */

import { DONE, yielded } from '../../base/iteration.ts';
import type { Incoming } from '../core/incoming.ts';
import type { Outgoing } from '../core/outgoing.ts';
import type { CallOptions } from '../core/waiter.ts';
import { tooManyArguments } from '../errors.ts';
import { type MessageLike, toMessage } from '../message.ts';
import type { ReceiveOptions, SendOptions } from '../options/options.ts';
import { SocketBase } from './socket.ts';

/** One part of a received message. */
export type Part = Buffer;

/** What can be sent: one part, or several. */
export type Sendable = MessageLike | readonly MessageLike[];

/** A socket that sends; `M` is what one call of `send` takes. */
export interface Writable<M = Sendable, O extends unknown[] = [options?: CallOptions]>
  extends SendOptions {
  /** Send one message, see {@link Sender}. */
  send(message: M, ...options: O): Promise<void>;
  /** `ZMQ_POLLOUT`: whether a message can be sent now. */
  readonly writable: boolean;
}

/** A socket that receives; `M` is the type of one message, an array of parts. */
export interface Readable<M extends object[] = Part[]> extends ReceiveOptions {
  /** The parts of the next message, see {@link Receiver}. */
  receive(options?: CallOptions): Promise<M>;
  /** Messages until the socket is closed. */
  [Symbol.asyncIterator](): AsyncIterator<M, undefined>;
  /** `ZMQ_POLLIN`: whether a message can be received now. */
  readonly readable: boolean;
}

/**
 * A socket that sends whole messages. A part of up to 128 octets is copied if it has to wait; a larger one is never copied, and
 * must not be changed until it is sent.
 */
export interface Sender<M = Sendable> {
  /**
   * Send one message. Resolves when the message is accepted: handed to the transport or queued for it, not when it has arrived.
   * While there is no room for it, waits for `timeout` milliseconds (default: `sendTimeout`).
   *
   * Rejects after that time with `EAGAIN`, or `EFSM` if it was not this socket's turn to send; with `EHOSTUNREACH` for an
   * unknown peer of a mandatory ROUTER; `EMSGSIZE` for more parts than `maxMessageParts`; the reason of `signal`.
   * Throws `EBUSY` when another call waits, `EBADF` when closed, a TypeError for a value that is no message.
   */
  send(message: M, options?: CallOptions): Promise<void>;
  /** Send one message if that is possible now; returns false otherwise. Throws `EFSM`, `EHOSTUNREACH`, `EMSGSIZE`, `ENOTSUP`. */
  trySend(message: M): boolean;
  /**
   * Send several messages, in order; resolves when all are accepted. If the call rejects, `sentCount` of the error is the
   * number of messages that were accepted.
   */
  sendMany(messages: readonly M[], options?: CallOptions): Promise<void>;
  /** Send `value` as JSON, in one part. Throws a TypeError for a value without a JSON form. */
  sendJson(value: unknown, options?: CallOptions): Promise<void>;
  /**
   * Resolves when `send` would not have to wait and no bind or unbind is under way. Rejects as `send` does. `timeout` is in
   * milliseconds, by default none.
   */
  whenWritable(options?: CallOptions): Promise<void>;
}

/** A socket that receives whole messages; `M` is the type of one message, an array of parts. */
export interface Receiver<M extends unknown[] = Part[]> {
  /**
   * The parts of the next message. Waits for `timeout` milliseconds (default: `receiveTimeout`). Parts may be views of a larger
   * buffer: copy those that are kept for long.
   *
   * Rejects after that time, or when the socket is closed, with `EAGAIN`, or `EFSM` if it was not this socket's turn to
   * receive; with the reason of `signal`, and then no message is taken. Throws `EBUSY` when another call waits, `EBADF`
   * when closed.
   */
  receive(options?: CallOptions): Promise<M>;
  /** The next message, or undefined if there is none now. Throws `EFSM`, `ENOTSUP`. */
  tryReceive(): M | undefined;
  /** All messages that can be received now; waits as `receive` does while there is none. */
  receiveMany(options?: CallOptions): Promise<M[]>;
  /** The first part of the next message, parsed as JSON. Rejects with a SyntaxError for other text. */
  receiveJson<T = unknown>(options?: CallOptions): Promise<T>;
  /**
   * Resolves when `receive` would not have to wait and no bind or unbind is under way. Rejects as `receive` does. `timeout` is in
   * milliseconds, by default none.
   */
  whenReadable(options?: CallOptions): Promise<void>;
  /** Messages until the socket is closed. */
  [Symbol.asyncIterator](): AsyncIterator<M, undefined>;
}

/** A socket that only sends. */
export class SendingSocket<M = Sendable> extends SocketBase implements Sender<M> {
  send(message: M, options?: CallOptions): Promise<void> {
    return send(this.open().outgoing, message, options);
  }

  trySend(message: M): boolean {
    return trySend(this.open().outgoing, message);
  }

  sendMany(messages: readonly M[], options?: CallOptions): Promise<void> {
    return sendMany(this.open().outgoing, messages, options);
  }

  sendJson(value: unknown, options?: CallOptions): Promise<void> {
    return sendJson(this.open().outgoing, value, options);
  }

  whenWritable(options?: CallOptions): Promise<void> {
    return this.unclosed().outgoing.writable(options);
  }
}

/** A socket that only receives. */
export class ReceivingSocket<M extends unknown[] = Part[]>
  extends SocketBase
  implements Receiver<M>
{
  static {
    // As in zeromq.js, sockets that only receive have `send`, though not in their types: a JavaScript program gets `ENOTSUP`.
    Object.defineProperty(ReceivingSocket.prototype, 'send', {
      configurable: true,
      writable: true,
      value(this: ReceivingSocket, message: unknown): Promise<void> {
        return send(this.open().outgoing, message, { timeout: 0 });
      },
    });
  }

  receive(options?: CallOptions): Promise<M> {
    return this.open().incoming.receive(checked(options, 0)) as unknown as Promise<M>;
  }

  tryReceive(): M | undefined {
    return this.open().incoming.tryReceive() as M | undefined;
  }

  receiveMany(options?: CallOptions): Promise<M[]> {
    return this.open().incoming.receiveMany(options) as unknown as Promise<M[]>;
  }

  receiveJson<T = unknown>(options?: CallOptions): Promise<T> {
    return receiveJson(this.open().incoming, options);
  }

  whenReadable(options?: CallOptions): Promise<void> {
    return this.unclosed().incoming.readable(options);
  }

  /** Messages until the socket is closed; breaking out of the loop does not close it. */
  [Symbol.asyncIterator](): AsyncIterator<M, undefined> {
    // A class of one's own may have a `receive` of its own.
    const own = this.receive !== ReceivingSocket.prototype.receive;
    return new Messages<M>(this, own ? undefined : () => this.open().incoming);
  }
}

/** A socket that sends and receives; `Out` is what `send` takes, `In` what `receive` yields. */
export class DuplexSocket<Out = Sendable, In extends Buffer[] = Part[]>
  extends ReceivingSocket<In>
  implements Sender<Out>
{
  send(message: Out, options?: CallOptions): Promise<void> {
    return send(this.open().outgoing, message, options);
  }

  trySend(message: Out): boolean {
    return trySend(this.open().outgoing, message);
  }

  sendMany(messages: readonly Out[], options?: CallOptions): Promise<void> {
    return sendMany(this.open().outgoing, messages, options);
  }

  sendJson(value: unknown, options?: CallOptions): Promise<void> {
    return sendJson(this.open().outgoing, value, options);
  }

  whenWritable(options?: CallOptions): Promise<void> {
    return this.unclosed().outgoing.writable(options);
  }
}

/** Not an async generator, which takes twice the time for each message. */
class Messages<M extends unknown[]> implements AsyncIterator<M, undefined> {
  readonly #socket: ReceivingSocket<M>;
  readonly #incoming: (() => Incoming) | undefined;

  /** `incoming`: of the open socket, where no other `receive` than ours has to be called. */
  constructor(socket: ReceivingSocket<M>, incoming: (() => Incoming) | undefined) {
    this.#socket = socket;
    this.#incoming = incoming;
  }

  next(): Promise<IteratorResult<M, undefined>> {
    const socket = this.#socket;
    if (socket.closed) return Promise.resolve(DONE);
    const ready = this.#incoming?.().result();
    if (ready !== undefined) return ready as unknown as Promise<IteratorYieldResult<M>>;
    return socket.receive().then(yielded<M>, (error) => {
      // A close while waiting ends the loop; a time-out does not.
      if (socket.closed && error?.code === 'EAGAIN') return DONE;
      throw error;
    });
  }
}

function send(
  outgoing: Outgoing,
  message: unknown,
  options: CallOptions | undefined,
): Promise<void> {
  const parts = toMessage(message as MessageLike);
  // zeromq.js sends nothing for an empty array.
  return parts.length === 0 ? RESOLVED : outgoing.send(parts, checked(options, 1));
}

function trySend(outgoing: Outgoing, message: unknown): boolean {
  const parts = toMessage(message as MessageLike);
  return parts.length === 0 || outgoing.trySend(parts);
}

function sendMany(
  outgoing: Outgoing,
  messages: readonly unknown[],
  options: CallOptions | undefined,
): Promise<void> {
  if (!Array.isArray(messages)) throw new TypeError('Messages must be an array');
  const all = new Array(messages.length);
  for (let i = 0; i < messages.length; i++) {
    all[i] = toMessage(messages[i] as MessageLike);
    if (all[i].length === 0) throw new TypeError(`Message ${i} has no parts`);
  }
  return outgoing.sendMany(all, options);
}

function sendJson(
  outgoing: Outgoing,
  value: unknown,
  options: CallOptions | undefined,
): Promise<void> {
  const text = JSON.stringify(value);
  if (text === undefined) throw new TypeError(`${typeof value} has no JSON form`);
  return outgoing.send([Buffer.from(text)], options);
}

async function receiveJson<T>(incoming: Incoming, options: CallOptions | undefined): Promise<T> {
  const [first] = await incoming.receive(options);
  return JSON.parse(String(first)) as T;
}

/** zeromq.js has no options here: a value that is no object is a timeout, a flag or a second part meant for another library. */
function checked(options: CallOptions | undefined, expected: number): CallOptions | undefined {
  if (options === undefined || typeof options === 'object') return options;
  throw tooManyArguments(expected, expected + 1);
}

const RESOLVED = Promise.resolve();
