/** Proxy: moves messages between two sockets, whole and in order, and can be halted and ended. */

import t from 'tap';
import * as zmq from '../../../src/index.ts';
import {
  failure,
  freeEndpoint,
  own,
  TRANSPORTS,
  texts,
  turns,
  until,
} from '../../support/local.ts';
import { PATIENCE } from '../../support/patience.ts';

for (const transport of TRANSPORTS) {
  t.test(`over ${transport}`, async (t) => {
    t.test('ROUTER and DEALER', async (t) => {
      const [front, back] = [own(t, new zmq.Router()), own(t, new zmq.Dealer())];
      const proxy = new zmq.Proxy(front, back);
      t.equal(proxy.frontEnd, front);
      t.equal(proxy.backEnd, back);
      await front.bind(freeEndpoint(transport));
      await back.bind(freeEndpoint(transport));
      const running = proxy.run();
      const reply = own(t, new zmq.Reply());
      reply.connect(back.lastEndpoint!);
      const serving = (async () => {
        for await (const [question] of reply) await reply.send(['re', question!]);
      })();
      const requests = [1, 2, 3].map(() => own(t, new zmq.Request({ receiveTimeout: PATIENCE })));
      for (const request of requests) request.connect(front.lastEndpoint!);
      await Promise.all(
        requests.map(async (request, i) => {
          for (let n = 0; n < 30; n++) {
            await request.send(`${i}/${n}`);
            t.strictSame(texts(await request.receive()), ['re', `${i}/${n}`]);
          }
        }),
      );
      proxy.terminate();
      await running;
      t.match([front.closed, back.closed], [true, true]);
      reply.close();
      await serving;
    });

    t.test('PULL and PUSH', async (t) => {
      const [front, back] = [own(t, new zmq.Pull()), own(t, new zmq.Push())];
      await front.bind(freeEndpoint(transport));
      await back.bind(freeEndpoint(transport));
      const proxy = new zmq.Proxy(front, back);
      const running = proxy.run();
      const [push, pull] = [
        own(t, new zmq.Push()),
        own(t, new zmq.Pull({ receiveTimeout: PATIENCE })),
      ];
      push.connect(front.lastEndpoint!);
      pull.connect(back.lastEndpoint!);
      const sending = push.sendMany(Array.from({ length: 3_000 }, (_, n) => [`${n}`, 'x']));
      for (let n = 0; n < 3_000; n++) {
        const got = texts(await pull.receive());
        if (got![0] !== `${n}` || got!.length !== 2) t.strictSame(got, [`${n}`, 'x']);
      }
      await sending;
      t.equal(pull.readable, false, 'all came, once and in order');
      proxy.terminate();
      await running;
    });

    t.test('XSUB and XPUB', async (t) => {
      const [front, back] = [own(t, new zmq.XSubscriber()), own(t, new zmq.XPublisher())];
      await front.bind(freeEndpoint(transport));
      await back.bind(freeEndpoint(transport));
      const proxy = new zmq.Proxy(front, back);
      const running = proxy.run();
      const publisher = own(t, new zmq.Publisher());
      const subscriber = own(t, new zmq.Subscriber({ receiveTimeout: PATIENCE }));
      publisher.connect(front.lastEndpoint!);
      await publisher.waitFor('handshake');
      subscriber.subscribe('a');
      subscriber.connect(back.lastEndpoint!);
      await publisher.waitFor('subscription', { timeout: PATIENCE });
      await publisher.sendMany(['b', ['a', '1'], 'a2']);
      t.strictSame(texts(await subscriber.receive()), ['a', '1']);
      t.strictSame(texts(await subscriber.receive()), ['a2']);
      proxy.terminate();
      await running;
    });

    t.test('pause and resume lose nothing', async (t) => {
      const [front, back] = [own(t, new zmq.Pull()), own(t, new zmq.Push())];
      await front.bind(freeEndpoint(transport));
      await back.bind(freeEndpoint(transport));
      const proxy = new zmq.Proxy(front, back);
      const running = proxy.run();
      const [push, pull] = [
        own(t, new zmq.Push()),
        own(t, new zmq.Pull({ receiveTimeout: PATIENCE })),
      ];
      push.connect(front.lastEndpoint!);
      pull.connect(back.lastEndpoint!);
      await push.send('0');
      t.strictSame(texts(await pull.receive()), ['0']);
      for (let round = 0; round < 3; round++) {
        proxy.pause();
        proxy.pause();
        await push.sendMany(['1', '2', '3']);
        await until(() => front.stats().queued.in === 3);
        await turns(10);
        t.equal(pull.readable, false, 'they wait');
        proxy.resume();
        proxy.resume();
        for (const text of ['1', '2', '3']) t.strictSame(texts(await pull.receive()), [text]);
      }
      proxy.pause();
      proxy.terminate();
      await running;
      t.equal(front.closed, true, 'also ends while paused');
    });
  });
}

t.test('back-pressure passes through', async (t) => {
  const [front, back] = [
    own(t, new zmq.Pull({ receiveHighWaterMark: 5 })),
    own(t, new zmq.Push({ sendHighWaterMark: 5 })),
  ];
  await front.bind('inproc://proxy-front');
  await back.bind('inproc://proxy-back');
  const proxy = new zmq.Proxy(front, back);
  const running = proxy.run();
  const push = own(t, new zmq.Push({ sendHighWaterMark: 5 }));
  const pull = own(t, new zmq.Pull({ receiveHighWaterMark: 5 }));
  push.connect('inproc://proxy-front');
  let sent = 0;
  const fill = async () => {
    for (let idle = 0; idle < 10; idle++) {
      while (push.trySend(`${sent}`)) {
        sent++;
        idle = 0;
      }
      await turns();
    }
  };
  await fill();
  t.equal(sent, 10, 'without a reader the front end fills');
  pull.connect('inproc://proxy-back');
  await fill();
  t.equal(sent, 20, 'then the back end');
  for (let n = 0; n < 20; n++) t.strictSame(texts(await pull.receive()), [`${n}`]);
  await fill();
  t.equal(sent, 40);
  proxy.terminate();
  await running;
});

t.test('one socket on both sides echoes', async (t) => {
  const router = own(t, new zmq.Router());
  await router.bind('inproc://echo');
  const proxy = new zmq.Proxy(router, router);
  const running = proxy.run();
  const dealer = own(t, new zmq.Dealer());
  dealer.connect('inproc://echo');
  await dealer.send('hello');
  t.strictSame(texts(await dealer.receive()), ['hello']);
  proxy.terminate();
  await running;
});

t.test('REP and REQ', async (t) => {
  const [front, back] = [own(t, new zmq.Reply()), own(t, new zmq.Request())];
  await front.bind('inproc://rep');
  await back.bind('inproc://req');
  const proxy = new zmq.Proxy(front, back);
  const running = proxy.run();
  const [request, reply] = [own(t, new zmq.Request()), own(t, new zmq.Reply())];
  request.connect('inproc://rep');
  reply.connect('inproc://req');
  for (let n = 0; n < 3; n++) {
    await request.send(`${n}`);
    t.strictSame(texts(await reply.receive()), [`${n}`]);
    await reply.send('yes');
    t.strictSame(texts(await request.receive()), ['yes']);
  }
  proxy.terminate();
  await running;
});

t.test('errors', async (t) => {
  const [front, back] = [own(t, new zmq.Router()), own(t, new zmq.Dealer())];
  const loose = zmq.Proxy as unknown as new (...sockets: unknown[]) => zmq.Proxy;
  for (const wrong of [[], [5, back], [null, back]]) {
    t.throws(() => new loose(...wrong), new TypeError('Front-end must be a socket object'));
  }
  for (const wrong of [
    [{}, back],
    [front, new zmq.Context()],
  ]) {
    t.throws(() => new loose(...wrong), { code: 'EINVAL', message: 'Invalid argument' });
  }
  t.throws(() => new loose(front), new TypeError('Back-end must be a socket object'));
  t.throws(
    () => new loose(front, back, back),
    new TypeError('Expected 2 arguments but received 3'),
  );

  const proxy = new zmq.Proxy(front, back);
  const closed = { code: 'EBADF', message: 'Socket is closed' };
  for (const call of [() => proxy.pause(), () => proxy.resume(), () => proxy.terminate()]) {
    t.throws(call, closed, 'before run');
  }
  t.throws(() => proxy.run(), {
    code: 'EINVAL',
    message: 'Front-end socket must be bound or connected',
  });
  await front.bind('inproc://errors');
  t.throws(() => proxy.run(), {
    code: 'EINVAL',
    message: 'Back-end socket must be bound or connected',
  });
  back.connect('inproc://nobody-there');
  const running = proxy.run();
  t.match((await failure(() => proxy.run())).error, { code: 'EBUSY' });
  proxy.terminate();
  await running;
  for (const call of [() => proxy.pause(), () => proxy.resume(), () => proxy.terminate()]) {
    t.throws(call, closed, 'after the end');
  }
  t.throws(() => proxy.run(), { code: 'EINVAL' });
});

t.test('it ends with its sockets', async (t) => {
  for (const side of ['frontEnd', 'backEnd'] as const) {
    const [front, back] = [own(t, new zmq.Router()), own(t, new zmq.Dealer())];
    await front.bind('tcp://127.0.0.1:*');
    await back.bind('tcp://127.0.0.1:*');
    const proxy = new zmq.Proxy(front, back);
    const running = proxy.run();
    proxy[side].close();
    await running;
    t.match([front.closed, back.closed], [true, true]);
  }
});
