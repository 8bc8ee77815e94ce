/** Command: one subcommand, its options, and the text of its help. */

import type { Arguments, OptionSet } from './arguments.ts';
import type { Terminal } from './terminal.ts';

/** One subcommand. */
export interface Command {
  readonly name: string;
  /** One line for the list of all subcommands. */
  readonly summary: string;
  /** What follows the name: `[OPTIONS] [PART...]`. */
  readonly usage: string;
  /** A few lines for its own help. */
  readonly description: string;
  readonly options: OptionSet;
  /** Command lines that can be typed, each with a remark behind `#` where it needs one. */
  readonly examples: readonly string[];
  /** Runs it, and resolves to the exit code. */
  run(given: Arguments, terminal: Terminal): Promise<number>;
}

/** Exit codes of the program. */
export const EXIT = {
  done: 0,
  failed: 1,
  misused: 2,
  timedOut: 3,
  interrupted: 130,
} as const;
