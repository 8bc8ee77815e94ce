/** RADIO and DISH over udp: among ourselves, with libzmq, and with packets that are none. */

import dgram from 'node:dgram';
import { once } from 'node:events';
import { networkInterfaces } from 'node:os';
import t from 'tap';
import * as native from 'zeromq';
import * as theirs from 'zeromq/draft.js';
import { Push, Subscriber } from '../../../src/index.ts';
import { Dish, Radio } from '../../../src/sockets/draft/index.ts';
import { own, turns, until } from '../../support/local.ts';
import { PATIENCE } from '../../support/patience.ts';

const [lo] = Object.entries(networkInterfaces()).find(([, all]) =>
  all?.some(({ address }) => address === '127.0.0.1'),
) ?? ['lo'];

/** A port that was free just now. */
async function freePort(): Promise<number> {
  const socket = dgram.createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  await once(socket, 'close');
  return port;
}

/** Sends until something comes: what is sent before the other side is there is lost. */
async function arrives(
  radio: { send(message: string, options: { group: string }): Promise<void> },
  dish: { receive(): Promise<[Buffer, { group: Buffer }]> },
  group: string,
): Promise<void> {
  let came = false;
  const first = dish.receive().then(() => {
    came = true;
  });
  while (!came) {
    await radio.send('sync', { group });
    await turns(5);
  }
  await first;
  await radio.send('over', { group });
  while (String((await dish.receive())[0]) !== 'over');
}

t.test('one address: messages of joined groups arrive, in order', async (t) => {
  const [radio, dish] = [own(t, new Radio()), own(t, new Dish({ receiveTimeout: PATIENCE }))];
  dish.join('a', '', 'x'.repeat(255));
  await dish.bind('udp://127.0.0.1:*');
  t.match(dish.lastEndpoint, /^udp:\/\/127\.0\.0\.1:[1-9]\d*$/);
  radio.connect(dish.lastEndpoint!);
  await radio.send('queued before it is open', { group: 'a' });
  await radio.waitFor('subscription', { timeout: PATIENCE });
  t.same((await dish.receive()).slice(0, 1).map(String), ['queued before it is open']);
  await radio.send('not joined', { group: 'b' });
  const groups = ['', 'x'.repeat(255)];
  // In bursts that the kernel's buffer holds: more would be lost.
  for (let n = 0; n < 500; n += 50) {
    for (let m = n; m < n + 50; m++) await radio.send(`${m}`, { group: groups[m % 2]! });
    for (let m = n; m < n + 50; m++) {
      const [body, { group }] = await dish.receive();
      const got = `${body} ${group}`;
      if (got !== `${m} ${groups[m % 2]}`) t.fail(`${got} for ${m}`);
    }
  }
  dish.leave('a');
  await radio.send('left', { group: 'a' });
  await radio.send('', { group: '' });
  t.same((await dish.receive())[0].length, 0);
  const { sent, received, peers } = dish.stats();
  t.ok(received.bytes > 500 && sent.bytes === 0);
  t.same([peers.length, peers[0]!.socketType, peers[0]!.address], [1, 'RADIO', dish.lastEndpoint]);
  t.ok(radio.stats().sent.bytes >= received.bytes);
});

t.test('a name is resolved, and one RADIO sends to several addresses', async (t) => {
  const radio = own(t, new Radio());
  const dishes = [1, 2].map(() => own(t, new Dish({ receiveTimeout: PATIENCE })));
  for (const dish of dishes) {
    dish.join('a');
    dish.bindSync('udp://127.0.0.1:*');
    radio.connect(dish.lastEndpoint!.replace('127.0.0.1', 'localhost'));
  }
  const tcp = own(t, new Dish({ receiveTimeout: PATIENCE }));
  tcp.join('a');
  await tcp.bind('tcp://127.0.0.1:*');
  radio.connect(tcp.lastEndpoint!);
  await radio.waitFor('subscription', { peers: 3, timeout: PATIENCE });
  await radio.send('all', { group: 'a' });
  for (const dish of [...dishes, tcp]) t.equal(String((await dish.receive())[0]), 'all');
  radio.disconnect(dishes[0]!.lastEndpoint!.replace('127.0.0.1', 'localhost'));
  await radio.send('one less', { group: 'a' });
  t.equal(String((await dishes[1]!.receive())[0]), 'one less');
  t.equal(dishes[0]!.tryReceive(), undefined);
});

t.test('a name that does not exist is tried again', async (t) => {
  const radio = own(t, new Radio({ reconnectInterval: 1 }));
  const retries = radio.waitFor('connect:retry', { peers: 2, timeout: PATIENCE });
  radio.connect('udp://name.invalid:5555');
  await retries;
  t.equal(radio.stats().peers.length, 0);
});

t.test('what waits is sent before the socket ends', async (t) => {
  const dish = own(t, new Dish({ receiveTimeout: PATIENCE }));
  dish.join('a');
  await dish.bind('udp://127.0.0.1:*');
  const radio = new Radio();
  radio.connect(dish.lastEndpoint!);
  await radio.send('last words', { group: 'a' });
  await radio[Symbol.asyncDispose]();
  t.equal(String((await dish.receive())[0]), 'last words');
});

t.test('multicast over the loopback interface reaches all who have bound the group', async (t) => {
  const port = await freePort();
  for (const source of ['127.0.0.1', lo]) {
    const endpoint = `udp://${source};239.192.7.9:${port}`;
    const radio = own(t, new Radio({ multicastHops: 1, multicastLoop: true }));
    const dishes = [1, 2].map(() => own(t, new Dish({ receiveTimeout: PATIENCE })));
    for (const dish of dishes) {
      dish.join('a');
      await dish.bind(endpoint);
      t.equal(dish.lastEndpoint, endpoint);
    }
    radio.connect(endpoint);
    await radio.waitFor('subscription', { timeout: PATIENCE });
    await radio.send('all', { group: 'a' });
    for (const dish of dishes) t.equal(String((await dish.receive())[0]), 'all');
    for (const dish of dishes) await dish.unbind(endpoint);
  }
});

t.test(
  'over IPv6',
  { skip: !networkInterfaces()[lo!]?.some((one) => one.address === '::1') },
  async (t) => {
    const [radio, dish] = [
      own(t, new Radio()),
      own(t, new Dish({ ipv6: true, receiveTimeout: PATIENCE })),
    ];
    dish.join('a');
    await dish.bind('udp://[::1]:*');
    t.match(dish.lastEndpoint, /^udp:\/\/\[::1\]:\d+$/);
    radio.connect(dish.lastEndpoint!);
    await radio.send('six', { group: 'a' });
    t.equal(String((await dish.receive())[0]), 'six');
  },
);

t.test('packets that are no messages are dropped and counted', async (t) => {
  const dish = own(t, new Dish({ maxMessageSize: 10, receiveTimeout: PATIENCE }));
  dish.join('a');
  await dish.bind('udp://127.0.0.1:*');
  const peer = dgram.createSocket('udp4');
  t.teardown(() => peer.close());
  const port = Number(dish.lastEndpoint!.split(':').pop());
  const say = (octets: string): void => peer.send(Buffer.from(octets, 'latin1'), port, '127.0.0.1');
  for (const bad of ['', '\x01', '\xff short', '\x01a0123456789x']) say(bad);
  say('\x01a');
  say('\x03a\0xbody');
  t.same((await dish.receive()).slice(0, 1).map(String), ['']);
  const [body, { group }] = await dish.receive();
  t.same([String(body), String(group)], ['body', 'a']);
  t.equal(dish.stats().dropped, 4);
});

t.test('a DISH that does not keep up drops and counts, and lives', async (t) => {
  const dish = own(t, new Dish({ receiveHighWaterMark: 4, receiveTimeout: PATIENCE }));
  const radio = own(t, new Radio());
  dish.join('a');
  await dish.bind('udp://127.0.0.1:*');
  radio.connect(dish.lastEndpoint!);
  await until(() => {
    radio.trySend('x', { group: 'a' });
    return dish.stats().dropped > 10;
  });
  t.equal(dish.stats().queued.in, 4);
  while (dish.tryReceive() !== undefined);
  await until(
    () => radio.trySend('later', { group: 'a' }) && String(dish.tryReceive()?.[0]) === 'later',
  );
});

t.test('a message that libzmq would cut is not sent but counted', async (t) => {
  const [radio, dish] = [own(t, new Radio()), own(t, new Dish({ receiveTimeout: PATIENCE }))];
  dish.join('a');
  await dish.bind('udp://127.0.0.1:*');
  radio.connect(dish.lastEndpoint!);
  await radio.waitFor('subscription', { timeout: PATIENCE });
  await radio.send(Buffer.alloc(8191), { group: 'a' });
  await radio.send(Buffer.alloc(8190), { group: 'a' });
  t.equal((await dish.receive())[0].length, 8190);
  t.equal(radio.stats().dropped, 1);
});

t.test('who may bind and connect, and what is no address', async (t) => {
  const [radio, dish] = [own(t, new Radio()), own(t, new Dish())];
  await t.rejects(radio.bind('udp://127.0.0.1:*'), { code: 'ENOCOMPATPROTO' });
  t.throws(() => dish.connect('udp://127.0.0.1:5555'), { code: 'ENOCOMPATPROTO' });
  t.throws(() => own(t, new Push()).connect('udp://127.0.0.1:5555'), { code: 'ENOCOMPATPROTO' });
  await t.rejects(own(t, new Subscriber()).bind('udp://*:*'), { code: 'ENOCOMPATPROTO' });
  for (const bad of ['udp://127.0.0.1', 'udp://127.0.0.1:x', 'udp://127.0.0.1:0', 'udp://*:5']) {
    t.throws(() => radio.connect(bad), { code: 'EINVAL', address: bad }, bad);
  }
  t.throws(() => radio.connect('udp://lo;127.0.0.1:5'), { code: 'EINVAL', message: /multicast/ });
  await t.rejects(dish.bind('udp://nowhere:5555'), { code: 'ENODEV' });
  await t.rejects(dish.bind('udp://nowhere;239.1.1.1:*'), { code: 'ENODEV' });
  await t.rejects(dish.bind('udp://192.0.2.1:*'), { code: 'EADDRNOTAVAIL' });
  await dish.bind('udp://127.0.0.1:*');
  const second = own(t, new Dish());
  await t.rejects(second.bind(dish.lastEndpoint!), { code: 'EADDRINUSE' });
  t.throws(() => second.bindSync(dish.lastEndpoint!), { code: 'EADDRINUSE' });
  await dish.unbind(dish.lastEndpoint!);
  await second.bind(dish.lastEndpoint!);
  second.unbindSync(dish.lastEndpoint!);
});

t.test(
  'no mechanism, and nobody to judge peers: so udp is refused where one is asked for',
  async (t) => {
    const radio = own(t, new Radio({ plainUsername: 'me', plainPassword: 'secret' }));
    t.throws(() => radio.connect('udp://127.0.0.1:5555'), { code: 'EINVAL', message: /PLAIN/ });
    for (const options of [{ plainServer: true }, { zapDomain: 'x' }]) {
      await t.rejects(own(t, new Dish(options)).bind('udp://127.0.0.1:*'), { code: 'EINVAL' });
    }
    const judged = own(t, new Dish({ authenticate: () => ({ status: 200 }) }));
    await t.rejects(judged.bind('udp://127.0.0.1:*'), { code: 'EINVAL', message: /judged/ });
  },
);

t.test('with libzmq', { skip: !native.capability.draft && 'libzmq has no drafts' }, async (t) => {
  for (const way of ['', '127.0.0.1;239.192.7.10', `${lo};239.192.7.11`]) {
    for (const ours of ['radio', 'dish'] as const) {
      const endpoint = `udp://${way || '127.0.0.1'}:${await freePort()}`;
      const radio = ours === 'radio' ? own(t, new Radio()) : new theirs.Radio({ linger: 0 });
      const dish = ours === 'dish' ? own(t, new Dish()) : new theirs.Dish({ linger: 0 });
      t.teardown(() => [radio.close(), dish.close()]);
      dish.join('a', 'long group of more than fifteen octets');
      await dish.bind(endpoint);
      radio.connect(endpoint);
      await arrives(radio, dish, 'a');
      await radio.send('no', { group: 'b' });
      for (const size of [0, 1, 255, 8000]) {
        await radio.send(Buffer.alloc(size, 'x'), {
          group: 'long group of more than fifteen octets',
        });
        const [body, { group }] = await dish.receive();
        t.equal(body.length, size, `${ours} ours, ${endpoint}, ${size} octets`);
        t.equal(String(group), 'long group of more than fifteen octets');
      }
    }
  }
});
