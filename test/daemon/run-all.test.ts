/** Daemons as programs: signals, restarts, exit codes, and the end of the parent. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { Push } from '../../src/sockets/index.ts';
import { use } from '../support/interop.ts';
import { PATIENCE } from '../support/patience.ts';
import { Program } from './programs/program.ts';

// Most of the time a program starts, and others can meanwhile.
t.jobs = 4;

t.test('one daemon: TERM, INT, and what it logs', { buffered: true }, async (t) => {
  const ended = (['SIGTERM', 'SIGINT'] as const).map(async (signal) => {
    const program = new Program(t, { CREW: 'one' });
    await program.says(/listens/);
    program.child.kill(signal);
    t.equal(await program.code, 0);
    t.match(program.text, `(crew:steady) Steady has received terminate signal ${signal}\n`);
    t.match(program.text, /Steady is terminating\n$/);
  });
  await Promise.all(ended);
});

t.test(
  'one daemon: HUP reads the configuration again, USR2 tells the counters',
  { buffered: true },
  async (t) => {
    const ini = join(t.testdir({ 'crew.ini': '[app:crew]\ncolour = blue\n' }), 'crew.ini');
    const program = new Program(t, { CREW: 'one' }, '-c', ini);
    await program.says(/listens/);
    writeFileSync(ini, '[app:crew]\ncolour = red\n');
    program.child.kill('SIGHUP');
    await program.says(/colour red/);
    writeFileSync(ini, '[logger_root]\nlevel = LOUD\n');
    program.child.kill('SIGHUP');
    await program.says(/Configuration not reloaded: no log level "LOUD"/);
    program.child.kill('SIGUSR2');
    const [line] = await program.says(/\{"title":.*\}/);
    t.match(JSON.parse(line), { title: '(crew:steady)', channels: { job: { handled: 0 } } });
    program.child.kill('SIGTERM');
    t.equal(await program.code, 0);
  },
);

t.test(
  'a process that is killed is replaced, and the others go on',
  { buffered: true },
  async (t) => {
    const program = new Program(t, {});
    const [, pid] = await program.says(/steady:1\) pid (\d+) /);
    await program.says(/steady:2\) pid/);
    process.kill(Number(pid), 'SIGKILL');
    await program.says(/\(crew:steady:1\) ended with exit code 137, restart in 20 ms/);
    await program.says(new RegExp(`steady:1\\) pid (?!${pid} )\\d+ listens`));
    program.child.kill('SIGTERM');
    t.equal(await program.code, 0);
    t.equal(program.text.match(/steady:2\) Steady has begun/g)?.length, 1);
  },
);

t.test(
  'those whose parent has gone before they had begun end, too',
  { buffered: true },
  async (t) => {
    const program = new Program(t, { CREW: 'dying' });
    // Their standard error is its: it is closed when the last of them has ended.
    await program.code;
    t.equal(program.text.match(/Steady is terminating/g)?.length, 2);
  },
);

t.test('a blocked event loop is told of', { buffered: true }, async (t) => {
  const argv = ['--blocking-log-threshold', '0.2', '--block'];
  const program = new Program(t, { CREW: 'one' }, ...argv);
  const [, seconds] = await program.says(/The event loop was blocked for (\d+\.\d\d) s/);
  t.ok(Number(seconds) > 0.2, `${seconds} s`);
  program.child.kill('SIGTERM');
  t.equal(await program.code, 0);
});

t.test(
  'a daemon that calls runAll once more does not start all of them again',
  { buffered: true },
  async (t) => {
    const program = new Program(t, { CREW: 'again' });
    t.equal(await program.code, 0);
    t.equal(program.text.match(/has begun/g)?.length, 2, 'once for each call of the parent');
    t.equal(program.text.match(/^again ENOTSUP this process is a daemon/gm)?.length, 2);
  },
);

for (const where of ['process', 'thread'] as const) {
  t.test(`several, each in a ${where}`, { buffered: true }, async (t) => {
    t.jobs = 3;
    t.test(
      'titles are numbered; TERM ends all, after what has arrived was handled',
      { buffered: true },
      async (t) => {
        const program = new Program(t, { CREW_WHERE: where });
        for (const n of [1, 2]) {
          const title = `\\(crew:steady:${n}\\)`;
          const [, endpoint] = await program.says(
            new RegExp(`${title} pid \\d+ listens on (\\S+)`),
          );
          if (where === 'process') await program.says(new RegExp(`process.title ${title}`));
          const push = use(t, new Push());
          push.connect(endpoint!);
          await push.send(`job ${n}`);
          await program.says(new RegExp(`${title} job \\['job ${n}'\\]`));
        }
        program.child.kill('SIGUSR2');
        await program.says(/crew:steady:2\) \{"title".*"handled":1/);
        program.child.kill('SIGHUP');
        for (const n of [1, 2]) await program.says(new RegExp(`steady:${n}\\) colour`));
        program.child.kill('SIGTERM');
        t.equal(await program.code, 0);
        t.equal(program.text.match(/Steady is terminating/g)?.length, 2);
      },
    );

    t.test(
      'one that fails is restarted, with back-off, and given up in the end',
      { buffered: true },
      async (t) => {
        const env = { CREW: 'frail', CREW_WHERE: where };
        const program = new Program(t, env, '--fail', '7');
        t.equal(await program.code, 7);
        t.match(program.text, /\(crew:frail\) ended with exit code 7, restart in 20 ms/);
        t.match(program.text, /\(crew:frail\) ended with exit code 7, restart in 40 ms/);
        t.match(program.text, /\(crew:frail\) ended with exit code 7\n$/);
        t.equal(program.text.match(/has begun/g)?.length, 3);
      },
    );

    t.test('one that throws at the beginning has failed, too', { buffered: true }, async (t) => {
      const env = { CREW: 'frail', CREW_WHERE: where, CREW_LIMIT: '0' };
      const program = new Program(t, env, '--fail', 'throw');
      t.equal(await program.code, 1);
      t.match(program.text, /\(crew:frail\) Frail has failed: Error: begin has failed/);
    });

    t.test('one that ends well is not restarted', { buffered: true }, async (t) => {
      const program = new Program(t, { CREW: 'frail', CREW_WHERE: where }, '--fail', '0');
      t.equal(await program.code, 0);
      t.equal(program.text.match(/has begun/g)?.length, 1);
    });

    t.test('they end with their parent', { buffered: true }, async (t) => {
      const program = new Program(t, { CREW_WHERE: where });
      const found = await program.says(/steady:1\) pid (\d+) listens on (\S+)/);
      const push = use(t, new Push({ reconnectInterval: 10 }));
      push.connect(found[2]!);
      await push.waitFor('handshake', { timeout: PATIENCE });
      const gone = push.waitFor('disconnect', { timeout: PATIENCE });
      program.child.kill('SIGKILL');
      await t.resolves(gone);
    });
  });
}
