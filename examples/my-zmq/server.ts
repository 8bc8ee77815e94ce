/** The server: jobs for one worker each, and news for all of them. */

import { daemon } from 'zeromq-pure/daemon';

/** Sends a message now and then: odd ones are jobs, even ones broadcasts. After five it says EXIT, and ends. */
export class MyServer extends daemon({
  job: { type: 'push', bind: 'tcp://*:9090' },
  broadcast: { type: 'pub', bind: 'tcp://*:9095' },
}) {
  static override appName = 'my_zmq';
  static override title = '(my:server)';
  #messages = 0;

  protected override async begin(): Promise<void> {
    const { interval = '2000', workers = '4' } = this.config.settings;
    // A job goes to a connected worker, and a broadcast to those that have subscribed: wait for all workers.
    const all = { peers: Number(workers), signal: this.signal };
    await this.channels.job.socket.waitFor('handshake', all);
    await this.channels.broadcast.socket.waitFor('subscription', all);
    const timer = setInterval(() => this.#execute(), Number(interval));
    this.signal.addEventListener('abort', () => clearInterval(timer));
  }

  #execute(): void {
    this.#messages++;
    const text = `This is message #${this.#messages}`;
    if (this.#messages % 2) this.#sendJob(text);
    else this.#broadcast(text);
    if (this.#messages < 5) return;
    setImmediate(() => {
      this.#broadcast('EXIT');
      this.terminate();
    });
  }

  #sendJob(text: string): void {
    this.log.info('Sending job: %s', text);
    void this.channels.job.send(text);
  }

  #broadcast(text: string): void {
    this.log.info('Broadcasting: %s', text);
    void this.channels.broadcast.send(text);
  }
}
