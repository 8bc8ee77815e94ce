/** RADIO and DISH (RFC 48): among ourselves, and with libzmq. */

import t from 'tap';
import * as native from 'zeromq';
import * as theirs from 'zeromq/draft.js';
import { Subscriber } from '../../../src/index.ts';
import { Dish, Radio } from '../../../src/sockets/draft/index.ts';
import { freeEndpoint, join, own, TRANSPORTS, turns, until } from '../../support/local.ts';
import { PATIENCE } from '../../support/patience.ts';
import {
  command,
  connectRaw,
  greeting,
  listenRaw,
  message,
  ready,
} from '../../support/raw-peer.ts';

type Loose = { send(...args: unknown[]): Promise<void>; join(...values: unknown[]): void };

/** Its text and its group. */
function texts([body, { group }]: [Buffer, { group: Buffer }]): [string, string] {
  return [String(body), String(group)];
}

/** A libzmq RADIO cannot be asked who has joined: send until something comes. */
async function receiveWhenJoined(
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

for (const transport of TRANSPORTS) {
  t.test(`over ${transport}`, async (t) => {
    t.test('a message goes to those who have joined its group, as a whole', async (t) => {
      const radio = own(t, new Radio());
      const [one, two] = [1, 2].map(() => own(t, new Dish({ receiveTimeout: PATIENCE })));
      one!.join('weather', Buffer.of(0xff, 0x80));
      two!.join('wea', 'weather');
      for (const dish of [one!, two!]) {
        await join(dish, radio, transport);
      }
      await radio.waitFor('subscription', { peers: 2, timeout: PATIENCE });
      await radio.send('sun', { group: 'weather' });
      await radio.send('prefix', { group: 'wea' });
      await radio.send('longer', { group: 'weather!' });
      await radio.send('octets', { group: Buffer.of(0xff, 0x80) });
      t.equal(radio.trySend('rain', { group: 'weather' }), true);
      t.strictSame(texts(await one!.receive()), ['sun', 'weather']);
      const [octets, { group }] = await one!.receive();
      t.strictSame([String(octets), group], ['octets', Buffer.of(0xff, 0x80)]);
      t.strictSame(texts(await one!.receive()), ['rain', 'weather']);
      await until(() => two!.readable);
      t.strictSame(texts(two!.tryReceive()!), ['sun', 'weather']);
      t.strictSame((await two!.receiveMany()).map(texts), [
        ['prefix', 'wea'],
        ['rain', 'weather'],
      ]);
      t.equal(one!.tryReceive(), undefined);
      await radio.send('{"x":1}', { group: 'wea' });
      t.strictSame(await two!.receiveJson(), { x: 1 });
    });

    t.test('joining and leaving take effect while connected', async (t) => {
      const [radio, dish] = [own(t, new Radio()), own(t, new Dish({ receiveTimeout: PATIENCE }))];
      await join(radio, dish, transport);
      dish.join('a', 'b');
      await radio.waitFor('subscription', { timeout: PATIENCE });
      await until(() => radio.trySend('x', { group: 'b' }) && dish.readable);
      t.strictSame(texts(await dish.receive()), ['x', 'b']);
      while (dish.tryReceive() !== undefined);
      await radio.send('left', { group: 'a' });
      await until(() => dish.stats().queued.in > 0);
      dish.leave('a');
      await radio.send('after', { group: 'b' });
      for (;;) {
        const [body, group] = texts(await dish.receive());
        t.not(group, 'a');
        if (body === 'after') break;
      }
      dish.leave('b');
      dish.join('c');
      let got: [Buffer, { group: Buffer }] | undefined;
      await until(() => {
        radio.trySend('y', { group: 'b' });
        radio.trySend('z', { group: 'c' });
        got = dish.tryReceive();
        return got !== undefined;
      });
      t.strictSame(texts(got!), ['z', 'c']);
    });

    t.test('a group ends before its first NUL, and may be empty', async (t) => {
      const [radio, dish] = [own(t, new Radio()), own(t, new Dish({ receiveTimeout: PATIENCE }))];
      dish.join(Buffer.from('fo\0ba'), 'ba\0fo', '');
      dish.leave('fo\0');
      await join(dish, radio, transport);
      await radio.waitFor('subscription', { timeout: PATIENCE });
      await radio.send('no', { group: 'fo' });
      await radio.send('yes', { group: 'ba\0xyz' });
      await radio.send('empty', { group: '\0' });
      t.strictSame(texts(await dish.receive()), ['yes', 'ba']);
      t.strictSame(texts(await dish.receive()), ['empty', '']);
    });

    t.test('what cannot be a group, or a message, is refused', async (t) => {
      const [radio, dish] = [own(t, new Radio()), own(t, new Dish())];
      const [sends, joins] = [radio, dish] as unknown as Loose[];
      const long = 'x'.repeat(256);
      dish.join('a', 'x'.repeat(255));
      t.throws(() => dish.join('a'), { code: 'EINVAL', message: /"a" is joined already/ });
      t.throws(() => dish.leave('b'), { code: 'EINVAL', message: /"b" is not joined/ });
      t.throws(() => dish.join('new', long), { code: 'EINVAL', message: /256 octets, .* 255/ });
      t.throws(() => dish.leave('new'), { code: 'EINVAL' }, 'nothing was joined');
      t.throws(() => joins!.join(7), TypeError);
      t.throws(() => sends!.send('x'), { code: 'EINVAL', message: /no group/ });
      t.throws(() => sends!.send('x', {}), { code: 'EINVAL' });
      t.throws(() => sends!.send('x', { group: 7 }), TypeError);
      t.throws(() => sends!.send('x', { group: long }), { code: 'EINVAL', message: /256 octets/ });
      t.throws(() => sends!.send(['a', 'b'], { group: 'a' }), {
        code: 'EINVAL',
        message: /2 part/,
      });
      t.strictSame([radio.type, dish.type], [14, 15]);
      t.equal(radio.threadSafe && dish.threadSafe, true);
      t.equal('receive' in radio, false);
      await t.rejects(joins!.send('x'), { code: 'ENOTSUP' });
      dish.close();
      t.throws(() => dish.join('z'), { code: 'ENOTSOCK' });
    });

    t.test('without members messages are dropped, and send does not wait', async (t) => {
      const radio = own(t, new Radio({ sendHighWaterMark: 1 }));
      await radio.whenWritable();
      for (let n = 0; n < 100; n++) await radio.send('x', { group: 'a' });
      const dish = own(t, new Dish());
      await join(dish, radio, transport);
      t.equal(dish.tryReceive(), undefined);
    });

    t.test('a slow member misses messages, or holds them up with noDrop', async (t) => {
      for (const noDrop of [false, true]) {
        const radio = own(t, new Radio({ noDrop, sendHighWaterMark: 2, sendTimeout: 0 }));
        const dish = own(t, new Dish({ receiveHighWaterMark: 2, receiveTimeout: PATIENCE }));
        dish.join('a');
        await join(radio, dish, transport);
        await radio.waitFor('subscription', { timeout: PATIENCE });
        const big = Buffer.alloc(200_000);
        let refused = 0;
        for (let n = 0; n < 200; n++) {
          if (!radio.trySend(big, { group: 'a' })) refused++;
          if (n % 20 === 0) await turns();
        }
        t.equal(refused > 0, noDrop);
        t.equal(radio.stats().dropped > 0, !noDrop);
        t.equal((await dish.receive())[0].length, big.length);
      }
    });

    t.test('a peer that is gone is no member any more', async (t) => {
      const [radio, dish] = [own(t, new Radio()), own(t, new Dish())];
      dish.join('a');
      await join(radio, dish, transport);
      await radio.waitFor('subscription', { timeout: PATIENCE });
      dish.close();
      await until(() => radio.stats().peers.length === 0);
      const { dropped } = radio.stats();
      await radio.send('x', { group: 'a' });
      t.equal(radio.stats().dropped, dropped);
    });

    t.test('other types are turned away', async (t) => {
      const [radio, subscriber] = [own(t, new Radio()), own(t, new Subscriber())];
      await radio.bind(freeEndpoint(transport));
      const refused = subscriber.waitFor('handshake:error:protocol', { timeout: PATIENCE });
      subscriber.connect(radio.lastEndpoint!);
      await refused;
      t.equal(radio.stats().peers.length, 0);
    });

    if (transport === 'inproc') return;
    t.test(
      'with libzmq',
      { skip: !native.capability.draft && 'libzmq has no drafts' },
      async (t) => {
        for (const ours of ['radio', 'dish'] as const) {
          for (const binds of ['radio', 'dish'] as const) {
            const radio = ours === 'radio' ? own(t, new Radio()) : new theirs.Radio({ linger: 0 });
            const dish = ours === 'dish' ? own(t, new Dish()) : new theirs.Dish({ linger: 0 });
            t.teardown(() => [radio.close(), dish.close()]);
            const long = 'g'.repeat(255);
            dish.join('early', long, 'gone');
            const [binder, connecter] = binds === 'radio' ? [radio, dish] : [dish, radio];
            await binder.bind(freeEndpoint(transport));
            connecter.connect(binder.lastEndpoint!);
            await receiveWhenJoined(radio, dish, 'early');
            dish.leave('gone');
            dish.join('late');
            await receiveWhenJoined(radio, dish, 'late');
            await radio.send('no', { group: 'gone' });
            for (const [n, size] of [0, 1, 255, 256, 70_000].entries()) {
              const name = n % 2 === 0 ? long : 'late';
              await radio.send(Buffer.alloc(size, 'a'), { group: name });
              const [body, { group }] = await dish.receive();
              t.equal(body.length, size, `${ours} ours, ${binds} bound, ${size} octets`);
              t.equal(String(group), name);
            }
          }
        }
      },
    );
  });
}

t.test('a RADIO hears JOIN and LEAVE, and nothing else', async (t) => {
  const radio = own(t, new Radio());
  await radio.bind('tcp://127.0.0.1:*');
  const peer = await connectRaw(t, radio.lastEndpoint!);
  await peer.shakeHands('DISH');
  peer.write(message('\x01message'), command('SUBSCRIBE', Buffer.from('topic')));
  peer.write(command('JOIN', Buffer.from('a')), command('JOIN', Buffer.from('b\0x')));
  peer.write(command('LEAVE', Buffer.from('a')), command('LEAVE', Buffer.from('never')));
  await radio.waitFor('subscription', { timeout: PATIENCE });
  await until(() => {
    radio.trySend('1', { group: 'b' });
    return peer.received.includes(message('b', '1'));
  });
  for (const group of ['a', 'message', 'topic']) await radio.send('2', { group });
  await radio.send('3', { group: 'b' });
  await peer.sees(message('b', '3'));
  t.notOk(peer.received.includes('2', peer.received.indexOf(message('b', '1'))));
  peer.write(command('JOIN', Buffer.alloc(256, 'x')));
  await peer.closed;
});

t.test('a peer may join so many groups, and not more', async (t) => {
  const radio = own(t, new Radio());
  await radio.bind('tcp://127.0.0.1:*');
  const peer = await connectRaw(t, radio.lastEndpoint!);
  await peer.shakeHands('DISH');
  const joins = Array.from({ length: 65_536 }, (_, n) => command('JOIN', Buffer.from(`g${n}`)));
  peer.write(...joins, command('JOIN', Buffer.from('g0')));
  await until(() => radio.stats().received.bytes > Buffer.concat(joins).length);
  await until(() => {
    radio.trySend('1', { group: 'g65535' });
    return peer.received.includes(message('g65535', '1'));
  });
  t.equal(peer.isClosed, false);
  peer.write(command('JOIN', Buffer.from('one more')));
  await peer.closed;
});

t.test('a DISH says JOIN and LEAVE, again to each who comes, whatever its version', async (t) => {
  const server = await listenRaw(t);
  const dish = own(t, new Dish({ reconnectInterval: 1, receiveTimeout: PATIENCE }));
  dish.join('a', 'b');
  dish.connect(server.endpoint);
  for (const [n, minor] of [0, 1].entries()) {
    const peer = await server.peer(n);
    peer.write(greeting('NULL', 3, minor), ready('RADIO'));
    await peer.sees(Buffer.concat([command('JOIN', Buffer.from('b'))]));
    t.equal(peer.received.includes(command('JOIN', Buffer.from('a'))), n === 0);
    if (n === 0) {
      dish.leave('a');
      await peer.sees(command('LEAVE', Buffer.from('a')));
      peer.write(message('b\0tail', 'body'), message('other', 'x'));
      t.strictSame(texts(await dish.receive()), ['body', 'b']);
      peer.destroy();
    }
  }
});

t.test('a RADIO that sends no group loses its connection', async (t) => {
  const dish = own(t, new Dish({ receiveTimeout: PATIENCE }));
  dish.join('a');
  await dish.bind('tcp://127.0.0.1:*');
  for (const bad of [message('alone'), message('a', 'b', 'c'), message('x'.repeat(256), 'y')]) {
    const peer = await connectRaw(t, dish.lastEndpoint!);
    await peer.shakeHands('RADIO');
    peer.write(message('a', 'good'), bad);
    t.strictSame(texts(await dish.receive()), ['good', 'a']);
    // It is looked at when it is to be received.
    await until(() => dish.tryReceive() === undefined && peer.isClosed);
  }
});
