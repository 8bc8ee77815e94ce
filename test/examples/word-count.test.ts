/** The word count job: its parts in one process, and the built program as a user runs it. */

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import fc from 'fast-check';
import t, { type Test } from 'tap';
import * as zmq from 'zeromq-pure';
import { addCounts, type Counts, countWords, topWords } from '../../examples/word-count/count.ts';
import { endpointsIn } from '../../examples/word-count/endpoints.ts';
import { askForResult } from '../../examples/word-count/question.ts';
import { followNews, resultTable } from '../../examples/word-count/report.ts';
import { runSink } from '../../examples/word-count/sink.ts';
import { cut, runVentilator } from '../../examples/word-count/ventilator.ts';
import { runWorker } from '../../examples/word-count/worker.ts';
import { PATIENCE } from '../support/patience.ts';

const PROGRAM = join(import.meta.dirname, '../../build/examples/word-count/main.js');

const TEXT = 'The quick brown fox\njumps over the lazy dog.\n\nÀ demain, the end';

t.test('words are runs of letters and digits, whatever their case', async (t) => {
  const counts: Counts = new Map();
  t.equal(countWords('The 2 Żółwie, the—TURTLES', counts), 5);
  t.same(
    [...counts],
    [
      ['the', 2],
      ['2', 1],
      ['żółwie', 1],
      ['turtles', 1],
    ],
  );
  t.equal(countWords(' -- ', counts), 0);
  addCounts(counts, [
    ['the', 1],
    ['new', 2],
  ]);
  t.same(topWords(counts, 2), [
    ['the', 3],
    ['new', 2],
  ]);
});

t.test('cutting a text loses nothing but the line ends', async (t) => {
  const line = fc.string({ unit: 'grapheme' }).map((s) => s.replaceAll('\n', ''));
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(fc.array(line, { maxLength: 200 }), fc.boolean(), (lines, closed) => {
        const text = Buffer.from(lines.join('\n') + (closed ? '\n' : ''));
        const blocks = cut(text);
        const expected = text.toString().split('\n');
        if (expected.at(-1) === '') expected.pop();
        const parts = blocks.flat().map(String);
        return blocks.every((b) => b.length > 0 && b.length <= 64) && `${parts}` === `${expected}`;
      }),
    ),
  );
});

t.test('the roles count right in one process, and answer what they are asked', async (t) => {
  const endpoints = endpointsIn(await shortDirectory(t));
  const stop = new AbortController();
  t.teardown(() => stop.abort());
  const { signal } = stop;
  const output = new PassThrough();

  const sink = runSink(endpoints, { workers: 2, listeners: 4 }, signal);
  const identity = (name: string) => ({ name, implementation: 'zeromq-pure' });
  const [result] = await Promise.all([
    askForResult(endpoints, 2, signal),
    runVentilator(endpoints, { texts: [Buffer.from(TEXT)], repeat: 50, workers: 2 }, signal),
    followNews(endpoints, output, signal),
    runWorker(zmq, endpoints, identity('a'), signal),
    runWorker(zmq, endpoints, identity('b'), signal),
  ]);

  t.equal(result.counts.get('the'), 150);
  t.equal(result.counts.get('à'), 50);
  t.equal(result.counts.size, 11);
  t.same(result.top, [
    ['the', 150],
    ['brown', 50],
  ]);
  const { workers } = result.totals;
  t.same(workers.map((worker) => worker.name).sort(), ['a', 'b']);
  t.equal(workers[0]!.messages + workers[1]!.messages, 50);
  t.ok(workers[0]!.messages > 0 && workers[1]!.messages > 0, 'both had work');
  t.equal(workers[0]!.words + workers[1]!.words, 13 * 50);
  t.match(String(output.read()), /^workers: 2 zeromq-pure/);
  t.match(resultTable(result), /total +650 +50 /);

  const request = new zmq.Request();
  t.teardown(() => request.close());
  request.connect(endpoints.answers);
  await request.send('why');
  t.match(JSON.parse(String(await request.receive())), { error: /no answer to "why"/ });

  stop.abort();
  await sink;
});

t.test('an abort ends every role', async (t) => {
  const endpoints = endpointsIn(await shortDirectory(t));
  const stop = new AbortController();
  const { signal } = stop;
  const roles = [
    runSink(endpoints, { workers: 2, listeners: 4 }, signal),
    askForResult(endpoints, 2, signal),
    runVentilator(endpoints, { texts: [Buffer.from(TEXT)], repeat: 1, workers: 2 }, signal),
    runWorker(zmq, endpoints, { name: 'a', implementation: '' }, signal),
  ];
  stop.abort();
  const outcomes = await Promise.allSettled(roles);
  for (const { status } of outcomes) t.equal(status, 'rejected');
});

t.test('the program', async (t) => {
  t.ok(existsSync(PROGRAM), 'it is built: npm run build');
  const file = join(t.testdir(), 'text');
  await writeFile(file, `${TEXT}\r\n`.repeat(100));

  await t.test('shares the work between processes and checks the sum', async (t) => {
    const { code, stdout, stderr } = await run('--workers', '3', '--repeat', '4', file);
    t.same({ code, stderr }, { code: 0, stderr: '' });
    t.match(stdout, /^1 file, \d+ bytes, 4 times over$/m);
    t.match(stdout, /^workers: /m);
    for (const name of ['worker-1', 'worker-2', 'worker-3']) {
      t.match(stdout, new RegExp(`^${name} .* (zeromq-pure|libzmq [\\d.]+)$`, 'm'));
    }
    t.match(stdout, /^total +5 200 /m);
    t.match(stdout, /^11 different words/m);
    t.match(stdout, /^top 10: the 1 200, /m);
    t.match(stdout, /^a direct count in one process agrees$/m);
  });

  await t.test('explains itself', async (t) => {
    const { code, stdout } = await run('--help');
    t.equal(code, 0);
    t.match(stdout, /--workers N .*--repeat N /s);
  });

  await t.test('says in one line what is wrong with its input', async (t) => {
    for (const [args, complaint] of [
      [['--workers', '0'], /--workers must be a whole number from 1 on, not "0"/],
      [['--repeat', 'x'], /--repeat must be a whole number from 1 on, not "x"/],
      [['--bogus'], /Unknown option '--bogus'/],
      [[`${file}-not`], /cannot read .*text-not: ENOENT/],
      [[t.testdirName], /cannot read .*: (EISDIR|ENOENT)/],
    ] as const) {
      const { code, stdout, stderr } = await run(...args);
      t.same({ code, stdout }, { code: 2, stdout: '' });
      t.match(stderr, complaint);
      t.match(stderr, /^word-count: .*\n$/, 'one line');
    }
  });
});

/** The path of a socket file may have about a hundred octets, too few for `t.testdir()`. */
async function shortDirectory(t: Test): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'wc-'));
  t.teardown(() => rm(directory, { recursive: true }));
  return directory;
}

interface Run {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function run(...args: string[]): Promise<Run> {
  // The runner's loaders are not for the program under test: it runs as a user would run it.
  const { NODE_OPTIONS: _, ...env } = process.env;
  return new Promise((resolve) => {
    const done = (error: Error | null, stdout: string, stderr: string) => {
      const code = error === null ? 0 : Number((error as { code?: unknown }).code ?? -1);
      resolve({ code, stdout, stderr });
    };
    execFile(process.execPath, [PROGRAM, ...args], { timeout: PATIENCE, env }, done);
  });
}
