/** Command: one subcommand, what it may be given, and what is said of that in its help. */

import type { Arguments } from './arguments.ts';
import type { Terminal } from './terminal.ts';

/** An option on the command line. */
export interface Option {
  readonly type: 'boolean' | 'string';
  readonly short?: string;
  /** May be given several times. */
  readonly multiple?: boolean;
  /** What stands for its value in the help: `N`. */
  readonly value?: string;
  readonly help: string;
}

/** Options by their names. */
export type OptionSet = Readonly<Record<string, Option>>;

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
