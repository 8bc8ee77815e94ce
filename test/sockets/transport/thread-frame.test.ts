/** ThreadFrame: a thread that breaks the rules of inproc between threads loses its own connection, and nothing else. */

import t from 'tap';
import { Pull } from '../../../src/index.ts';
import { thread } from '../../support/sockets/threads.ts';
import { eventually, texts, watch } from '../../support/sockets.ts';

/** What a thread posts that speaks the protocol by hand, as source text. */
const BROKEN: readonly (readonly [title: string, frame: string])[] = [
  ['no object', `'x'`],
  ['nothing', `null`],
  ['no kind', `{}`],
  ['an unknown kind', `{ kind: 'what' }`],
  ['a grant that is negative', `{ kind: 'grant', messages: -1, octets: 5 }`],
  ['a grant that is no number', `{ kind: 'grant', messages: NaN, octets: 5 }`],
  ['a grant without octets', `{ kind: 'grant', messages: 1 }`],
  ['no batch', `{ kind: 'batch' }`],
  ['a batch without octets', `batch([])`],
  ['a batch whose block is text', `{ kind: 'batch', batch: { block: 'x', large: [] } }`],
  [
    'a batch of strange parts',
    `{ ...batch([0x7f]), batch: { ...batch([0x7f]).batch, large: ['x'] } }`,
  ],
  ['a part that ends beyond the block', `batch([5, 1, 2])`],
  ['a length that ends beyond the block', `batch([0x7e, 1])`],
  ['a message without its last part', `batch([0x81, 1])`],
  ['batches that are none at the end of a thread', `{ ...join, batches: [{ block: 'x' }] }`],
  ['a large part that is not there', `batch([0x7f])`],
  ['more than was granted', `batch(Array.from({ length: 5 }, () => 0))`],
];

/** In the thread: a connection by hand, and the number of the channel as in thread-names.ts. */
const BY_HAND = `
  const workers = require('node:worker_threads');
  const MARK = 'zeromq-pure:inproc:3';
  const channel = new workers.BroadcastChannel(MARK);
  const batch = (octets) => ({ kind: 'batch', batch: { block: Uint8Array.from(octets).buffer, large: [] } });
  const reach = async (frame) => {
    const answer = once(process, 'workerMessage');
    await workers.postMessageToThread(0, { [MARK]: true, kind: 'hello' });
    channel.postMessage({ wanted: data.name, thread: workers.threadId, house: 'mine', ask: 1 });
    const [{ port }] = await answer;
    port.postMessage(frame);
    return port;
  };
  const next = async (port) => (await once(port, 'message'))[0];
  const join = { kind: 'join', greeting: { socketType: 'PUSH', routingId: undefined, address: 'by hand' } };
`;

t.test('frames that break the rules', async (t) => {
  const [pull, log] = watch(t, new Pull({ receiveHighWaterMark: 2 }));
  await pull.bind('inproc://broken');
  const good = thread(
    t,
    `const s = new zmq.Push(); s.connect(data); for (;;) await s.send(String(await told()));`,
    'inproc://broken',
  );
  await pull.waitFor('handshake');
  const frames = BROKEN.map(([, frame]) => frame).join(', ');
  const bad = thread(
    t,
    `${BY_HAND}
    for (const frame of [${frames}]) {
      const port = await reach(join);
      const messages = []; port.on('message', (message) => messages.push(message.kind));
      while (messages.length < 2) await once(port, 'message');
      port.postMessage(frame);
      await once(port, 'close');
      say(messages.join());
      await told();
    }
    channel.close();`,
    { name: 'broken' },
  );
  // What came before the fault is read as well.
  const heard: string[] = [];
  const reading = (async () => {
    for await (const message of pull) heard.push(...texts(message));
  })();
  for (const [index, [title]] of BROKEN.entries()) {
    t.equal(await bad.said(), 'open,grant', title);
    await log.next('disconnect', index + 1);
    t.equal(pull.stats().peers.length, 1);
    good.tell(title);
    await eventually('the other still sends', () => heard.at(-1) === title);
    bad.tell('on');
  }
  await bad.over;
  pull.close();
  await reading;
});

t.test('greetings that break the rules', async (t) => {
  const [pull, log] = watch(t, new Pull());
  await pull.bind('inproc://greetings');
  const bad = thread(
    t,
    `${BY_HAND}
    const { greeting } = join;
    for (const wrong of [5, null, {}, { ...greeting, socketType: 5 }, { ...greeting, socketType: 'PULL' },
      { ...greeting, address: undefined }, { ...greeting, routingId: 'x' }, { ...greeting, routingId: new Uint8Array(256) }]) {
      const port = await reach({ kind: 'join', greeting: wrong });
      await once(port, 'close');
      say('closed');
    }
    channel.close();`,
    { name: 'greetings' },
  );
  for (let n = 0; n < 8; n++) t.equal(await bad.said(), 'closed');
  await bad.over;
  t.equal(pull.stats().peers.length, 0);
  t.equal(log.count('disconnect'), 0);
});
