/** Command: one subcommand, what it may be given, and what is said of that in its help. */

import type { Arguments, OptionSet } from './arguments.ts';
import type { Terminal } from './terminal.ts';

/** One subcommand. */
export interface Command {
  readonly name: string;
  /** One line for the list of all. */
  readonly summary: string;
  /** What follows the name: `[OPTIONS] [PART...]`. */
  readonly usage: string;
  /** A few lines for its own help. */
  readonly description: string;
  readonly options: OptionSet;
  /** What can be typed, each a whole line, with a remark behind `#`. */
  readonly examples: readonly string[];
  /** Does it, and resolves to the exit code. */
  run(given: Arguments, terminal: Terminal): Promise<number>;
}

/** What the program tells the shell. */
export const EXIT = {
  done: 0,
  failed: 1,
  misused: 2,
  timedOut: 3,
  interrupted: 130,
} as const;
