/** STREAM against plain TCP: notices, data of any size, ends, and what a ZMTP peer makes of it. */

import { once } from 'node:events';
import { createServer, get } from 'node:http';
import net from 'node:net';
import t, { type Test } from 'tap';
import { Dealer, Stream } from '../../../src/index.ts';
import { failure, own } from '../../support/local.ts';
import { PATIENCE } from '../../support/patience.ts';
import { watch } from '../../support/sockets.ts';

const EMPTY = Buffer.alloc(0);
/** Octets of a greeting until the peer has said a word. */
const SIGNATURE = 10;

function stream(t: Test, options = {}): Stream {
  return own(t, new Stream({ receiveTimeout: PATIENCE, ...options }));
}

/** A bound STREAM and a plain connection to it, which has been announced by `id`. */
async function served(t: Test): Promise<{ server: Stream; client: net.Socket; id: Buffer }> {
  const server = stream(t);
  await server.bind('tcp://127.0.0.1:*');
  const client = net.connect(portOf(server.lastEndpoint!), '127.0.0.1');
  t.teardown(() => client.destroy());
  const [id, notice] = await server.receive();
  t.strictSame([id.length, notice], [5, EMPTY], 'a peer that connects is announced');
  return { server, client, id };
}

function portOf(endpoint: string): number {
  return Number(endpoint.split(':').pop());
}

/** What comes from `socket`, until it is `size` octets. */
async function read(socket: Stream, size: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for (let got = 0; got < size; got += chunks.at(-1)!.length) {
    chunks.push((await socket.receive())[1]);
  }
  return Buffer.concat(chunks);
}

t.test('octets both ways, and a notice at the end', async (t) => {
  const { server, client, id } = await served(t);
  client.write('question');
  t.strictSame(await server.receive(), [id, Buffer.from('question')]);
  await server.send([id, 'answer']);
  t.same(await once(client, 'data'), [Buffer.from('answer')]);
  client.end();
  t.strictSame(await server.receive(), [id, EMPTY], 'a peer that leaves is announced');
  t.match((await failure(() => server.send([id, 'x']))).error, { code: 'EHOSTUNREACH' });
});

t.test('an empty part closes that connection, when all has been sent', async (t) => {
  const { server, client, id } = await served(t);
  const octets = Buffer.alloc(3_000_000, 'last');
  await server.send([id, octets]);
  await server.send([id, '']);
  t.match((await failure(() => server.send([id, 'late']))).error, { code: 'EHOSTUNREACH' });
  const chunks: Buffer[] = [];
  client.on('data', (chunk) => chunks.push(chunk));
  await once(client, 'close');
  t.ok(Buffer.concat(chunks).equals(octets), 'after what was sent before');
  t.strictSame(await server.receive(), [id, EMPTY]);
});

t.test('without notices only data comes', async (t) => {
  const server = stream(t, { notify: false });
  await server.bind('tcp://127.0.0.1:*');
  for (const text of ['1', '2']) {
    const client = net.connect(portOf(server.lastEndpoint!), '127.0.0.1');
    client.end(text);
    await once(client, 'close');
    t.strictSame((await server.receive())[1], Buffer.from(text));
  }
});

t.test('more than any buffer holds', async (t) => {
  const { server, client, id } = await served(t);
  const size = 3_000_000;
  const octets = Buffer.alloc(size, 'abcdefg');
  client.write(octets);
  t.ok((await read(server, size)).equals(octets));
  const chunks: Buffer[] = [];
  client.on('data', (chunk) => chunks.push(chunk));
  await server.send([id, octets]);
  await server.send([id, 'end']);
  while (Buffer.concat(chunks).length < size + 3) await once(client, 'data');
  t.ok(Buffer.concat(chunks).equals(Buffer.concat([octets, Buffer.from('end')])));
});

t.test('a web server, and a web client', async (t) => {
  const server = stream(t);
  await server.bind('tcp://127.0.0.1:*');
  const asked = new Promise<string>((resolve) => {
    get(`${server.lastEndpoint!.replace('tcp', 'http')}/path`, (response) => {
      response.setEncoding('utf8').on('data', resolve);
    });
  });
  await server.receive();
  const [id, request] = await server.receive();
  t.match(String(request), /^GET \/path HTTP\/1\.1\r\n/);
  await server.send([id, 'HTTP/1.0 200 OK\r\n\r\nHello']);
  await server.send([id, '']);
  t.equal(await asked, 'Hello');

  const web = createServer((_request, response) => response.end('Good day'));
  web.listen(0, '127.0.0.1');
  await once(web, 'listening');
  t.teardown(() => web.close());
  const client = stream(t);
  const { port } = web.address() as net.AddressInfo;
  client.connect(`tcp://127.0.0.1:${port}`, { routingId: 'web' });
  await client.send(['web', 'GET / HTTP/1.0\r\n\r\n']);
  t.strictSame(await client.receive(), [Buffer.from('web'), EMPTY]);
  let answer = '';
  while (!answer.endsWith('Good day')) answer += String((await client.receive())[1]);
  t.match(answer, /^HTTP\/1\.1 200 OK/);
});

t.test('a ZMTP peer that is told nothing gives up, at either end', async (t) => {
  const server = stream(t);
  await server.bind('tcp://127.0.0.1:*');
  const options = { handshakeInterval: 150, reconnectInterval: -1 };
  const [connecting, ours] = watch(t, new Dealer(options));
  connecting.connect(server.lastEndpoint!);
  const [id] = await server.receive();
  t.equal((await server.receive())[1].length, SIGNATURE, 'the first stage of its greeting');
  await ours.next('handshake:error:other');
  t.strictSame(await server.receive(), [id, EMPTY]);

  const [bound, theirs] = watch(t, new Dealer(options));
  await bound.bind('tcp://127.0.0.1:*');
  const client = stream(t, { reconnectInterval: -1 });
  client.connect(bound.lastEndpoint!, { routingId: 'dealer' });
  await theirs.next('handshake:error:other');
  t.strictSame((await client.receive())[1], EMPTY);
  await read(client, SIGNATURE);
  t.strictSame(await client.receive(), [Buffer.from('dealer'), EMPTY]);
});
