/** Run: one daemon as the program of this process, with its flags, configuration and signals. */

import type { ChannelDeclarations } from './channel.ts';
import { ConfigError, loadConfig } from './config.ts';
import type { Daemon, DaemonClass } from './daemon.ts';
import { parseFlags } from './flags.ts';

/** Options of `run`. */
export interface RunOptions {
  /** The command line. Default: that of this process. */
  readonly argv?: readonly string[];
  /** Title of the daemon; the flag `-t` overrides it. Default: that of the class. */
  readonly title?: string | undefined;
  /** Aborting it terminates the daemon. Default none. */
  readonly signal?: AbortSignal | undefined;
  /** Whether the daemon obeys the signals of this process. Default true. */
  readonly signals?: boolean;
  /** Called with the daemon before it begins. Default none. */
  readonly made?: (daemon: Daemon) => void;
}

/**
 * Runs a daemon until it has terminated. Resolves to the exit code: 0; 1 when it failed, which is logged; 2 for a mistake in
 * flags or configuration, which is written to stderr.
 *
 * `SIGINT` and `SIGTERM` terminate it, a second one ends the process immediately; `SIGHUP` reads the configuration again;
 * `SIGUSR2` logs its counters.
 */
export async function run<C extends ChannelDeclarations>(
  Class: DaemonClass<C>,
  options: RunOptions = {},
): Promise<number> {
  const { argv = process.argv.slice(2), signal, signals = true } = options;
  let daemon: Daemon;
  try {
    const flags = parseFlags(argv, Class.flags);
    const source = {
      path: flags.config,
      appName: Class.appName ?? Class.name,
      logHandler: flags.logHandler,
    };
    daemon = new Class({
      title: flags.title ?? options.title,
      config: loadConfig(source),
      flags: flags.own,
      blockingLogThreshold: flags.blockingLogThreshold,
      reread: () => loadConfig(source),
    }) as unknown as Daemon;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${Class.appName ?? Class.name}: ${error.message}\n`);
    return 2;
  }
  options.made?.(daemon);
  const terminate = () => daemon.terminate();
  if (signal?.aborted) terminate();
  signal?.addEventListener('abort', terminate, { once: true });
  const letGo = signals ? listen(daemon) : () => {};
  try {
    await daemon.run();
    return 0;
  } catch (error) {
    // The log of the daemon is closed by now.
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    process.stderr.write(`${daemon.title} ${Class.name} has failed: ${text}\n`);
    return 1;
  } finally {
    signal?.removeEventListener('abort', terminate);
    letGo();
  }
}

/** Passes signals of this process on to the daemon until the returned function is called. */
function listen(daemon: Daemon): () => void {
  const { name } = daemon.constructor;
  const end = (signal: NodeJS.Signals, number: number) => {
    if (daemon.signal.aborted) process.exit(128 + number);
    daemon.log.info('%s has received terminate signal %s', name, signal);
    daemon.terminate();
  };
  const actions: Partial<Record<NodeJS.Signals, (signal: NodeJS.Signals, number: number) => void>> =
    {
      SIGINT: end,
      SIGTERM: end,
      SIGHUP: () => daemon.reload(),
      SIGUSR2: () => daemon.log.info('%s', JSON.stringify(daemon.stats())),
    };
  const listeners = Object.entries(actions) as [NodeJS.Signals, NodeJS.SignalsListener][];
  for (const [signal, action] of listeners) process.on(signal, action);
  return () => {
    for (const [signal, action] of listeners) process.off(signal, action);
  };
}
