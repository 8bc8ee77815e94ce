/** BusyPoll: keeps the event loop awake for a moment after octets came, where the next ones use to come soon. */

import { setImmediate } from 'node:timers';

/**
 * A process that sleeps between two messages is woken by the kernel, which costs more than the work on a small message. While
 * an immediate is due, the event loop asks the kernel without sleeping. That pays only where octets come again within
 * `budget`: it goes on while nearly all did, stops after two of ten that did not, and is tried again ever more rarely, so
 * that other traffic does not pay for it. A try waits longer for some arrivals: they come late as long as the peer sleeps, who
 * tries as well. Times are milliseconds of `performance.now()`.
 */
export class BusyPoll {
  /** How long after the last octets the loop stays awake. */
  readonly #budget: number;
  readonly #awaken: (turn: () => void) => void;
  readonly #clock: () => number;
  readonly #turn = (): void => this.#spin();
  #spinning = false;
  /** The end of the moment, while awake. */
  #until = 0;
  #heardAt = Number.NEGATIVE_INFINITY;
  /** Rises when it paid, falls when it did not: 0 to `SCORE_MAX`. */
  #score = 0;
  /** Arrivals before it is tried again, and how many that were last time. */
  #rest = 0;
  #pause = 1;
  /** Arrivals after the budget that may still be waited for. */
  #patience = PATIENCE;

  /** `awaken` calls on the next turn of the event loop, which does not sleep before. */
  constructor(
    budget: number,
    awaken: (turn: () => void) => void = setImmediate,
    clock: () => number = () => performance.now(),
  ) {
    this.#budget = budget;
    this.#awaken = awaken;
    this.#clock = clock;
  }

  /** Octets have come. Hot: once per chunk. */
  heard(now: number): void {
    const gap = now - this.#heardAt;
    this.#heardAt = now;
    if (this.#spinning) {
      if (gap > this.#budget) this.#late();
      else if (this.#score < SCORE_MAX) this.#score++;
      else this.#proven();
      this.#until = now + this.#moment();
      return;
    }
    // Being woken takes its time as well, at both ends: what comes a little late may come in time when awake.
    if (gap > NEAR * this.#budget && this.#score < MISS) return;
    if (this.#rest > 0) {
      this.#rest--;
      return;
    }
    this.#spinning = true;
    this.#until = now + this.#moment();
    this.#awaken(this.#turn);
  }

  #late(): void {
    this.#patience--;
    if (this.#score > 0) this.#score--;
  }

  #proven(): void {
    this.#pause = 1;
    this.#patience = PATIENCE;
  }

  #moment(): number {
    return this.#patience > 0 && this.#score < SCORE_MAX ? NEAR * this.#budget : this.#budget;
  }

  #spin(): void {
    if (this.#clock() < this.#until) {
      this.#awaken(this.#turn);
      return;
    }
    this.#spinning = false;
    this.#score -= MISS;
    if (this.#score >= 0) return;
    this.#score = 0;
    this.#pause = Math.min(this.#pause * 4, PAUSE_MAX);
    this.#rest = this.#pause;
    this.#patience = PATIENCE;
  }
}

/**
 * One connection, as far as its octets are worth being awake for: those that come after some have gone. Somebody waits for each
 * step of a conversation; in a stream of one direction nobody does, and sleeping costs less.
 */
export class Conversation {
  readonly #poll: BusyPoll;
  /** What had gone when octets last came. */
  #bytesSent = 0;

  constructor(poll: BusyPoll) {
    this.#poll = poll;
  }

  /** Octets have come, and `bytesSent` have gone so far. Hot: once per chunk. */
  heard(now: number, bytesSent: number): void {
    if (bytesSent === this.#bytesSent) return;
    this.#bytesSent = bytesSent;
    this.#poll.heard(now);
  }
}

/** Ten that paid are worth two that did not. */
const SCORE_MAX = 20;
const MISS = 10;

/** Budgets within which octets may come again for a try, and for how many arrivals it waits so long. */
const NEAR = 8;
const PATIENCE = 32;

/** Arrivals between two tries at most. */
const PAUSE_MAX = 1_024;
