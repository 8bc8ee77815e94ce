/** Messages as events: taken only while somebody listens. */

import { once } from 'node:events';
import t from 'tap';
import { MessageEmitter } from '../../../src/sockets/adapter/message-emitter.ts';
import { Pull, Push } from '../../../src/sockets/index.ts';
import { fill, sendNumbered, use } from '../../support/interop.ts';

async function pipeline(
  t: Parameters<typeof use>[0],
  mark = 1_000,
): Promise<{ push: Push; pull: Pull; emitter: MessageEmitter }> {
  const push = use(t, new Push({ sendHighWaterMark: mark }));
  const pull = use(t, new Pull({ receiveHighWaterMark: mark }));
  await push.bind('tcp://127.0.0.1:*');
  pull.connect(push.lastEndpoint!);
  return { push, pull, emitter: new MessageEmitter(pull) };
}

t.test('a listener gets each message, all its parts in an array', async (t) => {
  const { push, emitter } = await pipeline(t);
  const seen: string[] = [];
  const over = new Promise<void>((resolve) => {
    emitter.on('message', (message) => {
      seen.push(message.map(String).join('|'));
      if (seen.length === 1_001) resolve();
    });
  });
  await push.send(['Continue']);
  await sendNumbered(push, 1_000);
  await over;
  t.equal(seen[0], 'Continue');
  t.equal(seen[1_000]!.split('|').length, 3);
});

t.test('without a listener nothing is taken, and the peer feels it', async (t) => {
  const { push, pull, emitter } = await pipeline(t, 10);
  const accepted = await fill(push, { size: 65_536 });
  t.ok(accepted < 1_000, `${accepted} were accepted`);
  t.equal(pull.stats().received.messages, 0);
  let count = 0;
  const listener = () => {
    count++;
    if (count === accepted - 1) emitter.off('message', listener);
  };
  emitter.on('message', listener);
  await emitter.socket.whenReadable();
  await once(emitter, 'removeListener');
  await pull.whenReadable();
  t.equal(count, accepted - 1);
  t.ok(pull.tryReceive(), 'the last one is left to others');
});

t.test('pause and resume, once, and a promise that is waited for', async (t) => {
  const { push, pull, emitter } = await pipeline(t);
  const seen: string[] = [];
  let release = () => {};
  emitter.on('message', (message) => {
    seen.push(String(message));
    if (seen.length === 1) return new Promise<void>((resolve) => (release = resolve));
    return undefined;
  });
  await push.send('a');
  await push.send('b');
  await once(emitter, 'message');
  t.same(seen, ['a'], 'the next waits for the promise');
  emitter.pause();
  t.ok(emitter.isPaused());
  release();
  await pull.whenReadable();
  t.same(seen, ['a']);
  const next = once(emitter, 'message');
  emitter.resume();
  t.same(String((await next)[0]), 'b');
});

t.test('what a listener throws is an error event, and the next message comes', async (t) => {
  const { push, emitter } = await pipeline(t);
  emitter.on('message', (message) => {
    if (String(message) === 'bad') throw new Error('thrown');
  });
  const failed = once(emitter, 'error');
  await push.send('bad');
  t.match(await failed, [{ message: 'thrown' }]);
  const next = once(emitter, 'message');
  await push.send('good');
  t.equal(String((await next)[0]), 'good');
});

t.test('the close of the socket is told once', async (t) => {
  const { pull, emitter } = await pipeline(t);
  emitter.on('message', () => {});
  const closed = once(emitter, 'close');
  await new Promise(setImmediate);
  pull.close();
  await closed;
  await once(emitter, 'close');
  t.pass('also to who asks later');
});
