/** Deadline: a timer for any number of milliseconds, where `setTimeout` takes more than 2³¹−1 for 1. */

import { clearTimeout, setTimeout } from 'node:timers';

/** A timer that can be stopped. */
export class Deadline {
  readonly #callback: () => void;
  #left: number;
  #timer: NodeJS.Timeout | undefined;
  #unreferenced = false;

  /**
   * Calls `callback` once, after `time` milliseconds: 0 = on the next turn, Infinity = never.
   * @throws RangeError for NaN
   */
  constructor(time: number, callback: () => void) {
    if (Number.isNaN(time)) throw new RangeError('time is NaN, expected milliseconds');
    this.#callback = callback;
    this.#left = time;
    if (time !== Number.POSITIVE_INFINITY) this.#arm();
  }

  /** Does not call back any more. */
  clear(): void {
    clearTimeout(this.#timer);
  }

  /** Does not keep the process alive. */
  unref(): this {
    this.#unreferenced = true;
    this.#timer?.unref();
    return this;
  }

  #arm(): void {
    const time = Math.min(this.#left, TIMER_MAX);
    this.#left -= time;
    this.#timer = setTimeout(() => {
      if (this.#left > 0) this.#arm();
      else this.#callback();
    }, time);
    if (this.#unreferenced) this.#timer.unref();
  }
}

/** The longest time of `setTimeout`, in milliseconds: 24 days. */
const TIMER_MAX = 0x7fff_ffff;
