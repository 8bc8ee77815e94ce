/** System: what is measured side by side, in which styles, and how its ends are started. */

import { execFile } from 'node:child_process';
import { access, mkdir, readdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { BUILT, packageVersion, ROOT } from './build.ts';
import type { Style } from './ends/style.ts';

/** `zeromq-pure`, `libzmq`, `zeromq.js`, `ceiling`, or that of a program of one's own. */
export type SystemName = string;

/** One that can be measured here. */
export interface System {
  readonly name: SystemName;
  /** Of the library under it. */
  readonly version: string;
  /** Program and first arguments of its ends: a role and `key=value` pairs follow. */
  readonly command: readonly string[];
  /** Its ends understand `count`. */
  readonly countsHeap: boolean;
  /** It is measured in each style of a scenario. */
  readonly styled: boolean;
}

/** A program of one's own, to be measured beside the others. */
export interface OwnSystem {
  readonly name: SystemName;
  readonly command: readonly string[];
}

/** One that cannot. */
export interface AbsentSystem {
  readonly name: SystemName;
  /** One line: why, and what would help. */
  readonly reason: string;
}

/** A system in one of its styles: a line of the tables. */
export interface Subject {
  /** `zeromq-pure/batch`; plain `libzmq` where there is one style only. */
  readonly name: string;
  readonly system: SystemName;
  readonly style: Style;
}

/** What each system is, for readers of the results. */
export const SYSTEM_NOTES: Readonly<Record<SystemName, string>> = {
  'zeromq-pure': 'this package, through its public API',
  libzmq: 'programs in C on the libzmq installed here, by reference above 2 KiB',
  'zeromq.js': 'the npm package `zeromq`, the very same script as zeromq-pure',
  ceiling:
    'bare `node:net`: the same frames in blocks of 64 KiB, awaited one by one, and nothing else',
};

/** What each style is. */
export const STYLE_NOTES: Record<Style, string> = {
  await: '`await send()` and `await receive()`, one call for each message',
  iterate: '`await send()`, received by `for await`',
  try: '`trySend()` and `tryReceive()`, waiting only when they say no',
  batch: '`sendMany()` of up to 256 messages or 1 MiB, and `receiveMany()`',
};

/** All systems in the order of the tables: those that can be measured, and those that cannot. */
export async function findSystems(
  own: readonly OwnSystem[] = [],
): Promise<{ present: System[]; absent: AbsentSystem[] }> {
  const others = own.map(({ name, command }): System => {
    return { name, version: command.join(' '), command, countsHeap: false, styled: false };
  });
  const found = await Promise.all([findPure(), findLibzmq(), findZeromqJs(), findCeiling()]);
  const isPresent = (each: System | AbsentSystem): each is System => 'command' in each;
  return {
    present: [...found.filter(isPresent), ...others],
    absent: found.filter((each): each is AbsentSystem => !isPresent(each)),
  };
}

/** The subjects that take part where `styles` make sense. */
export function subjectsOf(systems: readonly System[], styles: readonly Style[]): Subject[] {
  return systems.flatMap(({ name, styled }): Subject[] => {
    if (!styled) return [{ name, system: name, style: 'await' }];
    return styles.map((style) => ({ name: `${name}/${style}`, system: name, style }));
  });
}

async function findPure(): Promise<System> {
  return {
    name: 'zeromq-pure',
    version: packageVersion(),
    command: script('zeromq', 'zeromq-pure'),
    countsHeap: true,
    styled: true,
  };
}

async function findZeromqJs(): Promise<System | AbsentSystem> {
  const name = 'zeromq.js';
  try {
    const { version: libzmq } = await import('zeromq');
    const { version } = createRequire(import.meta.url)('zeromq/package.json');
    return {
      name,
      version: `${version} (libzmq ${libzmq})`,
      command: script('zeromq', 'zeromq'),
      countsHeap: true,
      styled: false,
    };
  } catch (error) {
    const [why] = String((error as Error).message).split('\n');
    return { name, reason: `the package zeromq cannot be loaded here: ${why}` };
  }
}

async function findCeiling(): Promise<System> {
  return {
    name: 'ceiling',
    version: `node:net of ${process.version}`,
    command: script('ceiling'),
    countsHeap: true,
    styled: false,
  };
}

/** Compiles the ends in C; that takes about a second. */
async function findLibzmq(): Promise<System | AbsentSystem> {
  const name = 'libzmq';
  const sources = join(ROOT, 'bench/libzmq');
  const target = join(BUILT, 'libzmq');
  const program = join(target, 'ends');
  try {
    await access(sources);
    await mkdir(target, { recursive: true });
    const files = (await readdir(sources)).filter((file) => file.endsWith('.c'));
    const paths = files.sort().map((file) => join(sources, file));
    await run('cc', ['-std=c11', '-O2', '-o', program, ...paths, '-lzmq', '-lpthread']);
    const { stdout } = await run(program, ['version']);
    const version = stdout.trim();
    return { name, version, command: [program], countsHeap: false, styled: false };
  } catch (error) {
    const { code, stderr } = error as { code?: unknown; stderr?: string };
    const why =
      code === 'ENOENT'
        ? 'there is no C compiler (cc)'
        : /zmq\.h|-lzmq/.test(stderr ?? '')
          ? 'its headers are not installed'
          : `its ends do not compile: ${(stderr || String(error)).split('\n')[0]}`;
    return { name, reason: `${why}; on Debian: apt-get install gcc libc6-dev libzmq3-dev` };
  }
}

/** The command of ends in JavaScript. */
export function script(name: string, ...args: string[]): string[] {
  return [process.execPath, '--expose-gc', join(BUILT, `ends/${name}.js`), ...args];
}

const run = promisify(execFile);
