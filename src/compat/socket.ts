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
 * A socket that emits `message`, with one Buffer for each part, as soon as it is constructed, unless it is a push or a pub. Events:
 * `message`, `error`, `bind`, `unbind`, and those of `monitor`. It keeps the process alive until it is closed.
 */
export class CompatSocket extends EventEmitter {
  /** The name of its type, as it was given. */
  declare type: SocketType;

  constructor(type: SocketType) {
    super();
    begin(this, type);
  }

  /**
   * Listen on `address`. Then `bind` is emitted with it, and `done` is called; a failure goes to `done`, or is the event
   * `error`.
   */
  bind(address: string, done?: Callback): this {
    void bridgeOf(this).block('bind', address, done);
    return this;
  }

  /** Stop listening on `address`: as `bind`, with the event `unbind`. */
  unbind(address: string, done?: Callback): this {
    void bridgeOf(this).block('unbind', address, done);
    return this;
  }

  /** Listens on `address` when it returns. Emits nothing. Throws what `bind` of version 6 rejects with. */
  bindSync(address: string): this {
    bridgeOf(this).socket.bindSync(address);
    return this;
  }

  /** Stop listening on `address`. Throws what `unbind` of version 6 rejects with. */
  unbindSync(address: string): this {
    bridgeOf(this).socket.unbindSync(address);
    return this;
  }

  /** Connect to `address`. Throws what `connect` of version 6 throws; while a bind is under way, it waits for that. */
  connect(address: string): this {
    const bridge = bridgeOf(this);
    bridge.whenFree(() => bridge.socket.connect(address));
    return this;
  }

  /** End what `connect(address)` began. */
  disconnect(address: string): this {
    const bridge = bridgeOf(this);
    bridge.whenFree(() => bridge.socket.disconnect(address));
    return this;
  }

  /**
   * Send one message: one part, or an array of them. With the flag `ZMQ_SNDMORE` parts are kept until a call without it
   * completes the message. `done` is called when the message is accepted, with an error if it is not; without it an error
   * is the event `error`. What cannot be sent yet waits, in any number.
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

  /** Emit no messages, and send none, until `resume`; what comes meanwhile is kept. */
  pause(): void {
    bridgeOf(this).pause();
  }

  /** Go on after `pause`. */
  resume(): void {
    bridgeOf(this).resume();
  }

  /** Close the socket: what was sent is delivered within `linger`, no message is emitted any more. */
  close(): this {
    bridgeOf(this).close();
    return this;
  }

  /** Whether `close` has been called. */
  get closed(): boolean {
    return bridgeOf(this).closed;
  }

  /**
   * Emit what happens to connections: `connect`, `connect_delay`, `connect_retry`, `listen`, `bind_error`, `accept`,
   * `accept_error`, `close`, `close_error`, `disconnect`, each with a value (the interval of a retry, the number of an
   * error, else 0), the address, and the error if there is one. The arguments of version 5 are not needed.
   */
  monitor(_interval?: number, _count?: number): this {
    bridgeOf(this).monitor();
    return this;
  }

  /** Emit these events no longer. */
  unmonitor(): this {
    bridgeOf(this).unmonitor();
    return this;
  }

  /** Receive what begins with `filter`. Throws on other types than sub. */
  subscribe(filter: string | Buffer): this {
    return filterBy(this, ZMQ_SUBSCRIBE, filter);
  }

  /** Take back one `subscribe(filter)`. Throws on other types than sub. */
  unsubscribe(filter: string | Buffer): this {
    return filterBy(this, ZMQ_UNSUBSCRIBE, filter);
  }

  /**
   * Set an option, by libzmq's number (`ZMQ_LINGER`) or by short name (`linger`). Throws `EINVAL` for an option that this
   * socket does not have.
   */
  setsockopt(option: number | OptionName, value: OptionInput): this {
    writeOption(bridgeOf(this).socket, option, value);
    return this;
  }

  /** The value of an option; `EINVAL` as above. Booleans are 1 and 0. */
  getsockopt(option: number | OptionName): OptionOutput {
    return readOption(bridgeOf(this).socket, option);
  }
}

/** A socket of version 5. */
export type Socket = CompatSocket;

/** Makes sockets, also where it is called as a function on an object that inherits from its prototype (`util.inherits`). */
export interface SocketConstructor {
  /** The prototype that old classes inherit from. */
  readonly prototype: Socket;
  /** Throws `Invalid socket type` for what is none. */
  new (type: SocketType): Socket;
  /** The same for `this`. */
  (this: object, type: SocketType): void;
}

/** See {@link SocketConstructor}. */
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

/** A socket of `type`; `given` are set as its properties. Throws `Invalid socket type` for what is none. */
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
