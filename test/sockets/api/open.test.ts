/** openSocket: a described socket is opened whole, or not at all. */

import t from 'tap';
import { openSocket, type Publisher, SOCKET_NAMES, type SocketName } from '../../../src/index.ts';

t.test('every name opens the type of that name, bound with its real port', async (t) => {
  for (const type of SOCKET_NAMES) {
    const { socket, endpoints } = await openSocket({ type, bind: 'tcp://127.0.0.1:*' });
    t.equal(socket.constructor.name.length > 0 && socket.closed, false, type);
    t.same(endpoints, [socket.lastEndpoint], `${type}: the endpoint is known`);
    t.match(endpoints[0], /^tcp:\/\/127\.0\.0\.1:\d+$/);
    socket.close();
  }
});

t.test(
  'binds come before connects, options reach the constructor, SUB hears everything',
  async (t) => {
    const server = await openSocket({
      type: 'pub',
      bind: ['inproc://open-a', 'inproc://open-b'],
      options: { sendHighWaterMark: 7 },
    });
    const publisher: Publisher = server.socket;
    t.equal(publisher.sendHighWaterMark, 7);
    t.same(server.endpoints, ['inproc://open-a', 'inproc://open-b']);
    const client = await openSocket({ type: 'sub', connect: 'inproc://open-b' });
    await publisher.waitFor('subscription');
    await publisher.send('hello');
    t.same(await client.socket.receive(), [Buffer.from('hello')]);
    publisher.close();
    client.socket.close();
  },
);

t.test('SUB hears only the prefixes given', async (t) => {
  const { socket: pub } = await openSocket({ type: 'xpub', bind: 'inproc://open-prefixes' });
  const { socket: sub } = await openSocket({
    type: 'sub',
    connect: 'inproc://open-prefixes',
    subscribe: ['a', 'b'],
  });
  t.same(await pub.receive(), [Buffer.from('\x01a')]);
  t.same(await pub.receive(), [Buffer.from('\x01b')]);
  await pub.send('c');
  await pub.send('b!');
  t.same(await sub.receive(), [Buffer.from('b!')]);
  const { socket: none } = await openSocket({
    type: 'sub',
    connect: 'inproc://open-prefixes',
    subscribe: [],
  });
  none.subscribe('z');
  t.same(await pub.receive(), [Buffer.from('\x01z')], 'an empty list subscribes to nothing');
  for (const socket of [pub, sub, none]) socket.close();
});

t.test('a failure leaves nothing open, and an unknown type is named', async (t) => {
  await t.rejects(
    openSocket({ type: 'pull', bind: ['inproc://open-half', 'nowhere'] }),
    { code: 'EINVAL' },
    'the second endpoint is refused',
  );
  const again = await openSocket({ type: 'pull', bind: 'inproc://open-half' });
  t.equal(again.endpoints[0], 'inproc://open-half', 'the first is free again');
  again.socket.close();
  for (const type of ['nope', 'constructor', '__proto__', undefined]) {
    await t.rejects(openSocket({ type: type as SocketName }), {
      code: 'EINVAL',
      message: new RegExp(`no socket type ${JSON.stringify(type)}`),
    });
  }
});
