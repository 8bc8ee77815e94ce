/** The file for browsers, run in Node, towards binds of libzmq and of ours. */

import t, { type Test } from 'tap';
import type { Event, Socket } from '../../src/browser/index.ts';
import * as zmq from '../../src/index.ts';
import { type End, ourEnd, peerEnd } from '../support/interop.ts';
import { implementations, LibzmqPeer, type PeerSocketType } from '../support/libzmq-peer.ts';
import { drafts, page } from '../support/page.ts';
import { PATIENCE } from '../support/patience.ts';
import { connectRaw, listenRaw } from '../support/raw-peer.ts';
import { texts, use, watch } from '../support/sockets.ts';

/** Binds a socket of that type to ws. */
type Binds = (t: Test, type: PeerSocketType) => Promise<{ end: End; address: string }>;

const binders: [string, Binds][] = [
  [
    'ours',
    async (t, type) => {
      const end = ourEnd(t, type);
      await end.bind('ws://127.0.0.1:*');
      return { end, address: (end.socket as zmq.Socket).lastEndpoint! };
    },
  ],
  [
    'of libzmq',
    async (t, type) => {
      const peer = await LibzmqPeer.spawn(t, { implementation: 'zeromq' });
      const socket = await peer.open(type);
      const address = await socket.bind('ws://127.0.0.1:*');
      return { end: peerEnd(socket), address };
    },
  ],
];

if (!implementations(t).includes('zeromq')) binders.pop();

/** A socket of a page, closed with the test. */
function ofPage<S extends Socket>(t: Test, socket: S): S {
  return use(t, socket as never);
}

for (const [whose, bind] of binders) {
  t.test(`REQ asks a REP ${whose}`, async (t) => {
    const { end, address } = await bind(t, 'REP');
    const request = ofPage(t, new page.Request());
    request.connect(address);
    for (const size of [0, 1, 1_000, 100_000]) {
      await request.send(['how much?', new Uint8Array(size).fill(7)]);
      const asked = await end.receive();
      t.same([asked.length, String(asked[0])], [2, 'how much?']);
      await end.send([`${size}`, '']);
      const answer = await request.receive();
      t.same(texts(answer as never), [`${size}`, '']);
      t.ok(answer[0] instanceof Uint8Array);
    }
  });

  t.test(`SUB hears a PUB ${whose}, by its prefixes only`, async (t) => {
    const { end, address } = await bind(t, 'PUB');
    const subscriber = ofPage(t, new page.Subscriber());
    subscriber.subscribe('a.', 'b.');
    subscriber.unsubscribe('b.');
    subscriber.connect(address);
    await subscriber.waitFor('handshake', { peers: 1, timeout: PATIENCE });
    let heard = false;
    const first = subscriber.receive().then((message) => {
      heard = true;
      return message;
    });
    // The subscription is on its way, and nothing of libzmq tells when it is there.
    for (let i = 0; !heard && i < 1_000; i++) {
      await end.send(['b.', 'no']);
      await end.send(['a.first', 'yes']);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    t.same(texts((await first) as never), ['a.first', 'yes']);
    await end.send(['a.last', '']);
    for await (const [topic] of subscriber) {
      if (String(topic) === 'a.last') break;
      if (String(topic) !== 'a.first') t.fail(`${topic} was not asked for`);
    }
  });

  t.test(`DEALER and ROUTER ${whose} know each other by id`, async (t) => {
    const { end, address } = await bind(t, 'ROUTER');
    const dealer = ofPage(t, new page.Dealer({ routingId: 'the page' }));
    dealer.connect(address);
    await dealer.send(['one', 'two']);
    t.same(texts((await end.receive()) as Buffer[]), ['the page', 'one', 'two']);
    await end.send(['the page', 'back']);
    t.same(texts((await dealer.receive()) as never), ['back']);
  });

  t.test(`a ROUTER of a page is asked by a DEALER ${whose}`, async (t) => {
    const { end, address } = await bind(t, 'DEALER');
    const router = ofPage(t, new page.Router());
    router.connect(address);
    await router.waitFor('handshake', { peers: 1, timeout: PATIENCE });
    await end.send(['question']);
    const [id, question] = await router.receive();
    t.equal(String(question), 'question');
    await router.send([id!, 'answer']);
    t.same(texts((await end.receive()) as Buffer[]), ['answer']);
  });

  t.test(`10 000 messages go from PUSH to a PULL ${whose}, each once and in order`, async (t) => {
    const { end, address } = await bind(t, 'PULL');
    const push = ofPage(t, new page.Push());
    push.connect(address);
    const sending = (async () => {
      for (let i = 0; i < 10_000; i++) await push.send(`${i}`);
    })();
    for (let i = 0; i < 10_000; i++) {
      const [number] = await end.receive();
      if (String(number) !== `${i}`) t.fail(`${number} in place of ${i}`);
    }
    await sending;
    t.pass('all were there');
  });

  t.test(`what is sent before a close arrives at a PULL ${whose}`, async (t) => {
    const { end, address } = await bind(t, 'PULL');
    const push = ofPage(t, new page.Push());
    push.connect(address);
    for (let i = 0; i < 100; i++) await push.send([`${i}`, new Uint8Array(10_000)]);
    push.close();
    for (let i = 0; i < 100; i++) t.equal(String((await end.receive())[0]), `${i}`);
  });
}

t.test('it comes again after a loss, and loses nothing of what waited', async (t) => {
  let [pull] = watch(t, new zmq.Pull());
  await pull.bind('ws://127.0.0.1:*');
  const address = pull.lastEndpoint!;
  const push = ofPage(t, new page.Push({ reconnectInterval: 20 }));
  const seen: string[] = [];
  for (const type of ['disconnect', 'connect:retry'] as const) {
    push.events.on(type, (event: Event) => seen.push(event.type));
  }
  push.connect(address);
  await push.send('before');
  t.same(texts(await pull.receive()), ['before']);
  const gone = new Promise((resolve) => push.events.on('disconnect', resolve));
  pull.close();
  await gone;
  await push.send('meanwhile');
  const refused = new Promise((resolve) => push.events.on('connect:retry', resolve));
  await refused;
  [pull] = watch(t, new zmq.Pull());
  await pull.bind(address);
  t.same(texts(await pull.receive()), ['meanwhile']);
  t.ok(seen.includes('disconnect') && seen.includes('connect:retry'));
});

t.test('a peer that cannot be reached is named in events', async (t) => {
  const listener = await listenRaw(t);
  const request = ofPage(t, new page.Request({ reconnectInterval: 20 }));
  const retry = new Promise<Event>((resolve) => request.events.on('connect:retry', resolve));
  const address = listener.endpoint.replace('tcp', 'ws');
  request.connect(address);
  const peer = await listener.peer(0);
  peer.write(Buffer.from('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n'));
  t.match(await retry, {
    address,
    error: { code: 'ECONNREFUSED', message: /no WebSocket at ws:\/\/127/ },
  });
});

t.test('a high-water mark holds back a sender whose peer does not read', async (t) => {
  const [pull] = watch(t, new zmq.Pull({ receiveHighWaterMark: 1 }));
  await pull.bind('ws://127.0.0.1:*');
  const push = ofPage(t, new page.Push({ sendHighWaterMark: 5, sendTimeout: 200 }));
  push.connect(pull.lastEndpoint!);
  await push.waitFor('handshake', { peers: 1, timeout: PATIENCE });
  const body = new Uint8Array(500_000);
  let sent = 0;
  try {
    for (; sent < 200; sent++) await push.send([`${sent}`, body]);
  } catch (error) {
    t.match(error, { code: 'EAGAIN' });
  }
  t.ok(sent >= 5 && sent < 200, `${sent} were taken`);
  for (let i = 0; i < sent; i++) t.equal(String((await pull.receive())[0]), `${i}`);
});

t.test('a page that reads slowly keeps what came, and gets all of it', async (t) => {
  const [push] = watch(t, new zmq.Push());
  await push.bind('ws://127.0.0.1:*');
  const pull = ofPage(t, new page.Pull({ receiveHighWaterMark: 2 }));
  pull.connect(push.lastEndpoint!);
  for (let i = 0; i < 300; i++) await push.send([`${i}`, Buffer.alloc(10_000)]);
  push.close();
  for (let i = 0; i < 300; i++) t.equal(String((await pull.receive())[0]), `${i}`);
});

t.test('a bind of ours tells types, and answers heartbeats of a page', async (t) => {
  const [reply, log] = watch(t, new zmq.Reply());
  await reply.bind('ws://127.0.0.1:*');
  const wrong = ofPage(t, new page.Subscriber({ reconnectInterval: -1 }));
  wrong.connect(reply.lastEndpoint!);
  t.match(await log.next('handshake:error:protocol'), { error: { code: 'ERR_ZMTP_SOCKET_TYPE' } });
  const request = ofPage(t, new page.Request({ heartbeatInterval: 20, heartbeatTimeout: 500 }));
  request.connect(reply.lastEndpoint!);
  await request.waitFor('handshake', { peers: 1, timeout: PATIENCE });
  const { length } = log.all;
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  t.notOk(log.types.slice(length).includes('disconnect'), 'nobody is given up in twice that time');
});

t.test('PLAIN asks for a name and a password, at a bind of ours', async (t) => {
  const asked: string[][] = [];
  const [reply] = watch(
    t,
    new zmq.Reply({
      plainServer: true,
    }),
  );
  reply.authenticate = ({ credentials }) => {
    asked.push(credentials.map(String));
    return { status: String(credentials[1]) === 'secret' ? 200 : 400 };
  };
  await reply.bind('ws://127.0.0.1:*');
  const options = { plainUsername: 'ada', plainPassword: 'secret' };
  const request = ofPage(t, new page.Request(options));
  request.connect(reply.lastEndpoint!);
  await request.send('in');
  t.same(texts(await reply.receive()), ['in']);
  t.same(asked, [['ada', 'secret']]);
  t.equal(request.securityMechanism, 'plain');
  const other = ofPage(t, new page.Request({ ...options, plainPassword: 'guess' }));
  const refused = new Promise((resolve) => other.events.on('handshake:error:auth', resolve));
  other.connect(reply.lastEndpoint!);
  t.match(await refused, { error: { status: 400 } });
});

t.test('inproc joins the sockets of a page, and drafts are among them', async (t) => {
  const [server, client] = [new drafts.Server(), new drafts.Client()];
  ofPage(t, server);
  ofPage(t, client);
  await server.bind('inproc://here');
  client.connect('inproc://here');
  await client.send('question');
  const [question] = await server.receive();
  t.equal(String(question), 'question');
  const radio = ofPage(t, new drafts.Radio());
  const [dish] = [ofPage(t, new drafts.Dish())];
  await radio.bind('inproc://air');
  dish.join('news');
  dish.connect('inproc://air');
  await radio.send('heard', { group: 'news' });
  t.equal(String((await dish.receive())[0]), 'heard');
});

t.test('what a page cannot do is refused, and says what it can', async (t) => {
  const socket = ofPage(t, new page.Dealer());
  await t.rejects(socket.bind('ws://127.0.0.1:80'), {
    code: 'ENOTSUP',
    message: /a page cannot listen at ws:\/\/127.0.0.1:80, only connect to ws:\/\/ and wss/,
  });
  await t.rejects(socket.bind('tcp://127.0.0.1:80'), {
    code: 'ENOTSUP',
    message: /no tcp:\/\/ in a browser, expected ws:\/\/, wss:\/\/ or inproc:\/\//,
  });
  for (const address of ['tcp://127.0.0.1:80', 'ipc:///tmp/x']) {
    t.throws(() => socket.connect(address), { code: 'ENOTSUP', address });
  }
  for (const address of ['ws://', 'ws://a b', 'ws://host:99999', 'ws://host/#part']) {
    t.throws(() => socket.connect(address), { code: 'EINVAL', address });
  }
  t.throws(() => socket.connect('udp://127.0.0.1:1'), { code: 'ENOCOMPATPROTO' });
  t.throws(() => socket.connect('http://host/'), { code: 'EPROTONOSUPPORT' });
  for (const options of [
    { curveServer: true },
    { plainServer: true },
    { curveServerKey: 'a'.repeat(40) },
  ]) {
    t.throws(() => new page.Dealer(options), { code: 'ENOTSUP' });
  }
  t.throws(() => new page.Dealer({ tcpAcceptFilter: '10.0.0.0/8' } as never), { code: 'ENOTSUP' });
  t.throws(() => new page.Dealer({ lingr: 1 } as never), /no such option/);
  t.throws(
    () => {
      const late = ofPage(t, new page.Dealer());
      late.connect('ws://127.0.0.1:1');
      late.plainUsername = 'late';
    },
    { code: 'EINVAL', message: /too late: ws:\/\/127.0.0.1:1 is open without it/ },
  );
});

t.test(
  'a page that asks for what a browser may ask is let in, and told the protocol',
  async (t) => {
    const [pull] = watch(t, new zmq.Pull());
    await pull.bind('ws://127.0.0.1:*');
    const peer = await connectRaw(t, pull.lastEndpoint!.replace(/^ws:\/\/([^/]*).*/, 'tcp://$1'));
    peer.write(
      Buffer.from(
        'GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
          'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n' +
          'Sec-WebSocket-Protocol: ZWS2.0, ZWS2.0.NULL\r\n\r\n',
      ),
    );
    await peer.sees(Buffer.from('Sec-WebSocket-Protocol: ZWS2.0.NULL\r\n'));
    t.pass();
  },
);
