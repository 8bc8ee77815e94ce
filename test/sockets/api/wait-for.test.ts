/** waitFor: to know when peers, subscribers and events are there. */

import t from 'tap';
import * as zmq from '../../../src/index.ts';
import { failure, freeEndpoint, own, TRANSPORTS, turns } from '../../support/local.ts';
import { PATIENCE } from '../../support/patience.ts';

for (const transport of TRANSPORTS) {
  t.test(`over ${transport}`, async (t) => {
    t.test('handshake counts the peers that are there', async (t) => {
      const pull = own(t, new zmq.Pull());
      await pull.bind(freeEndpoint(transport));
      const pushes = [1, 2, 3].map(() => own(t, new zmq.Push()));
      let come = false;
      const all = pull.waitFor('handshake', { peers: 3, timeout: PATIENCE }).then(() => {
        come = true;
      });
      for (const push of pushes.slice(0, 2)) push.connect(pull.lastEndpoint!);
      await pull.waitFor('handshake', { peers: 2, timeout: PATIENCE });
      t.equal(come, false);
      pushes[2]!.connect(pull.lastEndpoint!);
      await all;
      await pull.waitFor('handshake', { peers: 3, timeout: 0 });
      t.match((await failure(() => pull.waitFor('handshake', { peers: 4, timeout: 0 }))).error, {
        code: 'EAGAIN',
      });
      pushes[0]!.close();
      while (pull.stats().peers.length > 2) await turns();
      t.match(await failure(() => pull.waitFor('handshake', { peers: 3, timeout: 5 })), {
        sync: false,
        error: { code: 'EAGAIN' },
      });
    });

    t.test('subscription counts subscribers', async (t) => {
      const publisher = own(t, new zmq.Publisher());
      await publisher.bind(freeEndpoint(transport));
      const [one, other] = [own(t, new zmq.Subscriber()), own(t, new zmq.Subscriber())];
      one.connect(publisher.lastEndpoint!);
      other.connect(publisher.lastEndpoint!);
      await publisher.waitFor('handshake', { peers: 2, timeout: PATIENCE });
      t.match(
        (await failure(() => publisher.waitFor('subscription', { timeout: 0 }))).error,
        { code: 'EAGAIN' },
        'nobody has subscribed',
      );
      one.subscribe('a', 'b');
      await publisher.waitFor('subscription', { timeout: PATIENCE });
      const both = publisher.waitFor('subscription', { peers: 2, timeout: PATIENCE });
      other.subscribe('');
      await both;
      await publisher.send('a');
      t.strictSame(await one.receive(), [Buffer.from('a')]);
      t.strictSame(await other.receive(), [Buffer.from('a')]);
    });

    t.test('it ends by time, signal and close', async (t) => {
      const pull = own(t, new zmq.Pull());
      await pull.bind(freeEndpoint(transport));
      const start = performance.now();
      t.match((await failure(() => pull.waitFor('handshake', { timeout: 20 }))).error, {
        code: 'EAGAIN',
      });
      t.ok(performance.now() - start >= 18);
      const reason = new Error('enough');
      const { error } = await failure(() =>
        pull.waitFor('handshake', { signal: AbortSignal.abort(reason) }),
      );
      t.equal(error, reason);
      const pending = [
        failure(() => pull.waitFor('handshake')),
        failure(() => pull.waitFor('connect')),
      ];
      const ended = [
        pull.waitFor('end'),
        ...(transport === 'inproc' ? [] : [pull.waitFor('close')]),
      ];
      pull.close();
      for (const each of await Promise.all(pending)) t.match(each.error, { code: 'EBADF' });
      await Promise.all(ended);
      t.throws(() => pull.waitFor('end'), { code: 'EBADF' });
    });
  });
}

t.test('other events are counted from now on', async (t) => {
  const pull = own(t, new zmq.Pull());
  const binding = pull.bind('tcp://127.0.0.1:*');
  const bound = pull.waitFor('bind', { timeout: PATIENCE });
  await Promise.all([binding, bound]);
  t.match((await failure(() => pull.waitFor('bind', { timeout: 1 }))).error, { code: 'EAGAIN' });
  const accepted = pull.waitFor('accept', { peers: 2, timeout: PATIENCE });
  for (let i = 0; i < 2; i++) own(t, new zmq.Push()).connect(pull.lastEndpoint!);
  await accepted;
  pull.close();
});

t.test('without endpoints close comes at once', async (t) => {
  const pull = own(t, new zmq.Pull());
  const ended = pull.waitFor('end');
  const closed = failure(() => pull.waitFor('close'));
  pull.close();
  await ended;
  t.match((await closed).error, { code: 'EBADF' });
});
