/** Proxy: moves messages between two sockets, both ways, whole and in order (`zmq_proxy`, `zmq_proxy_steerable`). */

import { core, Socket } from '../api/socket.ts';
import { refuseCalls } from '../class-call.ts';
import { SocketError, tooManyArguments } from '../errors.ts';
import { type ProxyOptions, type ProxyStatistics, Relay } from './relay.ts';

/** A running proxy: a promise that resolves when it ends, and the methods that control it until then. */
export interface RunningProxy extends Promise<void> {
  /** Leave messages in the sockets' queues until `resume`. */
  pause(): void;
  /** Forward messages again after `pause`. */
  resume(): void;
  /** End the proxy. The sockets stay open. */
  terminate(): void;
  /** Messages and octets forwarded so far. */
  statistics(): ProxyStatistics;
}

/**
 * Move messages between `front` and `back`, both ways as far as their types allow, until `signal` aborts, `terminate` is
 * called, the control socket receives `TERMINATE`, or one of the two is closed: then the promise resolves. With the
 * same socket twice it echoes. While one side cannot send, the other is not read: back-pressure passes through.
 *
 * ```ts
 * const queue = proxy(router, dealer, { capture: publisher });
 * queue.statistics().front.received.messages;
 * queue.terminate();
 * await queue;
 * ```
 *
 * @throws SocketError `EINVAL` when no message could ever move between these two
 */
export function proxy(front: Socket, back: Socket, options: ProxyOptions = {}): RunningProxy {
  checkSocket(front, 'Front-end');
  checkSocket(back, 'Back-end');
  const relay = new Relay(front, back, options);
  return Object.assign(relay.run(), {
    pause: () => relay.pause(),
    resume: () => relay.resume(),
    terminate: () => relay.stop(),
    statistics: () => relay.statistics(),
  });
}

/** `new Proxy(frontEnd, backEnd)`, then `await proxy.run()`, as in zeromq.js. The function `proxy` has more options. */
// biome-ignore lint/suspicious/noShadowRestrictedNames: the name that zeromq.js users import
export class Proxy<F extends Socket = Socket, B extends Socket = Socket> {
  /** The first of the two sockets. */
  readonly frontEnd: F;
  /** The second of the two sockets. */
  readonly backEnd: B;
  #state: 'new' | 'running' | 'ended' = 'new';
  #relay: Relay | undefined;

  constructor(frontEnd: F, backEnd: B, ...rest: never[]) {
    if (rest.length > 0) throw tooManyArguments(2, 2 + rest.length);
    checkSocket(frontEnd, 'Front-end');
    checkSocket(backEnd, 'Back-end');
    this.frontEnd = frontEnd;
    this.backEnd = backEnd;
  }

  /**
   * Move messages until `terminate`, or until a socket is closed. Throws `EINVAL` unless both sockets are bound or
   * connected, `EBUSY` when called a second time.
   */
  run(): Promise<void> {
    checkEndpoint(this.frontEnd, 'Front-end');
    checkEndpoint(this.backEnd, 'Back-end');
    if (this.#state !== 'new') throw new SocketError('EBUSY');
    this.#relay = new Relay(this.frontEnd, this.backEnd);
    this.#state = 'running';
    return this.#run(this.#relay);
  }

  /** Leave messages in the sockets' queues until `resume`. Throws `EBADF` unless `run` is under way. */
  pause(): void {
    this.#running().pause();
  }

  /** Forward messages again after `pause`. Throws `EBADF` unless `run` is under way. */
  resume(): void {
    this.#running().resume();
  }

  /** End `run`, and close both sockets. Throws `EBADF` unless `run` is under way. */
  terminate(): void {
    this.#running().stop();
  }

  async #run(relay: Relay): Promise<void> {
    try {
      await relay.run();
    } finally {
      this.#state = 'ended';
      this.frontEnd.close();
      this.backEnd.close();
    }
  }

  #running(): Relay {
    if (this.#state !== 'running') throw new SocketError('EBADF');
    return this.#relay!;
  }
}

// @ts-expect-error: the name of a class can be assigned in JavaScript, and its type stays.
// biome-ignore lint/suspicious/noClassAssign: as above.
Proxy = refuseCalls(Proxy);

/** As in zeromq.js: `EINVAL` for an object that is no socket, a TypeError for any other value. */
function checkSocket(socket: unknown, side: string): void {
  if (socket instanceof Socket) return;
  if (typeof socket === 'object' && socket !== null) throw new SocketError('EINVAL');
  throw new TypeError(`${side} must be a socket object`);
}

function checkEndpoint(socket: Socket, side: string): void {
  if (!socket.closed && socket[core].endpoints.count > 0) return;
  throw new SocketError('EINVAL', { message: `${side} socket must be bound or connected` });
}
