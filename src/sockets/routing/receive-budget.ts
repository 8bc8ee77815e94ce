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

  /** `octets` have come and wait to be read. */
  take(octets: number): void {
    this.#held += octets;
  }

  /** `octets` have been read; whoever waits is told once half of the cap is free. */
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
