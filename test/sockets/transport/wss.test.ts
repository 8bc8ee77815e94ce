/** wss: whom a client trusts, what a server needs, and what cannot be. */

import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import tls from 'node:tls';
import t, { type Test } from 'tap';
import { WebSocket } from 'ws';
import * as zmq from '../../../src/index.ts';
import { responseTo, wsFrame, wsReady } from '../../support/cores/ws-wire.ts';
import { failure } from '../../support/local.ts';
import { PATIENCE } from '../../support/patience.ts';
import { connectRaw, listenRaw } from '../../support/raw-peer.ts';
import { certify } from '../../support/sockets/certificate.ts';
import { texts, use, watch } from '../../support/sockets.ts';

const { key, certificate } = certify('localhost', '127.0.0.1');
const SERVER = { wssKeyPem: key, wssCertPem: certificate };
const CLIENT = { wssTrustPem: certificate };

/** Options by their numbers. */
class Numbered extends zmq.Push {
  write(number: number, value: string | boolean): void {
    if (typeof value === 'boolean') this.setBoolOption(number, value);
    else this.setStringOption(number, value);
  }
}

async function bound(t: Test, options: object = {}): Promise<zmq.Reply> {
  const reply = use(t, new zmq.Reply({ ...SERVER, ...options }));
  await reply.bind('wss://127.0.0.1:*/path');
  return reply;
}

t.test('requests and replies, small and large', async (t) => {
  const reply = await bound(t);
  t.match(reply.lastEndpoint, /^wss:\/\/127\.0\.0\.1:\d+\/path$/);
  for (const [host, wssHostname] of [
    ['127.0.0.1', null],
    ['localhost', null],
    ['127.0.0.1', 'localhost'],
  ] as const) {
    const request = use(t, new zmq.Request({ ...CLIENT, wssHostname }));
    request.connect(reply.lastEndpoint!.replace('127.0.0.1', host));
    for (const size of [0, 100, 3_000_000]) {
      const body = Buffer.alloc(size, 'x');
      await request.send(['question', body]);
      t.strictSame((await reply.receive())[1], body);
      await reply.send(['answer', body]);
      t.strictSame((await request.receive())[1], body);
    }
    request.close();
  }
});

t.test('CURVE within, and many messages in order', async (t) => {
  const server = zmq.curveKeyPair();
  const client = zmq.curveKeyPair();
  const options = { ...SERVER, curveServer: true, curveSecretKey: server.secretKey };
  const pull = use(t, new zmq.Pull(options));
  pull.bindSync('wss://127.0.0.1:*');
  const push = use(
    t,
    new zmq.Push({
      ...CLIENT,
      curvePublicKey: client.publicKey,
      curveSecretKey: client.secretKey,
      curveServerKey: server.publicKey,
    }),
  );
  push.connect(pull.lastEndpoint!);
  const count = 5_000;
  const sending = (async () => {
    for (let n = 0; n < count; n++) await push.send(String(n));
  })();
  for (let n = 0; n < count; n++) {
    const [part] = await pull.receive();
    if (String(part) !== String(n)) t.fail(`${part} instead of ${n}`);
  }
  await sending;
  t.equal(push.stats().sent.messages, count);
});

t.test('back-pressure, and what waits is delivered after close', async (t) => {
  const pull = use(t, new zmq.Pull({ ...SERVER, receiveHighWaterMark: 1 }));
  await pull.bind('wss://127.0.0.1:*');
  const push = use(t, new zmq.Push({ ...CLIENT, sendHighWaterMark: 1, sendTimeout: 300 }));
  push.connect(pull.lastEndpoint!);
  const body = Buffer.alloc(1_000_000);
  let sent = 0;
  const filling = (async () => {
    for (; sent < 200; sent++) await push.send(body);
  })();
  await t.rejects(filling, { code: 'EAGAIN' });
  push.close();
  for (let i = 0; i < sent; i++) t.equal((await pull.receive())[0]!.length, body.length);
});

t.test('a server that is not trusted, or is somebody else', async (t) => {
  const reply = await bound(t);
  const other = certify('localhost', '127.0.0.1').certificate;
  for (const [options, code] of [
    [{ wssTrustSystem: true }, 'DEPTH_ZERO_SELF_SIGNED_CERT'],
    [{ wssTrustPem: other }, 'DEPTH_ZERO_SELF_SIGNED_CERT'],
    [{ ...CLIENT, wssHostname: 'other.example' }, 'ERR_TLS_CERT_ALTNAME_INVALID'],
    [{ ...CLIENT, wssHostname: '127.0.0.2' }, 'ERR_TLS_CERT_ALTNAME_INVALID'],
  ] as const) {
    const [request, events] = watch(t, new zmq.Request({ reconnectInterval: 10, ...options }));
    request.connect(reply.lastEndpoint!);
    t.match((await events.next('connect:retry', 2)).error, { code });
    t.equal(events.count('connect'), 0);
    request.close();
  }
  const both = use(t, new zmq.Request({ ...CLIENT, wssTrustSystem: true }));
  both.connect(reply.lastEndpoint!);
  await both.send('trusted');
  t.strictSame(texts(await reply.receive()), ['trusted']);
});

t.test('the environment does not switch verification off', async (t) => {
  const before = process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
  process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
  t.teardown(() => {
    if (before === undefined) delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
    else process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = before;
  });
  const reply = await bound(t);
  const [request, events] = watch(t, new zmq.Request({ wssTrustSystem: true }));
  request.connect(reply.lastEndpoint!);
  t.match((await events.next('connect:retry')).error, { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
});

t.test('what cannot be is said by bind and connect', async (t) => {
  for (const [options, message] of [
    [{}, 'a wss server needs wssKeyPem and wssCertPem, not set'],
    [{ wssKeyPem: key }, 'a wss server needs wssKeyPem and wssCertPem, not set'],
    [{ ...SERVER, wssKeyPem: certify('x').key }, /wssKeyPem or wssCertPem: .*key values mismatch/],
    [{ ...SERVER, wssCertPem: 'none' }, /wssKeyPem or wssCertPem: /],
  ] as const) {
    const { error } = await failure(() => use(t, new zmq.Pull(options)).bind('wss://127.0.0.1:*'));
    t.match(error, { code: 'EINVAL', message });
  }
  for (const [options, message] of [
    [{}, 'a wss client needs wssTrustPem or wssTrustSystem to know whom to trust, not set'],
    [{ wssTrustPem: 'none' }, 'wssTrustPem holds no certificate'],
  ] as const) {
    const push = use(t, new zmq.Push(options));
    t.throws(() => push.connect('wss://localhost:1'), {
      code: 'EINVAL',
      message: `Invalid argument: ${message}`,
    });
    t.notOk(push.trySend('x'), 'nothing is connected');
  }
});

t.test('the options have the numbers and defaults of libzmq', async (t) => {
  const push = use(t, new Numbered());
  for (const [number, name] of [
    [103, 'wssKeyPem'],
    [104, 'wssCertPem'],
    [105, 'wssTrustPem'],
    [106, 'wssHostname'],
  ] as const) {
    t.equal(push[name], null);
    push.write(number, 'text');
    t.equal(push[name], 'text');
  }
  t.equal(push.wssTrustSystem, false);
  push.write(107, true);
  t.equal(push.wssTrustSystem, true);
});

t.test('who does not speak TLS loses its connection and nothing else', async (t) => {
  const [pull, events] = watch(t, new zmq.Pull({ ...SERVER, handshakeInterval: 300 }));
  await pull.bind('wss://127.0.0.1:*');
  const at = pull.lastEndpoint!.replace('wss', 'tcp').replace(/\/$/, '');
  const plain = await connectRaw(t, at);
  plain.write(Buffer.from('GET / HTTP/1.1\r\n\r\n'));
  await plain.closed;
  t.match((await events.next('handshake:error:other')).error, { code: /^ERR_SSL_|^EPROTO/ });
  const silent = await connectRaw(t, at);
  await silent.closed;
  const { error } = await events.next('handshake:error:other', 2);
  t.match(error, { code: 'ERR_ZMTP_HANDSHAKE_TIMEOUT' });
  const push = use(t, new zmq.Push(CLIENT));
  push.connect(pull.lastEndpoint!);
  await push.send('other');
  t.strictSame(texts(await pull.receive()), ['other']);

  const server = await listenRaw(t);
  const options = { ...CLIENT, handshakeInterval: 100, reconnectInterval: 10 };
  const [request, refusals] = watch(t, new zmq.Request(options));
  request.connect(server.endpoint.replace('tcp', 'wss'));
  (await server.peer(0)).write(Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'));
  t.match((await refusals.next('connect:retry')).error, { code: /^ERR_SSL_|^EPROTO/ });
  await server.peer(1);
  t.match((await refusals.next('connect:retry', 2)).error, { code: 'ETIMEDOUT' });
});

t.test('close ends a TLS handshake under way', async (t) => {
  const [pull, events] = watch(t, new zmq.Pull(SERVER));
  await pull.bind('wss://127.0.0.1:*');
  const at = pull.lastEndpoint!.replace('wss', 'tcp').replace(/\/$/, '');
  const peer = await connectRaw(t, at);
  await events.next('accept');
  await pull[Symbol.asyncDispose]();
  await peer.closed;
});

t.test('a client of another implementation', async (t) => {
  const pull = use(t, new zmq.Pull(SERVER));
  await pull.bind('wss://127.0.0.1:*/x');
  // A slash in the name of a sub-protocol is against RFC 6455, so this is all that platforms can ask for.
  const client = new WebSocket(pull.lastEndpoint!, ['ZWS2.0'], { ca: certificate });
  t.teardown(() => client.terminate());
  await once(client, 'open');
  t.equal(client.protocol, 'ZWS2.0');
  client.send(Buffer.from('\0'));
  client.send(Buffer.from('\0hello'));
  t.strictSame(texts(await pull.receive()), ['hello']);
  const closed = once(client, 'close');
  pull.close();
  t.equal((await closed)[0], 1000);
});

t.test('behind a web server of another implementation', async (t) => {
  const web = createServer({ key, cert: certificate }).listen(0, '127.0.0.1');
  await once(web, 'listening');
  t.teardown(() => web.close());
  const { port } = web.address() as AddressInfo;
  const [push, events] = watch(t, new zmq.Push({ ...CLIENT, reconnectInterval: 10 }));
  web.once('request', (_request, response) => response.writeHead(404).end());
  push.connect(`wss://localhost:${port}/any`);
  t.match((await events.next('connect:retry')).error, { code: 'ERR_WS_UPGRADE', message: /404/ });
  const [{ headers, url }, stream] = (await once(web, 'upgrade')) as [IncomingMessage, Duplex];
  t.teardown(() => stream.destroy());
  t.equal(url, '/any');
  t.equal(headers.host, `localhost:${port}`);
  stream.write(responseTo(headers['sec-websocket-key']!));
  stream.write(wsFrame(0x82, wsReady('PULL')));
  await push.waitFor('handshake', { peers: 1, timeout: PATIENCE });
});

t.test('TLS 1.1 is refused', async (t) => {
  const [pull, events] = watch(t, new zmq.Pull(SERVER));
  await pull.bind('wss://127.0.0.1:*');
  const port = Number(new URL(pull.lastEndpoint!).port);
  const old = tls.connect({ port, maxVersion: 'TLSv1.1', minVersion: 'TLSv1', ca: certificate });
  const [error] = await once(old, 'error');
  t.match(error, { code: /^ERR_SSL_/ });
  t.ok((await events.next('handshake:error:other')).error);
});
