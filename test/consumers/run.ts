/** Run: a program of a consumer, and what it printed. */

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** What a step needs is not on this machine. */
export class NotHere extends Error {}

/** What the program printed. Rejects with all of that when it fails, or runs for longer than `RUN_TIME`. */
export async function run(
  file: string,
  args: readonly string[],
  cwd: string,
  extra: Record<string, string> = {},
): Promise<string> {
  // The loader that runs this file is not for them.
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^NODE_OPTIONS$|^npm_|^TAP/.test(name)),
  );
  try {
    const options = { cwd, env: { ...env, ...extra }, timeout: RUN_TIME, maxBuffer: 1 << 26 };
    const { stdout } = await promisify(execFile)(file, args, options);
    return stdout;
  } catch (error) {
    const { stdout = '', stderr = '', killed } = error as Failure;
    const said = `${stdout}${stderr}`.trim().slice(-2_000) || (error as Error).message;
    const late = killed ? `no end within ${RUN_TIME / 1_000} s; ` : '';
    throw new Error(`${file} ${args.join(' ')}:\n${late}${said}`);
  }
}

/** How execFile fails. */
interface Failure {
  readonly stdout?: string;
  readonly stderr?: string;
  /** Whether it ran for too long. */
  readonly killed?: boolean;
}

/** Milliseconds a program may take, an installation among them: webpack takes half a minute of a processor of its own. */
const RUN_TIME = 900_000;
