/** Turns: when a loop of calls owes the event loop a turn. */

import { setImmediate } from 'node:timers';

/**
 * Lets a loop of calls that never wait see a turn of the event loop now and then: such a loop runs in microtasks,
 * and timers and I/O would starve. A turn is due a millisecond after the last one, whatever the number of calls.
 */
export class Turns {
  readonly #most: number;
  #run = 0;
  /** After how many calls the clock is looked at: more of them, the quicker they are. */
  #stride = STRIDE_MIN;
  #unchecked = 0;
  #checkedAt = 0;

  /** `most`: calls served in a row without a turn, however quick they are. Default: any number. */
  constructor(most: number = Number.POSITIVE_INFINITY) {
    this.#most = most;
  }

  /** `count` more calls were served at once: is a turn due? Hot: once per message. */
  due(count: number): boolean {
    this.#run += count;
    if (this.#run >= this.#most) {
      this.#run = 0;
      return true;
    }
    this.#unchecked += count;
    return this.#unchecked >= this.#stride && this.#look();
  }

  #look(): boolean {
    const now = performance.now();
    const quick = now - this.#checkedAt < LOOK_INTERVAL;
    this.#stride = quick
      ? Math.min(this.#stride * 2, STRIDE_MAX)
      : Math.max(this.#stride / 2, STRIDE_MIN);
    this.#checkedAt = now;
    this.#unchecked = 0;
    if (turnBegan === undefined) {
      turnBegan = now;
      setImmediate(turned);
      return false;
    }
    return now - turnBegan >= TURN_INTERVAL;
  }
}

/** When the clock was first looked at since the last turn of the event loop, by any socket: they all share it. */
let turnBegan: number | undefined;

function turned(): void {
  turnBegan = undefined;
}

/** `value`, on the next turn of the event loop. */
export function nextTurn<T>(value: T): Promise<T> {
  return new Promise((resolve) => {
    setImmediate(resolve, value);
  });
}

/**
 * `send`s in a row: fewer than fit a queue by default, so that a loop of them gives a slow kernel its chance before
 * a publisher has to drop. zeromq.js has 512.
 */
export const SENDS_MAX = 512;

/** Milliseconds after which a turn is due: as long as a timer waits at least. */
const TURN_INTERVAL = 1;

/** Milliseconds between two looks at the clock that are often enough. */
const LOOK_INTERVAL = 0.1;

/** A look takes as long as a tenth of a call. */
const STRIDE_MIN = 8;
const STRIDE_MAX = 64;
