/** RunAll: several daemons, each in a process or a thread of its own, supervised by this one. */

import { setTimeout } from 'node:timers';
import { isMainThread, parentPort } from 'node:worker_threads';
import { type Child, startProcess, startThread } from '../base/child.ts';
import { compiledBy } from '../base/compiled.ts';
import { pause } from '../base/pause.ts';
import { SocketError } from '../sockets/index.ts';
import type { ChannelDeclarations } from './channel.ts';
import { ConfigError, loadConfig } from './config.ts';
import type { Daemon, DaemonClass } from './daemon.ts';
import { type FlagDeclarations, parseFlags } from './flags.ts';
import { Logger } from './log.ts';
import { type RestartPolicy, Restarts } from './restart.ts';
import { run } from './run.ts';

/** One daemon class, and how many daemons of it to run. */
export interface Member<C extends ChannelDeclarations> {
  /** The class. */
  readonly daemon: DaemonClass<C>;
  /** How many to run. If given, their titles are numbered: `(my:worker:3)`. Default 1. */
  readonly count?: number;
  /** When to restart them. Default: as the options of `runAll` say. */
  readonly restart?: RestartPolicy;
}

/** Options of `runAll`. */
export interface RunAllOptions {
  /** The command line of all daemons. Default: that of this process. */
  readonly argv?: readonly string[];
  /**
   * Path of the program that calls `runAll`, which is started once for each daemon. Default: that of this process. A program
   * compiled into one file can start only itself as a process: there this option is for threads alone.
   */
  readonly program?: string;
  /** Whether each daemon runs in a process or a thread of its own. Default `process`. */
  readonly where?: 'process' | 'thread';
  /** When to restart members that have no policy of their own. Default: the defaults of RestartPolicy. */
  readonly restart?: RestartPolicy;
  /** Milliseconds a daemon has to terminate before it is killed. Default 15 000. */
  readonly patience?: number;
  /** Aborting it terminates all. Default none. */
  readonly signal?: AbortSignal;
}

/**
 * Runs all `members` until they have ended, and restarts them as their policy says. Resolves to the exit code: 0 when all ended
 * with 0, else the first other one; 2 for a mistake in flags or configuration.
 *
 * The program is started again for each daemon, where this same call runs that daemon alone: every start must reach the call
 * with the same members. `SIGINT` and `SIGTERM` terminate all, `SIGHUP` makes them read their configuration again, `SIGUSR2`
 * makes them log their counters. The daemons end when this process does.
 * @throws SocketError `ENOTSUP` for a second call in a daemon's process or thread, which would start all of them again and again
 * @throws SocketError `ENOTSUP` in a program that was compiled into one file, where its members cannot be started
 */
export async function runAll<const L extends readonly ChannelDeclarations[]>(
  members: { readonly [I in keyof L]: Member<L[I]> },
  options: RunAllOptions = {},
): Promise<number> {
  const all = members as unknown as readonly Member<ChannelDeclarations>[];
  const assignment = process.env[ASSIGNMENT];
  if (assignment !== undefined) {
    // Programs that this one starts must not take themselves for members.
    delete process.env[ASSIGNMENT];
    assigned = true;
    const { index, title } = JSON.parse(assignment) as Assignment;
    const member = all[index];
    if (member === undefined) throw unsupported(`no member ${index}, expected those of the parent`);
    return runMember(member.daemon, title);
  }
  if (assigned) throw unsupported('this process is a daemon of another call of runAll');
  checkStartable(options);
  return new Crew(all, options).run();
}

/** Which daemon a process or thread is for. */
interface Assignment {
  readonly index: number;
  readonly title: string | undefined;
}

/** A command from the parent. */
type Word = 'TERM' | 'RELOAD' | 'STATS';

const ASSIGNMENT = 'ZEROMQ_PURE_DAEMON';

/** This process or thread is one daemon, and must not start others. */
let assigned = false;

function checkStartable({ program, where = 'process' }: RunAllOptions): void {
  const compiled = compiledBy();
  if (compiled === undefined) return;
  if (where === 'process' && program !== undefined) {
    throw unsupported('a program compiled into one file cannot start another: leave out program');
  }
  if (compiled === 'sea' && where === 'thread' && program === undefined) {
    throw unsupported(
      "a program compiled into one file has no file for threads: name one in the option program, or use where: 'process'",
    );
  }
}

function unsupported(message: string): SocketError {
  return new SocketError('ENOTSUP', { message });
}

/** Runs one daemon in the process or thread that was started for it. */
async function runMember(
  Class: DaemonClass<ChannelDeclarations>,
  title: string | undefined,
): Promise<number> {
  let daemon: Daemon | undefined;
  const obey = (word: unknown) => {
    if (word === 'TERM') daemon?.terminate();
    else if (word === 'RELOAD') daemon?.reload();
    else if (word === 'STATS') daemon?.log.info('%s', JSON.stringify(daemon.stats()));
  };
  const orphaned = () => daemon?.terminate();
  // Ctrl-C reaches all processes of the terminal; the parent passes it on.
  const ignore = () => {};
  const port = isMainThread ? undefined : parentPort!;
  if (port !== undefined) {
    port.on('message', obey);
    port.unref();
  } else {
    process.on('message', obey);
    process.on('disconnect', orphaned);
    process.on('SIGINT', ignore);
  }
  const code = await run(Class, {
    title,
    signals: false,
    made: (made) => {
      daemon = made;
      if (port === undefined) {
        process.title = made.title;
        process.on('SIGTERM', orphaned);
        // The parent may have gone before `disconnect` was listened for.
        if (!process.connected) orphaned();
      }
    },
  });
  if (port !== undefined) {
    port.postMessage({ code });
    port.off('message', obey);
  } else {
    process.off('message', obey);
    process.off('disconnect', orphaned);
    process.off('SIGTERM', orphaned);
    if (process.connected) process.disconnect();
  }
  process.exitCode = code;
  return code;
}

/** The parent's side: starts, restarts and ends all members. */
class Crew {
  readonly #members: readonly Member<ChannelDeclarations>[];
  readonly #options: RunAllOptions;
  readonly #running = new Set<Post>();
  /** Aborts when all shall end; no member is restarted then. */
  readonly #stop = new AbortController();
  #log!: Logger;
  #code = 0;

  constructor(members: readonly Member<ChannelDeclarations>[], options: RunAllOptions) {
    this.#members = members;
    this.#options = options;
  }

  async run(): Promise<number> {
    const { argv = process.argv.slice(2), signal } = this.#options;
    try {
      this.#log = logOf(this.#members, argv);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      process.stderr.write(`${error.message}\n`);
      return 2;
    }
    const stop = () => this.#end();
    const reload = () => this.#tell('RELOAD');
    const tell = () => this.#tell('STATS');
    const listeners = { SIGINT: stop, SIGTERM: stop, SIGHUP: reload, SIGUSR2: tell } as const;
    for (const [name, listener] of Object.entries(listeners)) process.on(name, listener);
    if (signal?.aborted) stop();
    signal?.addEventListener('abort', stop, { once: true });
    try {
      const lives: Promise<void>[] = [];
      for (const [index, { count, daemon }] of this.#members.entries()) {
        const own = daemon.title ?? daemon.name;
        for (let i = 1; i <= (count ?? 1); i++) {
          const title = count === undefined ? own : numbered(own, i);
          lives.push(this.#keep({ index, title }));
        }
      }
      await Promise.all(lives);
    } finally {
      for (const [name, listener] of Object.entries(listeners)) process.off(name, listener);
      signal?.removeEventListener('abort', stop);
      await this.#log.close();
    }
    return this.#code;
  }

  /** Runs one daemon, and restarts it, until it ends for good. */
  async #keep(assignment: Assignment): Promise<void> {
    const { restart = this.#options.restart } = this.#members[assignment.index]!;
    const restarts = new Restarts(restart);
    const { title } = assignment;
    while (!this.#stop.signal.aborted) {
      const began = performance.now();
      const code = await this.#life(assignment);
      const ending = this.#stop.signal.aborted;
      const delay = ending ? undefined : restarts.next(code, performance.now() - began);
      if (delay === undefined) {
        if (code !== 0) {
          this.#log.error('%s ended with exit code %d', title, code);
          if (this.#code === 0) this.#code = code;
        }
        return;
      }
      this.#log.warning('%s ended with exit code %d, restart in %d ms', title, code, delay);
      await pause(delay, this.#stop.signal);
    }
  }

  async #life(assignment: Assignment): Promise<number> {
    const { where = 'process', program, argv = process.argv.slice(2) } = this.#options;
    const env = { ...process.env, [ASSIGNMENT]: JSON.stringify(assignment) };
    const post =
      where === 'thread' ? threadPost(program, argv, env) : processPost(program, argv, env);
    this.#running.add(post);
    const code = await post.finished;
    this.#running.delete(post);
    return code;
  }

  #tell(word: Word): void {
    for (const post of this.#running) post.child.post(word);
  }

  #end(): void {
    this.#stop.abort();
    this.#tell('TERM');
    const { patience = 15_000 } = this.#options;
    setTimeout(() => {
      for (const post of this.#running) post.child.kill();
    }, patience).unref();
  }
}

/** The process or thread in which one daemon runs. */
interface Post {
  /** Resolves to its exit code. */
  readonly finished: Promise<number>;
  readonly child: Child;
}

/** Starts `program`; one that is compiled into its executable starts that executable again. */
function processPost(program: string | undefined, argv: readonly string[], env: Env): Post {
  const file =
    program === undefined && compiledBy() !== undefined ? undefined : (program ?? process.argv[1]!);
  const child = startProcess(file, argv, { env });
  const finished = new Promise<number>((resolve) => {
    child.listen(
      () => {},
      ({ code, signal, error }) => {
        if (error !== undefined) resolve(1);
        else resolve(code ?? 128 + (SIGNAL_NUMBERS[signal!] ?? 0));
      },
    );
  });
  return { finished, child };
}

function threadPost(program: string | undefined, argv: readonly string[], env: Env): Post {
  const child = startThread(program ?? process.argv[1]!, { argv: [...argv], env });
  let said: number | undefined;
  const finished = new Promise<number>((resolve) => {
    child.listen(
      (message) => {
        said = (message as { code?: number }).code;
      },
      ({ code, error }) => {
        if (error !== undefined) process.stderr.write(`${error.stack ?? error.message}\n`);
        resolve(error === undefined ? (said ?? code!) : 1);
      },
    );
  });
  return { finished, child };
}

type Env = NodeJS.ProcessEnv;

/** The log of the parent, configured as that of the first member. `argv` may have flags of any member. */
function logOf(members: readonly Member<ChannelDeclarations>[], argv: readonly string[]): Logger {
  const flags: FlagDeclarations = {};
  for (const { daemon } of members) Object.assign(flags, daemon.flags);
  const { config: path, logHandler } = parseFlags(argv, flags);
  const first = members[0]?.daemon;
  const appName = first?.appName ?? first?.name ?? '';
  return new Logger('runAll', `(${appName})`, loadConfig({ path, appName, logHandler }).log);
}

/** `(my:worker:3)` for `(my:worker)`. */
function numbered(title: string, number: number): string {
  return title.endsWith(')') ? `${title.slice(0, -1)}:${number})` : `${title}:${number}`;
}

const SIGNAL_NUMBERS: Readonly<Partial<Record<NodeJS.Signals, number>>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGABRT: 6,
  SIGKILL: 9,
  SIGSEGV: 11,
  SIGTERM: 15,
};
