/** A WebSocket of the platform as the stream of a link: what it does where the platform tells little. */

import { once } from 'node:events';
import t from 'tap';
import type { PlatformSocket } from '../../src/browser/web-socket.ts';
import { WebSocketStream } from '../../src/browser/web-socket-stream.ts';
import { hex, latin } from '../support/wire.ts';

/** A platform that does what it is told. */
class Platform implements PlatformSocket {
  binaryType = 'blob';
  readonly protocol = 'ZWS2.0';
  bufferedAmount = 0;
  onopen: PlatformSocket['onopen'] = null;
  onerror: PlatformSocket['onerror'] = null;
  onmessage: PlatformSocket['onmessage'] = null;
  onclose: PlatformSocket['onclose'] = null;
  readonly sent: Uint8Array[] = [];
  closed = false;

  send(octets: Uint8Array): void {
    this.sent.push(octets);
    this.bufferedAmount += octets.length;
  }

  close(): void {
    this.closed = true;
  }

  come(text: string): void {
    this.onmessage?.({ data: Uint8Array.from(latin(text)).buffer });
  }
}

function open(): { platform: Platform; stream: WebSocketStream; seen: string[] } {
  const platform = new Platform();
  const stream = new WebSocketStream(platform);
  const seen: string[] = [];
  stream.on('data', (octets: Buffer) => seen.push(octets.toString('latin1')));
  for (const name of ['close', 'finish', 'drain'] as const) stream.on(name, () => seen.push(name));
  stream.on('error', (error: Error & { code: string }) => {
    seen.push(`${error.code}: ${error.message}`);
  });
  return { platform, stream, seen };
}

/** The microtasks that are due. */
const tick = () => new Promise((resolve) => setImmediate(resolve));

t.test('what comes before somebody reads is kept, in order, and so is the end', async (t) => {
  const { platform, stream, seen } = open();
  t.equal(platform.binaryType, 'arraybuffer');
  platform.come('a');
  platform.come('b');
  platform.onclose?.({ code: 1000, reason: '' });
  t.same(seen, []);
  stream.resume();
  t.same(seen, [], 'not within the call');
  await tick();
  t.same(seen, ['a', 'b', 'close']);
  t.ok(stream.destroyed);
});

t.test('a pause holds back what comes, also in the middle', async (t) => {
  const { platform, stream, seen } = open();
  stream.once('data', () => stream.pause());
  platform.come('a');
  platform.come('b');
  stream.resume();
  await tick();
  t.same(seen, ['a']);
  platform.come('c');
  stream.resume();
  platform.come('d');
  await tick();
  platform.come('e');
  t.same(seen, ['a', 'b', 'c', 'd', 'e']);
});

t.test('a peer that does not stop while nobody reads loses its connection', async (t) => {
  const { platform, stream, seen } = open();
  const data = new ArrayBuffer(8 * 1_048_576);
  for (let i = 0; i < 8; i++) platform.onmessage?.({ data });
  t.notOk(stream.destroyed, '64 MiB are kept');
  platform.come('x');
  t.ok(stream.destroyed);
  t.ok(platform.closed);
  await tick();
  t.same(seen, ['ECONNABORTED: peer sends more than 67108864 octets that nobody reads', 'close']);
});

t.test('a message of text breaks the rules', async (t) => {
  const { platform, stream, seen } = open();
  stream.resume();
  platform.onmessage?.({ data: 'text' });
  await tick();
  t.same(seen, ['ECONNABORTED: peer sends a message of text, expected octets', 'close']);
});

t.test('from a MiB on that has not left, writers wait until half has', async (t) => {
  const { platform, stream } = open();
  t.equal(stream.write(Buffer.alloc(1_048_575)), true);
  t.notOk(stream.writableNeedDrain);
  t.equal(stream.write(hex('00')), false);
  t.ok(stream.writableNeedDrain);
  t.equal(stream.writableLength, 1_048_576);
  const drained = once(stream as never, 'drain');
  platform.bufferedAmount = 600_000;
  setTimeout(() => {
    t.ok(stream.writableNeedDrain, 'more than half is there');
    platform.bufferedAmount = 500_000;
  }, 30);
  await drained;
  t.notOk(stream.writableNeedDrain);
  t.equal(platform.sent.length, 2);
});

t.test('an end lets go what was written, and is over with that of the peer', async (t) => {
  const { platform, stream, seen } = open();
  stream.write(latin('a'));
  stream.end();
  t.ok(platform.closed);
  t.equal(stream.write(latin('b')), false);
  t.equal(platform.sent.length, 1);
  t.same(seen, []);
  platform.onclose?.({ code: 1006, reason: '' });
  t.same(seen, ['finish', 'close'], 'how the peer ends does not matter then');
});

t.test('a connection that breaks says so', async (t) => {
  const { platform, stream, seen } = open();
  stream.resume();
  await tick();
  platform.onclose?.({ code: 1006, reason: '' });
  t.same(seen, ['ECONNRESET: Connection reset by peer', 'close']);
});

t.test('nothing comes after it was given up', async (t) => {
  const { platform, stream, seen } = open();
  platform.come('a');
  stream.resume();
  stream.destroy();
  stream.destroy();
  platform.come('b');
  platform.onclose?.({ code: 1000, reason: '' });
  await tick();
  t.same(seen, ['close']);
});
