/** Events: what the monitor of a socket reports, one member of the union for each `ZMQ_EVENT_*` and a few of ours. */

import { EventEmitter } from 'node:events';
import type { ZmtpErrorCode } from '../zmtp/index.ts';
import { refuseCalls } from './class-call.ts';
import { SocketError } from './errors.ts';

/** An event of type `T`, with the address of its endpoint. */
export interface AddressEvent<T extends string> {
  /** Which event it is, named as in zeromq.js. */
  type: T;
  /** The endpoint; for an accepted connection, the bound endpoint that accepted it. */
  address: string;
}

/**
 * The two ends of a connection, as endpoints (`tcp://127.0.0.1:5555`), as in version 2 of libzmq's monitor. Not in zeromq.js, so
 * that they are not enumerable: comparisons, spreads and JSON of an event do not show them.
 */
export interface ConnectionEnds {
  /** This end; absent for an ipc connection that we made, and in a browser. */
  local?: string;
  /** The peer's end; absent for an ipc connection that we accepted, and if the peer had disconnected already. */
  remote?: string;
}

/** An event of type `T` of one connection. */
export interface ConnectionEvent<T extends string> extends AddressEvent<T>, ConnectionEnds {}

/** An event of type `T` of one connection that failed. */
export interface ConnectionErrorEvent<T extends string, E extends Error = EventError>
  extends ErrorEvent<T, E>,
    ConnectionEnds {}

/** An event of type `T` that reports a failure. */
export interface ErrorEvent<T extends string, E extends Error = EventError>
  extends AddressEvent<T> {
  /** The error that was reported. */
  error: E;
}

/** An error with the code of the system, of libzmq, or of ZMTP (`ERR_ZMTP_*`). */
export interface EventError extends Error {
  /** Code of the system or libzmq (`ECONNREFUSED`), or of ZMTP (`ERR_ZMTP_INVALID_METADATA`). */
  code: string;
  /** The number of `code`, if the system has one. */
  errno?: number;
}

/** A failure of the system, with its number. */
export interface SystemError extends EventError {
  /** The number of `code`. */
  errno: number;
}

/**
 * Why a connection was not accepted: an error of the system; or, with the number of `ECONNABORTED`, `ERR_ACCEPT_FILTER`, or
 * `ERR_TOO_MANY_HANDSHAKES` when the peer's address has reached `maxHandshakesPerSecond`.
 */
export interface AcceptError extends SystemError {
  /** The peer's IP address, without a port; empty if the peer had disconnected already. */
  remoteAddress?: string;
}

/**
 * The peer, or the handler that authenticates peers, broke the protocol. If libzmq has the code, `message` is the text of
 * zeromq.js, and the details are in the message of `cause`.
 */
export interface ProtocolError extends EventError {
  /** Which rule was broken; the codes of libzmq's monitor, and more. */
  code: ZmtpErrorCode;
}

/** One side refused the other, with a status of RFC 27. */
export interface AuthenticationError extends EventError {
  /** 300 = temporary error, 400 = refused, 500 = internal error of the authenticator. */
  status: 300 | 400 | 500;
}

/** One event, told apart by `type`. */
export type Event =
  | ConnectionEvent<'accept'>
  | ErrorEvent<'accept:error', AcceptError>
  | AddressEvent<'bind'>
  | ErrorEvent<'bind:error', SystemError>
  | ConnectionEvent<'connect'>
  | AddressEvent<'connect:delay'>
  | (AddressEvent<'connect:retry'> & {
      /** Milliseconds until the next attempt. */
      interval: number;
      /** Not in libzmq: why the last attempt failed or the connection ended, if known (`ECONNREFUSED`, `ENOTFOUND`). */
      error?: EventError;
    })
  | AddressEvent<'close'>
  | ErrorEvent<'close:error', SystemError>
  | (ConnectionEvent<'disconnect'> & {
      /** Not in libzmq: why the connection ended, if known. */
      error?: EventError;
      /** Not in libzmq: the routing id that the peer had on this socket, where it connected to us. */
      routingId?: Buffer;
    })
  | ConnectionEvent<'handshake'>
  | ConnectionErrorEvent<'handshake:error:protocol', ProtocolError>
  | ConnectionErrorEvent<'handshake:error:auth', AuthenticationError>
  | ConnectionErrorEvent<'handshake:error:other'>
  /**
   * Not in libzmq: the socket type does not allow a peer, which was disconnected (second peer of a PAIR, duplicate routing
   * id), or its message, which was dropped (request to a REP without a delimiter).
   */
  | ErrorEvent<'peer:refused'>
  /** Not in libzmq: a peer's number of subscriptions changed (PUB, XPUB). */
  | (AddressEvent<'subscription'> & {
      /** Subscriptions of that peer now. */
      count: number;
    })
  | { type: 'end' }
  | { type: 'unknown' };

/** The names of all events. */
export type EventType = Event['type'];

/**
 * Checks the name of an event: a listener for a mistaken name would never be called.
 * @throws TypeError for a name that is no event
 */
export function checkEventType(type: unknown): void {
  if (typeof type === 'string' && Object.hasOwn(EVENT_TYPES, type)) return;
  const names = Object.keys(EVENT_TYPES).join(', ');
  throw new TypeError(`no event ${JSON.stringify(type) ?? String(type)}, expected one of ${names}`);
}

/** The event with the name `E`. */
export type EventOfType<E extends EventType = EventType> = Extract<Event, { type: E }>;

/** Makes the ends of the connection in `event` not enumerable, see {@link ConnectionEnds}. */
export function hideEnds(event: Event): void {
  for (const name of ['local', 'remote']) {
    if (name in event) Object.defineProperty(event, name, { enumerable: false });
  }
}

/** Where listeners of events are added and removed: an {@link Observer}. */
export interface EventSubscriber {
  /** Call `listener` for each event of `type`. */
  on<E extends EventType>(type: E, listener: (event: EventOfType<E>) => void): EventSubscriber;
  /** Call `listener` no longer for events of `type`. */
  off<E extends EventType>(type: E, listener: (event: EventOfType<E>) => void): EventSubscriber;
}

/** What a socket gives its observer: a way to stop the events, and to keep the process alive while it waits. */
export interface EventSource {
  /** Send no more events. */
  stop(): void;
  /** Keep the process alive until `release`. */
  hold(): void;
  /** End one `hold`. */
  release(): void;
}

/**
 * The monitor of one socket: `for await (const event of socket.events)`, `receive()`, or `on`/`off`.
 * Events are queued from the first access on; beyond 1000 the oldest are discarded.
 */
export class Observer implements EventSubscriber {
  readonly #queue: Event[] = [];
  readonly #source: EventSource;
  #emitter: EventEmitter | undefined;
  #waiter: { resolve(event: Event): void; reject(error: Error): void } | undefined;
  #closed = false;
  /** In emitter mode the process is kept alive until the end, as in zeromq.js. */
  #held = false;

  /** `socket` is any socket of this package; usually this is called by its property `events`. */
  constructor(socket: object) {
    const source = (socket as Partial<Observable> | undefined)?.[observe];
    if (source === undefined) throw new TypeError('Socket must be a socket object');
    this.#source = source.call(socket, (event) => this.#take(event));
  }

  /** Whether no more events will come: after the event `end`, or `close()`. */
  get closed(): boolean {
    return this.#closed && this.#queue.length === 0;
  }

  /** Stop observing. A pending `receive` rejects with `ENOTSOCK`. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#source.stop();
    this.#queue.length = 0;
    this.#letGo();
    if (this.#waiter === undefined) return;
    this.#waiter.reject(new SocketError('ENOTSOCK'));
    this.#waiter = undefined;
    this.#source.release();
  }

  /**
   * Call `listener` for each event of `type`, each on a tick of its own. From then on events cannot be read with
   * `receive`, and the process is kept alive until the socket or this observer is closed. Throws a TypeError for a
   * name that is no event.
   */
  on<E extends EventType>(type: E, listener: (event: EventOfType<E>) => void): EventEmitter {
    checkEventType(type);
    return this.emitter.on(type, listener);
  }

  /** Call `listener` no longer for events of `type`. */
  off<E extends EventType>(type: E, listener: (event: EventOfType<E>) => void): EventEmitter {
    return this.emitter.off(type, listener);
  }

  /** @internal */
  get emitter(): EventEmitter {
    if (this.#emitter === undefined) {
      this.#emitter = new EventEmitter();
      if (!this.#closed) {
        this.#held = true;
        this.#source.hold();
      }
      for (const event of this.#queue.splice(0)) this.#tell(event);
    }
    return this.#emitter;
  }

  /**
   * The next event; waits until there is one.
   * @throws SocketError `EBUSY` while another `receive` is pending, `EBADF` once closed.
   */
  receive(): Promise<Event> {
    if (this.#emitter !== undefined) {
      throw new Error(
        'Observer is in event emitter mode. After a call to events.on() it is not possible to read events with events.receive().',
      );
    }
    const event = this.#queue.shift();
    if (event !== undefined) return Promise.resolve(event);
    if (this.#closed) throw new SocketError('EBADF');
    if (this.#waiter !== undefined) {
      throw new SocketError('EBUSY', {
        message:
          'Observer is busy reading; only one receive operation may be in progress at any time',
      });
    }
    this.#source.hold();
    return new Promise((resolve, reject) => {
      this.#waiter = { resolve, reject };
    });
  }

  /** Events until the socket is closed. */
  [Symbol.asyncIterator](): AsyncIterator<Event, undefined> {
    return {
      next: async () => {
        if (this.closed) return { done: true, value: undefined };
        try {
          return { done: false, value: await this.receive() };
        } catch (error) {
          if (this.#closed) return { done: true, value: undefined };
          throw error;
        }
      },
    };
  }

  #take(event: Event): void {
    if (event.type === 'end') {
      this.#closed = true;
      this.#source.stop();
    }
    if (this.#emitter !== undefined) {
      this.#tell(event);
      if (this.#closed) this.#letGo();
    } else if (this.#waiter !== undefined) {
      const { resolve } = this.#waiter;
      this.#waiter = undefined;
      this.#source.release();
      resolve(event);
    } else {
      if (this.#queue.length >= QUEUE_MAX) this.#queue.shift();
      this.#queue.push(event);
    }
  }

  /** On a later tick: what a listener does, or throws, must not interrupt the operation that the event reports. */
  #tell(event: Event): void {
    process.nextTick(() => this.#emitter?.emit(event.type, event));
  }

  #letGo(): void {
    if (!this.#held) return;
    this.#held = false;
    this.#source.release();
  }
}

// @ts-expect-error: the name of a class can be assigned in JavaScript, and its type stays.
// biome-ignore lint/suspicious/noClassAssign: as above.
Observer = refuseCalls(Observer);

/** @internal Key of the method by which an observer registers with a socket. */
export const observe: unique symbol = Symbol('observe');

interface Observable {
  [observe](listener: (event: Event) => void): EventSource;
}

const QUEUE_MAX = 1000;

const EVENT_TYPES: Record<EventType, true> = {
  accept: true,
  'accept:error': true,
  bind: true,
  'bind:error': true,
  connect: true,
  'connect:delay': true,
  'connect:retry': true,
  close: true,
  'close:error': true,
  disconnect: true,
  handshake: true,
  'handshake:error:protocol': true,
  'handshake:error:auth': true,
  'handshake:error:other': true,
  'peer:refused': true,
  subscription: true,
  end: true,
  unknown: true,
};
