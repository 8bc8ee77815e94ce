/** Flags: the command line of a daemon. */

import { type ParseArgsConfig, parseArgs } from 'node:util';
import { ConfigError } from './config.ts';

/** Declarations of a daemon's own flags, as `parseArgs` of `node:util` takes them. */
export type FlagDeclarations = NonNullable<ParseArgsConfig['options']>;

/** The flags of a command line. */
export interface Flags {
  /** `-c`, `--config`: an INI or JSON file. */
  readonly config?: string | undefined;
  /** `-t`, `--title`: name of the process and of its log records. */
  readonly title?: string | undefined;
  /** `-l`, `--log-handler`: name of the one log handler to use. */
  readonly logHandler?: string | undefined;
  /** `--blocking-log-threshold`: seconds that the event loop may be blocked before a warning; 0 = no warnings. Default 5. */
  readonly blockingLogThreshold: number;
  /** Values of the daemon's own flags, by name. */
  readonly own: Readonly<Record<string, string | boolean | readonly (string | boolean)[]>>;
}

/**
 * Parses `argv`.
 * @throws ConfigError for an unknown flag, or a value that does not fit
 */
export function parseFlags(argv: readonly string[], own: FlagDeclarations = {}): Flags {
  try {
    const { values } = parseArgs({ args: [...argv], options: { ...own, ...OPTIONS } });
    const {
      config,
      title,
      'log-handler': logHandler,
      'blocking-log-threshold': threshold,
      ...rest
    } = values as Record<string, string>;
    const seconds = Number(threshold ?? 5);
    if (!(seconds >= 0)) throw new Error(`--blocking-log-threshold must be seconds: ${threshold}`);
    return { config, title, logHandler, blockingLogThreshold: seconds, own: rest };
  } catch (error) {
    throw new ConfigError((error as Error).message, { cause: error });
  }
}

const OPTIONS = {
  config: { type: 'string', short: 'c' },
  title: { type: 'string', short: 't' },
  'log-handler': { type: 'string', short: 'l' },
  'blocking-log-threshold': { type: 'string' },
} as const;
