/** KeepAlive: what lets a process end while sockets are idle, and not while something waits. */

import { setInterval } from 'node:timers';

/** Something waits between `hold` and `release`. */
export interface Hold {
  hold(): void;
  release(): void;
}

/**
 * Everything that a socket opens is unreferenced; one timer, referenced while somebody holds, keeps the
 * event loop running for all.
 */
export class KeepAlive implements Hold {
  #count = 0;
  #timer: NodeJS.Timeout | undefined;

  hold(): void {
    if (this.#count++ > 0) return;
    if (this.#timer === undefined) this.#timer = setInterval(() => {}, LONG);
    else this.#timer.ref();
  }

  release(): void {
    if (--this.#count === 0) this.#timer?.unref();
  }

  /** Holds until `promise` has settled. */
  async during<T>(promise: Promise<T>): Promise<T> {
    this.hold();
    try {
      return await promise;
    } finally {
      this.release();
    }
  }
}

/** The calls of one socket that wait: they keep the process alive, and the socket. */
export class Calls implements Hold {
  readonly #keepAlive: KeepAlive;
  readonly #over: () => void;
  #count = 0;

  /** `over` is called whenever the last of them has settled. */
  constructor(keepAlive: KeepAlive, over: () => void) {
    this.#keepAlive = keepAlive;
    this.#over = over;
  }

  get count(): number {
    return this.#count;
  }

  hold(): void {
    this.#count++;
    this.#keepAlive.hold();
  }

  release(): void {
    this.#keepAlive.release();
    if (--this.#count === 0) this.#over();
  }
}

const LONG = 0x7fff_ffff;
