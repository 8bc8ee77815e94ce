/** Turns: when a loop of calls owes the event loop a turn. */

import { setImmediate, setTimeout } from 'node:timers';

/**
 * Lets a loop of calls that never wait see a turn of the event loop now and then: such a loop runs in microtasks,
 * and timers and I/O would starve. A turn is due a millisecond after the last one, or as long as that took where it took longer,
 * whatever the number of calls. Before that, when a loop begins, some are due by the number of calls, and last until timers have
 * had theirs.
 */
export class Turns {
  readonly #counts: boolean;
  #run = 0;
  /** How many of the first turns are still to come. */
  #early = EARLY_TURNS;
  /** The turn of the event loop in which this run began; undefined before the clock was looked at. */
  #beganIn: number | undefined;
  /** After how many calls the clock is looked at: more of them, the quicker they are. */
  #stride = STRIDE_MIN;
  #unchecked = 0;
  #checkedAt = 0;

  /** `counts`: a turn is due after `CALLS_MAX` calls, too, however quick they are. */
  constructor(counts: boolean) {
    this.#counts = counts;
  }

  /** Counts `count` calls that were served without a wait, and says whether a turn is due. Hot: once per message. */
  due(count: number): boolean {
    this.#run += count;
    this.#unchecked += count;
    if (this.#run >= CALLS_MAX) return this.#full();
    return this.#unchecked >= this.#stride && this.#look();
  }

  /** Resolves with `value` on the next turn of the event loop. */
  later<T>(value: T): Promise<T> {
    const early = this.#early > 0 && !this.#waited;
    this.#restart();
    if (!early) return nextTurn(value);
    this.#early--;
    return new Promise((resolve) => {
      setTimeout(resolve, TURN_INTERVAL, value);
    });
  }

  /** So many calls that a turn may be due for their number. */
  #full(): boolean {
    const due = this.#counts || (this.#early > 0 && !this.#waited);
    if (!due) this.#restart();
    return due;
  }

  /** The event loop has turned since this run began: it has calls that wait. */
  get #waited(): boolean {
    return this.#beganIn !== turnCount;
  }

  #restart(): void {
    this.#run = 0;
    this.#beganIn = undefined;
  }

  #look(): boolean {
    const now = performance.now();
    if (now - this.#checkedAt > LOOP_PAUSE) this.#early = EARLY_TURNS;
    this.#beganIn ??= turnCount;
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
    if (now - turnBegan < interval) return false;
    runEnded = now;
    return true;
  }
}

/** Milliseconds after which a turn is due: at least as long as a timer waits, and at most. */
const TURN_INTERVAL = 1;
const TURN_INTERVAL_MAX = 8;

/** When the clock was first looked at since the last turn of the event loop, by any socket: they all share it. */
let turnBegan: number | undefined;

/** Turns of the event loop since then, as far as somebody looked at the clock in them. */
let turnCount = 0;

/** When a run was found to owe the turn that comes. */
let runEnded: number | undefined;

/**
 * Milliseconds after which the next turn is due: as many as the last one took. A publisher writes to each of its subscribers in a turn;
 * where that takes longer than to make what is written, each write would carry but a few messages, to 1000 subscribers eight.
 */
let interval = TURN_INTERVAL;

function turned(): void {
  turnBegan = undefined;
  turnCount++;
  if (runEnded === undefined) return;
  const took = performance.now() - runEnded;
  // By steps: one turn that the system has interrupted says little.
  interval = Math.max(TURN_INTERVAL, Math.min(took, 2 * interval, TURN_INTERVAL_MAX));
  runEnded = undefined;
}

/** `value`, on the next turn of the event loop. */
export function nextTurn<T>(value: T): Promise<T> {
  return new Promise((resolve) => {
    setImmediate(resolve, value);
  });
}

/**
 * Calls in a row: fewer `send`s than fit a queue by default, so that a loop of them gives a slow kernel its chance before
 * a publisher has to drop. zeromq.js has 512.
 */
const CALLS_MAX = 512;

/** The first turns of a loop, and the milliseconds without a call after which another one has begun. */
const EARLY_TURNS = 4;
const LOOP_PAUSE = 1_000;

/** Milliseconds between two looks at the clock that are often enough. */
const LOOK_INTERVAL = 0.1;

/** A look takes as long as a tenth of a call. */
const STRIDE_MIN = 8;
const STRIDE_MAX = 64;
