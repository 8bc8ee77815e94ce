/** Child: one end as a process of its own. None outlives the run. */

import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** A line an end has printed. */
export type Fact = Readonly<Record<string, unknown>>;

const running = new Set<Child>();

export class Child {
  /** The role it plays. */
  readonly name: string;
  /** Understands `count`. */
  readonly countsHeap: boolean;
  readonly #process: ChildProcess;
  readonly #facts: Fact[] = [];
  #waiting:
    | { keys: readonly string[]; resolve(fact: Fact): void; reject(error: Error): void }
    | undefined;
  #complaint = '';
  #failure: Error | undefined;

  /** Starts `command`, raising the limit on open files to the highest allowed. */
  constructor(command: readonly string[], name: string, countsHeap = false) {
    this.name = name;
    this.countsHeap = countsHeap;
    // Node does this for itself since version 14, other programs do not.
    const shell = 'ulimit -n "$(ulimit -H -n)" 2>/dev/null; exec "$@"';
    this.#process = spawn('/bin/sh', ['-c', shell, 'sh', ...command], {
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    running.add(this);
    createInterface({ input: this.#process.stdout! }).on('line', (line) => this.#heard(line));
    this.#process.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.#complaint = (this.#complaint + text).slice(-4096);
    });
    this.#process.stdin!.on('error', () => {}); // it has ended: 'close' says so, too
    this.#process.on('error', (error) => this.#fail(error));
    this.#process.on('close', (code, signal) => {
      running.delete(this);
      this.#fail(new Error(`${name} ended early (${signal ?? code})${lastLine(this.#complaint)}`));
    });
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** The next fact that has one of `keys`. Rejects when the process ends, or after `timeout` milliseconds. */
  async fact(keys: string | readonly string[], timeout: number): Promise<Fact> {
    const wanted = typeof keys === 'string' ? [keys] : keys;
    const at = this.#facts.findIndex((fact) => wanted.some((key) => key in fact));
    if (at >= 0) return this.#facts.splice(at, 1)[0]!;
    if (this.#failure !== undefined) throw this.#failure;
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise<Fact>((resolve, reject) => {
        this.#waiting = { keys: wanted, resolve, reject };
        const late = `${this.name} said nothing of "${wanted.join('" or "')}" for ${timeout / 1000} s`;
        timer = setTimeout(() => reject(new Error(late)), timeout);
      });
    } finally {
      clearTimeout(timer);
      this.#waiting = undefined;
    }
  }

  tell(word: string): void {
    this.#process.stdin!.write(`${word}\n`);
  }

  /** Rejects when the process ends on its own; never settles otherwise. */
  async failed(): Promise<never> {
    if (this.#failure !== undefined) throw this.#failure;
    return new Promise((_, reject) => {
      this.#process.once('close', () => reject(this.#failure));
    });
  }

  /** End it at once: it has nothing left that anybody wants. Settles when it is gone. */
  end(): Promise<void> {
    if (!running.has(this)) return Promise.resolve();
    return new Promise((resolve) => {
      this.#process.once('close', () => resolve());
      this.#process.kill('SIGKILL');
    });
  }

  #heard(line: string): void {
    let fact: Fact;
    try {
      fact = JSON.parse(line);
    } catch {
      this.#fail(new Error(`${this.name} printed "${line.slice(0, 100)}"`));
      return;
    }
    const waiting = this.#waiting;
    if (waiting === undefined || !waiting.keys.some((key) => key in fact)) {
      this.#facts.push(fact);
      return;
    }
    // At once: another line of the same read may have one of its keys too, and is for who asks next.
    this.#waiting = undefined;
    waiting.resolve(fact);
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#waiting?.reject(this.#failure);
  }
}

/** End all that run. */
export async function endAll(): Promise<void> {
  await Promise.all([...running].map((child) => child.end()));
}

/** The line of a stack or a complaint that says most. */
function lastLine(text: string): string {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const told = lines.find((line) => /^\w*Error\b/.test(line)) ?? lines.at(-1);
  return told === undefined ? '' : `: ${told.trim()}`;
}
