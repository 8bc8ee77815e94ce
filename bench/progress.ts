/** Progress: where a run is, on one line that changes; where nobody watches, a line for each scenario. */

import { clearLine, cursorTo } from 'node:readline';

export class Progress {
  readonly #stream: NodeJS.WriteStream;
  readonly #startedAt = performance.now();
  readonly #total: number;
  #done = 0;

  /** `total` scenarios are to come. */
  constructor(total: number, stream: NodeJS.WriteStream = process.stderr) {
    this.#total = total;
    this.#stream = stream;
  }

  /** The next scenario begins. */
  begin(name: string): void {
    this.#done++;
    if (!this.#stream.isTTY) this.#stream.write(`${this.#head} ${name}\n`);
  }

  /** What is being done of it. */
  show(text: string): void {
    if (!this.#stream.isTTY) return;
    this.clear();
    this.#stream.write(`${this.#head} ${text}`.slice(0, this.#stream.columns - 1));
  }

  /** Make room for other output. */
  clear(): void {
    if (!this.#stream.isTTY) return;
    clearLine(this.#stream, 0);
    cursorTo(this.#stream, 0);
  }

  get #head(): string {
    const seconds = Math.round((performance.now() - this.#startedAt) / 1000);
    const time = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
    return `[${this.#done}/${this.#total}, ${time}]`;
  }
}
