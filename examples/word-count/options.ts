/** The command line: its options, and the files it names. */

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { PROJECT } from '../project.ts';

/** What `--help` shows. */
export const USAGE = `Counts the words of text files with several worker processes, and then shows the channel layers.

  npm start -- [--workers N] [--repeat N] [FILE...]
  npm start -- --layer NAME [--url URL]

  --workers N  worker processes, 4 by default; one of them runs on the npm zeromq (libzmq)
               if that is installed
  --repeat N   go through the files N times; by default so often that it takes some seconds
  --layer NAME one channel layer alone: embedded, dedicated or rabbitmq
  --url URL    where the broker of the last is, amqp://guest:guest@127.0.0.1/ by default
  --help       show this

  FILE         by default every Markdown file of this project`;

/** A mistake on the command line, for the user to correct. */
export class UsageError extends Error {}

/** The parsed command line. */
export interface Options {
  readonly help: boolean;
  readonly workers: number;
  /** How often to go through the files; undefined leaves it to the program. */
  readonly repeat: number | undefined;
  readonly files: readonly string[];
}

/** Parses `args`. @throws UsageError for a mistake */
export function parseOptions(args: string[]): Options {
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        workers: { type: 'string', default: '4' },
        repeat: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    });
    const workers = positive('--workers', values.workers);
    const repeat = values.repeat === undefined ? undefined : positive('--repeat', values.repeat);
    return { help: values.help, workers, repeat, files: positionals };
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function positive(option: string, value: string): number {
  if (/^[1-9]\d{0,5}$/.test(value)) return Number(value);
  throw new UsageError(`${option} must be a whole number from 1 on, not "${value}"`);
}

/** The contents of `files`; without any, of the project's Markdown files. */
export async function readTexts(files: readonly string[]): Promise<Buffer[]> {
  const texts = await Promise.all((files.length > 0 ? files : await markdown()).map(read));
  if (texts.every((text) => text.length === 0))
    throw new UsageError('nothing to count: the input is empty');
  return texts;
}

async function read(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    throw new UsageError(`cannot read ${file}: ${(error as NodeJS.ErrnoException).code}`);
  }
}

/** The Markdown files of the project. */
async function markdown(): Promise<string[]> {
  const files: string[] = [];
  const folders = [PROJECT];
  for (const folder of folders) {
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (/^\.|^node_modules$/.test(entry.name)) continue;
      if (entry.isDirectory()) folders.push(path);
      else if (entry.name.endsWith('.md')) files.push(path);
    }
  }
  return files.sort();
}
