/** ws among ourselves, and towards peers that say what they like. */

import t, { type Test } from 'tap';
import * as zmq from '../../../src/index.ts';
import {
  responseTo,
  upgradeRequest,
  upgradeResponse,
  wsFrame,
  wsReady,
} from '../../support/cores/ws-wire.ts';
import { PATIENCE } from '../../support/patience.ts';
import { connectRaw, listenRaw, type RawPeer } from '../../support/raw-peer.ts';
import { type Log, texts, use, watch } from '../../support/sockets.ts';

const MASK = 0x12345678;
const BINARY = 0x82;
const CLOSE = 0x88;
const PING = 0x89;

/** The same place for a raw peer. */
function raw(endpoint: string): string {
  return endpoint.replace(/^ws:\/\/([^/]*).*/, 'tcp://$1');
}

/** A bound PULL, and a client that has said what it must. */
async function withClient(t: Test, options: object = {}): Promise<[zmq.Pull, RawPeer, Log]> {
  const [pull, events] = watch(t, new zmq.Pull(options));
  await pull.bind('ws://127.0.0.1:*');
  const peer = await connectRaw(t, raw(pull.lastEndpoint!));
  peer.write(upgradeRequest());
  await peer.sees(upgradeResponse());
  peer.write(wsFrame(BINARY, wsReady('PUSH'), MASK));
  await pull.waitFor('handshake', { peers: 1, timeout: PATIENCE });
  await peer.sees(Buffer.from('\x05READY'));
  peer.forget();
  return [pull, peer, events];
}

/** A PUSH that has connected to a server, which has said what it must. */
async function withServer(t: Test, options: object = {}): Promise<[zmq.Push, RawPeer, Log]> {
  const server = await listenRaw(t);
  const [push, events] = watch(t, new zmq.Push({ reconnectInterval: 10, ...options }));
  push.connect(server.endpoint.replace('tcp', 'ws'));
  const peer = await server.peer(0);
  await peer.sees(Buffer.from('\r\n\r\n'));
  const { length } = peer.received;
  peer.write(answerTo(peer.received), wsFrame(BINARY, wsReady('PULL')));
  await push.waitFor('handshake', { peers: 1, timeout: PATIENCE });
  await peer.until('READY', (octets) => octets.length > length);
  peer.forget();
  return [push, peer, events];
}

/** The answer to the request in `octets`. */
function answerTo(octets: Buffer): Buffer {
  return responseTo(/Sec-WebSocket-Key: (.*)\r/.exec(octets.toString('latin1'))![1]!);
}

/** Another peer of `pull` still comes and is heard. */
async function servesOthers(t: Test, pull: zmq.Pull): Promise<void> {
  const push = use(t, new zmq.Push());
  push.connect(pull.lastEndpoint!);
  await push.send('other');
  t.strictSame(texts(await pull.receive()), ['other'], 'others are served');
}

t.test('a path, of which a bind serves one or all', async (t) => {
  const [pull, events] = watch(t, new zmq.Pull());
  await pull.bind('ws://127.0.0.1:*/only/this?x=1');
  const [wrong, refusals] = watch(t, new zmq.Push({ reconnectInterval: 10 }));
  wrong.connect(pull.lastEndpoint!.replace('this', 'that'));
  const { error } = await refusals.next('connect:retry');
  t.match(error, { code: 'ERR_WS_UPGRADE', message: 'peer refuses the upgrade: 404 Not Found' });
  t.match((await refusals.next('handshake:error:protocol')).error, { code: 'ERR_WS_UPGRADE' });
  t.match((await events.next('handshake:error:protocol')).error, {
    code: 'ERR_WS_UPGRADE',
    message: 'peer asks with a path that is not served here',
  });
  wrong.close();
  await servesOthers(t, pull);

  const all = use(t, new zmq.Pull());
  await all.bind('ws://127.0.0.1:*');
  const push = use(t, new zmq.Push());
  push.connect(`${all.lastEndpoint}any/path`);
  await push.send('by a path');
  t.strictSame(texts(await all.receive()), ['by a path']);
});

/** What the request in `octets` asks for. */
function asked(octets: Buffer): string | undefined {
  return /Sec-WebSocket-Protocol: (.*)\r/.exec(octets.toString('latin1'))?.[1];
}

for (const [what, refuse] of [
  [
    'refuses a name with a slash',
    (peer: RawPeer) => peer.write(upgradeResponse({}, 'HTTP/1.1 400 Bad Request')),
  ],
  [
    'agrees to what it does not know',
    // As jszmq, which says yes to the first name, and begins with its routing id.
    (peer: RawPeer) => peer.write(answerTo(peer.received), wsFrame(BINARY, '\0id')),
  ],
] as const) {
  t.test(`a server that ${what} is asked for ZWS2.0 alone, and then for all again`, async (t) => {
    const server = await listenRaw(t);
    const push = use(t, new zmq.Push({ reconnectInterval: 10, linger: 0 }));
    push.connect(server.endpoint.replace('tcp', 'ws'));
    for (let i = 0; i < 4; i++) {
      const peer = await server.peer(i);
      await peer.sees(Buffer.from('\r\n\r\n'));
      t.equal(asked(peer.received), i % 2 === 0 ? 'ZWS2.0/NULL, ZWS2.0' : 'ZWS2.0');
      if (i < 3) {
        if (i === 1) peer.write(upgradeResponse({}, 'HTTP/1.1 400 Bad Request'));
        else refuse(peer);
        continue;
      }
      const agreed = String(answerTo(peer.received)).replace('ZWS2.0/NULL', 'ZWS2.0');
      peer.write(Buffer.from(agreed), wsFrame(BINARY, '\0id'));
      await push.send('through');
      await peer.until('message', (octets) => octets.length > 0);
      await push.waitFor('handshake', { peers: 1, timeout: PATIENCE });
    }
  });
}

t.test('no other name is asked for where there is a mechanism', async (t) => {
  const server = await listenRaw(t);
  const options = { reconnectInterval: 10, plainUsername: 'a', plainPassword: 'b' };
  const push = use(t, new zmq.Push(options));
  push.connect(server.endpoint.replace('tcp', 'ws'));
  for (let i = 0; i < 3; i++) {
    const peer = await server.peer(i);
    await peer.sees(Buffer.from('\r\n\r\n'));
    t.equal(asked(peer.received), 'ZWS2.0/PLAIN');
    peer.write(upgradeResponse({}, 'HTTP/1.1 400 Bad Request'));
  }
});

t.test('both sides must want the same mechanism', async (t) => {
  const [pull, events] = watch(t, new zmq.Pull());
  await pull.bind('ws://127.0.0.1:*');
  const [push, refusals] = watch(t, new zmq.Push({ plainUsername: 'a', plainPassword: 'b' }));
  push.connect(pull.lastEndpoint!);
  t.match((await events.next('handshake:error:protocol')).error, {
    message: 'peer asks with no sub-protocol ZWS2.0/NULL or ZWS2.0',
  });
  t.match((await refusals.next('connect:retry')).error, { message: /400 Bad Request$/ });
});

t.test('PLAIN and CURVE', async (t) => {
  const server = zmq.curveKeyPair();
  const client = zmq.curveKeyPair();
  for (const [ours, theirs] of [
    [
      {
        plainServer: true,
        authenticate: ({ credentials }: zmq.AuthenticationRequest) =>
          ({ status: String(credentials[1]) === 'pw' ? 200 : 400 }) as const,
      },
      { plainUsername: 'me', plainPassword: 'pw' },
    ],
    [
      { curveServer: true, curveSecretKey: server.secretKey },
      {
        curvePublicKey: client.publicKey,
        curveSecretKey: client.secretKey,
        curveServerKey: server.publicKey,
      },
    ],
  ] as const) {
    const reply = use(t, new zmq.Reply(ours));
    await reply.bind('ws://127.0.0.1:*');
    const request = use(t, new zmq.Request(theirs));
    request.connect(reply.lastEndpoint!);
    const large = Buffer.alloc(300_000, 'x');
    await request.send(['question', large]);
    t.strictSame((await reply.receive())[1], large);
    await reply.send(['answer', large]);
    t.strictSame((await request.receive())[1], large);
  }
});

t.test('a listener that goes and comes back', async (t) => {
  const first = use(t, new zmq.Pull());
  await first.bind('ws://127.0.0.1:*/x');
  const address = first.lastEndpoint!;
  const [push, events] = watch(t, new zmq.Push({ reconnectInterval: 10 }));
  push.connect(address);
  await push.waitFor('handshake', { peers: 1, timeout: PATIENCE });
  await first[Symbol.asyncDispose]();
  await events.next('disconnect');
  await push.send('kept');
  const second = use(t, new zmq.Pull());
  second.bindSync(address);
  t.strictSame(texts(await second.receive()), ['kept']);
  t.equal(push.stats().reconnects, 1);
});

t.test('heartbeats are PINGs of WebSocket, and silence ends the connection', async (t) => {
  const [push, peer, events] = await withServer(t, {
    heartbeatInterval: 50,
    heartbeatTimeout: 100,
  });
  await peer.until('a PING', (octets) => octets[0] === PING && octets[1] === 0x80);
  peer.write(wsFrame(0x8a, ''));
  t.match((await events.next('disconnect')).error, { code: 'ERR_ZMTP_HEARTBEAT_TIMEOUT' });
  t.equal(push.stats().peers.length, 0);
});

t.test('a peer that asks for a sign of life gets it', async (t) => {
  const [, client] = await withClient(t);
  client.write(wsFrame(PING, 'are you there', MASK));
  await client.sees(wsFrame(0x8a, 'are you there'));
  const [push, server] = await withServer(t);
  server.write(wsFrame(PING, ''));
  await server.until('a PONG', (octets) => octets[0] === 0x8a && octets[1] === 0x80);
  await push.send('still there');
  await server.until('a message', (octets) => octets.includes(BINARY));
});

t.test('CLOSE is answered, and ends the connection', async (t) => {
  const [pull, client, events] = await withClient(t);
  client.write(wsFrame(BINARY, '\0last', MASK), wsFrame(CLOSE, '\x03\xe8bye', MASK));
  await client.closed;
  t.strictSame(client.received, wsFrame(CLOSE, '\x03\xe8'));
  t.strictSame(texts(await pull.receive()), ['last']);
  t.notOk((await events.next('disconnect')).error);
  t.equal(events.count('handshake:error:protocol'), 0);

  const [push, server, ends] = await withServer(t);
  server.write(wsFrame(CLOSE, ''));
  await server.closed;
  t.equal(server.received[0], CLOSE, 'masked, so the rest cannot be foreseen');
  await ends.next('connect:retry');
  t.ok(push.trySend('waits for the next connection'));
});

t.test('who closes says so', async (t) => {
  const [push, server] = await withServer(t);
  await push.send('last');
  push.close();
  await server.closed;
  t.equal(server.received.length, 2 + 4 + 5 + 2 + 4 + 2, 'a message, and CLOSE with a status');
  const [pull, client] = await withClient(t);
  pull.close();
  await client.closed;
  t.strictSame(client.received, wsFrame(CLOSE, '\x03\xe8'));
});

for (const [title, frames] of [
  ['a frame in the clear', wsFrame(BINARY, '\0x')],
  ['text', wsFrame(0x81, '\0x', MASK)],
  ['a bit of an extension', wsFrame(0xc2, '\0x', MASK)],
  ['a fragment of nothing', wsFrame(0x80, '\0x', MASK)],
  [
    'a message within another',
    Buffer.concat([wsFrame(0x02, '\0x', MASK), wsFrame(BINARY, '\0x', MASK)]),
  ],
  ['a control frame in fragments', wsFrame(0x09, 'x', MASK)],
  ['a control frame of 126 octets', wsFrame(PING, 'x'.repeat(126), MASK)],
  ['a frame of no known kind', wsFrame(0x83, '\0x', MASK)],
  ['a message without flags', wsFrame(BINARY, '', MASK)],
  ['flags that there are not', wsFrame(BINARY, '\x04x', MASK)],
] as const) {
  t.test(`a client that sends ${title} loses its connection and nothing else`, async (t) => {
    const [pull, client, events] = await withClient(t);
    client.write(frames);
    await client.closed;
    t.strictSame(client.received, wsFrame(CLOSE, '\x03\xea'), 'and is told why');
    t.match((await events.next('disconnect')).error, { code: 'ERR_ZMTP_MALFORMED_MESSAGE' });
    await servesOthers(t, pull);
  });
}

t.test('a server that masks loses its connection, and is tried again', async (t) => {
  const [, server, events] = await withServer(t);
  server.write(wsFrame(BINARY, '\0x', MASK));
  await server.closed;
  t.match((await events.next('disconnect')).error, { code: 'ERR_ZMTP_MALFORMED_MESSAGE' });
  await events.next('connect:retry');
});

t.test('a message in fragments, with a PING between them', async (t) => {
  const [pull, client] = await withClient(t);
  client.write(
    wsFrame(0x02, '\x01one', MASK),
    wsFrame(PING, '', MASK),
    wsFrame(0x00, '', MASK),
    wsFrame(0x80, ' half', MASK),
    wsFrame(BINARY, '\0two', MASK),
  );
  t.strictSame(texts(await pull.receive()), ['one half', 'two']);
  await client.sees(wsFrame(0x8a, ''));
});

t.test('a message larger than allowed is refused by its header', async (t) => {
  const [pull, client, events] = await withClient(t, { maxMessageSize: 1000 });
  client.write(Buffer.from([BINARY, 0xff, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]));
  await client.closed;
  t.match((await events.next('disconnect')).error, { code: 'ERR_ZMTP_FRAME_TOO_LARGE' });
  await servesOthers(t, pull);
});

for (const [title, octets, status] of [
  ['ZMTP', Buffer.from('ff00000000000000017f03', 'hex'), 400],
  ['a request without end', Buffer.from(`GET /${'x'.repeat(9000)}`), 431],
  ['another method', upgradeRequest({}, 'POST / HTTP/1.1'), 400],
  ['no key', upgradeRequest({ 'Sec-WebSocket-Key': undefined }), 400],
  ['an old version', upgradeRequest({ 'Sec-WebSocket-Version': '8' }), 426],
  ['an ordinary request', upgradeRequest({ Upgrade: undefined }), 426],
] as const) {
  t.test(`who begins with ${title} is told, and loses its connection`, async (t) => {
    const [pull, events] = watch(t, new zmq.Pull());
    await pull.bind('ws://127.0.0.1:*');
    const peer = await connectRaw(t, raw(pull.lastEndpoint!));
    peer.write(octets);
    await peer.closed;
    t.ok(peer.received.toString().startsWith(`HTTP/1.1 ${status} `), String(peer.received));
    const { error } = await events.next('handshake:error:protocol');
    t.match(error, { code: 'ERR_WS_UPGRADE' });
    await servesOthers(t, pull);
  });
}

t.test('who says nothing, or leaves, has its time and no more', async (t) => {
  const [pull, events] = watch(t, new zmq.Pull({ handshakeInterval: 100 }));
  await pull.bind('ws://127.0.0.1:*');
  const silent = await connectRaw(t, raw(pull.lastEndpoint!));
  silent.write(Buffer.from('GET '));
  await silent.closed;
  t.match((await events.next('handshake:error:other')).error, {
    code: 'ERR_ZMTP_HANDSHAKE_TIMEOUT',
  });
  (await connectRaw(t, raw(pull.lastEndpoint!))).destroy();
  t.match((await events.next('handshake:error:other', 2)).error, { code: 'ECONNRESET' });
  await servesOthers(t, pull);
});

t.test('close ends what is still being negotiated', async (t) => {
  const [pull, events] = watch(t, new zmq.Pull());
  await pull.bind('ws://127.0.0.1:*');
  const peer = await connectRaw(t, raw(pull.lastEndpoint!));
  await events.next('accept');
  await pull[Symbol.asyncDispose]();
  await peer.closed;
  const server = await listenRaw(t);
  const [push, ends] = watch(t, new zmq.Push());
  push.connect(server.endpoint.replace('tcp', 'ws'));
  const half = await server.peer(0);
  await half.sees(Buffer.from('\r\n\r\n'));
  push.close();
  await half.closed;
  t.equal(ends.count('connect'), 0);
});

t.test('a server that answers something else is tried again', async (t) => {
  const server = await listenRaw(t);
  const [push, events] = watch(t, new zmq.Push({ reconnectInterval: 10 }));
  push.connect(server.endpoint.replace('tcp', 'ws'));
  const first = await server.peer(0);
  await first.sees(Buffer.from('\r\n\r\n'));
  first.write(upgradeResponse());
  await first.closed;
  t.match((await events.next('connect:retry')).error, {
    code: 'ERR_WS_UPGRADE',
    message: 'peer answers with a Sec-WebSocket-Accept of another key',
  });
  const second = await server.peer(1);
  await second.sees(Buffer.from('\r\n\r\n'));
  second.write(answerTo(second.received), wsFrame(BINARY, wsReady('PULL')));
  await push.waitFor('handshake', { peers: 1, timeout: PATIENCE });
});

t.test('a peer without a mechanism is one of its routing id', async (t) => {
  const router = use(t, new zmq.Router());
  await router.bind('ws://127.0.0.1:*');
  const peer = await connectRaw(t, raw(router.lastEndpoint!));
  peer.write(upgradeRequest({ 'Sec-WebSocket-Protocol': 'ZWS2.0' }));
  await peer.sees(upgradeResponse({ 'Sec-WebSocket-Protocol': 'ZWS2.0' }));
  peer.write(wsFrame(BINARY, '\0me', MASK), wsFrame(BINARY, '\0hello', MASK));
  t.strictSame(texts(await router.receive()), ['me', 'hello']);
  await router.send(['me', 'welcome']);
  await peer.sees(wsFrame(BINARY, '\0welcome'));
});

t.test('back-pressure reaches the sender', async (t) => {
  const pull = use(t, new zmq.Pull({ receiveHighWaterMark: 1 }));
  await pull.bind('ws://127.0.0.1:*');
  const push = use(t, new zmq.Push({ sendHighWaterMark: 1, sendTimeout: 200 }));
  push.connect(pull.lastEndpoint!);
  let sent = 0;
  const body = Buffer.alloc(1_000_000);
  await t.rejects(
    (async () => {
      for (; sent < 200; sent++) await push.send(body);
    })(),
    { code: 'EAGAIN' },
  );
  for (let i = 0; i < sent; i++) t.equal((await pull.receive())[0]!.length, body.length);
});
