/** JoinedWrites: what is published in one tick leaves together, with the client library as it is. */

import { once } from 'node:events';
import net from 'node:net';
import { Writable } from 'node:stream';
import { Connection } from 'rabbitmq-client';
import t from 'tap';
import { JoinedWrites } from '../../../src/layer/rabbitmq/joined-writes.ts';

/** A stream that notes how many chunks leave together. */
function stream(highWaterMark: number): { socket: Writable; calls: number[] } {
  const calls: number[] = [];
  const socket = new Writable({
    highWaterMark,
    write(_chunk, _encoding, done) {
      calls.push(1);
      setImmediate(done);
    },
    writev(chunks, done) {
      calls.push(chunks.length);
      setImmediate(done);
    },
  });
  return { socket, calls };
}

const tick = (): Promise<void> => new Promise((resolve) => process.nextTick(resolve));

t.test('what is written after join leaves at the end of the tick, together', async (t) => {
  const { socket, calls } = stream(65_536);
  const writes = new JoinedWrites({ _socket: socket });
  for (let i = 0; i < 10; i++) {
    writes.join();
    // As the library does, for each message.
    socket.cork();
    socket.write('head');
    socket.write('body');
    socket.uncork();
  }
  t.same(calls, [], 'nothing yet');
  await tick();
  t.same(calls, [20]);
  t.equal(socket.writableCorked, 0);
});

t.test('what had to wait for room leaves together as well', async (t) => {
  const { socket, calls } = stream(8);
  const writes = new JoinedWrites({ _socket: socket });
  writes.join();
  t.notOk(socket.write('12345678'), 'full');
  socket.once('drain', () => {
    for (const part of ['1', '2', '3']) socket.write(part);
  });
  await once(socket, 'drain');
  await tick();
  t.same(calls, [1, 3]);
});

t.test('without the stream of the library everything is written by itself', async (t) => {
  t.doesNotThrow(() => new JoinedWrites({}).join());
});

t.test('the library has its stream from the beginning, where it is looked for', async (t) => {
  const server = net.createServer((socket) => socket.resume()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as net.AddressInfo;
  const connection = new Connection({ hostname: '127.0.0.1', port });
  connection.on('error', () => {});
  t.teardown(() => {
    connection.unsafeDestroy();
    server.close();
  });
  const { _socket: socket } = connection as unknown as { _socket: net.Socket };
  new JoinedWrites(connection).join();
  t.equal(socket.writableCorked, 1);
  await tick();
  t.equal(socket.writableCorked, 0);
});
