/** Context.shutdown: whoever waits is told, and the sockets are left to those who have them. */

import { once } from 'node:events';
import t, { type Test } from 'tap';
import * as zmq from '../../../src/index.ts';
import { freeEndpoint, join, own, TRANSPORTS, turns, until } from '../../support/local.ts';
import { PATIENCE } from '../../support/patience.ts';

const TERMINATED = { code: 'ETERM', message: 'Context was terminated', errno: 156_384_765 };

/** A context, closed with the test, whose sockets do not linger. */
function begin(t: Test): zmq.Context {
  const context = new zmq.Context({ blocky: false });
  t.teardown(() => context.close());
  return context;
}

t.test('calls that wait are rejected, of all sockets', async (t) => {
  const context = begin(t);
  const push = new zmq.Push({ context });
  const pulls = [1, 2, 3].map(() => new zmq.Pull({ context }));
  const poller = new zmq.Poller(...pulls);
  const loop = async (): Promise<void> => {
    for await (const _message of pulls[2]!);
  };
  const waiting: Promise<unknown>[] = [
    push.send('x'),
    push.whenWritable(),
    push.waitFor('handshake'),
    pulls[0]!.receive(),
    pulls[1]!.receiveMany(),
    loop(),
    pulls[0]!.whenReadable(),
    poller.poll(),
    poller.receive(),
  ];
  for (const each of waiting) each.catch(() => {});
  await turns(2);
  context.shutdown();
  for (const each of waiting) await t.rejects(each as Promise<void>, TERMINATED);
  t.equal(context.closed, false);
});

t.test('later calls are refused but `close`, and options can be read and set', async (t) => {
  const context = begin(t);
  const pair = new zmq.Pair({ context });
  await pair.bind('tcp://127.0.0.1:*');
  context.shutdown();
  context.shutdown();
  for (const call of [
    () => pair.send('x'),
    () => pair.receive(),
    () => pair.trySend('x'),
    () => pair.tryReceive(),
    () => pair.bind('tcp://127.0.0.1:*'),
    () => pair.unbind(pair.lastEndpoint!),
    () => pair.connect('tcp://127.0.0.1:1'),
    () => pair.disconnect('tcp://127.0.0.1:1'),
    () => pair.whenReadable(),
    () => new zmq.Pair({ context }),
  ]) {
    t.throws(call, TERMINATED);
  }
  await t.rejects(pair.waitFor('handshake'), TERMINATED);
  t.equal(pair.readable || pair.writable, false);
  t.equal(pair.closed, false);
  pair.linger = 0;
  t.equal(pair.linger, 0);
  const end = pair.waitFor('end');
  pair.close();
  await end;
  t.equal(pair.closed, true);
});

t.test('sockets of other contexts go on, and their peers are not disconnected', async (t) => {
  for (const transport of TRANSPORTS.filter((each) => each !== 'inproc')) {
    const context = begin(t);
    const push = new zmq.Push({ context });
    const pull = own(t, new zmq.Pull({ receiveTimeout: PATIENCE }));
    await join(pull, push, transport);
    await push.send('sent before');
    context.shutdown();
    t.equal(String(await pull.receive()), 'sent before');
    t.equal(pull.stats().peers.length, 1, transport);
    await context.close();
    await until(() => pull.stats().peers.length === 0);
  }
});

t.test('what was accepted before is delivered while the sockets linger', async (t) => {
  const context = new zmq.Context();
  const push = new zmq.Push({ context });
  const pull = own(t, new zmq.Pull({ receiveTimeout: PATIENCE }));
  await pull.bind(freeEndpoint('tcp'));
  push.connect(pull.lastEndpoint!);
  await push.send('x');
  context.shutdown();
  const closed = context.close();
  t.equal(String(await pull.receive()), 'x');
  await closed;
});

t.test('a bind under way ends, and leaves the socket shut down', async (t) => {
  const context = begin(t);
  const pull = new zmq.Pull({ context });
  const binding = pull.bind('tcp://127.0.0.1:*');
  context.shutdown();
  await binding;
  t.throws(() => pull.receive(), TERMINATED);
});

t.test('a proxy ends with it, an emitter and a stream report it', async (t) => {
  const context = begin(t);
  const [front, back] = [new zmq.Router({ context }), new zmq.Dealer({ context })];
  await front.bind('tcp://127.0.0.1:*');
  await back.bind('tcp://127.0.0.1:*');
  const running = new zmq.Proxy(front, back).run();
  running.catch(() => {});
  const emitter = new zmq.MessageEmitter(new zmq.Pull({ context }));
  emitter.on('message', () => {});
  const told = once(emitter, 'error');
  const over = new Promise((resolve) => emitter.on('close', () => resolve(true)));
  const stream = zmq.toReadable(new zmq.Pull({ context }));
  const failed = once(stream.resume(), 'error');
  await turns(2);
  context.shutdown();
  await t.rejects(running, TERMINATED);
  t.match((await told)[0], TERMINATED);
  t.equal(await over, true);
  t.match((await failed)[0], TERMINATED);
});
