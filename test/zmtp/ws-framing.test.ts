/** ZWS 2.0 over the frames of WebSocket: octets as RFC 6455 and RFC 45 draw them. */

import fc from 'fast-check';
import t from 'tap';
import { Connection, type Framing, MESSAGE, nullMechanism } from '../../src/zmtp/index.ts';
import { wsFraming } from '../../src/zmtp/ws-framing.ts';
import { read, ready, written } from '../support/framing.ts';
import { hex, latin } from '../support/wire.ts';

const MASK = 0x37fa213d;

function server(): Framing {
  return ready(wsFraming({ protocol: 'ZWS2.0/NULL' }));
}

function client(nextMask = () => MASK): Framing {
  return ready(wsFraming({ protocol: 'ZWS2.0/NULL', nextMask }));
}

t.test('each part is a message of WebSocket behind its flags octet', async (t) => {
  const one = server();
  one.encoder.message([latin('ab'), latin('c')]);
  one.encoder.command(latin('\x05READY'));
  t.equal(one.encoder.pending, 18);
  t.same(written(one), hex('82 03 01 6162 | 82 02 00 63 | 82 07 02 05 5245414459'));
});

t.test('a client masks all it sends, its flags included', async (t) => {
  const one = client();
  one.encoder.message([latin('Hello')]);
  t.same(written(one), hex('82 86 37fa213d | 37 b2 44 51 5b 95'));
});

t.test('sizes have three forms', async (t) => {
  for (const [size, header] of [
    [124, '82 7d 00'],
    [125, '82 7e 007e 00'],
    [65_534, '82 7e ffff 00'],
    [65_535, '82 7f 0000000000010000 00'],
  ] as const) {
    const one = server();
    one.encoder.message([Buffer.alloc(size, 'x')]);
    t.same(written(one), Buffer.concat([hex(header), Buffer.alloc(size, 'x')]), `${size}`);
  }
});

t.test('heartbeats and the end are control frames', async (t) => {
  const ours = server();
  ours.encoder.ping!();
  t.same(written(ours), hex('89 00'));
  const theirs = client();
  t.same(read(theirs, hex('89 02 6869')), [], 'a PING is no message');
  t.same(written(theirs), hex('8a 82 37fa213d 5f93'), 'its answer has its payload');
  t.same(read(theirs, hex('8a 00')), []);
  t.equal(theirs.encoder.pending, 0);
  const ended = server();
  const octets = hex('82 82 00000000 00 61 | 88 80 00000000 | 82 82 00000000 00 62');
  t.same(read(ended, octets), ['a', 'the end'], 'nothing after CLOSE');
  t.same(read(ended, hex('82 82 00000000 00 63')), ['the end']);
  ended.encoder.end!(false);
  ended.encoder.end!(true);
  t.same(written(ended), hex('88 02 03e8 | 88 02 03ea'));
});

t.test('a peer that asks and does not read is not answered without end', async (t) => {
  const one = client();
  for (let i = 0; i < 1_000; i++) read(one, hex('89 00'));
  t.equal(one.encoder.pending, 64 * 6);
});

t.test('a message in fragments, with a control frame between them', async (t) => {
  const one = client();
  const octets = hex('02 02 00 61 | 89 00 | 00 00 | 80 01 62 | 82 02 00 63');
  t.same(read(one, octets), ['ab', 'c']);
  t.equal(one.encoder.pending, 6);
});

t.test('what breaks the rules fails the connection, and says how', async (t) => {
  for (const [octets, what] of [
    ['81 02 6869', 'a message of text'],
    ['82 00', 'a message without its flags'],
    ['82 01 03', 'a message with the flags 3'],
    ['82 01 ff', 'a message with the flags 255'],
    ['02 01 04 | 80 00', 'a message with the flags 4'],
    ['02 00 | 80 00', 'a message without its flags'],
    ['82 81 00000000 00', 'a masked frame of a server'],
    ['c2 01 00', 'a frame of an extension that was not agreed on'],
    ['83 01 00', 'a frame of the kind 3'],
    ['8b 00', 'a frame of the kind 11'],
    ['09 00', 'a control frame that is too long'],
    ['89 7e 007e', 'a control frame that is too long'],
    ['80 01 61', 'a fragment of no message'],
    ['02 01 00 | 82 01 00', 'a message within another'],
  ] as const) {
    t.same(read(client(), hex(octets)), [`peer sends ${what} over WebSocket`], octets);
  }
  t.same(read(server(), hex('82 01 00')), [
    'peer sends a frame in the clear of a client over WebSocket',
  ]);
});

t.test('too large by its header alone, and by its fragments', async (t) => {
  const whole = client();
  whole.decoder.limits.maxFrameSize = 300;
  t.match(read(whole, hex('82 7f 0000000000001000 00')), [/frame of 4095 octets, at most 300/]);
  const pieces = client();
  pieces.decoder.limits.maxFrameSize = 300;
  const fragment = Buffer.concat([hex('00 7d'), Buffer.alloc(125)]);
  t.same(read(pieces, hex('02 01 00')), []);
  t.same(read(pieces, fragment), []);
  t.same(read(pieces, fragment), []);
  t.match(read(pieces, fragment), [/frame of more than 300 octets/]);
});

t.test('a large body is read to its place, and unmasked there', async (t) => {
  for (const [from, to] of [
    [client(), server()],
    [server(), client()],
  ] as const) {
    const body = Buffer.from(Array.from({ length: 100_000 }, (_, i) => i & 0xff));
    from.encoder.message([body]);
    from.encoder.message([latin('next')]);
    let rest = written(from);
    t.same(read(to, rest.subarray(0, 50_001)), []);
    rest = rest.subarray(50_001);
    for (let place = to.decoder.place; place !== undefined; place = to.decoder.place) {
      const count = Math.min(place.length, 777, rest.length);
      rest.copy(place, 0, 0, count);
      to.decoder.placed(count);
      rest = rest.subarray(count);
    }
    t.equal(to.decoder.next(), MESSAGE);
    t.same(to.decoder.message, [body]);
    t.same(read(to, rest), ['next']);
  }
});

t.test('what one side writes the other reads, however it is cut', async () => {
  const message = fc.array(fc.uint8Array({ maxLength: 400 }), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(
      fc.array(message, { minLength: 1, maxLength: 6 }),
      fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1 }),
      fc.boolean(),
      fc.integer(),
      (messages, cuts, up, mask) => {
        const [from, to] = up ? [client(() => mask), server()] : [server(), client(() => mask)];
        const sent = messages.map((parts) => parts.map((part) => Buffer.from(part)));
        for (const parts of sent) from.encoder.message(parts);
        const octets = written(from);
        const got: string[] = [];
        for (let at = 0, i = 0; at < octets.length; i++) {
          const end = at + cuts[i % cuts.length]!;
          got.push(...read(to, octets.subarray(at, end)));
          at = end;
        }
        const expected = sent.map((parts) =>
          parts.map((part) => part.toString('latin1')).join('|'),
        );
        return JSON.stringify(got) === JSON.stringify(expected);
      },
    ),
  );
});

t.test('whatever comes, it is a message, a command or an error', async () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 64 })), fc.boolean(), (chunks, up) => {
      const one = up ? server() : client();
      for (const chunk of chunks) read(one, Buffer.from(chunk));
    }),
  );
});

t.test('without a mechanism each side begins with its routing id', async (t) => {
  const options = {
    mechanism: nullMechanism,
    maxMessageSize: -1,
    maxMessageParts: 100,
    handshakeInterval: 0,
    heartbeatInterval: 1_000,
    heartbeatTimeToLive: 0,
    heartbeatTimeout: -1,
  };
  const protocol = 'ZWS2.0';
  const one = new Connection(
    {
      ...options,
      socketType: 'DEALER',
      routingId: latin('me'),
      framing: wsFraming({ protocol }),
    },
    0,
  );
  t.same(Buffer.concat(one.take()), hex('82 03 00 6d65'));
  one.arrived(hex('82 82 00000000 00 41'), 0);
  t.equal(one.next(), undefined);
  t.equal(one.state, 'traffic');
  t.match(one.peer, { socketType: 'REP', routingId: latin('A'), minor: 0 });
  one.arrived(hex('82 82 00000000 00 42'), 0);
  t.same(one.next(), [latin('B')]);
  one.elapsed(1_000);
  t.same(Buffer.concat(one.take()), hex('89 00'), 'heartbeats are PINGs of WebSocket');
});

t.test('a subscription is a message, as libzmq reads it', async (t) => {
  const silent = { heartbeatInterval: 0, heartbeatTimeToLive: 0, heartbeatTimeout: -1 };
  const sub = new Connection(
    {
      ...silent,
      mechanism: nullMechanism,
      socketType: 'SUB',
      routingId: undefined,
      maxMessageSize: -1,
      maxMessageParts: 100,
      handshakeInterval: 0,
      framing: wsFraming({ protocol: 'ZWS2.0/NULL', nextMask: () => 0 }),
    },
    0,
  );
  sub.take();
  sub.arrived(hex('82 1a 02 05 5245414459 0b 536f636b65742d54797065 00000003 505542'), 0);
  sub.next();
  t.equal(sub.state, 'traffic');
  sub.send([latin('\x01a')]);
  t.same(Buffer.concat(sub.take()), hex('82 83 00000000 00 01 61'));
});
