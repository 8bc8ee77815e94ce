/** Peers of ZMTP 2.0 (RFC 15) and 1.0 (RFC 13), octet by octet. What libzmq says to them is in vectors.test.ts. */

import fc from 'fast-check';
import t from 'tap';
import { plainClient } from '../../src/zmtp/mechanism/plain.ts';
import type { SocketType } from '../../src/zmtp/socket-type.ts';
import { Zmtp1Decoder } from '../../src/zmtp/zmtp1-decoder.ts';
import { Zmtp1Encoder } from '../../src/zmtp/zmtp1-encoder.ts';
import { core, feed, type Given, Joined, PARTNER, taken, texts } from '../support/cores/joined.ts';
import { command, greeting, hex, latin, message, ready } from '../support/wire.ts';

const SIGNATURE = 'ff 0000000000000001 7f';
const OLDER: Given = { minimumProtocolVersion: 1 };
const TYPES: readonly SocketType[] = [
  'PAIR',
  'PUB',
  'SUB',
  'REQ',
  'REP',
  'DEALER',
  'ROUTER',
  'PULL',
  'PUSH',
  'XPUB',
  'XSUB',
];

/** A greeting of 2.0 and the frame of an empty identity. */
function zmtp2(type: SocketType): Buffer {
  return Buffer.concat([hex(`${SIGNATURE} 01`), Buffer.of(TYPES.indexOf(type)), hex('0000')]);
}

t.test(
  'the greeting goes out in stages, each once the peer has shown that it knows it',
  async (t) => {
    const pull = core('PULL', OLDER);
    t.same(taken(pull), hex(SIGNATURE));
    feed(pull, greeting().subarray(0, 9));
    t.equal(pull.pending, 0);
    feed(pull, greeting().subarray(9, 10));
    t.same(taken(pull), hex('03'));
    feed(pull, greeting().subarray(10, 11));
    t.same(taken(pull), hex(`01 4e554c4c ${'00'.repeat(48)}`));
    feed(pull, greeting().subarray(11));
    t.same(taken(pull), ready('PULL'));
    feed(pull, ready('PUSH'));
    t.match(pull.peer, { major: 3, minor: 1, socketType: 'PUSH' });
  },
);

t.test('all that is due goes out together', async (t) => {
  const pull = core('PULL', OLDER);
  taken(pull);
  feed(pull, greeting());
  t.same(taken(pull), Buffer.concat([greeting().subarray(10), ready('PULL')]));
  const later = core('PULL', { minimumProtocolVersion: 2 });
  t.same(taken(later), hex(`${SIGNATURE} 03`), 'nobody of 1.0 could be confused by the version');
  feed(later, greeting().subarray(0, 11));
  t.same(taken(later), greeting().subarray(11));
});

t.test('two staged greetings meet, octet by octet', async (t) => {
  for (const minimumProtocolVersion of [1, 2]) {
    for (const type of TYPES) {
      const given = { minimumProtocolVersion, routingId: latin('me') };
      const pair = new Joined(core(type, given), core(PARTNER[type], OLDER));
      pair.settle(1);
      for (const end of pair.ends) t.match(end, { state: 'traffic', peer: { major: 3, minor: 1 } });
    }
  }
});

t.test('a message comes and goes in the frames of 2.0, for all types', async (t) => {
  for (const type of TYPES) {
    const partner = PARTNER[type];
    const connection = core(type, OLDER);
    const long = 'x'.repeat(300);
    const heard = feed(connection, Buffer.concat([zmtp2(partner), message('a', '', long)]));
    t.same(texts(heard), [['a', '', long]]);
    t.match(connection.peer, { major: 2, minor: 0, socketType: partner, routingId: undefined });
    t.equal(connection.peer!.metadata.size, 0);
    taken(connection);
    connection.send([latin('b'), latin(long)]);
    t.same(taken(connection), message('b', long));
  }
});

t.test('subscriptions are messages to older peers', async (t) => {
  for (const [said, wanted] of [
    [zmtp2('PUB'), hex('00 03 01 4142')],
    [hex('01 00'), hex('04 00 01 4142')],
  ] as const) {
    const sub = core('SUB', OLDER);
    feed(sub, said);
    taken(sub);
    sub.send([latin('\x01AB')]);
    t.same(taken(sub), wanted);
  }
  const pub = core('PUB', OLDER);
  t.same(texts(feed(pub, Buffer.concat([zmtp2('SUB'), message('\x01AB')]))), [['\x01AB']]);
});

t.test('a peer of 1.0 says its identity in one frame, short or long', async (t) => {
  const id = 'y'.repeat(255);
  for (const [header, identity] of [
    ['01 00', undefined],
    ['03 00 6d65', 'me'],
    ['ff 0000000000000003 00 6d65', 'me'],
    ['ff 0000000000000100 00', id],
    ['06 00 00 01020304', undefined],
  ] as const) {
    const router = core('ROUTER', OLDER);
    const rest = identity === id ? latin(id) : Buffer.alloc(0);
    const said = Buffer.concat([hex(header), rest, hex('01 01 | 06 00'), latin('hello')]);
    t.same(texts(feed(router, said)), [['', 'hello']], header);
    t.match(router.peer, { major: 1, minor: 0, socketType: '' });
    t.equal(router.peer!.routingId?.toString('latin1'), identity);
  }
});

t.test('our identity is the end of one frame to a peer of 1.0', async (t) => {
  for (const size of [1, 2, 252, 253, 254, 255]) {
    const routingId = Buffer.alloc(size, 'z');
    const dealer = core('DEALER', { ...OLDER, routingId });
    feed(dealer, hex('01 00'));
    const written = taken(dealer);
    t.equal(written[9], 0x7f);
    // A peer of 1.0 looks at the last of the flags only.
    written[9] = 0;
    const decoder = new Zmtp1Decoder();
    decoder.limits.maxFrameSize = 255;
    decoder.push(written);
    t.ok(decoder.next());
    t.same(decoder.message, [routingId]);
  }
});

t.test('revision 0 has the greeting of 2.0 and the frames of 1.0', async (t) => {
  const dealer = core('DEALER', { ...OLDER, routingId: latin('me') });
  const said = hex(`${SIGNATURE} 00 06 | 03 00 7274 | 03 00 6869`);
  t.same(texts(feed(dealer, said)), [['hi']]);
  t.match(dealer.peer, { major: 1, socketType: 'ROUTER', routingId: latin('rt') });
  dealer.send([latin('hello')]);
  const wanted = hex('ff 0000000000000003 7f 03 05 | 03 00 6d65 | 06 00 68656c6c6f');
  t.same(taken(dealer), wanted);
  const pub = core('PUB', OLDER);
  t.same(feed(pub, hex(`${SIGNATURE} 00 02 | 01 00`)), [], 'it subscribes by itself');
});

t.test('any cutting of a session of an older peer gives the same', async (t) => {
  const big = latin('z'.repeat(40_000));
  const encoder = new Zmtp1Encoder();
  encoder.message([latin('a'), big, Buffer.alloc(0)]);
  encoder.message([latin('b'.repeat(253))]);
  const frames = Buffer.concat(encoder.take());
  const of1 = Buffer.concat([hex('03 00 6d65'), frames, hex('02 00 63')]);
  const later = message('a', big, '', '').subarray(0, -2);
  later[later.length - 2] = 0;
  const of2 = Buffer.concat([zmtp2('PUSH'), later, message('b'.repeat(253)), message('c')]);
  for (const session of [of1, of2]) {
    t.doesNotThrow(() =>
      fc.assert(
        fc.property(fc.array(fc.nat(session.length), { maxLength: 12 }), (cuts) => {
          const pull = core('PULL', OLDER);
          const found: string[][] = [];
          let start = 0;
          for (const cut of [...cuts.sort((a, b) => a - b), session.length]) {
            let chunk = session.subarray(start, cut);
            // As a link does: octets of a large body go straight to their place.
            const { place } = pull;
            if (place !== undefined && chunk.length > 0) {
              const count = chunk.copy(place);
              pull.placed(count, 0);
              chunk = chunk.subarray(count);
            }
            found.push(...texts(feed(pull, Buffer.from(chunk))));
            start = cut;
          }
          if (found.length !== 3) throw new Error(`${found.length} messages: ${pull.error}`);
          const [first, second, third] = found;
          if (first!.join() !== `a,${big.toString('latin1')},`) throw new Error('first differs');
          if (second![0]!.length !== 253 || third![0] !== 'c') throw new Error('differs');
        }),
        { numRuns: 200 },
      ),
    );
  }
});

t.test('decode ∘ encode of 1.0, for any message', async (t) => {
  const part = fc.oneof(
    fc.uint8Array({ maxLength: 20 }),
    fc.constantFrom(252, 253, 254, 255, 256, 2048, 2049).map((size) => new Uint8Array(size)),
  );
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(fc.array(fc.array(part, { minLength: 1, maxLength: 4 })), (messages) => {
        const encoder = new Zmtp1Encoder();
        const decoder = new Zmtp1Decoder();
        Object.assign(decoder.limits, { maxFrameSize: 3_000, maxParts: 4 });
        for (const parts of messages) encoder.message(parts.map((octets) => Buffer.from(octets)));
        decoder.push(Buffer.concat(encoder.take()));
        for (const parts of messages) {
          decoder.next();
          const same = decoder.message.every((octets, i) => octets.equals(parts[i]!));
          if (!same || decoder.message.length !== parts.length) throw new Error('differs');
        }
      }),
    ),
  );
});

t.test('what an older peer must not say costs it the connection', async (t) => {
  const two = zmtp2('PUSH');
  const table: readonly [what: string, said: Buffer, code: string][] = [
    ['a wrong type', zmtp2('PUB'), 'ERR_ZMTP_SOCKET_TYPE'],
    ['no such type', hex(`${SIGNATURE} 01 2a`), 'ERR_ZMTP_SOCKET_TYPE'],
    ['READY', Buffer.concat([two.subarray(0, 12), ready('PUSH')]), 'ERR_ZMTP_UNEXPECTED_COMMAND'],
    ['a PING', Buffer.concat([two, command('PING', '\0\0')]), 'ERR_ZMTP_UNEXPECTED_COMMAND'],
    ['an identity of two parts', hex(`${SIGNATURE} 01 08 0101 61`), 'ERR_ZMTP_TOO_MANY_PARTS'],
    [
      'an identity of 256 octets',
      hex(`${SIGNATURE} 01 08 02 0000000000000100`),
      'ERR_ZMTP_FRAME_TOO_LARGE',
    ],
    ['size 0 (1.0)', hex('00'), 'ERR_ZMTP_NOT_ZMTP'],
    ['size 0 later (1.0)', hex('0100 00'), 'ERR_ZMTP_MALFORMED_MESSAGE'],
    ['a long size of 0 (1.0)', hex('0100 ff 0000000000000000 00'), 'ERR_ZMTP_MALFORMED_MESSAGE'],
    ['other flags (1.0)', hex('0100 02 02 61'), 'ERR_ZMTP_MALFORMED_MESSAGE'],
    ['an identity of two parts (1.0)', hex('02 01 61'), 'ERR_ZMTP_NOT_ZMTP'],
    ['a tenth octet of 02', hex('ff 0000000000000001 02'), 'ERR_ZMTP_NOT_ZMTP'],
    ['a long identity (1.0)', hex('ff 0000000000000101 00'), 'ERR_ZMTP_FRAME_TOO_LARGE'],
    ['2⁶⁴ − 1 octets (1.0)', hex('0100 ff ffffffffffffffff 00'), 'ERR_ZMTP_FRAME_TOO_LARGE'],
    ['HTTP', latin('GET / HTTP/1.1\r\n\r\n'), 'ERR_ZMTP_NOT_ZMTP'],
    ['TLS', hex('16 0301 00c8 01'), 'ERR_ZMTP_NOT_ZMTP'],
    ['SSH', latin('SSH-2.0-OpenSSH\r\n'), 'ERR_ZMTP_NOT_ZMTP'],
  ];
  for (const [what, said, code] of table) {
    for (const step of [said.length, 1]) {
      const pull = core('PULL', OLDER);
      for (let at = 0; at < said.length; at += step) feed(pull, said.subarray(at, at + step));
      t.match(pull, { state: 'failed', error: { code } }, what);
      t.notOk(taken(pull).includes('\x05ERROR'), 'and is told nothing that it does not know');
    }
  }
});

t.test('what came before a malformed frame is received', async (t) => {
  const pull = core('PULL', OLDER);
  t.same(texts(feed(pull, hex('0100 | 02 00 61 | 02 00 62 | 02 80 63'))), [['a'], ['b']]);
  t.match(pull.error, {
    code: 'ERR_ZMTP_MALFORMED_MESSAGE',
    message: /flags 128, expected 0 or 1/,
  });
});

t.test('limits hold for older peers', async (t) => {
  const limits = { ...OLDER, maxMessageSize: 10, maxMessageParts: 2 };
  for (const [said, code] of [
    [hex('0100 0d 00'), 'ERR_ZMTP_FRAME_TOO_LARGE'],
    [hex('0100 0101 0101'), 'ERR_ZMTP_TOO_MANY_PARTS'],
    [Buffer.concat([zmtp2('PUSH'), hex('00 0b')]), 'ERR_ZMTP_FRAME_TOO_LARGE'],
  ] as const) {
    const pull = core('PULL', limits);
    feed(pull, said);
    t.equal(pull.error?.code, code);
  }
});

t.test('older versions are refused from the minimum on', async (t) => {
  const one = [hex('01'), hex('01 00'), hex(`${SIGNATURE} 00`), hex('ff 0000000000000100 00')];
  for (const [minimumProtocolVersion, refused] of [
    [2, one],
    [3, [...one, hex(`${SIGNATURE} 01`)]],
  ] as const) {
    for (const said of refused) {
      const pull = core('PULL', { minimumProtocolVersion });
      feed(pull, said);
      t.match(pull.error?.code, /ERR_ZMTP_(NOT_ZMTP|VERSION_UNSUPPORTED)/, said.toString('hex'));
    }
  }
  const pull = core('PULL', { minimumProtocolVersion: 2 });
  feed(pull, hex(`${SIGNATURE} 00`));
  t.match(pull.error?.message, /speaks ZMTP 1\.0, expected 2\.0 or later/);
});

t.test('where peers are to prove who they are, old ones cannot (CVE-2014-9721)', async (t) => {
  const table: readonly [SocketType, Given][] = [
    ['PULL', { mechanism: plainClient(latin('a'), latin('b')) }],
    ['PULL', { judgesAll: true }],
    ['SERVER', {}],
  ];
  for (const [type, given] of table) {
    for (const said of [hex('0100'), zmtp2('PUSH')]) {
      const connection = core(type, { ...OLDER, ...given });
      t.equal(taken(connection).length, 64, 'the greeting is whole');
      feed(connection, said);
      t.equal(connection.state, 'failed');
      t.match(connection.error?.code, /ERR_ZMTP_(NOT_ZMTP|VERSION_UNSUPPORTED)/);
    }
  }
});

t.test('older peers are not sent PINGs, and their handshake has a limit, too', async (t) => {
  for (const said of [hex('0100'), zmtp2('PUSH')]) {
    const given = { ...OLDER, heartbeatInterval: 10, handshakeInterval: 1_000 };
    const pull = core('PULL', given);
    feed(pull, said);
    t.equal(pull.deadline, Number.POSITIVE_INFINITY);
    taken(pull);
    pull.elapsed(5_000);
    t.equal(pull.pending, 0);
    t.equal(pull.state, 'traffic');
    const slow = core('PULL', given);
    feed(slow, said.subarray(0, -1));
    t.equal(slow.deadline, 1_000);
    slow.elapsed(1_000);
    t.equal(slow.error?.code, 'ERR_ZMTP_HANDSHAKE_TIMEOUT');
  }
});
