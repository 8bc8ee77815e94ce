/** Two daemons that end by themselves, each in a process: what an executable of one file must be able to start. */

import { daemon, runAll } from 'zeromq-pure/daemon';

class Short extends daemon({ job: { type: 'pull', bind: 'tcp://127.0.0.1:*' } }) {
  static title = '(short)';
  begin() {
    console.log('begun');
    this.terminate();
  }
  onJob() {}
}

console.log('runs');
runAll([{ daemon: Short, count: 2 }], { restart: { limit: 1, delay: 20 } }).then(
  (code) => {
    process.exitCode = code;
  },
  (error) => {
    console.error(error);
    process.exitCode = 1;
  },
);
