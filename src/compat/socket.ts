/** Socket: a socket as zeromq.js 5 has it, an event emitter with callbacks, over one of version 6. */

import { EventEmitter } from 'node:events';
import type { MessageLike } from '../sockets/index.ts';
import { Bridge, type Callback, type SocketType } from './bridge.ts';
import { ZMQ_SNDMORE, ZMQ_SUBSCRIBE, ZMQ_UNSUBSCRIBE } from './constants.ts';
import {
  type OptionInput,
  type OptionName,
  type OptionOutput,
  options,
  readOption,
  writeOption,
} from './options.ts';

/** The options of a socket as properties: see `zmq_setsockopt`. Text may be given as a Buffer. */
export type OptionProperties = { [K in OptionName]: OptionOutput | Buffer | boolean };

export interface CompatSocket extends OptionProperties {}

/**
 * A socket as an event emitter. Events: `message` with one Buffer for each part (not of push and pub), `error`, `bind`, `unbind`,
 * and those of `monitor`. Types that receive do so from their construction, and keep the process alive until closed.
 */
export class CompatSocket extends EventEmitter {
  /** The name of its type, as it was given. */
  declare type: SocketType;

  constructor(type: SocketType) {
    super();
    begin(this, type);
  }

  /**
   * Listens on `address`, then emits `bind` with it and calls `done`. A failure is passed to `done`; without `done` it is
   * emitted as `error`.
   */
  bind(address: string, done?: Callback): this {
    void bridgeOf(this).block('bind', address, done);
    return this;
  }

  /** Stops listening on `address`, then emits `unbind` and calls `done`. A failure goes to `done`, or is emitted as `error`. */
  unbind(address: string, done?: Callback): this {
    void bridgeOf(this).block('unbind', address, done);
    return this;
  }

  /** Listens on `address` before it returns, and emits no event. Throws what `bind` of version 6 rejects with. */
  bindSync(address: string): this {
    bridgeOf(this).socket.bindSync(address);
    return this;
  }

  /** Stops listening on `address` before it returns. Throws what `unbind` of version 6 rejects with. */
  unbindSync(address: string): this {
    bridgeOf(this).socket.unbindSync(address);
    return this;
  }

  /** Connects to `address`. Throws what `connect` of version 6 throws; after a bind under way, that is emitted as `error`. */
  connect(address: string): this {
    const bridge = bridgeOf(this);
    bridge.whenFree(() => bridge.socket.connect(address));
    return this;
  }

  /** Disconnects from `address`, the text that `connect` was given; after a bind under way. */
  disconnect(address: string): this {
    const bridge = bridgeOf(this);
    bridge.whenFree(() => bridge.socket.disconnect(address));
    return this;
  }

  /**
   * Sends one message: one part, or an array of parts. With the flag `ZMQ_SNDMORE` parts are kept until a call without it
   * completes the message. `done` is called when the message is accepted, or with the error; without `done` an error is
   * emitted as `error`. Messages that cannot be sent yet wait, without a limit.
   */
  send(
    message: MessageLike | readonly MessageLike[],
    flags?: number | null,
    done?: Callback,
  ): this {
    const more = partsOf.get(this) ?? [];
    const parts = more.concat(Array.isArray(message) ? message : [message]);
    if (((flags ?? 0) & ZMQ_SNDMORE) !== 0) {
      partsOf.set(this, parts);
    } else {
      partsOf.delete(this);
      bridgeOf(this).send(parts, done);
    }
    return this;
  }

  /** Always throws: messages come as events only. */
  read(): never {
    throw new Error('read() is not available: listen to the event "message"');
  }

  /** Emits no messages and sends none until `resume`; those that arrive meanwhile are kept. */
  pause(): void {
    bridgeOf(this).pause();
  }

  /** Emits and sends messages again after `pause`. */
  resume(): void {
    bridgeOf(this).resume();
  }

  /** Closes the socket. Accepted messages have `linger` ms to leave, callbacks of others get `EBADF`; no message is emitted. */
  close(): this {
    bridgeOf(this).close();
    return this;
  }

  /** Whether `close` has been called. */
  get closed(): boolean {
    return bridgeOf(this).closed;
  }

  /**
   * Emits what happens to connections: `connect`, `connect_delay`, `connect_retry`, `listen`, `bind_error`, `accept`,
   * `accept_error`, `close`, `close_error`, `disconnect`, each with a value (milliseconds before a retry, the errno
   * of an error, else 0), the address, and the error if there is one. The arguments have no effect.
   */
  monitor(_interval?: number, _count?: number): this {
    bridgeOf(this).monitor();
    return this;
  }

  /** Stops emitting the events of `monitor`. */
  unmonitor(): this {
    bridgeOf(this).unmonitor();
    return this;
  }

  /** Subscribes to messages that begin with `filter`. Throws on other types than sub. */
  subscribe(filter: string | Buffer): this {
    return filterBy(this, ZMQ_SUBSCRIBE, filter);
  }

  /** Cancels one `subscribe(filter)`. Throws on other types than sub. */
  unsubscribe(filter: string | Buffer): this {
    return filterBy(this, ZMQ_UNSUBSCRIBE, filter);
  }

  /**
   * Sets an option, by libzmq's number (`ZMQ_LINGER`) or by short name (`linger`). Throws `EINVAL` for an option that this
   * socket does not have.
   */
  setsockopt(option: number | OptionName, value: OptionInput): this {
    writeOption(bridgeOf(this).socket, option, value);
    return this;
  }

  /** The value of an option, booleans as 1 and 0. Throws `EINVAL` for an option that this socket does not have. */
  getsockopt(option: number | OptionName): OptionOutput {
    return readOption(bridgeOf(this).socket, option);
  }
}

/** A socket of version 5. */
export type Socket = CompatSocket;

/** The class of sockets. It may also be called as a function on an object that inherits from its prototype (`util.inherits`). */
export interface SocketConstructor {
  /** The prototype that old classes inherit from. */
  readonly prototype: Socket;
  /** Opens a socket of `type`. Throws `Invalid socket type` for an unknown type. */
  new (type: SocketType): Socket;
  /** Makes `this` a socket of `type`. Throws `Invalid socket type` for an unknown type. */
  (this: object, type: SocketType): void;
}

/** The class of sockets of version 5: see {@link SocketConstructor}. */
export const Socket: SocketConstructor = new Proxy(CompatSocket, {
  apply(_class, self: CompatSocket, [type]: [SocketType]) {
    EventEmitter.call(self);
    begin(self, type);
  },
}) as unknown as SocketConstructor;

Object.defineProperty(CompatSocket, 'name', { value: 'Socket' });
Object.defineProperty(CompatSocket.prototype, 'constructor', { value: Socket });

for (const name of Object.keys(options) as OptionName[]) {
  Object.defineProperty(CompatSocket.prototype, name, {
    configurable: true,
    get(this: Socket) {
      return this.getsockopt(name);
    },
    set(this: Socket, value: OptionInput) {
      this.setsockopt(name, value);
    },
  });
}

/** Opens a socket of `type` and sets the properties `given` on it. Throws `Invalid socket type` for an unknown type. */
export function createSocket(
  type: SocketType,
  given: Partial<OptionProperties> & Record<string, unknown> = {},
): Socket {
  const socket = new Socket(type);
  try {
    return Object.assign(socket, given);
  } catch (error) {
    socket.close();
    throw error;
  }
}

/** The bridge of `socket`. Not in a private field, which objects that inherit by prototype would lack. */
export function bridgeOf(socket: object): Bridge {
  const bridge = bridges.get(socket);
  if (bridge === undefined) throw new TypeError('not a socket: its constructor was not called');
  return bridge;
}

function begin(face: CompatSocket, type: SocketType): void {
  bridges.set(face, new Bridge(face, type));
  face.type = type;
}

function filterBy<S extends CompatSocket>(socket: S, option: number, filter: string | Buffer): S {
  if (socket.type !== 'sub') throw new Error(`a ${socket.type} socket cannot subscribe`);
  writeOption(bridgeOf(socket).socket, option, filter);
  return socket;
}

const bridges = new WeakMap<object, Bridge>();

/** Parts sent with `ZMQ_SNDMORE`, whose message is not complete yet. */
const partsOf = new WeakMap<object, readonly MessageLike[]>();
