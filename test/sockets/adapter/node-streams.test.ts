/** Sockets as streams of Node and of the web, with their back-pressure. */

import { pipeline } from 'node:stream/promises';
import t from 'tap';
import {
  toReadable,
  toReadableStream,
  toWritable,
  toWritableStream,
} from '../../../src/sockets/adapter/node-streams.ts';
import { Pull, Push } from '../../../src/sockets/index.ts';
import { faultless, fill, sendNumbered, use, verify } from '../../support/interop.ts';

async function joined(t: Parameters<typeof use>[0], mark = 1_000): Promise<[Push, Pull]> {
  const push = use(t, new Push({ sendHighWaterMark: mark }));
  const pull = use(t, new Pull({ receiveHighWaterMark: mark }));
  await push.bind('tcp://127.0.0.1:*');
  pull.connect(push.lastEndpoint!);
  return [push, pull];
}

t.test('messages flow through a pipeline, whole and in order', async (t) => {
  const [feeder, source] = await joined(t, 10);
  const [target, reader] = await joined(t, 10);
  const flowing = pipeline(toReadable(source), toWritable(target));
  const received = verify(reader, 5_000);
  await sendNumbered(feeder, 5_000);
  t.strictSame(await received, faultless('ours', 5_000));
  source.close();
  await flowing;
  t.notOk(target.closed);
});

t.test('likewise between web streams', async (t) => {
  const [feeder, source] = await joined(t, 10);
  const [target, reader] = await joined(t, 10);
  const flowing = toReadableStream(source).pipeTo(toWritableStream(target, { close: true }));
  const received = verify(reader, 5_000);
  await sendNumbered(feeder, 5_000);
  t.strictSame(await received, faultless('ours', 5_000));
  source.close();
  await flowing;
  t.ok(target.closed, 'because that was asked for');
});

t.test('a reader that pauses stops the sender, and loses nothing', async (t) => {
  for (const to of [toReadable, toReadableStream]) {
    const [push, pull] = await joined(t, 10);
    const reader = to(pull)[Symbol.asyncIterator]();
    await push.send('first');
    t.equal(String((await reader.next()).value), 'first');
    const accepted = await fill(push, { size: 65_536 });
    t.ok(accepted < 1_000, `${accepted} were accepted`);
    const receive = async () => (await reader.next()).value as Buffer[];
    t.strictSame(await verify({ receive }, accepted), faultless('ours', accepted));
  }
});

t.test('a reader that stops leaves the rest to the socket', async (t) => {
  const [push, pull] = await joined(t);
  await sendNumbered(push, 10);
  for await (const message of toReadable(pull)) {
    t.equal(String(message[0]), 'ours/0');
    break;
  }
  for await (const message of toReadableStream(pull)) {
    t.equal(String(message[0]), 'ours/1');
    break;
  }
  t.equal(String((await pull.receive())[0]), 'ours/2');
  t.notOk(pull.closed);

  for await (const _ of toReadable(pull, { close: true })) break;
  t.ok(pull.closed);
});

t.test('a writer waits where send does, and can be aborted', async (t) => {
  const push = use(t, new Push());
  await push.bind('tcp://127.0.0.1:*');
  const writable = toWritable(push);
  t.notOk(writable.write('nobody takes it'), 'full at once');
  const failed = new Promise((resolve) => writable.once('error', resolve));
  writable.destroy(new Error('enough'));
  t.match(await failed, { message: 'enough' });

  const writer = toWritableStream(push).getWriter();
  const written = writer.write(['nobody', 'takes it']);
  await writer.abort(new Error('enough'));
  await t.rejects(written);

  const pull = use(t, new Pull());
  pull.connect(push.lastEndpoint!);
  await push.send('sent by the socket itself');
  t.equal(String(await pull.receive()), 'sent by the socket itself', 'nothing else came');
  const { promise, done } = ended();
  toWritable(push, { close: true }).end(['last', 'words'], done);
  await promise;
  t.same((await pull.receive()).map(String), ['last', 'words']);
});

t.test('what is no message is an error of the stream', async (t) => {
  const [push] = await joined(t);
  const writable = toWritable(push);
  const failed = new Promise((resolve) => writable.once('error', resolve));
  writable.write([Symbol('no text')]);
  t.ok(await failed);
});

function ended(): { promise: Promise<void>; done: () => void } {
  let done = () => {};
  const promise = new Promise<void>((resolve) => {
    done = resolve;
  });
  return { promise, done };
}
