/** Meter: counts messages, and shows the count while they flow. */

import { clearInterval, setInterval } from 'node:timers';
import type { OptionSet } from './arguments.ts';
import type { Terminal } from './terminal.ts';

/** The option of every subcommand that counts. */
export const METER_OPTIONS: OptionSet = {
  stats: {
    type: 'boolean',
    help: 'show count and rate on standard error: live on a terminal, once at the end elsewhere',
  },
};

/** Counts messages, and shows the count on standard error if `shown` is true. */
export class Meter {
  count = 0;
  bytes = 0;
  readonly #terminal: Terminal;
  readonly #what: string;
  readonly #shown: boolean;
  readonly #started = performance.now();
  #looked = this.#started;
  #lookedCount = 0;
  #timer: NodeJS.Timeout | undefined;

  /** `what` was done with the messages: `sent`, `received`. */
  constructor(terminal: Terminal, what: string, shown: boolean) {
    this.#terminal = terminal;
    this.#what = what;
    this.#shown = shown;
    if (!shown || !terminal.showsStatus) return;
    this.#timer = setInterval(() => this.#look(), 200).unref();
  }

  add(message: readonly Buffer[]): void {
    this.count++;
    for (const part of message) this.bytes += part.length;
  }

  /** Clears the live line and shows the result. */
  end(): void {
    clearInterval(this.#timer);
    if (!this.#shown) return;
    this.#terminal.status('');
    const seconds = (performance.now() - this.#started) / 1_000;
    this.#terminal.note(this.#text(this.count / seconds, `${seconds.toFixed(2)} s, `));
  }

  #look(): void {
    const now = performance.now();
    const rate = ((this.count - this.#lookedCount) * 1_000) / (now - this.#looked);
    this.#looked = now;
    this.#lookedCount = this.count;
    this.#terminal.status(this.#text(rate, ''));
  }

  #text(rate: number, time: string): string {
    const messages = this.count === 1 ? 'message' : 'messages';
    return `${grouped(this.count)} ${messages} ${this.#what}, ${grouped(this.bytes)} bytes, ${time}${grouped(rate)}/s`;
  }
}

/** 1234567 as "1 234 567". */
export function grouped(value: number): string {
  return value.toFixed(0).replace(/\B(?=(\d{3})+$)/g, ' ');
}
