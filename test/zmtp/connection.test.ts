import fc from 'fast-check';
import t from 'tap';
import type { Connection } from '../../src/zmtp/connection.ts';
import { Decoder } from '../../src/zmtp/decoder.ts';
import type { SocketType } from '../../src/zmtp/socket-type.ts';
import {
  core,
  drained,
  feed,
  type Given,
  Joined,
  opened,
  PARTNER,
  taken,
  texts,
} from '../support/cores/joined.ts';
import {
  command,
  frame,
  greeting,
  hex,
  latin,
  longHeader,
  message,
  properties,
  ready,
} from '../support/wire.ts';

const TYPES = Object.keys(PARTNER) as SocketType[];

function code(connection: Connection): string | undefined {
  return connection.error?.code;
}

/** A core that has read the greeting, and whose own greeting and READY are gone. */
function greeted(socketType: SocketType, given: Given = {}): Connection {
  const connection = core(socketType, given);
  feed(connection, greeting());
  taken(connection);
  return connection;
}

t.test('the greeting goes out at once, READY when the peer has greeted', async (t) => {
  const pull = core('PULL');
  t.equal(pull.pending, 64);
  t.same(taken(pull), hex(`ff 0000000000000000 7f 0301 4e554c4c ${'00'.repeat(48)}`));
  feed(pull, greeting().subarray(0, 63));
  t.equal(pull.pending, 0);
  t.equal(pull.state, 'greeting');
  feed(pull, greeting().subarray(63));
  t.equal(pull.state, 'handshake');
  t.same(taken(pull), ready('PULL'), 'without waiting for that of the peer');
});

t.test('two cores of every pair of types shake hands, octet by octet', async (t) => {
  for (const type of TYPES) {
    const pair = new Joined(
      core(type, { routingId: latin('me') }),
      core(PARTNER[type], { routingId: latin('you') }),
    );
    pair.settle(1);
    const [a, b] = pair.ends;
    t.equal(a.state, 'traffic', type);
    t.equal(b.state, 'traffic', type);
    t.equal(a.peer?.socketType, PARTNER[type]);
    t.equal(a.peer?.minor, 1);
    const tells = ['REQ', 'DEALER', 'ROUTER'].includes(PARTNER[type]);
    t.equal(a.peer?.routingId?.toString(), tells ? 'you' : undefined);
  }
});

t.test('next stops at the beginning of traffic, so that its driver can look', async (t) => {
  const pull = core('PULL');
  pull.arrived(Buffer.concat([greeting(), ready('PUSH'), message('a'), message('b')]), 0);
  t.equal(pull.state, 'handshake');
  t.equal(pull.next(), undefined);
  t.equal(pull.state, 'traffic');
  t.ok(pull.undecoded);
  t.same(texts([pull.next()!, pull.next()!]), [['a'], ['b']]);
  t.equal(pull.next(), undefined);
  t.notOk(pull.undecoded);
});

t.test('any cutting of a session gives the same messages and the same answer', async (t) => {
  const session = Buffer.concat([
    greeting(),
    ready('PUSH'),
    message('one'),
    hex('01 01 61'),
    command('PING', '\0\0ctx'),
    hex('00 01 62'),
    command('FOO', 'bar'),
    message('x'.repeat(300), ''),
  ]);
  const whole = core('PULL');
  const expected = texts(feed(whole, session));
  const answer = taken(whole);
  t.same(expected, [['one'], ['a', 'b'], ['x'.repeat(300), '']]);
  t.ok(answer.includes(command('PONG', 'ctx')));
  for (let cut = 0; cut <= session.length; cut++) {
    const pull = core('PULL');
    const messages = feed(pull, session.subarray(0, cut));
    messages.push(...feed(pull, session.subarray(cut)));
    if (JSON.stringify(texts(messages)) !== JSON.stringify(expected)) t.fail(`cut at ${cut}`);
    if (!taken(pull).equals(answer)) t.fail(`answer after a cut at ${cut}`);
  }
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(fc.array(fc.nat(session.length), { maxLength: 20 }), (cuts) => {
        const pull = core('PULL');
        const messages = [];
        let start = 0;
        for (const cut of [...cuts.sort((a, b) => a - b), session.length]) {
          messages.push(...feed(pull, session.subarray(start, cut)));
          start = cut;
        }
        if (JSON.stringify(texts(messages)) !== JSON.stringify(expected))
          throw new Error('differs');
      }),
      { numRuns: 300 },
    ),
  );
});

t.test('two cores deliver everything in order, however the octets trickle', async (t) => {
  const part = fc
    .oneof(fc.nat(30), fc.constantFrom(0, 1, 255, 256, 2048, 2049, 65_536))
    .map((size) => Buffer.alloc(size, size));
  const step = fc.record({
    end: fc.constantFrom(0 as const, 1 as const),
    send: fc.option(fc.array(part, { minLength: 1, maxLength: 5 }), { nil: undefined }),
    size: fc.oneof(fc.nat(4), fc.nat(400), fc.nat(100_000)),
  });
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const pair = new Joined(core('DEALER'), core('DEALER'));
        const sent: [Buffer[][], Buffer[][]] = [[], []];
        for (const { end, send, size } of steps) {
          if (send !== undefined && pair.ends[end].state === 'traffic') {
            pair.ends[end].send(send);
            sent[end].push(send);
          }
          pair.step(end, size);
        }
        pair.settle();
        for (const end of [0, 1] as const) {
          const got = pair.got[end === 0 ? 1 : 0];
          if (got.length !== sent[end].length) throw new Error(`${got.length} messages`);
          for (const [i, one] of got.entries()) {
            const same = one.length === sent[end][i]!.length;
            if (!same || !one.every((p, j) => p.equals(sent[end][i]![j]!))) throw new Error(`${i}`);
          }
        }
      }),
      { numRuns: 300 },
    ),
  );
});

t.test('subscriptions: commands to 3.1, messages to 3.0, from SUB and XSUB only', async (t) => {
  for (const type of ['SUB', 'XSUB'] as const) {
    const modern = opened(type);
    modern.send([latin('\x01weather')]);
    modern.send([latin('\x00weather')]);
    modern.send([latin('\x02other')]);
    modern.send([latin('\x01a'), latin('b')]);
    t.same(
      taken(modern),
      Buffer.concat([
        command('SUBSCRIBE', 'weather'),
        command('CANCEL', 'weather'),
        message('\x02other'),
        message('\x01a', 'b'),
      ]),
    );
    const old = opened(type, {}, 0);
    old.send([latin('\x01weather')]);
    t.same(taken(old), message('\x01weather'));
  }
  const push = opened('PUSH');
  push.send([latin('\x01weather')]);
  t.same(taken(push), message('\x01weather'));
});

t.test('SUBSCRIBE and CANCEL reach PUB and XPUB, and nobody else', async (t) => {
  const octets = Buffer.concat([
    command('SUBSCRIBE', 'a'),
    command('CANCEL', 'a'),
    command('SUBSCRIBE', 't'.repeat(300)),
  ]);
  for (const type of TYPES) {
    const connection = opened(type);
    const messages = texts(feed(connection, octets));
    t.equal(connection.state, 'traffic');
    if (type === 'PUB' || type === 'XPUB') {
      t.same(messages, [['\x01a'], ['\x00a'], [`\x01${'t'.repeat(300)}`]], type);
      t.equal(connection.ignoredCount, 0);
    } else {
      t.same(messages, [], type);
      t.equal(connection.ignoredCount, 3);
    }
  }
});

t.test('a subscription between two parts of a message disturbs neither', async (t) => {
  const xpub = opened('XPUB');
  const octets = Buffer.concat([hex('01 01 41'), command('SUBSCRIBE', 's'), hex('00 01 42')]);
  t.same(texts(feed(xpub, octets)), [['\x01s'], ['A', 'B']]);
});

t.test('an incompatible peer is told by an ERROR after our READY', async (t) => {
  const pull = core('PULL');
  feed(pull, Buffer.concat([greeting(), ready('PULL')]));
  t.equal(code(pull), 'ERR_ZMTP_SOCKET_TYPE');
  t.equal(pull.state, 'failed');
  const out = taken(pull).subarray(64);
  t.same(out.subarray(0, ready('PULL').length), ready('PULL'));
  const error = out.subarray(ready('PULL').length);
  t.equal(error.toString('latin1', 2, 8), '\x05ERROR');
  t.equal(error[1], error.length - 2);
  t.equal(error[8], error.length - 9, 'a well-formed one');
  t.equal(pull.deadline, Number.POSITIVE_INFINITY);
  t.same(feed(pull, message('x')), [], 'nothing is heard any more');
});

t.test('what may come before the end of the handshake', async (t) => {
  const type = ['Socket-Type', 'PUSH'] as const;
  const table: readonly [string, Buffer, string | undefined][] = [
    ['READY', ready('PUSH'), undefined],
    ['READY in a long frame', frame(0x06, ready('PUSH').subarray(2)), undefined],
    ['READY with the MORE bit', frame(0x05, ready('PUSH').subarray(2)), undefined],
    ['a message', message('early'), 'ERR_ZMTP_UNEXPECTED_COMMAND'],
    ['an empty message', hex('0000'), 'ERR_ZMTP_UNEXPECTED_COMMAND'],
    ['a first part', hex('01 01 41'), 'ERR_ZMTP_UNEXPECTED_COMMAND'],
    ['an empty first part', hex('01 00'), 'ERR_ZMTP_UNEXPECTED_COMMAND'],
    ['an empty command', hex('0400'), 'ERR_ZMTP_UNEXPECTED_COMMAND'],
    ['an unknown command', command('FOO', 'x'), 'ERR_ZMTP_UNEXPECTED_COMMAND'],
    ['a PING', command('PING', '\0\0'), 'ERR_ZMTP_UNEXPECTED_COMMAND'],
    ['a SUBSCRIBE', command('SUBSCRIBE'), 'ERR_ZMTP_UNEXPECTED_COMMAND'],
    ['a name past the end', frame(0x04, '\xffREADY'), 'ERR_ZMTP_UNEXPECTED_COMMAND'],
    ['no type', command('READY'), 'ERR_ZMTP_INVALID_METADATA'],
    ['a value past the end', command('READY', hex('0158000000ff')), 'ERR_ZMTP_INVALID_METADATA'],
    ['an identity of 255', ready('PUSH', 'i'.repeat(255)), undefined],
    ['an identity of 256', ready('PUSH', 'i'.repeat(256)), 'ERR_ZMTP_INVALID_METADATA'],
    ['the type twice', command('READY', properties(type, ['Socket-Type', 'SUB'])), undefined],
    ['__proto__', command('READY', properties(['__proto__', 'x'], type)), undefined],
    ['constructor', command('READY', properties(type, ['constructor', 'x'])), undefined],
    ['an empty name', command('READY', properties(['', 'x'], type)), undefined],
    ['ERROR', command('ERROR', '\x03400'), 'ERR_ZMTP_REFUSED_BY_PEER'],
    ['a bad ERROR', command('ERROR', '\x04400'), 'ERR_ZMTP_MALFORMED_COMMAND_ERROR'],
    ['an ERROR without reason', command('ERROR'), 'ERR_ZMTP_MALFORMED_COMMAND_ERROR'],
  ];
  for (const [what, octets, expected] of table) {
    for (const drip of [false, true]) {
      const pull = greeted('PULL');
      const all = Buffer.concat([octets, ready('PUSH'), message('after')]);
      const messages = [];
      for (let i = 0; i < all.length; i += drip ? 1 : all.length) {
        messages.push(...feed(pull, drip ? all.subarray(i, i + 1) : all));
      }
      t.equal(code(pull), expected, what);
      t.same(texts(messages), expected === undefined ? [['after']] : [], what);
      const told = taken(pull);
      const silent = expected === undefined || /REFUSED|COMMAND_ERROR/.test(expected);
      t.equal(told.length === 0, silent, `${what}: ${silent ? 'nothing' : 'ERROR'} comes back`);
      if (!silent) t.equal(told.toString('latin1', 2, 8), '\x05ERROR');
    }
  }
});

t.test("the reason of the peer's ERROR can be read", async (t) => {
  const pull = greeted('PULL');
  feed(pull, command('ERROR', '\x03400'));
  t.match(pull.error, { message: 'peer refused: "400"', fault: 'peer' });
});

t.test('an identity that is empty or begins with zero is none', async (t) => {
  for (const [identity, expected] of [
    ['', undefined],
    ['\0', undefined],
    ['\0abcd', undefined],
    ['a\0', 'a\0'],
  ] as const) {
    const router = greeted('ROUTER');
    feed(router, ready('DEALER', identity));
    t.equal(router.state, 'traffic');
    t.equal(router.peer?.routingId?.toString(), expected);
  }
});

t.test('a frame of the handshake is refused from its header above 64 KiB', async (t) => {
  for (const size of [65_537n, 2n ** 33n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n]) {
    const pull = greeted('PULL', { maxMessageSize: -1 });
    feed(pull, longHeader(0x06, size));
    t.equal(code(pull), 'ERR_ZMTP_FRAME_TOO_LARGE', `${size}`);
  }
  const large = greeted('PULL');
  const filler = 65_536 - 6 - properties(['Socket-Type', 'PUSH'], ['X', '']).length;
  const octets = command('READY', properties(['Socket-Type', 'PUSH'], ['X', 'x'.repeat(filler)]));
  t.equal(octets.length, 9 + 65_536);
  feed(large, octets);
  t.equal(large.state, 'traffic', '64 KiB are allowed');
});

t.test('maxMessageSize holds for messages, not for the handshake or heartbeats', async (t) => {
  const pull = opened('PULL', { maxMessageSize: 4 });
  t.same(texts(feed(pull, message('1234', '5678'))), [['1234', '5678']]);
  t.same(feed(pull, command('PING', '\0\0')), []);
  t.same(taken(pull), command('PONG'));
  t.same(feed(pull, message('12345')), []);
  t.equal(code(pull), 'ERR_ZMTP_FRAME_TOO_LARGE');
  t.equal(taken(pull).length, 0);
  const none = opened('PULL', { maxMessageSize: 0 });
  t.same(texts(feed(none, message(''))), [['']]);
  feed(none, message('x'));
  t.equal(code(none), 'ERR_ZMTP_FRAME_TOO_LARGE');
  const unlimited = opened('PULL');
  feed(unlimited, longHeader(0x02, 2n ** 32n - 1n));
  t.equal(unlimited.state, 'traffic');
  for (const size of [2n ** 32n, 2n ** 53n, 2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 1n]) {
    const refusing = opened('PULL');
    feed(refusing, longHeader(0x02, size));
    t.equal(code(refusing), 'ERR_ZMTP_FRAME_TOO_LARGE', `${size}`);
  }
});

t.test('maxMessageParts, to the part', async (t) => {
  for (const maxMessageParts of [1, 2, 5]) {
    const pull = opened('PULL', { maxMessageParts });
    const exact = Array.from({ length: maxMessageParts }, () => 'p');
    t.same(texts(feed(pull, message(...exact))), [exact]);
    t.same(feed(pull, message(...exact, 'q')), []);
    t.equal(code(pull), 'ERR_ZMTP_TOO_MANY_PARTS');
  }
  const unlimited = opened('PULL', { maxMessageParts: 0 });
  t.equal(feed(unlimited, message(...Array.from({ length: 5000 }, () => '')))[0]?.length, 5000);
});

t.test('a flood of PINGs does not pile up PONGs', async (t) => {
  const pull = opened('PULL');
  const ping = command('PING', `\0\0${'c'.repeat(16)}`);
  const flood = Buffer.concat(Array.from({ length: 10_000 }, () => ping));
  feed(pull, flood);
  const limit = pull.pending;
  t.ok(limit <= 64 * 23, `${limit} octets`);
  for (let i = 0; i < 20; i++) feed(pull, flood);
  t.equal(pull.pending, limit);
  taken(pull);
  feed(pull, ping);
  t.same(taken(pull), command('PONG', 'c'.repeat(16)), 'and answers go on when they are taken');
});

t.test('PING: context comes back, cut at sixteen; a short one fails', async (t) => {
  const pull = opened('PULL');
  for (const length of [0, 1, 16, 17, 40_000]) {
    feed(pull, command('PING', `\0\0${'c'.repeat(length)}`));
    t.same(taken(pull), command('PONG', 'c'.repeat(Math.min(length, 16))));
  }
  for (const data of ['', '\0']) {
    const bad = opened('PULL');
    t.same(feed(bad, Buffer.concat([command('PING', data), message('x')])), []);
    t.equal(code(bad), 'ERR_ZMTP_MALFORMED_PING');
  }
});

t.test('unknown commands in traffic are skipped and counted', async (t) => {
  const pull = opened('PULL');
  const commands = [hex('0400'), hex('0402ff41'), command('FOO'), ready('SUB'), command('ERROR')];
  t.same(texts(feed(pull, Buffer.concat([...commands, message('next')]))), [['next']]);
  t.equal(pull.ignoredCount, commands.length);
  feed(pull, command('PONG', 'whatever'));
  t.equal(pull.ignoredCount, commands.length, 'a PONG is expected');
  t.equal(pull.pending, 0);
});

t.test('heartbeats by the clock that is passed in', async (t) => {
  const given = { heartbeatInterval: 200, heartbeatTimeout: 300, heartbeatTimeToLive: 3000 };
  const pull = opened('PULL', given);
  t.equal(pull.deadline, 200);
  pull.elapsed(199);
  t.equal(pull.pending, 0);
  pull.elapsed(200);
  t.same(taken(pull), hex('04 07 0450494e47 001e'));
  feed(pull, command('PONG'), 300);
  pull.elapsed(400);
  t.same(taken(pull), hex('04 07 0450494e47 001e'));
  pull.elapsed(600);
  t.same(taken(pull), hex('04 07 0450494e47 001e'));
  t.equal(pull.deadline, 700);
  pull.elapsed(699);
  t.equal(pull.state, 'traffic');
  pull.elapsed(700);
  t.equal(code(pull), 'ERR_ZMTP_HEARTBEAT_TIMEOUT');
  t.equal(pull.deadline, Number.POSITIVE_INFINITY);
});

t.test('any octet is a sign of life; being held back by us is no sign of death', async (t) => {
  const given = { heartbeatInterval: 200, heartbeatTimeout: 300 };
  const hears = opened('PULL', given);
  hears.elapsed(200);
  feed(hears, hex('00'), 450);
  hears.elapsed(500);
  t.equal(hears.state, 'traffic');
  const holds = opened('PULL', given);
  holds.elapsed(200);
  holds.forgive(500);
  holds.elapsed(500);
  t.equal(holds.state, 'traffic');
  t.equal(holds.deadline, 700);
  holds.elapsed(800);
  t.equal(holds.state, 'failed', 'once forgiven is not for ever');
});

t.test("the peer's TTL ends the connection when nothing follows", async (t) => {
  const pull = opened('PULL');
  feed(pull, hex('04 07 0450494e47 0005'), 1000);
  t.equal(pull.deadline, 1500);
  feed(pull, message('x'), 1400);
  pull.elapsed(1500);
  t.equal(pull.state, 'traffic', 'a message put it off');
  t.equal(pull.deadline, Number.POSITIVE_INFINITY);
  feed(pull, hex('04 07 0450494e47 0005'), 2000);
  pull.elapsed(2500);
  t.equal(code(pull), 'ERR_ZMTP_HEARTBEAT_TIMEOUT');
});

t.test('the handshake must end in time, and dripping does not put that off', async (t) => {
  const octets = Buffer.concat([greeting(), ready('PUSH')]);
  for (const enough of [0, 1, 63, 64, 65, octets.length - 1]) {
    const pull = core('PULL', { handshakeInterval: 30_000 });
    t.equal(pull.deadline, 30_000);
    for (let i = 0; i < enough; i++) {
      const now = (i * 29_000) / octets.length;
      feed(pull, octets.subarray(i, i + 1), now);
      pull.elapsed(now);
      t.equal(pull.deadline, 30_000);
    }
    pull.elapsed(29_999);
    t.not(pull.state, 'failed');
    pull.elapsed(30_000);
    t.equal(code(pull), 'ERR_ZMTP_HANDSHAKE_TIMEOUT', `after ${enough} octets`);
  }
  const done = core('PULL', { handshakeInterval: 30_000 });
  feed(done, octets, 29_999);
  t.equal(done.deadline, Number.POSITIVE_INFINITY);
  done.elapsed(30_000);
  t.equal(done.state, 'traffic');
  const patient = core('PULL');
  t.equal(patient.deadline, Number.POSITIVE_INFINITY);
  patient.elapsed(1e9);
  t.equal(patient.state, 'greeting');
});

t.test('a failure is final, and so is closing', async (t) => {
  const failed = greeted('PULL');
  feed(failed, ready('PULL'));
  const { error } = failed;
  failed.reject('something else');
  failed.elapsed(1e9);
  failed.forgive(0);
  failed.close();
  t.equal(failed.error, error, 'the first reason stays');
  t.equal(failed.state, 'failed');
  const closed = opened('PULL', { heartbeatInterval: 100 });
  closed.close();
  t.equal(closed.state, 'closed');
  t.equal(closed.deadline, Number.POSITIVE_INFINITY);
  t.same(feed(closed, message('x')), []);
  closed.elapsed(1e9);
  closed.reject('too late');
  t.equal(closed.state, 'closed');
  t.equal(closed.pending, 0);
});

t.test('the layer above can refuse a peer', async (t) => {
  const req = opened('REQ');
  req.reject('reply without envelope');
  t.equal(code(req), 'ERR_ZMTP_MALFORMED_MESSAGE');
  t.equal(req.pending, 0, 'there is no ERROR command in traffic');
});

t.test('an end of the octets anywhere leaves nothing half delivered', async (t) => {
  const octets = Buffer.concat([
    greeting(),
    ready('PUSH'),
    message('a', 'b'),
    message('c'.repeat(300)),
  ]);
  const first = octets.length - 309;
  for (let end = 0; end < octets.length; end++) {
    const pull = core('PULL');
    const messages = feed(pull, octets.subarray(0, end));
    t.equal(messages.length, end >= first ? 1 : 0, `${end}`);
    pull.close();
    t.same(drained(pull), []);
  }
});

t.test('half a message is not glued to what another connection brings', async (t) => {
  feed(opened('PULL'), hex('01 04 70617274'));
  t.same(texts(feed(opened('PULL'), message('next'))), [['next']]);
});

t.test('a core that has run dry lets go of the last message', async (t) => {
  let releaseCount = 0;
  const { release } = Decoder.prototype;
  Decoder.prototype.release = function (this: Decoder) {
    releaseCount++;
    release.call(this);
  };
  try {
    const pull = opened('PULL');
    releaseCount = 0;
    pull.arrived(message('x'), 0);
    t.not(pull.next(), undefined);
    t.equal(releaseCount, 0);
    t.equal(pull.next(), undefined);
    t.equal(releaseCount, 1);
  } finally {
    Decoder.prototype.release = release;
  }
});

t.test('a hundred thousand tiny frames in one chunk', async (t) => {
  const pull = opened('PULL');
  const octets = Buffer.concat(Array.from({ length: 100_000 }, () => hex('0000')));
  pull.arrived(octets, 0);
  let count = 0;
  while (pull.next() !== undefined) count++;
  t.equal(count, 100_000);
});
