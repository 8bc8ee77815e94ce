/** DGRAM over udp: with any program, and with libzmq. */

import dgram from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import * as native from 'zeromq';
import * as theirs from 'zeromq/draft.js';
import { Datagram } from '../../../src/sockets/draft/index.ts';
import { own, texts, until } from '../../support/local.ts';
import { PATIENCE } from '../../support/patience.ts';

type Loose = { send(message: unknown): Promise<void> };

t.test('packets come with an address, to which the answer goes', async (t) => {
  const socket = own(t, new Datagram({ receiveTimeout: PATIENCE }));
  await socket.bind('udp://127.0.0.1:*');
  const port = Number(socket.lastEndpoint!.split(':').pop());
  const clients = [1, 2].map(() => dgram.createSocket('udp4'));
  t.teardown(() => clients.forEach((client) => void client.close()));
  for (const [n, client] of clients.entries()) {
    client.send(`from ${n}`, port, '127.0.0.1');
    const [address, body] = await socket.receive();
    t.same(texts([address, body]), [`127.0.0.1:${client.address().port}\0`, `from ${n}`]);
    const answers = [once(client, 'message')];
    await socket.send([address, body]);
    t.equal(String((await answers[0]!)[0]), `from ${n}`);
    const plain = once(client, 'message');
    t.equal(socket.trySend([`127.0.0.1:${client.address().port}`, '']), true);
    t.equal((await plain)[0].length, 0);
  }
  clients[0]!.send('', port, '127.0.0.1');
  t.equal((await socket.receive())[1].length, 0);
  const large = once(clients[1]!, 'message');
  await socket.send([`127.0.0.1:${clients[1]!.address().port}`, Buffer.alloc(65_507)]);
  t.equal((await large)[0].length, 65_507);
  t.strictSame([socket.type, socket.threadSafe], [18, false]);
});

t.test('what is no packet is refused', async (t) => {
  const socket = own(t, new Datagram({ sendTimeout: 0 }));
  const loose = socket as unknown as Loose;
  const address = '127.0.0.1:5555';
  await t.rejects(socket.send([address, 'nobody to take it']), { code: 'EAGAIN' });
  await socket.bind('udp://127.0.0.1:*');
  await t.rejects(loose.send(['one']), { code: 'EINVAL', message: /1 parts/ });
  await t.rejects(loose.send([address, 'a', 'b']), { code: 'EINVAL', message: /3 parts/ });
  for (const bad of [
    '',
    'x',
    'localhost:5',
    '127.0.0.1',
    '127.0.0.1:0',
    '127.0.0.1:65536',
    '::1:5',
  ]) {
    await t.rejects(socket.send([bad, 'x']), { code: 'EINVAL', message: /no address/ }, bad);
  }
  await t.rejects(socket.send([address, Buffer.alloc(65_508)]), { code: 'EMSGSIZE' });
  t.throws(() => socket.connect('udp://127.0.0.1:5555'), { code: 'ENOCOMPATPROTO' });
  for (const other of ['tcp://127.0.0.1:*', 'inproc://x']) {
    await t.rejects(socket.bind(other), { code: 'ENOCOMPATPROTO' }, other);
  }
  await t.rejects(socket.bind('udp://127.0.0.1:*'), { code: 'EINVAL', message: /bound already/ });
  await t.resolves(socket.send([address, 'the first bind holds']));
  const first = socket.lastEndpoint!;
  await socket.unbind(first);
  await socket.bind(first);
  await socket.send([address, 'again']);
});

t.test('two sockets talk over IPv4, and over IPv6', async (t) => {
  for (const host of ['127.0.0.1', '[::1]']) {
    const options = { ipv6: host !== '127.0.0.1', receiveTimeout: PATIENCE };
    const [one, two] = [own(t, new Datagram(options)), own(t, new Datagram(options))];
    try {
      await one.bind(`udp://${host}:*`);
    } catch (error) {
      t.equal((error as { code: string }).code, 'EADDRNOTAVAIL', 'there is no IPv6 here');
      return;
    }
    await two.bind(`udp://${host}:*`);
    const [from, to] = [one, two].map(({ lastEndpoint }) => lastEndpoint!.slice('udp://'.length));
    await one.send([to!, 'hello']);
    await until(() => two.readable);
    t.same(texts(await two.receive()), [`${from}\0`, 'hello']);
  }
});

t.test('with libzmq', { skip: !native.capability.draft && 'libzmq has no drafts' }, async (t) => {
  const ours = own(t, new Datagram({ receiveTimeout: PATIENCE }));
  const other = new theirs.Datagram({ linger: 0, receiveTimeout: PATIENCE });
  t.teardown(() => other.close());
  const probe = dgram.createSocket('udp4').bind(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address();
  probe.close();
  await once(probe, 'close');
  await ours.bind('udp://127.0.0.1:*');
  await other.bind(`udp://127.0.0.1:${port}`);
  // libzmq's thread binds after `bind` has returned, and what comes before that is lost.
  for (; !other.readable; await delay(10)) await ours.send([`127.0.0.1:${port}`, 'ready?']);
  await ours.send([`127.0.0.1:${port}`, 'go']);
  while (String((await other.receive())[1]) !== 'go');
  for (const size of [0, 1, 1000, 8000]) {
    await ours.send([`127.0.0.1:${port}`, Buffer.alloc(size, 'x')]);
    const [address, body] = await other.receive();
    t.equal(body.length, size);
    await other.send([address, body]);
    const [back, answer] = await ours.receive();
    t.same([String(back), answer.length], [`127.0.0.1:${port}\0`, size]);
  }
});
