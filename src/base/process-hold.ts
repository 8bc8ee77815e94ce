/** ProcessHold: what lets a process end while sockets are idle, and not while something waits. */

import { clearInterval, setInterval } from 'node:timers';

/** Something waits between `hold` and `release`. */
export interface Hold {
  hold(): void;
  release(): void;
}

/**
 * Everything that a socket opens is unreferenced; one timer, referenced while somebody holds, keeps the
 * event loop running for all.
 */
export class ProcessHold implements Hold {
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

  /** Lets the process end, whatever has not released yet. */
  end(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
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
  readonly #processHold: ProcessHold;
  readonly #settled: () => void;
  #count = 0;

  /** `settled` is called whenever the last of them has settled. */
  constructor(processHold: ProcessHold, settled: () => void) {
    this.#processHold = processHold;
    this.#settled = settled;
  }

  get count(): number {
    return this.#count;
  }

  hold(): void {
    this.#count++;
    this.#processHold.hold();
  }

  release(): void {
    this.#processHold.release();
    if (--this.#count === 0) this.#settled();
  }
}

const LONG = 0x7fff_ffff;
