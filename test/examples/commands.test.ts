/** The examples as commands: their roles in processes, and the tour that lists them all. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import t from 'tap';
import { Reply } from 'zeromq-pure';
import { freshEndpoint } from '../support/interop.ts';

const BUILT = join(import.meta.dirname, '../../build/examples');
const EXAMPLES = join(import.meta.dirname, '../../examples');

t.test('the whole cast plays, each line behind the role it comes from', async (t) => {
  const { code, stdout, stderr } = await run('elixir/free-port.js');
  t.same([code, stderr], [0, '']);
  t.match(stdout, /^main: port \d+\n$/);

  const states = await run('patterns/request-states.js');
  t.equal(states.code, 0);
  t.match(states.stdout, /^(states: .+\n){4}$/);
});

t.test('roles are processes: four servers and their client', async (t) => {
  const program = 'processes/request-reply-processes.js';
  const endpoints = await Promise.all([1, 2, 3, 4].map(() => freshEndpoint(t, 'tcp')));
  const ports = endpoints.map((endpoint) => new URL(endpoint).port);
  const servers = ports.map((port) => run(program, 'server', port));
  const client = await run(program, 'client', ...ports);
  t.equal(client.code, 0);
  const served = [...client.stdout.matchAll(/World from (\d+)/g)].map(([, port]) => port);
  t.equal(served.length, 20);
  for (const [i, server] of servers.entries()) {
    const { code, stdout } = await server;
    t.equal(code, 0, 'each ends by itself');
    t.equal(stdout.match(/Received request #\d: Hello/g)?.length, 5);
    t.same(served[i], served[i + 4], 'in turn');
  }
});

t.test('the command line', async (t) => {
  const help = await run('patterns/pair.js', '--help');
  t.equal(help.code, 0);
  t.equal(
    help.stderr,
    'The whole example:\n  pair.js\nIts roles:\n  pair.js server\n  pair.js client\n',
  );
  t.match(await run('patterns/pair.js', 'bogus'), { code: 2, stdout: '', stderr: help.stderr });

  const taken = new Reply();
  t.teardown(() => taken.close());
  await taken.bind('tcp://127.0.0.1:*');
  const { port } = new URL(taken.lastEndpoint!);
  const refused = await run('patterns/pair.js', 'server', port);
  const stderr = `pair.js: Address already in use: tcp://127.0.0.1:${port}\n`;
  t.same(refused, { code: 1, stdout: '', stderr });
});

t.test('an interrupt ends a role that does not end by itself', async (t) => {
  const { port } = new URL(await freshEndpoint(t, 'tcp'));
  const child = start('patterns/request-reply.js', 'server', port);
  t.teardown(() => child.kill('SIGKILL'));
  await once(child.stdout!, 'data');
  child.kill('SIGINT');
  const [code] = await once(child, 'close');
  t.equal(code, 0);
});

t.test('the tour has every program, and every program of the tour is there', async (t) => {
  const tour = readFileSync(join(EXAMPLES, 'README.md'), 'utf8');
  for (const entry of readdirSync(EXAMPLES, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !entry.name.endsWith('.ts')) continue;
    const file = relative(EXAMPLES, join(entry.parentPath, entry.name));
    if (!readFileSync(join(EXAMPLES, file), 'utf8').includes('await perform(')) continue;
    t.ok(tour.includes(`(${file})`), `a link to ${file}`);
    t.ok(tour.includes(`$ node build/examples/${file.replace(/ts$/, 'js')}\n`), 'a transcript');
    t.match(readFileSync(join(EXAMPLES, file), 'utf8'), /^\/\*\* .+ \*\/\n\nimport/, 'what it is');
  }
  for (const [, file = ''] of tour.matchAll(/\]\(([^):]+)\)/g)) {
    t.ok(readFileSync(join(EXAMPLES, file)).length > 0, `${file} exists`);
  }
});

function start(example: string, ...args: string[]) {
  const { NODE_OPTIONS: _, ...env } = process.env;
  return spawn(process.execPath, [join(BUILT, example), ...args], { env });
}

async function run(example: string, ...args: string[]) {
  const child = start(example, ...args);
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      said[name] += text;
    });
  }
  const [code] = await once(child, 'close');
  return { code, ...said };
}
