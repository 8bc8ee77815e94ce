/** What the kernel has taken of a stream, and writing past the stream. */

import { createHash } from 'node:crypto';
import { once } from 'node:events';
import net from 'node:net';
import { Worker } from 'node:worker_threads';
import t, { type Test } from 'tap';
import { Outflow } from '../../../src/sockets/transport/outflow.ts';
import { blockFor, eventually } from '../../support/sockets.ts';

/** A stream whose peer does not read yet. */
async function open(t: Test): Promise<{ stream: net.Socket; peer: net.Socket }> {
  const server = net.createServer({ pauseOnConnect: true });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const stream = net.connect((server.address() as net.AddressInfo).port, '127.0.0.1');
  const [peer] = (await once(server, 'connection')) as [net.Socket];
  t.teardown(() => {
    stream.destroy();
    peer.destroy();
    server.close();
  });
  if (stream.connecting) await once(stream, 'connect');
  return { stream, peer };
}

const HUGE = 12_000_000;

t.test('what is left is known to the octet, and what moves is seen', async (t) => {
  const { stream, peer } = await open(t);
  const outflow = new Outflow(stream);
  t.equal(outflow.left(0), 0);
  outflow.look(0, 1);
  stream.write(Buffer.alloc(1000));
  t.equal(outflow.left(1000), 0, 'the kernel has room');
  outflow.look(1000, 2);
  t.equal(outflow.movedAt, 0, 'and what it takes then tells nothing of the peer');

  stream.write(Buffer.alloc(HUGE));
  const given = 1000 + HUGE;
  const left = outflow.left(given);
  t.ok(left > 0 && left < HUGE, `${left} octets left`);
  outflow.look(given, 3);
  outflow.look(given, 4);
  t.equal(outflow.movedAt, 0, 'nothing has moved');

  peer.resume();
  await eventually('all has left', () => outflow.left(given) === 0);
  outflow.look(given, 1004);
  // 16 MiB at most may be on their way, at the pace of those that were seen to leave within a second.
  const onTheWay = (1001 * given) / left;
  t.equal(outflow.movedAt, 1004 + Math.min(onTheWay, 30_000));
  outflow.look(given, 2000);
  t.equal(outflow.movedAt, 1004 + Math.min(onTheWay, 30_000), 'idleness is not news');
});

t.test('what somebody has written before does not count', async (t) => {
  const { stream } = await open(t);
  stream.write(Buffer.alloc(1000));
  const outflow = new Outflow(stream);
  t.equal(outflow.left(0), 0);
  stream.write(Buffer.alloc(HUGE));
  const left = outflow.left(HUGE);
  t.ok(left > 0 && left < HUGE, `${left} octets left`);
});

t.test('past a stream of TLS nothing goes', async (t) => {
  const { stream } = await open(t);
  const outflow = new Outflow(Object.assign(stream, { encrypted: true }));
  t.notOk(outflow.direct);
  stream.write(Buffer.alloc(HUGE));
  t.equal(outflow.left(HUGE), stream.writableLength);
});

/** Reads a little when told so, then all, and tells what came. In a thread, since this one is to stand still. */
const READER = `
  const { createHash } = require('node:crypto');
  const net = require('node:net');
  const { parentPort } = require('node:worker_threads');
  const server = net.createServer({ pauseOnConnect: true }, (peer) => {
    const hash = createHash('sha256');
    let size = 0;
    let all = false;
    peer.on('data', (chunk) => {
      hash.update(chunk);
      size += chunk.length;
      if (!all && size > 2_000_000) peer.pause();
    });
    peer.on('end', () => parentPort.postMessage({ size, hash: hash.digest('hex') }));
    parentPort.on('message', (text) => {
      all = text === 'all';
      peer.resume();
    });
    server.close();
  });
  server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));
`;

t.test('past the stream the rest follows, in order and once', async (t) => {
  const reader = new Worker(READER, { eval: true });
  t.teardown(() => reader.terminate());
  const [port] = (await once(reader, 'message')) as [number];
  const stream = net.connect(port, '127.0.0.1');
  await once(stream, 'connect');
  const outflow = new Outflow(stream);
  t.ok(outflow.direct);
  const sent = createHash('sha256');
  let given = 0;
  let count = 0;
  const numbered = (): Buffer => {
    const buffer = Buffer.alloc(1_000_003, ++count);
    sent.update(buffer);
    given += buffer.length;
    return buffer;
  };
  /** As a link does: what the stream holds is kept. */
  const write = (): void => {
    const buffer = numbered();
    stream.write(buffer);
    if (stream.writableLength > 0) outflow.keep([buffer]);
  };
  while (stream.writableLength < HUGE) write();
  // Some of it leaves by the stream, up to the middle of a buffer.
  const before = outflow.left(given);
  reader.postMessage('some');
  await eventually('some has left', () => outflow.left(given) < before);
  for (let i = 0; i < 3; i++) write();

  const by = given;
  let done = outflow.writeNow([numbered(), numbered()], by);
  t.notOk(done, 'the kernel is full');
  reader.postMessage('all');
  for (let i = 0; i < 10_000 && !done; i++) {
    blockFor(1);
    done = outflow.writeNow([], by);
  }
  // It does not know that it has nothing more to say.
  stream.destroy();
  const [came] = await once(reader, 'message');
  t.strictSame(came, { size: given, hash: sent.digest('hex') });
});

t.test('a peer that is gone ends it', async (t) => {
  const { stream, peer } = await open(t);
  const outflow = new Outflow(stream);
  stream.on('error', () => {});
  peer.resetAndDestroy();
  await eventually('it is known', () => {
    if (!outflow.direct) return true;
    outflow.writeNow([Buffer.from('x')], 0);
    return !outflow.direct;
  });
  t.notOk(outflow.direct);
});
