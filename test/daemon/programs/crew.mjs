/** Daemons for run-all.test.ts, in the package as built. Flags choose what happens. */

import { daemon, run, runAll } from '../../../dist/daemon/index.js';

const BIND = 'tcp://127.0.0.1:*';
const flags = { fail: { type: 'string' }, block: { type: 'boolean' } };

class Steady extends daemon({ job: { type: 'pull', bind: BIND } }) {
  static appName = 'crew';
  static title = '(crew:steady)';
  static flags = flags;
  begin() {
    this.log.info('pid %d listens on %s', process.pid, this.channels.job.endpoints[0]);
    this.log.info('process.title %s', process.title);
    if (this.flags.block) setTimeout(block, 50);
  }
  onJob(message) {
    this.log.info('job %s', message);
  }
  reloaded() {
    this.log.info('colour %s', this.config.settings.colour);
  }
}

/** Ends with the exit code it is told. */
class Frail extends daemon({ out: { type: 'push', bind: BIND } }) {
  static appName = 'crew';
  static title = '(crew:frail)';
  static flags = flags;
  begin() {
    const { fail } = this.flags;
    if (fail === 'throw') throw new Error('begin has failed');
    if (fail === '0') this.terminate();
    else if (fail !== undefined) process.exit(Number(fail));
  }
}

function block() {
  const end = Date.now() + 300;
  while (Date.now() < end);
}

const { CREW = 'all', CREW_WHERE: where = 'process', CREW_LIMIT: limit = '2' } = process.env;
const restart = { delay: 20, limit: Number(limit) };

if (CREW === 'one') process.exitCode = await run(Steady);
else if (CREW === 'frail') process.exitCode = await runAll([{ daemon: Frail, restart }], { where });
else if (CREW === 'again') {
  const members = [{ daemon: Frail, restart }];
  await runAll(members, { argv: ['--fail', '0'] });
  await runAll(members, { argv: ['--fail', '0'] }).catch(({ code, message }) => {
    process.stderr.write(`again ${code} ${message}\n`);
  });
} else if (CREW === 'dying' && !process.connected) {
  void runAll([{ daemon: Steady, count: 2 }]);
  setImmediate(() => process.kill(process.pid, 'SIGKILL'));
} else process.exitCode = await runAll([{ daemon: Steady, count: 2, restart }], { where });
