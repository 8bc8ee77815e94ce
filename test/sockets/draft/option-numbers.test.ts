/** Draft options by their numbers: what libzmq takes and refuses is taken and refused here; and metadata. */

import t from 'tap';
import * as native from 'zeromq';
import * as zmq from '../../../src/index.ts';
import { join, own } from '../../support/local.ts';
import { PATIENCE } from '../../support/patience.ts';

type Numbers = Record<
  'setInt32Option' | 'setStringOption' | 'getInt32Option' | 'getStringOption',
  (id: number, value?: unknown) => unknown
>;

const skip = !native.capability.draft && 'libzmq has no drafts';

/** `whether` it can be done, or the code of the error. */
function outcome(call: () => unknown): unknown {
  try {
    return call() ?? 'done';
  } catch (error) {
    return (error as { code?: string }).code;
  }
}

const IPV4ONLY = 31;
const METADATA = 95;

t.test('numbers are set, read and refused as in libzmq', { skip }, async (t) => {
  const boolean = [0, 1];
  for (const [id, types, values] of [
    [IPV4ONLY, ['Router', 'Dealer'], boolean],
    [93, ['Router', 'Dealer'], boolean],
    [94, ['Router', 'Dealer'], boolean],
    [96, ['Router', 'Dealer'], boolean],
    [97, ['Router', 'Dealer'], [-1, 0, 1, 2, 3, 4]],
    [98, ['XPublisher', 'XSubscriber', 'Subscriber'], boolean],
    [101, ['Router', 'Dealer'], [-1, 0, 1, 65_536]],
    [102, ['Router', 'Dealer'], [-1, 0, 1, 65_536]],
    [108, ['XPublisher', 'XSubscriber'], boolean],
    [109, ['Router', 'Dealer'], [0, 1, 2, 4, 7]],
    [112, ['Router', 'Dealer'], [-1, 0, 1, 8]],
    [113, ['Router', 'Dealer'], boolean],
    [116, ['XPublisher', 'XSubscriber', 'Subscriber', 'Publisher', 'Dealer'], boolean],
  ] as const) {
    for (const type of types) {
      const [ours, theirs] = [zmq, native].map((library) => {
        const numbers = own(t, new library[type]() as zmq.Router) as unknown as Numbers;
        const read = () => outcome(() => numbers.getInt32Option(id));
        const initial = read();
        const set = values.map((value) => outcome(() => numbers.setInt32Option(id, value)));
        return { initial, set, last: read() };
      });
      t.same(ours!.set, theirs!.set, `${type}: set ${id}`);
      // Some can only be set in libzmq, and be read of sockets that have not got them.
      if (theirs!.initial === 'EINVAL' || ours!.initial === 'EINVAL') continue;
      t.same([ours!.initial, ours!.last], [theirs!.initial, theirs!.last], `${type}: read ${id}`);
    }
  }
});

t.test('texts are set and refused as in libzmq', { skip }, async (t) => {
  for (const [type, id, values] of [
    [
      'Router',
      METADATA,
      ['X-a:1', 'X-:12', 'a:12', 'X-a', 'X-a:', ':1', '', 'X-long:value: and more'],
    ],
    ['Router', 110, ['x', '', Buffer.from([0])]],
    ['Router', 111, ['x', '']],
    ['Dealer', 114, ['x', '']],
  ] as const) {
    for (const value of values) {
      const [ours, theirs] = [zmq, native].map((library) => {
        const numbers = own(t, new library[type]() as zmq.Router) as unknown as Numbers;
        return outcome(() => numbers.setStringOption(id, value));
      });
      if (id === METADATA && value === '') t.equal(ours, 'done', 'takes all away');
      else t.equal(ours, theirs, `${type}: ${id} = ${JSON.stringify(value)}`);
    }
  }
});

t.test('ZMQ_METADATA is told to peers', async (t) => {
  for (const transport of ['tcp', 'ipc'] as const) {
    for (const whose of ['ours', 'libzmq'] as const) {
      if (whose === 'libzmq' && !native.capability.draft) continue;
      const pull = own(t, new zmq.Pull({ keepPeers: true, receiveTimeout: PATIENCE }));
      const push = own(t, (whose === 'ours' ? new zmq.Push() : new native.Push()) as zmq.Push);
      const numbers = push as unknown as Numbers;
      numbers.setStringOption(METADATA, 'X-hello:hällo');
      numbers.setStringOption(METADATA, Buffer.from('X-count:42: and more'));
      numbers.setStringOption(METADATA, 'X-count:the first one counts');
      await pull.bind(transport === 'tcp' ? 'tcp://127.0.0.1:*' : 'ipc://*');
      push.connect(pull.lastEndpoint!);
      await push.send('x');
      const message = await pull.receive();
      const metadata = pull.peerOf(message)!.metadata;
      t.equal(String(metadata.get('X-hello')), 'hällo', `${whose} over ${transport}`);
      t.equal(String(metadata.get('X-count')), '42: and more');
    }
  }
});

t.test('metadata is one option of several lines', async (t) => {
  const push = own(t, new zmq.Push({ metadata: 'X-a:1\nX-b:2' }));
  push.metadata = 'X-c:3';
  t.equal(push.metadata, 'X-a:1\nX-b:2\nX-c:3');
  for (const metadata of ['X-a:1\n', 'X-a b:1', `X-${'a'.repeat(254)}:1`, 'User-Id:root']) {
    t.throws(() => new zmq.Push({ metadata }), {
      code: 'EINVAL',
      message: /expected lines of X-name:value/,
    });
  }
  t.throws(() => new zmq.Push({ metadata: `X-a:${'x'.repeat(32_768)}` }), { code: 'EINVAL' });
  t.throws(
    () => {
      push.metadata = `X-d:${'x'.repeat(32_764)}`;
    },
    { code: 'EINVAL', message: /too long with what it was/ },
  );
  t.equal(push.metadata, 'X-a:1\nX-b:2\nX-c:3');
  push.metadata = null;
  t.equal(push.metadata, null);
  const pull = own(t, new zmq.Pull());
  push.metadata = `X-a:${'x'.repeat(32_764)}`;
  await join(pull, push);
});
