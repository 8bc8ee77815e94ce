/** What can be sent, and how sending and receiving wait, fail and end. */

import t from 'tap';
import * as zmq from '../../../src/index.ts';
import {
  deadEndpoint,
  failure,
  freeEndpoint,
  join,
  own,
  TRANSPORTS,
  texts,
  turns,
} from '../../support/local.ts';
import { PATIENCE } from '../../support/patience.ts';

const BUSY_WRITING = {
  code: 'EBUSY',
  message: 'Socket is busy writing; only one send operation may be in progress at any time',
};
const BUSY_READING = {
  code: 'EBUSY',
  message: 'Socket is busy reading; only one receive operation may be in progress at any time',
};
const AGAIN = {
  code: 'EAGAIN',
  errno: 11,
  message: 'Operation was not possible or timed out',
};

const big = Buffer.alloc(1_000, 'b');
const shared = new SharedArrayBuffer(3);
new Uint8Array(shared).set([1, 2, 3]);
const octets = Uint8Array.from([0, 1, 2, 3, 4, 5, 6, 7]);

/** What is sent, and what arrives: texts in latin1. */
const VALUES: readonly [title: string, value: unknown, parts: readonly string[]][] = [
  ['a Buffer', Buffer.from('abc'), ['abc']],
  ['an empty Buffer', Buffer.alloc(0), ['']],
  ['a large Buffer', big, [big.toString('latin1')]],
  ['a Uint8Array', octets, ['\0\x01\x02\x03\x04\x05\x06\x07']],
  ['a view of a part', octets.subarray(2, 4), ['\x02\x03']],
  ['a Uint16Array', new Uint16Array(octets.buffer, 2, 1), ['\x02\x03']],
  ['a Float64Array', new Float64Array([1]), ['\0\0\0\0\0\0\xf0\x3f']],
  ['a view of shared memory', new Uint8Array(shared, 1), ['\x02\x03']],
  ['shared memory', shared, ['\x01\x02\x03']],
  ['an ArrayBuffer', octets.buffer, ['\0\x01\x02\x03\x04\x05\x06\x07']],
  ['a DataView', new DataView(octets.buffer, 1, 2), ['\x01\x02']],
  ['a text', 'h\u00e9', ['h\xc3\xa9']],
  ['an empty text', '', ['']],
  ['half a character', '\ud800', ['\xef\xbf\xbd']],
  ['a number', 3.5, ['3.5']],
  ['a bigint', 10n, ['10']],
  ['true', true, ['true']],
  ['false', false, ['false']],
  ['null', null, ['']],
  ['a Date', new Date(0), [String(new Date(0))]],
  ['an object', {}, ['[object Object]']],
  ['a Set', new Set(), ['[object Set]']],
  ['several parts', ['a', null, 1, Buffer.from('b')], ['a', '', '1', 'b']],
  ['undefined among parts', ['a', undefined], ['a', 'undefined']],
  ['an array among parts', ['x', ['a', 'b']], ['x', 'a,b']],
  ['many parts', Array.from({ length: 300 }, String), Array.from({ length: 300 }, String)],
];

for (const transport of TRANSPORTS) {
  t.test(`over ${transport}`, async (t) => {
    t.test('values', async (t) => {
      const push = own(t, new zmq.Push());
      const pull = own(t, new zmq.Pull({ receiveTimeout: PATIENCE }));
      await join(pull, push, transport);
      for (const [title, value, parts] of VALUES) {
        await push.send(value as zmq.Sendable);
        const received = await pull.receive();
        t.strictSame(
          received.map((part) => part.toString('latin1')),
          parts,
          title,
        );
        t.ok(received.every(Buffer.isBuffer));
      }
      await push.send([]);
      await push.send('last');
      t.strictSame(texts(await pull.receive()), ['last'], 'an empty array sends nothing');
    });

    t.test('what is no message', async (t) => {
      const push = own(t, new zmq.Push());
      const absent = new TypeError('Message must be present');
      t.throws(() => push.send(undefined as never), absent);
      t.throws(() => push.trySend(undefined as never), absent);
      t.throws(() => push.sendMany(['a', undefined as never]), absent);
      const symbol = new TypeError('Cannot convert a Symbol value to a string');
      t.throws(() => push.send(Symbol('x') as never), symbol);
      t.throws(() => push.send(['a', Symbol('x') as never]), symbol);
      t.throws(() => push.sendMany('x' as never), TypeError);
      t.throws(() => push.sendMany([[]]), TypeError);
      t.throws(() => push.sendJson(undefined), TypeError);
    });

    t.test('a small buffer may be used again at once', async (t) => {
      const push = own(t, new zmq.Push());
      const pull = own(t, new zmq.Pull({ receiveTimeout: PATIENCE }));
      await join(pull, push, transport);
      for (const size of [1, 127, 128]) {
        const buffer = Buffer.alloc(size);
        for (let n = 0; n < 50; n++) {
          buffer.fill(n);
          await push.send([buffer, buffer]);
        }
        buffer.fill(0xff);
        for (let n = 0; n < 50; n++) {
          t.strictSame(await pull.receive(), [Buffer.alloc(size, n), Buffer.alloc(size, n)]);
        }
      }
    });

    t.test('one send and one receive at a time', async (t) => {
      const one = own(t, new zmq.Dealer({ sendHighWaterMark: 1 }));
      const other = own(t, new zmq.Dealer({ receiveTimeout: PATIENCE }));
      const sending = one.send('1');
      const receiving = one.receive();
      for (const call of [
        () => one.send('x'),
        () => one.sendMany(['x', 'y']),
        () => one.sendJson(1),
      ]) {
        t.match(await failure(call), { sync: true, error: BUSY_WRITING });
      }
      for (const call of [() => one.receive(), () => one.receiveMany(), () => one.receiveJson()]) {
        t.match((await failure(call)).error, BUSY_READING);
      }
      t.throws(() => one.receive(), BUSY_READING);
      t.match((await failure(() => one.send('x', { timeout: 0 }))).error, AGAIN, 'waits not');
      t.equal(one.trySend('x'), false);
      t.equal(one.tryReceive(), undefined);
      await join(other, one, transport);
      await sending;
      t.strictSame(texts(await other.receive()), ['1']);
      await other.send('2');
      t.strictSame(texts(await receiving), ['2']);
    });

    t.test('each call that waits rejects with EAGAIN when its time is over', async (t) => {
      const dealer = own(t, new zmq.Dealer({ sendTimeout: 20, receiveTimeout: 20 }));
      await dealer.bind(freeEndpoint(transport));
      for (const call of [
        () => dealer.send('x'),
        () => dealer.sendMany(['x']),
        () => dealer.sendJson(1),
        () => dealer.receive(),
        () => dealer.receiveMany(),
        () => dealer.receiveJson(),
        () => dealer.whenReadable({ timeout: 20 }),
        () => dealer.whenWritable({ timeout: 20 }),
      ]) {
        const start = performance.now();
        t.match(await failure(call), { sync: false, error: AGAIN }, String(call));
        t.ok(performance.now() - start >= 18);
      }
      for (const timeout of [0, 1, 30]) {
        const start = performance.now();
        for (const call of [
          () => dealer.send('x', { timeout }),
          () => dealer.receive({ timeout }),
          () => dealer.whenReadable({ timeout }),
          () => dealer.whenWritable({ timeout }),
        ]) {
          t.match(await failure(call), { sync: false, error: AGAIN });
        }
        t.ok(performance.now() - start >= 4 * timeout - 8);
      }
      dealer.sendTimeout = 0;
      t.match((await failure(() => dealer.send('x'))).error, AGAIN, 'the option acts at once');
    });

    t.test('an AbortSignal', async (t) => {
      const dealer = own(t, new zmq.Dealer());
      const peer = own(t, new zmq.Dealer({ receiveTimeout: PATIENCE }));
      const calls = (signal: AbortSignal) => [
        () => dealer.send('x', { signal }),
        () => dealer.sendMany(['x'], { signal }),
        () => dealer.receive({ signal }),
        () => dealer.receiveMany({ signal }),
        () => dealer.whenReadable({ signal }),
        () => dealer.whenWritable({ signal }),
        () => dealer.waitFor('handshake', { signal }),
      ];
      for (let i = 0; i < 7; i++) {
        const controller = new AbortController();
        const pending = failure(calls(controller.signal)[i]!);
        const reason = new Error('enough');
        controller.abort(reason);
        t.equal((await pending).error, reason);
        t.equal((await failure(calls(controller.signal)[i]!)).error, reason, 'aborted before');
      }
      await join(dealer, peer, transport);
      await dealer.send('after', { signal: AbortSignal.timeout(10_000) });
      t.strictSame(texts(await peer.receive()), ['after'], 'nothing else was sent');
      await peer.send('back');
      t.strictSame(texts(await dealer.receive()), ['back'], 'nor taken');
    });

    t.test('close ends what waits', async (t) => {
      const dealer = own(t, new zmq.Dealer());
      await dealer.bind(freeEndpoint(transport));
      const pending = [
        failure(() => dealer.send('x')),
        failure(() => dealer.receive()),
        failure(() => dealer.whenReadable()),
        failure(() => dealer.whenWritable()),
      ];
      dealer.close();
      for (const { sync, error } of await Promise.all(pending)) {
        t.match({ sync, error }, { sync: false, error: AGAIN });
      }
      const many = own(t, new zmq.Dealer());
      const rest = [failure(() => many.sendMany(['x'])), failure(() => many.receiveMany())];
      many.close();
      for (const { error } of await Promise.all(rest)) t.match(error, AGAIN);
    });

    t.test('iteration', async (t) => {
      const push = own(t, new zmq.Push());
      const pull = own(t, new zmq.Pull());
      await join(pull, push, transport);
      await push.sendMany(['1', '2', '3']);
      const seen: string[] = [];
      for await (const [part] of pull) {
        seen.push(String(part));
        if (seen.length === 2) break;
      }
      t.equal(pull.closed, false, 'leaving the loop does not close');
      const looping = (async () => {
        for await (const [part] of pull) {
          seen.push(String(part));
          if (seen.length === 4) queueMicrotask(() => pull.close());
        }
      })();
      await push.send('4');
      await looping;
      t.strictSame(seen, ['1', '2', '3', '4']);
      t.strictSame(await pull[Symbol.asyncIterator]().next(), { done: true, value: undefined });

      const timed = own(t, new zmq.Pull({ receiveTimeout: 1 }));
      t.match((await failure(() => timed[Symbol.asyncIterator]().next())).error, AGAIN);
    });

    t.test('a loop calls the `receive` of a class of one’s own', async (t) => {
      class Texts extends zmq.Pull {
        override async receive() {
          return (await super.receive()).map((part) => Buffer.from(`<${part}>`));
        }
      }
      const push = own(t, new zmq.Push());
      const pull = own(t, new Texts());
      await join(pull, push, transport);
      await push.sendMany(['1', '2']);
      for await (const [part] of pull) {
        t.match(String(part), /^<[12]>$/);
        if (String(part) === '<2>') break;
      }
    });

    t.test('sendMany and receiveMany', async (t) => {
      const push = own(t, new zmq.Push());
      const pull = own(t, new zmq.Pull({ receiveTimeout: PATIENCE }));
      await join(pull, push, transport);
      const sent = Array.from({ length: 3_000 }, (_, n) => [`${n}`, 'x']);
      const sending = push.sendMany(sent);
      const got: string[][] = [];
      while (got.length < sent.length) {
        for (const message of await pull.receiveMany()) got.push(message.map(String));
      }
      await sending;
      t.strictSame(got, sent, 'all, whole, in order');
      await push.sendMany([]);
      t.equal(push.stats().sent.messages, 3_000);

      const waiting = pull.receiveMany();
      await push.sendMany(['a', 'b']);
      const first = await waiting;
      while (first.length < 2) first.push(...(await pull.receiveMany()));
      t.strictSame(first.map(texts), [['a'], ['b']]);
    });

    t.test('tryReceive, whenReadable and readable', async (t) => {
      const push = own(t, new zmq.Push());
      const pull = own(t, new zmq.Pull());
      await join(pull, push, transport);
      t.equal(pull.readable, false);
      t.equal(pull.tryReceive(), undefined);
      const [one, two] = [pull.whenReadable(), pull.whenReadable()];
      t.equal(push.trySend(['a', 'b']), true);
      await Promise.all([one, two]);
      t.equal(pull.readable, true);
      await pull.whenReadable({ timeout: 0 });
      t.strictSame(texts(pull.tryReceive()), ['a', 'b']);
      t.equal(pull.readable, false);
    });

    t.test('trySend, whenWritable and writable', async (t) => {
      const push = own(t, new zmq.Push());
      const pull = own(t, new zmq.Pull());
      t.equal(push.writable, false);
      t.equal(push.trySend('x'), false);
      const waiting = push.whenWritable();
      await join(pull, push, transport);
      await waiting;
      t.equal(push.writable, true);
      await push.whenWritable({ timeout: 0 });
      t.equal(push.trySend('x'), true);
    });

    t.test('JSON', async (t) => {
      const push = own(t, new zmq.Push());
      const pull = own(t, new zmq.Pull({ receiveTimeout: PATIENCE }));
      await join(pull, push, transport);
      const values = [{ a: [1, null, 'ü'] }, 'x', 0, null, false];
      for (const value of values) await push.sendJson(value);
      for (const value of values) t.strictSame(await pull.receiveJson(), value);
      await push.send('{');
      t.match((await failure(() => pull.receiveJson())).error, { name: 'SyntaxError' });
    });

    t.test('a loop without await over a publisher', async (t) => {
      const publisher = own(t, new zmq.Publisher({ sendHighWaterMark: 0 }));
      const subscriber = own(t, new zmq.Subscriber({ receiveHighWaterMark: 0 }));
      subscriber.subscribe();
      await join(publisher, subscriber, transport);
      await publisher.waitFor('subscription', { timeout: PATIENCE });
      const sends: Promise<void>[] = [];
      for (let n = 0; n < 5_000; n++) sends.push(publisher.send(`${n}`));
      await Promise.all(sends);
      for (let n = 0; n < 5_000; n++) {
        const [part] = await subscriber.receive({ timeout: PATIENCE });
        if (String(part) !== `${n}`) t.equal(String(part), `${n}`);
      }
      t.equal(publisher.stats().sent.messages, 5_000);
    });
  });
}

t.test('a rejection of sendMany tells how many were accepted', async (t) => {
  const push = own(t, new zmq.Push({ sendHighWaterMark: 3 }));
  push.connect(await deadEndpoint(own(t, new zmq.Pull())));
  const many = ['a', 'b', 'c', 'd', 'e'];
  for (const [call, sentCount] of [
    [() => push.sendMany(many, { timeout: 0 }), 3],
    [() => push.sendMany(many, { timeout: 5 }), 0],
  ] as const) {
    t.match((await failure(call)).error, { ...AGAIN, sentCount });
  }
  const pending = failure(() => push.sendMany(many));
  t.match((await failure(() => push.sendMany(many))).error, { ...BUSY_WRITING, sentCount: 0 });
  push.linger = 0;
  push.close();
  t.match((await pending).error, { ...AGAIN, sentCount: 0 });

  const router = own(t, new zmq.Router({ mandatory: true }));
  const dealer = own(t, new zmq.Dealer({ routingId: 'D' }));
  await join(router, dealer);
  const error = {
    code: 'EHOSTUNREACH',
    errno: 113,
    message: 'Host unreachable',
    sentCount: 1,
  };
  const sends = [
    ['D', '1'],
    ['X', '2'],
    ['D', '3'],
  ];
  t.match((await failure(() => router.sendMany(sends))).error, error);
  t.strictSame(texts(await dealer.receive()), ['1']);
});

t.test('timers run beside a loop of operations that never wait', async (t) => {
  const push = own(t, new zmq.Push({ sendHighWaterMark: 0 }));
  const pull = own(t, new zmq.Pull({ receiveHighWaterMark: 0 }));
  await join(pull, push, 'inproc');
  for (const step of [
    () => push.send('x'),
    () => push.sendMany(['x']),
    () => push.whenWritable(),
    () => pull.receive(),
    () => pull.receiveMany(),
  ]) {
    await push.sendMany(Array.from({ length: 100 }, () => 'x'));
    let ticks = 0;
    const timer = setInterval(() => ticks++, 1);
    let steps = 0;
    while (ticks < 3) {
      if (step.toString().includes('pull') && !pull.readable) push.trySend('x');
      await step();
      steps++;
    }
    clearInterval(timer);
    t.ok(steps > 3, `${step}`);
  }
});

t.test('calls out of turn', async (t) => {
  for (const transport of TRANSPORTS) {
    const request = own(t, new zmq.Request());
    const reply = own(t, new zmq.Reply());
    await join(reply, request, transport);
    const state = {
      code: 'EFSM',
      errno: 156_384_763,
      message: 'Operation cannot be accomplished in current state',
    };
    t.match((await failure(() => request.receive({ timeout: 0 }))).error, state);
    t.match((await failure(() => request.receive({ timeout: 1 }))).error, state);
    t.match((await failure(() => reply.send('x', { timeout: 0 }))).error, state);
    t.throws(() => request.tryReceive(), state);
    t.throws(() => reply.trySend('x'), state);

    // They wait for their turn.
    const [answer, early] = [request.receive(), reply.send('2')];
    await request.send('1');
    t.match((await failure(() => request.send('x', { timeout: 0 }))).error, state);
    const next = request.send('3');
    t.strictSame(texts(await reply.receive()), ['1']);
    await early;
    t.strictSame(texts(await answer), ['2']);
    await next;
    t.strictSame(texts(await reply.receive()), ['3']);

    const closing = failure(() => reply.receive());
    const waiting = failure(() => request.send('4'));
    reply.close();
    request.close();
    t.match((await closing).error, state, 'a reply is due');
    t.match((await waiting).error, state);
  }
});

t.test('sends and receives of the wrong socket', async (t) => {
  // The types forbid it, and so do the classes.
  const [push, pull] = [own(t, new zmq.Push()), own(t, new zmq.Pull())] as unknown as [
    Record<string, unknown>,
    Record<string, unknown>,
  ];
  t.notOk('receive' in push);
  t.notOk('trySend' in pull);
  for (const type of [zmq.Pull, zmq.Subscriber]) {
    // It is there, as in zeromq.js, to say that it cannot be.
    const socket = own(t, new type()) as unknown as zmq.Push;
    await t.rejects(socket.send('x'), { code: 'ENOTSUP' });
    t.throws(() => socket.send(undefined as never), new TypeError('Message must be present'));
  }
  const reading = own(t, new zmq.Pull());
  t.throws(() => reading.receive(1 as never), new TypeError('Expected 0 arguments but received 1'));
  t.throws(() => reading.close(1 as never), new TypeError('Expected 0 arguments but received 1'));
  t.equal(reading.closed, false);
  const sending = own(t, new zmq.Push());
  const second = new TypeError('Expected 1 argument but received 2');
  t.throws(() => sending.send('a', 'b' as never), second, 'a second part is not lost in silence');
  t.throws(() => Reflect.construct(zmq.Socket, [3, {}, 1]), /^Expected 2 arguments but received 3/);
});

t.test('a publisher never waits', async (t) => {
  const publisher = own(t, new zmq.Publisher());
  t.equal(publisher.writable, true);
  await publisher.send('nobody');
  t.equal(publisher.trySend('nobody'), true);
  await turns();
});
