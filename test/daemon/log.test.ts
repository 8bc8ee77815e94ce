/** What a daemon logs: lines, and records over ZeroMQ. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { formatRecord, Logger } from '../../src/daemon/log.ts';
import { LogReader } from '../../src/daemon/log-reader.ts';
import { decodeRecord, encodeRecord, type LogRecord } from '../../src/daemon/log-record.ts';
import { Subscriber } from '../../src/sockets/index.ts';
import { use } from '../support/interop.ts';

const RECORD: LogRecord = {
  level: 'INFO',
  name: 'MyWorker',
  processName: '(my:server)',
  process: 42,
  hostname: 'here',
  time: 1_000,
  message: 'hello',
  run: '0123456789abcdef',
  number: 1,
};

t.test('a format as in Python', async (t) => {
  t.equal(formatRecord(RECORD, '%(processName)-13s %(message)s'), '(my:server)   hello');
  t.equal(
    formatRecord(RECORD, '%(asctime)s %(levelname)6s %(process)d %(name)s 100%%'),
    '1970-01-01 00:00:01.000   INFO 42 MyWorker 100%',
  );
});

t.test('records go where they should, by their level', async (t) => {
  const file = join(t.testdir({}), 'log');
  const config = { level: 'INFO', handlers: [{ kind: 'file', target: file }] } as const;
  const log = new Logger('A', '(a)', config);
  log.debug('not this');
  log.info('a list: %s, a number: %d', [Buffer.from('a'), Buffer.from('b')], 1);
  log.configure({ level: 'DEBUG', handlers: [{ kind: 'file', target: file, level: 'ERROR' }] });
  log.warning('nor this');
  log.error('this');
  await log.close();
  log.error('nor this');
  t.equal(readFileSync(file, 'utf8'), "a list: ['a', 'b'], a number: 1\nthis\n");
});

t.test('what a file does not take goes to stderr, with the reason', async (t) => {
  const target = t.testdir({});
  const log = new Logger('A', '(a)', { level: 'INFO', handlers: [{ kind: 'file', target }] });
  const calls = t.capture(process.stderr, 'write', () => true);
  log.info('a full disk');
  t.match(calls(), [{ args: [/^EISDIR: .*: a full disk\n$/] }]);
  await log.close();
});

t.test('over ZeroMQ, in nine frames', async (t) => {
  const collector = use(t, new Subscriber());
  await collector.bind('tcp://127.0.0.1:*');
  collector.subscribe('MyWorker');
  const target = collector.lastEndpoint!;
  const handlers = [{ kind: 'zmq', target, key: 'secret' }] as const;
  const log = new Logger('MyWorker', '(a)', { level: 'INFO', handlers });
  // The subscription takes its time; records before it are dropped, as news are.
  while (!collector.readable) {
    log.info('anybody there?');
    await collector.whenReadable({ timeout: 20 }).catch(() => {});
  }
  const frames = await collector.receive();
  t.equal(frames.length, 9);
  t.match(decodeRecord(frames, 'secret'), { name: 'MyWorker', message: 'anybody there?' });
  await log.close();
});

t.test('a signature tells who wrote it', async (t) => {
  const signed = encodeRecord(RECORD, 'secret');
  t.same(decodeRecord(signed, 'secret'), RECORD);
  t.same(decodeRecord(signed), RECORD);
  t.throws(() => decodeRecord(signed, 'other'), /signature/);
  t.throws(() => decodeRecord(encodeRecord(RECORD), 'secret'), /signature/);
  const forged = signed.map((frame, i) => (i === 1 ? Buffer.from('elsewhere') : frame));
  t.throws(() => decodeRecord(forged, 'secret'), /signature/);
  t.throws(() => decodeRecord(signed.slice(1)), /not a log record/);
});

t.test('what is signed and no record is refused', async (t) => {
  for (const [name, value] of [
    ['level', 'LOUD'],
    ['processName', 1],
    ['time', 'now'],
    ['process', 1.5],
    ['run', undefined],
    ['number', null],
  ] as const) {
    const wrong = encodeRecord({ ...RECORD, [name]: value } as LogRecord, 'secret');
    t.throws(() => decodeRecord(wrong, 'secret'), /fields/, name);
  }
  const none = encodeRecord(RECORD).map((frame, i) => (i === 3 ? Buffer.from('null') : frame));
  t.throws(() => decodeRecord(none), /fields/);
});

t.test('a record that was taken is not taken again', async (t) => {
  let now = 1_000_000;
  const reader = new LogReader({ key: 'secret', maxAge: 5000, clock: () => now });
  const signed = (number: number, time = now, run = RECORD.run) =>
    encodeRecord({ ...RECORD, number, time, run }, 'secret');
  const [first, second] = [signed(1), signed(2)];
  t.match(reader.read(first), { number: 1 });
  t.match(reader.read(signed(4)), { number: 4 }, 'some are lost, as on a PUB');
  for (const again of [first, second]) t.throws(() => reader.read(again), /of the same logger/);
  t.match(reader.read(signed(1, now, 'another')), { number: 1 });
  now += 5001;
  t.throws(() => reader.read(first), /5001 ms ago, at most 5000/);
  t.throws(() => reader.read(signed(5, now + 6000)), /-6000 ms ago/);
  t.throws(() => reader.read(encodeRecord({ ...RECORD, time: now })), /signature/);
  for (let n = 0; n < 5000; n++) {
    now += 5;
    reader.read(signed(1, now, `run${n}`));
  }
  t.throws(() => reader.read(signed(1, now, 'run4999')), /same logger/, 'the young are kept');
});
