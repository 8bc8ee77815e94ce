/** The guide's example, as a user runs it: what its transcript shows, point by point. */

import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { PATIENCE } from '../support/patience.ts';

const ROOT = join(import.meta.dirname, '../..');
const PROGRAM = join(ROOT, 'build/examples/my-zmq/main.js');
const INI = join(ROOT, 'examples/my-zmq/my-zmq.ini');
const WORKERS = [1, 2, 3, 4].map((n) => `(my:worker:${n})`);

for (const where of ['process', 'thread'] as const) {
  t.test(`one server, four workers, each in a ${where} of its own`, async (t) => {
    t.ok(existsSync(PROGRAM), 'it is built: npm run build');
    const { code, stdout, lines } = await transcript(t, where);
    const by = (title: string) =>
      lines.filter((line) => line.startsWith(`${title} `)).map((line) => line.slice(14));
    const workersThatSaid = (text: string) =>
      WORKERS.filter((title) => by(title).filter((said) => said === text).length === 1);
    const said = (text: string) => lines.findIndex((line) => line.slice(14) === text);
    const server = by('(my:server)');

    t.test('1: a line is the title in 13 columns, a space, and the message', async (t) => {
      for (const line of lines) t.match(line, /^(\(my:server\) {2}|\(my:worker:[1-4]\)) \S/);
    });
    t.test('2: each of the five says once that it has begun', async (t) => {
      t.equal(server.filter((text) => text.endsWith('has begun processing messages')).length, 1);
      t.same(workersThatSaid('MyWorker has begun processing messages'), WORKERS);
    });
    t.test('3: each job reaches one worker, and three different ones', async (t) => {
      const takers = [1, 3, 5].map((n) =>
        workersThatSaid(`Received job: ['This is message #${n}']`),
      );
      for (const taker of takers) t.equal(taker.length, 1);
      t.equal(new Set(takers.flat()).size, 3);
    });
    t.test('4: each broadcast reaches all four', async (t) => {
      for (const text of ['This is message #2', 'This is message #4', 'EXIT']) {
        t.same(workersThatSaid(`Received broadcast: ['${text}']`), WORKERS);
      }
    });
    t.test('5: what is received was sent before', async (t) => {
      for (const n of [1, 3, 5]) {
        const received = said(`Received job: ['This is message #${n}']`);
        t.ok(said(`Sending job: This is message #${n}`) < received);
      }
      for (const text of ['This is message #2', 'This is message #4', 'EXIT']) {
        t.ok(said(`Broadcasting: ${text}`) < said(`Received broadcast: ['${text}']`));
      }
    });
    t.test('6: what is received is shown as a list of its parts', async (t) => {
      const received = lines.filter((line) => line.includes(' Received '));
      t.equal(received.length, 3 + 3 * 4);
      for (const line of received) t.match(line, /Received (job|broadcast): \['[^']*'\]$/);
    });
    t.test('7: after EXIT each says that it terminates, the server at once', async (t) => {
      t.same(server.slice(-2), ['Broadcasting: EXIT', 'MyServer is terminating']);
      for (const title of WORKERS) {
        const own = by(title);
        const exit = own.indexOf("Received broadcast: ['EXIT']");
        t.ok(exit >= 0 && exit < own.indexOf('MyWorker is terminating'), title);
      }
    });
    t.test('8: all end well, and nothing else is said', async (t) => {
      t.same({ code, stdout }, { code: 0, stdout: '' });
      t.equal(lines.length, 5 + 6 + 3 + 12 + 5);
    });
    t.test('9: what the server says', async (t) => {
      t.same(server, [
        'MyServer has begun processing messages',
        'Sending job: This is message #1',
        'Broadcasting: This is message #2',
        'Sending job: This is message #3',
        'Broadcasting: This is message #4',
        'Sending job: This is message #5',
        'Broadcasting: EXIT',
        'MyServer is terminating',
      ]);
    });
    t.test('the tour shows it so', async (t) => {
      t.same(lines.map(anyWorker).sort(), shownLines().map(anyWorker).sort());
    });
  });
}

t.test('10: sockets are declared, and handlers named after them', async (t) => {
  const { MyServer } = await import('../../examples/my-zmq/server.ts');
  const { MyWorker } = await import('../../examples/my-zmq/worker.ts');
  t.match(MyServer.channels, { job: { type: 'push' }, broadcast: { type: 'pub' } });
  t.match(MyWorker.channels, { job: { type: 'pull' }, broadcast: { type: 'sub' } });
  t.type(MyWorker.prototype.onJob, 'function');
  t.type(MyWorker.prototype.onBroadcast, 'function');
});

t.test('a mistake in flags or configuration is told in one line', async (t) => {
  const folder = await shortFolder(t);
  const bad = join(folder, 'bad.ini');
  await writeFile(bad, '[logger_root]\nhandlers = nowhere\n');
  for (const [args, complaint] of [
    [['--bogus'], /Unknown option '--bogus'/],
    [['-c', join(folder, 'none.ini')], /none\.ini: ENOENT/],
    [['-c', bad], /no log handler "nowhere"/],
  ] as const) {
    const { code, lines } = await run([...args], {});
    t.equal(code, 2);
    t.match(lines.join('\n'), complaint);
    t.equal(lines.length, 1);
  }
});

/** What the tour says that it prints. */
function shownLines(): string[] {
  const tour = readFileSync(join(ROOT, 'examples/README.md'), 'utf8');
  const [, shown = ''] = /\$ node \S+my-zmq\/main\.js -c \S+\n(.*?)\n```/s.exec(tour) ?? [];
  return shown.split('\n');
}

/** Which worker it is differs from run to run. */
function anyWorker(line: string): string {
  return line.replace(/worker:\d/, 'worker:…');
}

async function transcript(t: Test, where: string): Promise<Run> {
  const folder = await shortFolder(t);
  const [job, broadcast] = [`ipc://${folder}/j`, `ipc://${folder}/b`];
  return run(['-c', INI], {
    MY_ZMQ_WHERE: where,
    MY_ZMQ_SETTING_INTERVAL: '100',
    MY_ZMQ_JOB_BIND: job,
    MY_ZMQ_JOB_CONNECT: job,
    MY_ZMQ_BROADCAST_BIND: broadcast,
    MY_ZMQ_BROADCAST_CONNECT: broadcast,
  });
}

interface Run {
  readonly code: number;
  readonly stdout: string;
  readonly lines: readonly string[];
}

function run(args: string[], extra: Record<string, string>): Promise<Run> {
  // The runner's loaders are not for the program under test: it runs as a user would run it.
  const { NODE_OPTIONS: _, ...env } = { ...process.env, ...extra };
  return new Promise((resolve) => {
    const done = (error: Error | null, stdout: string, stderr: string) => {
      const code = error === null ? 0 : Number((error as { code?: unknown }).code ?? -1);
      resolve({ code, stdout, lines: stderr.split('\n').slice(0, -1) });
    };
    execFile(process.execPath, [PROGRAM, ...args], { timeout: PATIENCE, env }, done);
  });
}

/** The path of a socket file may have about a hundred octets, too few for `t.testdir()`. */
async function shortFolder(t: Test): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'mz-'));
  t.teardown(() => rm(folder, { recursive: true }));
  return folder;
}
