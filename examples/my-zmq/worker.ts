/** The worker: receives its share of the jobs, and every broadcast. */

import { daemon } from 'zeromq-pure/daemon';

/** Each channel that receives has a method named after it; without one, `main.ts` does not compile. */
export class MyWorker extends daemon({
  job: { type: 'pull', connect: 'tcp://localhost:9090' },
  broadcast: { type: 'sub', connect: 'tcp://localhost:9095', subscribe: [''] },
}) {
  static override appName = 'my_zmq';
  static override title = '(my:worker)';

  onJob(message: Buffer[]): void {
    this.log.info('Received job: %s', message);
  }

  onBroadcast(message: Buffer[]): void {
    this.log.info('Received broadcast: %s', message);
    if (String(message[0]) === 'EXIT') setImmediate(() => this.terminate());
  }
}
