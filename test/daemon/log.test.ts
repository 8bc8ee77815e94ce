/** What a daemon logs: lines, and records over ZeroMQ. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { formatRecord, Logger } from '../../src/daemon/log.ts';
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
