/** ReceiveBudget: octets of unread messages that all pipes of a socket may hold together (`receiveHighWaterMarkBytes`). */

/** A pipe that reads no more from its peer until the budget has room. */
export interface BudgetWaiter {
  /** The budget has room again. */
  regain(): void;
}

export class ReceiveBudget {
  /** Octets; 0 = no limit. */
  cap: number;
  #held = 0;
  #waiting: BudgetWaiter[] = [];

  constructor(cap: number) {
    this.cap = cap;
  }

  get full(): boolean {
    return this.cap > 0 && this.#held >= this.cap;
  }

  /** Counts `octets` that have arrived and are unread. */
  take(octets: number): void {
    this.#held += octets;
  }

  /** Uncounts `octets` that have been read; resumes the waiters once half of the cap is free. */
  give(octets: number): void {
    this.#held -= octets;
    if (this.#waiting.length === 0 || (this.cap > 0 && this.#held > this.cap / 2)) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const waiter of waiting) waiter.regain();
  }

  /** Calls `waiter.regain` once, when there is room. */
  wait(waiter: BudgetWaiter): void {
    this.#waiting.push(waiter);
  }
}
