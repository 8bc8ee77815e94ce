/** A daemon in this process: its channels, its handlers, its end, and the commands to it. */

import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import t, { type Test } from 'tap';
import type { Config } from '../../src/daemon/config.ts';
import { type Daemon, daemon } from '../../src/daemon/daemon.ts';
import { run } from '../../src/daemon/run.ts';
import { Dealer, Publisher, Pull, Push, Request, type Socket } from '../../src/sockets/index.ts';
import { use } from '../support/interop.ts';
import { implementations, LibzmqPeer } from '../support/libzmq-peer.ts';

const BIND = 'tcp://127.0.0.1:*';

class Worker extends daemon({
  job: { type: 'pull', bind: [BIND, BIND] },
  my_feed: { type: 'sub', bind: BIND, subscribe: ['a'] },
  question: { type: 'rep', bind: BIND, handler: 'answer' },
  raw: { type: 'dealer', bind: BIND, handler: false },
  done: { type: 'push', bind: BIND },
}) {
  readonly seen: string[] = [];

  onJob(message: Buffer[]): unknown {
    const text = message.map(String).join('|');
    if (text === 'bad') throw new Error('thrown');
    if (text === 'worse') return Promise.reject(new Error('rejected'));
    this.seen.push(text);
    return this.channels.done.send(message);
  }

  onMyFeed(message: Buffer[]): void {
    this.seen.push(message.map(String).join('|'));
  }

  answer([question]: Buffer[]): unknown {
    if (String(question) === 'bad') throw new Error('no answer');
    if (String(question) === 'nothing') return undefined;
    return ['you asked', question];
  }
}

t.test('messages go to the methods named after their channels', async (t) => {
  const { daemon, over } = await start(t, Worker);
  const [a, b] = daemon.channels.job.endpoints;
  t.not(a, b, 'two endpoints of one channel');
  const pushes = [connected(t, new Push(), a), connected(t, new Push(), b)];
  const news = connected(t, new Publisher(), daemon.channels.my_feed.endpoints[0]);
  const done = connected(t, new Pull(), daemon.channels.done.endpoints[0]);
  await news.waitFor('subscription');
  await news.send(['b', 'not wanted']);
  await news.send(['a', 'wanted']);
  for (const [i, push] of pushes.entries()) await push.send(['job', String(i)]);
  const results = [await done.receive(), await done.receive()].map((parts) => String(parts[1]));
  t.same(results.sort(), ['0', '1']);
  while (daemon.seen.length < 3) await new Promise(setImmediate);
  t.same(daemon.seen.sort(), ['a|wanted', 'job|0', 'job|1']);

  const request = connected(t, new Request(), daemon.channels.question.endpoints[0]);
  for (const [question, answer] of [
    ['why', ['you asked', 'why']],
    ['nothing', ['']],
    ['bad', ['']],
    ['why', ['you asked', 'why']],
  ] as const) {
    await request.send(question);
    t.same((await request.receive()).map(String), answer);
  }
  const dealer = connected(t, new Dealer(), daemon.channels.raw.endpoints[0]);
  await dealer.send('by hand');
  t.equal(String(await daemon.channels.raw.socket.receive()), 'by hand');
  daemon.terminate();
  await over;
});

t.test('a handler that fails is logged, and the next message comes', async (t) => {
  const { daemon, over, log } = await start(t, Worker);
  const push = connected(t, new Push(), daemon.channels.job.endpoints[0]);
  const done = connected(t, new Pull(), daemon.channels.done.endpoints[0]);
  for (const text of ['bad', 'worse', 'good']) await push.send(text);
  t.equal(String(await done.receive()), 'good');
  const { job } = daemon.stats().channels;
  t.match(job, { handled: 3, failed: 2 });
  daemon.terminate();
  await over;
  t.match(log(), /Channel job: a handler has failed: Error: thrown/);
  t.match(log(), /Channel job: a handler has failed: Error: rejected/);
});

t.test('what has arrived is handled, and what was sent is delivered, before it ends', async (t) => {
  const { daemon, over, log } = await start(t, Worker);
  const push = connected(t, new Push(), daemon.channels.job.endpoints[0]);
  await push.waitFor('handshake');
  for (let n = 0; n < 500; n++) await push.send(String(n));
  await daemon.channels.job.socket.whenReadable();
  daemon.terminate();
  const done = connected(t, new Pull(), daemon.channels.done.endpoints[0]);
  for (let n = 0; n < daemon.seen.length; n++) t.equal(String(await done.receive()), String(n));
  await over;
  for (let message = done.tryReceive(); message; message = done.tryReceive());
  t.equal(daemon.seen.length, 500);
  t.match(log(), /Worker has begun processing messages\nWorker is terminating\n$/);
});

t.test('what could not be delivered is told at the end', async (t) => {
  class Talker extends daemon({
    queued: { type: 'push', connect: 'tcp://127.0.0.1:9', options: { linger: 50 } },
    waiting: { type: 'push', bind: BIND, options: { linger: 50 } },
  }) {}
  const { daemon: talker, log } = await start(t, Talker);
  for (let n = 0; n < 3; n++) void talker.channels.queued.send('to nobody');
  for (let n = 0; n < 4; n++) void talker.channels.waiting.send('to nobody');
  t.equal(talker.channels.queued.bufferedCount, 3);
  t.equal(talker.channels.waiting.bufferedCount, 4);
  {
    await using _ = talker;
  }
  t.ok(talker.channels.queued.socket.closed, 'the end of the block waits for the end of the run');
  t.match(log(), /Talker is terminating\n7 messages were left unsent\n$/);
});

class Throttled extends daemon({
  job: { type: 'pull', bind: BIND, drainedBy: 'done', highWaterMark: 20 },
  done: { type: 'push', bind: BIND },
}) {
  onJob(message: Buffer[]): void {
    // Not waited for: without the throttle all would pile up here.
    void this.channels.done.send(message);
  }
}

t.test('reading pauses where too much waits behind, and goes on at half of that', async (t) => {
  const { daemon, over, log } = await start(t, Throttled);
  const push = connected(t, new Push(), daemon.channels.job.endpoints[0]);
  for (let n = 0; n < 100; n++) await push.send(String(n));
  while (!log().includes('Pausing')) await new Promise((resolve) => setTimeout(resolve, 5));
  t.equal(daemon.channels.done.bufferedCount, 20);
  t.match(daemon.stats().channels, { job: { handled: 20 } });
  const done = connected(t, new Pull(), daemon.channels.done.endpoints[0]);
  for (let n = 0; n < 100; n++) t.equal(String(await done.receive()), String(n));
  daemon.terminate();
  await over;
  t.match(log(), /Pausing receive on: job \(Buffered: 20, HWM: 20\)/);
  t.match(log(), /Resuming receive on: job \(Buffered: \d, HWM: 20\)/);
});

t.test('RELOAD tells of a configuration with a mistake', async (t) => {
  const { daemon, log } = await start(t, Worker, { control: { bind: [BIND] }, mistake: 'LOUD' });
  const request = connected(t, new Request(), daemon.controlEndpoints[0]);
  await request.send('RELOAD');
  t.equal(String(await request.receive()), 'ERROR configuration not reloaded');
  t.match(log(), 'Configuration not reloaded: LOUD');
});

t.test('commands by a socket of its own', async (t) => {
  const herald = use(t, new Publisher());
  const replies = use(t, new Pull());
  await herald.bind(BIND);
  await replies.bind(BIND);
  const folder = t.testdir({});
  const control = {
    bind: [BIND, `ipc://${relative('.', folder)}/{title}`],
    connect: [herald.lastEndpoint!],
    replies: [replies.lastEndpoint!],
  };
  const { daemon, over, log } = await start(t, Worker, { control, title: '(my:worker:3)' });
  const request = connected(t, new Request(), daemon.controlEndpoints[0]);
  const ask = async (command: string) => {
    await request.send(command);
    return String(await request.receive());
  };
  t.equal(await ask('PING'), 'PONG');
  t.match(JSON.parse(await ask('STATS')), { title: '(my:worker:3)', channels: { job: {} } });
  t.match(await ask('DANCE'), /^ERROR no command DANCE/);
  t.equal(await ask('RELOAD'), 'OK');
  t.match(daemon.controlEndpoints[1], /^ipc:.*\/\(my:worker:3\)$/);

  await herald.waitFor('subscription');
  for (const [topic, expected] of [
    ['*', true],
    [String(process.pid), true],
    ['(my:worker:3)', true],
    [`${process.pid}0`, false],
    ['(my:worker:30)', false],
    ['*', true],
  ] as const) {
    await herald.send([topic, expected ? 'PING' : 'TERM']);
    if (!expected) continue;
    const answer = (await replies.receive()).map(String);
    t.same(answer, ['(my:worker:3)', String(process.pid), 'PING', 'PONG']);
  }
  t.equal(await ask('TERM'), 'OK');
  await over;
  t.match(log(), /Worker was told to terminate\nWorker is terminating/);
});

for (const implementation of implementations(t)) {
  t.test(`with libzmq through ${implementation} on either side`, async (t) => {
    const peer = await LibzmqPeer.spawn(t, { implementation });
    const { daemon, over } = await start(t, Worker);
    const [push, pull] = [await peer.open('PUSH'), await peer.open('PULL')];
    await push.connect(daemon.channels.job.endpoints[0]!);
    await pull.connect(daemon.channels.done.endpoints[0]!);
    const verified = pull.verify(5_000);
    await push.sendMany({ count: 5_000 });
    t.match(await verified, { count: 5_000, bad: 0, gaps: 0, reordered: 0 });
    daemon.terminate();
    await over;
  });
}

t.test('run: flags, configuration, signal, and an exit code', async (t) => {
  class Small extends daemon({ out: { type: 'push', bind: BIND } }) {
    static override appName = 'small';
    static override flags = { size: { type: 'string' } } as const;
    protected override begin(): void {
      const [{ size }, { colour }] = [this.flags, this.config.settings];
      this.log.info('size %s, colour %s', size, colour);
      this.terminate();
    }
    protected override end(): void {
      this.log.info('the end');
    }
  }
  const folder = t.testdir({
    'small.ini': `[app:small]\ncolour = blue\n${fileLog(join(t.testdirName, 'log'))}`,
  });
  const argv = ['-c', join(folder, 'small.ini'), '-t', '(s)', '--size', '3'];
  t.equal(await run(Small, { argv }), 0);
  t.equal(
    logOf(folder),
    '(s) Small has begun processing messages\n(s) size 3, colour blue\n' +
      '(s) Small is terminating\n(s) the end\n',
  );
  const stop = new AbortController();
  class Idle extends daemon({ out: { type: 'push', bind: BIND } }) {
    protected override begin(): void {
      setImmediate(() => stop.abort());
    }
  }
  t.equal(await run(Idle, { argv: ['-c', join(folder, 'small.ini')], signal: stop.signal }), 0);
});

t.test('a receiving channel without a handler does not compile, nor run', async (t) => {
  class Deaf extends daemon({ my_feed: { type: 'pull', bind: BIND } }) {}
  const check = () => {
    // @ts-expect-error there is no onMyFeed
    void run(Deaf);
    class Wrong extends daemon({ a: { type: 'pull', bind: BIND, handler: 'take' } }) {
      onA(): void {}
    }
    // @ts-expect-error there is no take
    void run(Wrong);
    class Given extends daemon({ a: { type: 'pull', bind: BIND, handler: () => {} } }) {}
    void run(Given);
    class Sender extends daemon({ a: { type: 'push', bind: BIND } }) {
      send(): void {
        void this.channels.a.send('a');
        // @ts-expect-error there is no such channel
        this.channels.b;
      }
    }
    void run(Sender);
    class Receiver extends daemon({ a: { type: 'pull', bind: BIND } }) {
      onA(): void {
        // @ts-expect-error a PULL does not send
        void this.channels.a.send('a');
      }
    }
    void run(Receiver);
  };
  t.type(check, 'function');
  const { config } = silent();
  await t.rejects(new Deaf({ config }).run(), /Deaf has no method onMyFeed for channel my_feed/);
  class Lost extends daemon({ a: { type: 'pull', bind: BIND, drainedBy: 'b' } }) {
    onA(): void {}
  }
  await t.rejects(new Lost({ config }).run(), /drained by b, which is none/);
  class Refused extends daemon({ a: { type: 'push', bind: 'tcp://256.0.0.1:1' } }) {}
  await t.rejects(new Refused({ config }).run(), /^channel a: /);
});

interface Started<D> {
  readonly daemon: D;
  readonly over: Promise<void>;
  readonly log: () => string;
}

/** Starts a daemon that logs into a file. `mistake`: why its configuration cannot be read again. */
async function start<D extends Daemon>(
  t: Test,
  Class: new (setup: { config: Config; title?: string | undefined; reread: () => Config }) => D,
  {
    control = {},
    title,
    mistake,
  }: { control?: Config['control']; title?: string; mistake?: string } = {},
): Promise<Started<D>> {
  const folder = t.testdir({});
  const handlers = [{ kind: 'file', target: join(folder, 'log') }] as const;
  const config: Config = {
    settings: {},
    channels: {},
    control,
    log: { level: 'INFO', handlers },
  };
  const reread = (): Config => {
    if (mistake !== undefined) throw new Error(mistake);
    return config;
  };
  const daemon = new Class({ config, title, reread });
  const begun = new Promise<void>((resolve) => {
    (daemon as unknown as { begin(): void }).begin = resolve;
  });
  const over = daemon.run();
  t.teardown(() => daemon.terminate());
  await Promise.race([begun, over]);
  return { daemon, over, log: () => logOf(folder) };
}

function silent(): { config: Config } {
  const log = { level: 'ERROR', handlers: [] } as const;
  return { config: { settings: {}, channels: {}, control: {}, log } };
}

function fileLog(path: string): string {
  return `[logger_root]
handlers = file
[handler_file]
class = FileHandler
args = ('${path}', 'a')
formatter = f
[formatter_f]
format = %(processName)s %(message)s
`;
}

function logOf(folder: string): string {
  return readFileSync(join(folder, 'log'), 'utf8');
}

function connected<S extends Socket & { linger: number }>(
  t: Test,
  socket: S,
  endpoint: string | undefined,
): S {
  use(t, socket as never);
  socket.connect(endpoint!);
  return socket;
}
