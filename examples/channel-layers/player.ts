/** Player: a process of the demonstration, which its parent gives one task after the other. */

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** The tasks that a player can do, by name. */
export type Skills = Readonly<Record<string, (argument: never) => Promise<unknown>>>;

/** The parent's side. */
export class Player {
  readonly name: string;
  readonly #child: ChildProcess;
  readonly #ended: Promise<never>;

  private constructor(name: string, child: ChildProcess) {
    this.name = name;
    this.#child = child;
    this.#ended = once(child, 'exit').then(([code, signal]) => {
      throw new Error(`${name} ended early (${signal ?? `exit code ${code}`})`);
    });
    this.#ended.catch(() => {});
  }

  /** Starts `program` of this folder. Settles when it is ready. */
  static async start(
    name: string,
    program: string,
    words: readonly string[],
    signal: AbortSignal,
  ): Promise<Player> {
    const child = fork(join(import.meta.dirname, program), words, {
      serialization: 'advanced',
      signal,
    });
    const player = new Player(name, child);
    await player.#answer();
    return player;
  }

  /** Asks one question and resolves to its answer. Ask the next one after that. */
  async ask<T>(question: string, argument?: unknown): Promise<T> {
    this.#child.send([question, argument]);
    return (await this.#answer()) as T;
  }

  /** Has the player end. Settles when it has ended. */
  async end(): Promise<void> {
    this.#child.disconnect();
    await this.#ended.catch(() => {});
  }

  async #answer(): Promise<unknown> {
    const [answer] = await Promise.race([once(this.#child, 'message'), this.#ended]);
    return answer;
  }
}

/** The child's side: reports that it is ready, and answers until its parent disconnects; then calls `last`. */
export function perform(skills: Skills, last: () => Promise<void>): void {
  process.on('message', async ([question, argument]: [string, never]) => {
    process.send!(await skills[question]!(argument));
  });
  process.once('disconnect', last);
  process.send!('ready');
}
