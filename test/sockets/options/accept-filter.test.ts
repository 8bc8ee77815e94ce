/** `tcpAcceptFilter`: only peers at these addresses come in. */

import t from 'tap';
import { Pull, Push } from '../../../src/index.ts';
import { AcceptFilter, parseAcceptFilter } from '../../../src/sockets/options/accept-filter.ts';
import { connectRaw } from '../../support/raw-peer.ts';
import { texts, use, watch } from '../../support/sockets.ts';

/** The setter by number is there for subclasses. */
function numbered(socket: Pull): {
  setStringOption(id: number, value: string): void;
  setInt32Option(id: number, value: number): void;
} {
  return socket as never;
}

t.test('blocks of addresses, of both families', async (t) => {
  const filter = new AcceptFilter('10.0.0.0/8,192.168.1.7,fd00::/8,::1');
  for (const address of ['10.1.2.3', '192.168.1.7', 'fd12::1', '::1']) {
    t.ok(filter.admits(address), address);
  }
  for (const address of ['11.0.0.1', '192.168.1.8', 'fe80::1', '::2', '']) {
    t.notOk(filter.admits(address), address);
  }
  t.ok(new AcceptFilter('0.0.0.0/0').admits('203.0.113.9'));
  t.notOk(new AcceptFilter('0.0.0.0/0').admits('::1'));
});

t.test('what is no block of addresses is refused', async (t) => {
  t.equal(parseAcceptFilter(' 10.0.0.0/8, ::1'), '10.0.0.0/8,::1');
  const bad = [
    'x',
    '10.0.0.0/',
    '10.0.0.0/33',
    '::/129',
    '10.0.0.0/8/8',
    '1.2.3',
    'a,10.0.0.1',
    ',',
  ];
  for (const text of bad) {
    t.equal(parseAcceptFilter(text), undefined, text);
    t.throws(() => new Pull({ tcpAcceptFilter: text }), {
      code: 'EINVAL',
      message: /tcpAcceptFilter is ".*", expected IP addresses/,
    });
  }
});

t.test('setting it adds, null takes all away, and it is read back', async (t) => {
  const pull = use(t, new Pull({ tcpAcceptFilter: '10.0.0.0/8' }));
  pull.tcpAcceptFilter = '::1';
  t.equal(pull.tcpAcceptFilter, '10.0.0.0/8,::1');
  numbered(pull).setStringOption(38, '127.0.0.1');
  t.equal(pull.tcpAcceptFilter, '10.0.0.0/8,::1,127.0.0.1');
  t.throws(() => {
    pull.tcpAcceptFilter = 'nonsense';
  });
  t.equal(pull.tcpAcceptFilter, '10.0.0.0/8,::1,127.0.0.1');
  for (const none of [null, '']) {
    pull.tcpAcceptFilter = none;
    t.equal(pull.tcpAcceptFilter, null);
    pull.tcpAcceptFilter = '::1';
  }
});

t.test('a peer from elsewhere is disconnected before a word, and others are not', async (t) => {
  const [pull, log] = watch(t, new Pull({ tcpAcceptFilter: '127.0.0.2' }));
  await pull.bind('tcp://127.0.0.1:*');
  const stranger = await connectRaw(t, pull.lastEndpoint!);
  await stranger.closed;
  t.equal(stranger.receivedCount, 0);
  const event = await log.next('accept:error', 1);
  t.match(event.error, { code: 'ERR_ACCEPT_FILTER', remoteAddress: '127.0.0.1' });
  t.match(event.error.message, /does not admit 127\.0\.0\.1/);
  t.equal(log.count('accept'), 0);
  const friend = await connectRaw(t, pull.lastEndpoint!, { from: '127.0.0.2' });
  friend.write('0100 02 00 61');
  t.same(texts(await pull.receive()), ['a']);
});

t.test('it does not concern ipc', async (t) => {
  const pull = use(t, new Pull({ tcpAcceptFilter: '127.0.0.2' }));
  await pull.bind('ipc://*');
  const push = use(t, new Push());
  push.connect(pull.lastEndpoint!);
  await push.send('x');
  t.same(texts(await pull.receive()), ['x']);
});

t.test('filters by process are refused, with the reason', async (t) => {
  const pull = use(t, new Pull());
  for (const option of [58, 59, 60]) {
    t.throws(() => numbered(pull).setInt32Option(option, 1), {
      code: 'EINVAL',
      message: /which process is at the other end of an ipc connection/,
    });
  }
});
