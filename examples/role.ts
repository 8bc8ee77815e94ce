/** What every example shares: its roles take endpoints, a signal and a log, and can be run as commands. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { basename } from 'node:path';
import { createInterface } from 'node:readline';

/** What every role is given beside its endpoints. */
export interface Run {
  /** Aborts when the role shall end. */
  readonly signal: AbortSignal;
  /** Takes one line for people to read. */
  readonly log: (line: string) => void;
}

/** One role as a command: `words` is what follows its name on the command line. */
export type Command = (run: Run, words: string[]) => Promise<void>;

/** The command lines of a whole example, each a process of its own. */
export interface Cast {
  /** Those that end by themselves. When all have, so does the example. */
  readonly until: readonly string[];
  /** Those that serve until they are told to end. */
  readonly beside?: readonly string[];
  /** Those of both that start before the others, one by one, each when the previous one has logged a line. */
  readonly first?: readonly string[];
}

/** The tcp endpoint at `port` of this machine. */
export function local(port: string | number): string {
  return `tcp://127.0.0.1:${port}`;
}

/**
 * Closes `sockets` when `signal` aborts: a loop over one of them ends, a pending call rejects.
 * What is still queued then is of no use to anyone, and must not keep the process waiting.
 */
export function closeOnAbort(
  signal: AbortSignal,
  ...sockets: { readonly closed: boolean; linger: number; close(): void }[]
): void {
  signal.addEventListener('abort', () => {
    for (const socket of sockets) {
      if (socket.closed) continue;
      socket.linger = 0;
      socket.close();
    }
  });
}

/**
 * Does what the command line says if `meta` is the program that was started: `ROLE [WORDS]` plays one role until
 * it ends or Ctrl-C, nothing plays the whole cast.
 */
export async function perform(
  meta: ImportMeta,
  roles: Readonly<Record<string, Command>>,
  cast: Cast,
): Promise<void> {
  if (process.argv[1] !== meta.filename) return;
  const [name, ...words] = process.argv.slice(2);
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
  const run: Run = { signal: stop.signal, log: (line) => console.log(line) };
  try {
    if (name === undefined) await playAll(meta.filename, cast, run);
    else if (Object.hasOwn(roles, name)) await roles[name]!(run, words);
    else {
      const example = basename(meta.filename);
      const all = [...(cast.beside ?? []), ...cast.until].map((line) => `  ${example} ${line}\n`);
      process.stderr.write(`The whole example:\n  ${example}\nIts roles:\n${all.join('')}`);
      process.exitCode = name === '--help' ? 0 : 2;
    }
  } catch (error) {
    // A role that is ended may fail because its sockets were closed.
    if (stop.signal.aborted) return;
    console.error(`${basename(meta.filename)}: ${(error as Error).message}`);
    process.exitCode = 1;
  }
}

/** Plays every role of `cast` in a process of its own. Each line is shown behind the name of its role. */
async function playAll(file: string, cast: Cast, { signal, log }: Run): Promise<void> {
  const { first = [], beside = [], until } = cast;
  const players = new Map<string, Player>();
  signal.addEventListener('abort', () => endAll(players.values()));

  const start = (line: string): Player => {
    const child = spawn(process.execPath, [file, ...line.split(' ')], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const lines = createInterface({ input: child.stdout });
    lines.on('line', (text) => log(`${line}: ${text}`));
    const ended = once(child, 'close').then(([code]) => {
      if (code !== 0) throw new Error(`"${line}" ended with exit code ${code}`);
    });
    ended.catch(() => {});
    const player = { child, ended, heard: () => Promise.race([once(lines, 'line'), ended]) };
    players.set(line, player);
    return player;
  };
  const allEnded = (lines: readonly string[]): Promise<unknown> =>
    Promise.all(lines.map((line) => players.get(line)!.ended));
  try {
    for (const line of first) await start(line).heard();
    for (const line of [...beside, ...until]) if (!players.has(line)) start(line);
    // Of the serving roles only a failure is reported.
    const failure = allEnded(beside).then(() => allEnded(until));
    await Promise.race([allEnded(until), failure]);
  } finally {
    endAll(players.values());
    await Promise.allSettled([...players.values()].map(({ ended }) => ended));
  }
}

interface Player {
  readonly child: ChildProcess;
  /** Rejects when it did not end well. */
  readonly ended: Promise<void>;
  /** Settles when it has logged a line, or has ended. */
  heard(): Promise<unknown>;
}

function endAll(players: Iterable<Player>): void {
  for (const { child } of players) {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGINT');
  }
}
