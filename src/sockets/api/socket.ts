/** Socket: the base of all socket classes. Endpoints, options, events, counters and closing. */

import { refuseCalls } from '../class-call.ts';
import { type Context, context as defaultContext } from '../core/context.ts';
import { SocketCore } from '../core/core.ts';
import { type MessagePeer, messagePeer } from '../core/message-peer.ts';
import { SOCKET_TYPES, type SocketType, type SocketTypeSpec } from '../core/socket-type.ts';
import type { WaitOptions } from '../core/watching.ts';
import { zapOf } from '../core/zap-dealer.ts';
import { SocketError, tooManyArguments } from '../errors.ts';
import {
  checkEventType,
  type Event,
  type EventSource,
  type EventType,
  Observer,
  observe,
} from '../events.ts';
import type { CommonOptions } from '../options/common-options.ts';
import {
  defineOptions,
  readOption,
  refuseWrites,
  writeOption,
} from '../options/option-accessors.ts';
import { COMMON, OPTIONS } from '../options/option-table.ts';
import type { OptionValues, ReadOnlyOptions } from '../options/options.ts';
import { guardUnknown, similarOption, unknownOption } from '../options/unknown-option.ts';
import type { Authenticate } from '../security/choice.ts';
import type { SocketStats } from '../stats.ts';
import { closeWhenDropped } from './garbage.ts';
import { type Numbered, NumberedOptions, numbered } from './numbered-options.ts';

/** @internal Key of the core of a public socket, for the classes of this package. */
export const core: unique symbol = Symbol('core');

/** The constructor option of every socket that is not one of its settable properties. */
export interface ContextOption {
  /** The context of the socket; default: `context`. */
  context?: Context;
}

export interface Socket extends CommonOptions {}

/**
 * A socket of any type. Programs use the classes `Push`, `Pull` and so on.
 *
 * Unless stated otherwise, a method throws rather than rejects: `EBADF` when the socket is closed,
 * `EBUSY` while a bind or unbind is under way, `ETERM` after `Context.shutdown`.
 */
export class Socket extends NumberedOptions implements ReadOnlyOptions {
  /** @internal */
  readonly [core]: SocketCore;
  readonly #spec: SocketTypeSpec;
  #observer: Observer | undefined;

  /**
   * `options` may have any settable property of the class, and `context`.
   * @throws TypeError for an option that does not exist or has the wrong type
   * @throws SocketError `EINVAL` for a value out of range; `EMFILE` beyond the context's `maxSockets`, `EFAULT` when the
   * context is closed, `ETERM` when it is shut down
   */
  protected constructor(type: SocketType, options?: object, ...extra: never[]);
  /** @internal For a draft type, given by its specification. */
  protected constructor(type: SocketType | SocketTypeSpec, options?: object, ...extra: never[]);
  protected constructor(
    type: SocketType | SocketTypeSpec,
    options: object = {},
    ...extra: never[]
  ) {
    super();
    if (extra.length > 0) throw tooManyArguments(2, 2 + extra.length);
    const spec = specOf(type);
    if (typeof options !== 'object' || options === null) {
      throw new TypeError('Options must be an object');
    }
    const given = options as Record<string, unknown>;
    const where = 'context' in given ? given['context'] : defaultContext;
    if (!isContext(where)) throw new SocketError('EINVAL');
    this[core] = new SocketCore(where, spec, zapOf);
    this.#spec = spec;
    try {
      for (const name of Object.keys(given)) {
        if (name === 'context') continue;
        // Read-only properties have a setter, too, which throws.
        const known =
          (spec.optionNames as readonly string[]).includes(name) ||
          Object.getOwnPropertyDescriptor(Socket.prototype, name)?.set !== undefined;
        if (!known) throw unknownOption(name, similarOption(this, name));
        (this as unknown as Record<string, unknown>)[name] = given[name];
      }
    } catch (error) {
      this[core].close();
      throw error;
    }
    closeWhenDropped(this, this[core]);
  }

  // — endpoints —

  /**
   * Listen on `address`: `tcp://*:5555`, `tcp://127.0.0.1:*`, `ipc:///path`, `ipc://*`, `inproc://name`. Afterwards
   * `lastEndpoint` is the actual endpoint, with the port or path that was chosen.
   *
   * Rejects with `EADDRINUSE`, `EADDRNOTAVAIL`, `EACCES`, `ENODEV` (not an address of this machine),
   * `EINVAL`, `EPROTONOSUPPORT`, `ENOCOMPATPROTO`, `ENAMETOOLONG`, each with `address`.
   */
  bind(address: string): Promise<void> {
    this.#check();
    checkAddress(address);
    return this[core].bind(address);
  }

  /**
   * Like `bind`, but listens before it returns, and throws instead of rejecting. An existing socket file of ipc is removed first,
   * even one in use, as libzmq does.
   */
  bindSync(address: string): void {
    this.#check();
    this[core].endpoints.bindSync(address);
  }

  /**
   * Stop listening on `address`: the text that `bind` was given, or `lastEndpoint`. Peers that connected to it are
   * disconnected, and messages queued for them are discarded. Rejects with `ENOENT` for an address that is not bound.
   */
  unbind(address: string): Promise<void> {
    this.#check();
    checkAddress(address);
    return this[core].unbind(address);
  }

  /** Like `unbind`, but throws instead of rejecting. The address is free on the next turn of the event loop. */
  unbindSync(address: string): void {
    this.#check();
    this[core].endpoints.unbindSync(address);
  }

  /**
   * Connect to `address`, and connect again whenever the connection is lost. Returns immediately: host names are resolved
   * later, and failures reported as events. Throws `EINVAL`, `EPROTONOSUPPORT`, `ENOCOMPATPROTO`, `ENAMETOOLONG`.
   */
  connect(address: string): void {
    this.#check();
    this[core].endpoints.connect(address);
  }

  /**
   * Disconnect every endpoint that was connected with exactly this address. Queued messages get `linger` milliseconds to
   * leave, unread ones are discarded. Throws `ENOENT` for an address that is not connected.
   */
  disconnect(address: string): void {
    this.#check();
    this[core].endpoints.disconnect(address);
  }

  /**
   * Close the socket: pending calls are rejected, and messages that `send` has accepted get `linger` milliseconds to leave. A
   * second `close` does nothing. During a bind or unbind, the socket closes when that has finished.
   */
  close(...extra: never[]): void {
    if (extra.length > 0) throw tooManyArguments(0, extra.length);
    this[core].close();
  }

  /** Close the socket; resolves when all queued messages are delivered, or given up after `linger` milliseconds. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
    const { context, finished } = this[core];
    await context.processHold.during(finished);
  }

  // — state —

  /** Whether `close` has been called. */
  get closed(): boolean {
    return this[core].closed;
  }

  /**
   * `ZMQ_POLLIN`: whether a message can be received now; false while a bind or unbind is under way. To wait for it:
   * `whenReadable`.
   */
  get readable(): boolean {
    const inner = this[core];
    return inner.free && inner.pattern.canReceive();
  }

  /**
   * `ZMQ_POLLOUT`: whether a message can be sent now; false while a bind or unbind is under way. To wait for it:
   * `whenWritable`.
   */
  get writable(): boolean {
    const inner = this[core];
    return inner.free && inner.pattern.canSend();
  }

  /** The context of this socket; undefined once the socket is closed. */
  get context(): Context {
    return (this.closed ? undefined : this[core].context) as Context;
  }

  get type(): number {
    this.#checkOpen();
    return this.#spec.type;
  }

  get lastEndpoint(): string | null {
    this.#checkOpen();
    return this[core].endpoints.last;
  }

  get securityMechanism(): 'plain' | 'curve' | null {
    this.#checkOpen();
    const { mechanism } = this[core].security.choice;
    return mechanism === 'NULL' ? null : (mechanism.toLowerCase() as 'plain' | 'curve');
  }

  /**
   * Callback that admits or refuses peers: clients of a PLAIN or CURVE server, and NULL peers that connected to us (with
   * `zapDomain` also those that we connected to, as in libzmq). Takes effect immediately; not called for inproc. Default: the
   * context's `authenticate`, then the handler of RFC 27, which is asked about NULL peers in a `zapDomain` only. Without
   * any of them, PLAIN clients are refused and others admitted.
   */
  get authenticate(): Authenticate | undefined {
    return this[core].security.authenticate;
  }

  set authenticate(judge: Authenticate | undefined) {
    if (judge !== undefined && typeof judge !== 'function') {
      throw new TypeError('authenticate must be a function');
    }
    this[core].security.authenticate = judge;
  }

  /**
   * Whether the sender of each message is recorded for `peerOf`. Default false, since it takes time and memory. Takes effect
   * for messages that arrive from then on.
   */
  get keepPeers(): boolean {
    return this[core].keepPeers;
  }

  set keepPeers(keep: boolean) {
    if (typeof keep !== 'boolean') throw new TypeError('keepPeers must be a boolean');
    this[core].keepPeers = keep;
  }

  /**
   * The sender of `message`, which must be the array that `receive` returned, not a copy. Undefined for any other message,
   * and if `keepPeers` was off when the message arrived. As `zmq_msg_gets`.
   */
  peerOf(message: readonly Buffer[]): MessagePeer | undefined {
    const peer = this[core].peerOf(message);
    return peer && messagePeer(peer);
  }

  get threadSafe(): boolean {
    this.#checkOpen();
    return this.#spec.threadSafe ?? false;
  }

  /** The monitor of this socket, always the same object; it collects events from the first access on. */
  get events(): Observer {
    this.#checkOpen();
    this.#observer ??= new Observer(this);
    return this.#observer;
  }

  /** The current counters of this socket and of its peers. */
  stats(): SocketStats {
    return this[core].stats();
  }

  /**
   * Wait for an event. `handshake`: until `peers` peers (default 1) are connected and have finished their handshake; resolves
   * immediately if they have already. `subscription`, on a publisher: until that many peers have subscriptions. Any other
   * event: until it has happened that many times from now on.
   *
   * Rejects with `EAGAIN` after `timeout` milliseconds (default: none), with the reason of `signal`, and with `EBADF` on close
   * (for the events `close` and `end`, which follow a close, only after the socket has ended). Throws a TypeError for an
   * unknown event. Also works while a bind or unbind is under way.
   */
  waitFor(event: EventType, options: WaitOptions = {}): Promise<void> {
    checkEventType(event);
    if (this.closed) throw new SocketError('EBADF');
    return this[core].waitFor(event, options);
  }

  /** @internal */
  [observe](listener: (event: Event) => void): EventSource {
    return this[core].observe(listener);
  }

  /** @internal */
  override [numbered](): Numbered {
    const subscriber = this[core].pattern as Numbered['subscriber'];
    return { socket: this, optionNames: this.#spec.optionNames, subscriber };
  }

  /** @internal */
  [readOption]<K extends keyof OptionValues>(name: K): OptionValues[K] {
    this.#checkOpen();
    return this[core].values[name];
  }

  /** @internal */
  [writeOption]<K extends keyof OptionValues>(name: K, value: OptionValues[K]): void {
    this.#checkOpen();
    const { [core]: inner } = this;
    inner.endpoints.refuseLate(name, value);
    inner.values[name] = value;
    inner.security.choice.written(name, value, inner.values);
    inner.applyLimits();
    if (!OPTIONS[name].late && (inner.busy || inner.endpoints.count > 0)) {
      process.emitWarning('Socket option will not take effect until next connect/bind.');
    }
  }

  #check(): void {
    const { [core]: inner } = this;
    if (inner.closed) throw new SocketError('EBADF');
    if (inner.terminated) throw new SocketError('ETERM');
    if (inner.busy) {
      throw new SocketError('EBUSY', {
        message: 'Socket is blocked by a bind or unbind operation',
      });
    }
  }

  #checkOpen(): void {
    if (this.closed) throw new SocketError('ENOTSOCK');
  }

  /** @internal The core, for a call that libzmq has as an option: a bind or unbind does not block it. */
  protected settable(): SocketCore {
    this.#checkOpen();
    return this[core];
  }

  /** @internal The core, for a call that waits until a bind or unbind has finished. */
  protected unclosed(): SocketCore {
    const inner = this[core];
    if (inner.closed || inner.terminated) this.#check();
    return inner;
  }

  /** @internal The core, for a call that needs an open socket which no bind or unbind blocks. */
  protected open(): SocketCore {
    const inner = this[core];
    if (!inner.free) this.#check();
    return inner;
  }
}

/** The unwrapped class, which our own subclasses extend: V8 makes their objects faster than those of a wrapped class. */
export const SocketBase: typeof Socket = Socket;
// @ts-expect-error: the name of a class can be assigned in JavaScript, and its type stays.
// biome-ignore lint/suspicious/noClassAssign: as above.
Socket = refuseCalls(Socket);
guardUnknown(Socket.prototype);
defineOptions(Socket.prototype, COMMON);
refuseWrites(Socket.prototype, [
  'type',
  'lastEndpoint',
  'securityMechanism',
  'threadSafe',
  'closed',
  'readable',
  'writable',
  'context',
  'events',
]);

/** A draft type passes its own specification, so that programs without draft types need not load it. */
function specOf(type: SocketType | SocketTypeSpec): SocketTypeSpec {
  if (typeof type === 'object' && type !== null) return type;
  if (typeof type !== 'number') throw new TypeError('Socket type must be a number');
  const spec = SOCKET_TYPES[type];
  if (spec === undefined) throw new SocketError('EINVAL');
  return spec;
}

function checkAddress(address: unknown): void {
  if (typeof address !== 'string') throw new TypeError('Address must be a string');
}

function isContext(value: unknown): value is Context {
  return value instanceof (defaultContext.constructor as typeof Context);
}
