/** Proxy: moves messages between two sockets, both ways, whole and in order (`zmq_proxy_steerable`). */

import type { Receiver, Sender } from '../directed.ts';
import { SocketError } from '../errors.ts';
import { core, Socket } from '../socket.ts';

type Mover = Socket & Partial<Sender<readonly Buffer[]>> & Partial<Receiver>;

/**
 * `new Proxy(frontEnd, backEnd)`, then `await proxy.run()`. A side that cannot send stops the other from being read,
 * so that back-pressure passes through. The same socket twice echoes.
 */
// biome-ignore lint/suspicious/noShadowRestrictedNames: the name that zeromq.js users import
export class Proxy<F extends Socket = Socket, B extends Socket = Socket> {
  readonly frontEnd: F;
  readonly backEnd: B;
  #running = false;
  #ended = false;
  #resumed: Promise<void> | undefined;
  #resume: (() => void) | undefined;
  readonly #stop = new AbortController();

  constructor(frontEnd: F, backEnd: B) {
    if (!(frontEnd instanceof Socket)) throw new TypeError('Front-end must be a socket object');
    if (!(backEnd instanceof Socket)) throw new TypeError('Back-end must be a socket object');
    this.frontEnd = frontEnd;
    this.backEnd = backEnd;
  }

  /**
   * Move messages until `terminate`, or until a socket is closed. Throws `EINVAL` unless both sockets are bound or
   * connected.
   */
  run(): Promise<void> {
    checkEndpoint(this.frontEnd, 'Front-end');
    checkEndpoint(this.backEnd, 'Back-end');
    if (this.#running || this.#ended) throw new SocketError('EBUSY');
    this.#running = true;
    return this.#run();
  }

  /** Stop moving messages for a while; they wait in the sockets' queues. */
  pause(): void {
    this.#checkRunning();
    this.#resumed ??= new Promise((resolve) => {
      this.#resume = resolve;
    });
  }

  /** Go on after `pause`. */
  resume(): void {
    this.#checkRunning();
    this.#resume?.();
    this.#resumed = undefined;
  }

  /** End `run`, and close both sockets. */
  terminate(): void {
    this.#checkRunning();
    this.#resume?.();
    this.#stop.abort();
  }

  async #run(): Promise<void> {
    const [front, back] = [this.frontEnd as Mover, this.backEnd as Mover];
    const pumps = [this.#pump(front, back)];
    if (front !== (back as Socket)) pumps.push(this.#pump(back, front));
    try {
      await Promise.all(pumps);
    } finally {
      this.#running = false;
      this.#ended = true;
      this.#stop.abort();
      front.close();
      back.close();
    }
  }

  async #pump(from: Mover, to: Mover): Promise<void> {
    if (from.tryReceive === undefined || to.trySend === undefined) return;
    const { signal } = this.#stop;
    try {
      while (!signal.aborted) {
        if (this.#resumed !== undefined) await this.#resumed;
        // Room first, then a message: one that was taken must not be left in hand.
        await to.whenWritable!({ signal });
        await from.whenReadable!({ signal });
        for (let i = 0; i < BURST && this.#resumed === undefined && to.writable; i++) {
          const message = from.tryReceive();
          if (message === undefined) break;
          if (!to.trySend(message)) await to.send!(message);
        }
      }
    } catch (error) {
      if (!signal.aborted && !from.closed && !to.closed) throw error;
    }
    // A socket that was closed under the proxy ends the other direction, too.
    this.#stop.abort();
  }

  #checkRunning(): void {
    if (!this.#running) throw new SocketError('EBADF');
  }
}

function checkEndpoint(socket: Socket, side: string): void {
  if (!socket.closed && socket[core].endpointCount > 0) return;
  throw new SocketError('EINVAL', { message: `${side} socket must be bound or connected` });
}

/** Messages moved in one direction before the other gets its turn. */
const BURST = 1000;
