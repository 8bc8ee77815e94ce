/** The hub, as a program of its own: `npx zeromq-pure hub`. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { PROJECT } from '../project.ts';

/** A hub in a process of its own. */
export interface RunningHub {
  /** Where it listens. */
  readonly at: string;
  /** Ends it. Rejects if it ends with an error. */
  end(): Promise<void>;
}

/** Starts the program, and reads from its log where it listens. */
export async function startHub(signal: AbortSignal): Promise<RunningHub> {
  const program = join(PROJECT, 'dist/cli/main.js');
  const child = spawn(process.execPath, [program, 'hub', '--bind', ANYWHERE, '--log', 'json'], {
    stdio: ['ignore', 'inherit', 'pipe'],
    signal,
  });
  const ended = once(child, 'close');
  ended.catch(() => {});
  const lines = createInterface({ input: child.stderr });
  const [line] = await Promise.race([once(lines, 'line'), ended]);
  if (typeof line !== 'string' || !line.startsWith('{')) throw new Error(`no hub: ${line}`);
  const { bind } = JSON.parse(line) as { bind: string };
  return {
    at: bind,
    end: async () => {
      child.kill('SIGTERM');
      const [code] = await ended;
      if (code !== 0) throw new Error(`the hub ended with exit code ${code}`);
    },
  };
}

const ANYWHERE = 'tcp://127.0.0.1:*';
