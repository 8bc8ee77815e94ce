/** Flags: the command line of a daemon. */

import { type ParseArgsConfig, parseArgs } from 'node:util';
import { ConfigError } from './config.ts';

/** Options of a daemon's own, as `parseArgs` of `node:util` takes them. */
export type FlagDeclarations = NonNullable<ParseArgsConfig['options']>;

/** What was given on the command line. */
export interface Flags {
  /** `-c`, `--config`: an INI or JSON file. */
  readonly config?: string | undefined;
  /** `-t`, `--title`: what the process is called, and its records. */
  readonly title?: string | undefined;
  /** `-l`, `--log-handler`: log by this handler of the file only. */
  readonly logHandler?: string | undefined;
  /** `--blocking-log-threshold`: seconds after which a blocked event loop is worth a warning; 0 = never. Default 5. */
  readonly blockingLogThreshold: number;
  /** The daemon's own. */
  readonly own: Readonly<Record<string, string | boolean | readonly (string | boolean)[]>>;
}

/**
 * Understands `argv`.
 * @throws ConfigError for what it does not know
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
