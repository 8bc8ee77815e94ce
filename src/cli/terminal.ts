/** Terminal: where the program reads from and writes to, which may be a person's terminal or a pipe. */

import { once } from 'node:events';
import { clearLine, cursorTo } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { styleText } from 'node:util';

/** Colours of the things that are shown. */
export type Style = Parameters<typeof styleText>[0];

type Output = Writable & { isTTY?: boolean; columns?: number; hasColors?(): boolean };

/** The three streams, with colour and a live line where they are a person's terminal. */
export class Terminal {
  readonly input: Readable & { isTTY?: boolean };
  /** Aborts on Ctrl-C, on SIGTERM, and when the reader of the output has closed it. */
  readonly signal: AbortSignal;
  /** Whether `signal` has aborted by Ctrl-C or SIGTERM. A closed output, as by `| head`, is a normal end. */
  interrupted = false;
  readonly #output: Output;
  readonly #errors: Output;
  readonly #stop = new AbortController();
  #live = '';

  constructor(input: Readable, output: Output, errors: Output) {
    this.input = input;
    this.#output = output;
    this.#errors = errors;
    this.signal = this.#stop.signal;
    output.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
      this.#stop.abort();
    });
  }

  /** Aborts `signal`, as Ctrl-C does. */
  interrupt(): void {
    this.interrupted = true;
    this.#stop.abort();
  }

  /** Stops reading the input, so that it does not keep the program running. */
  close(): void {
    this.input.destroy();
  }

  /** Whether a person reads the results. */
  get isLive(): boolean {
    return this.#output.isTTY === true;
  }

  /** Whether a person sees what `status` shows. */
  get showsStatus(): boolean {
    return this.#errors.isTTY === true;
  }

  /** `text` in colour, if results are shown in colour at all. */
  paint(style: Style, text: string): string {
    return this.isLive && this.#output.hasColors?.() === true ? styleText(style, text) : text;
  }

  /** Writes results. Resolves when the output has room for more. */
  async write(text: string | Buffer): Promise<void> {
    const live = this.isLive ? this.#live : '';
    if (live !== '') this.status('');
    const room = this.#output.write(text);
    if (live !== '') this.status(live);
    if (room || this.signal.aborted) return;
    await once(this.#output, 'drain', { signal: this.signal }).catch(() => {});
  }

  /** Writes one line of results. */
  line(text: string): Promise<void> {
    return this.write(`${text}\n`);
  }

  /** Writes a remark to standard error, apart from the results. */
  note(text: string): void {
    const live = this.#live;
    if (live !== '') this.status('');
    this.#errors.write(`${text}\n`);
    if (live !== '') this.status(live);
  }

  /** Shows `text` in the bottom line of a terminal, in place of the previous text. Does nothing without a terminal. */
  status(text: string): void {
    if (!this.showsStatus || text === this.#live) return;
    cursorTo(this.#errors, 0);
    clearLine(this.#errors, 0);
    this.#live = text;
    this.#errors.write(text.slice(0, Math.max(1, (this.#errors.columns || 80) - 1)));
  }
}
