/** The memory that connections are read into. */

import { once } from 'node:events';
import net, { type Socket } from 'node:net';
import t, { type Test } from 'tap';
import { Pull, Push } from '../../../src/index.ts';
import { Inlet } from '../../../src/sockets/transport/inlet.ts';
import { use } from '../../support/sockets.ts';

/** The two ends of a connection, the accepted one not yet read from. */
async function connection(
  t: Test,
): Promise<{ accepted: Socket; peer: Socket; server: net.Server }> {
  const server = net.createServer({ pauseOnConnect: true }).listen(0, '127.0.0.1');
  t.teardown(() => server.close());
  await once(server, 'listening');
  const peer = net.connect((server.address() as net.AddressInfo).port, '127.0.0.1');
  const [accepted] = (await once(server, 'connection')) as [Socket];
  t.teardown(() => peer.destroy());
  return { accepted, peer, server };
}

/** Reads chunks, or in turns to a place. */
class Reader {
  chunks: Buffer[] = [];
  place: Buffer | undefined;
  placedCount = 0;
  #wake: () => void = () => {};

  placed(count: number): void {
    this.placedCount += count;
    this.place = undefined;
    this.#wake();
  }

  received(chunk: Buffer): void {
    this.chunks.push(chunk);
    this.#wake();
  }

  async until(done: () => boolean): Promise<void> {
    while (!done()) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  get text(): string {
    return Buffer.concat(this.chunks).toString();
  }
}

t.test('octets that come before their reader wait for it, in order', async (t) => {
  const [inlet, reader] = [new Inlet(), new Reader()];
  const read = (text: string): void => {
    const memory = (inlet.onread.buffer as () => Buffer)();
    inlet.onread.callback(memory.write(text), memory);
  };
  read('one ');
  read('two ');
  inlet.serve(reader);
  reader.place = Buffer.alloc(5);
  read('three ');
  await new Promise((resolve) => process.nextTick(resolve));
  t.equal(reader.text, 'one two three ');
  read('place');
  t.equal(reader.placedCount, 5);
  read('four');
  t.equal(reader.text, 'one two three four');
});

t.test('an accepted connection is adopted, whole', async (t) => {
  const { accepted, peer, server } = await connection(t);
  const [inlet, reader] = [new Inlet(), new Reader()];
  const adopted = inlet.adopt(accepted);
  t.not(adopted, accepted);
  t.equal(adopted.remotePort, peer.localPort);
  inlet.serve(reader);
  adopted.resume();
  peer.write('one');
  await reader.until(() => reader.text === 'one');
  reader.place = Buffer.alloc(10);
  const { place } = reader;
  // The next read has its memory already; the one after goes to the place.
  peer.write('two');
  await reader.until(() => reader.text === 'onetwo');
  peer.write('three');
  await reader.until(() => reader.placedCount > 0);
  t.equal(place.toString('latin1', 0, 5), 'three');
  adopted.write('back');
  const [answer] = await once(peer, 'data');
  t.equal(String(answer), 'back');
  peer.end();
  await once(adopted, 'end');
  server.close();
  await once(server, 'close');
  t.pass('the server does not wait for the shell that is left');
});

t.test('where there is no way in, the connection stays as it is', async (t) => {
  const { accepted, peer } = await connection(t);
  const inside = accepted as unknown as { _handle: object };
  const handle = inside._handle;
  inside._handle = Object.create(handle, { useUserBuffer: { value: undefined } });
  t.equal(new Inlet().adopt(accepted), accepted);
  inside._handle = handle;
  peer.destroy();
  accepted.destroy();
});

t.test('memory that was read to is not read to again', async (t) => {
  const { accepted, peer } = await connection(t);
  const [inlet, reader] = [new Inlet(), new Reader()];
  inlet.serve(reader);
  inlet.adopt(accepted).resume();
  let sent = '';
  for (let i = 0; i < 300; i++) {
    const text = `${i},`.repeat(1 + ((i * 7919) % 400));
    sent += text;
    peer.write(text);
    if (i % 3 === 0) await reader.until(() => reader.text.length === sent.length);
  }
  await reader.until(() => reader.text.length === sent.length);
  t.equal(reader.text, sent);
});

t.test('a connection that falls silent holds little memory', async (t) => {
  const { accepted, peer } = await connection(t);
  const [inlet, reader] = [new Inlet(), new Reader()];
  inlet.serve(reader);
  inlet.adopt(accepted).resume();
  peer.write(Buffer.alloc(300_000));
  await reader.until(() => reader.chunks.reduce((sum, { length }) => sum + length, 0) === 300_000);
  t.ok(
    reader.chunks.some(({ buffer }) => buffer.byteLength === 65_536),
    'it was busy',
  );
  reader.chunks = [];
  for (const text of ['a', 'b', 'c']) {
    peer.write(text);
    await reader.until(() => reader.text.endsWith(text));
  }
  // Memory of up to half a pool comes from Node's pool, which others share.
  const pool = Buffer.allocUnsafe(1).buffer.byteLength;
  t.equal(reader.chunks.at(-1)!.buffer.byteLength, pool);
});

for (const endpoint of ['tcp://127.0.0.1:*', 'ipc://*']) {
  t.test(`bodies of all sizes and in any order, over ${endpoint}`, async (t) => {
    const [push, pull] = [use(t, new Push()), use(t, new Pull())];
    await pull.bind(endpoint);
    push.connect(pull.lastEndpoint!);
    const sizes = [1, 70_000, 40_000, 5, 1_000_000, 33_000, 32_000, 0, 200_000, 3, 65_536, 65_527];
    const sending = (async () => {
      for (let n = 0; n < 120; n++) {
        const size = sizes[n % sizes.length]!;
        await push.send([String(n), Buffer.alloc(size, n), Buffer.alloc(size >> 1, n + 1)]);
      }
    })();
    let wrong = 0;
    for (let n = 0; n < 120; n++) {
      const [number, body, half] = await pull.receive();
      const size = sizes[n % sizes.length]!;
      const right =
        String(number) === String(n) &&
        Buffer.alloc(size, n).equals(body!) &&
        Buffer.alloc(size >> 1, n + 1).equals(half!);
      if (!right) wrong++;
    }
    t.equal(wrong, 0);
    await sending;
  });
}
