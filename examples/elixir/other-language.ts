/** Another language: a client in Python, one on the npm package zeromq, and ours, at one server. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Reply, Request } from 'zeromq-pure';
import { closeOnAbort, local, perform, type Run } from '../role.ts';

/** Answers in capitals. */
export async function server({ shout }: { shout: string }, { signal, log }: Run): Promise<void> {
  const socket = new Reply();
  closeOnAbort(signal, socket);
  await socket.bind(shout);
  log(`listening on ${socket.lastEndpoint}`);
  for await (const [message] of socket) await socket.send(String(message).toUpperCase());
}

/** The client, here. Its translations are in `other_language.py` and `other-language.mjs`. */
export async function client({ shout }: { shout: string }, { signal, log }: Run): Promise<void> {
  const socket = new Request();
  closeOnAbort(signal, socket);
  socket.connect(shout);
  await socket.send('hello from typescript');
  const [reply] = await socket.receive();
  log(String(reply));
  socket.close();
}

/** Runs the client in another language: `python3 other_language.py ENDPOINT`. */
export async function translated(
  { shout }: { shout: string },
  { signal, log }: Run,
  command: readonly [string, ...string[]],
): Promise<void> {
  const [program, ...args] = command;
  const child = spawn(program, [...args, shout], { stdio: ['ignore', 'pipe', 'inherit'], signal });
  createInterface({ input: child.stdout }).on('line', log);
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`${command.join(' ')} ended with exit code ${code}`);
}

/** The folder of the translations, which are not compiled, from build/examples/elixir and from here. */
function source(file: string): string {
  const root = import.meta.dirname.replace(/[/\\]build[/\\]examples[/\\]elixir$/, '');
  return root === import.meta.dirname ? join(root, file) : join(root, 'examples/elixir', file);
}

/** How the client is started in other languages. */
export const TRANSLATIONS: Record<'python' | 'libzmq', readonly [string, string]> = {
  python: ['python3', source('other_language.py')],
  libzmq: [process.execPath, source('other-language.mjs')],
};

await perform(
  import.meta,
  {
    server: (run) => server({ shout: local(5555) }, run),
    client: (run) => client({ shout: local(5555) }, run),
    python: (run) => translated({ shout: local(5555) }, run, TRANSLATIONS.python),
    libzmq: (run) => translated({ shout: local(5555) }, run, TRANSLATIONS.libzmq),
  },
  // Python is not in the cast, as it may lack pyzmq.
  { beside: ['server'], until: ['client', 'libzmq'] },
);
