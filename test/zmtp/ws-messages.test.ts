/** ZWS 2.0 over whole messages, as the WebSocket of a platform moves them. */

import fc from 'fast-check';
import t from 'tap';
import { wsFraming } from '../../src/zmtp/ws-framing.ts';
import { wsMessageFraming } from '../../src/zmtp/ws-messages.ts';
import { core } from '../support/cores/joined.ts';
import { read, ready, written } from '../support/framing.ts';
import { hex, latin } from '../support/wire.ts';

const named = () => ready(wsMessageFraming('ZWS2.0.NULL'));
const bare = () => ready(wsMessageFraming('ZWS2.0'));

t.test('each part is a message behind its flags octet', async (t) => {
  const { encoder } = named();
  encoder.message([latin('ab'), latin('')]);
  encoder.command(latin('\x05READY'));
  t.equal(encoder.pending, 3 + 1 + 7);
  t.same(encoder.take(), [hex('01 6162'), hex('00'), hex('02 05 5245414459')]);
  t.equal(encoder.pending, 0);
});

t.test('what was sent may be used again at once', async (t) => {
  const { encoder } = named();
  const body = latin('once');
  encoder.message([body]);
  body.fill(0);
  t.same(encoder.take(), [latin('\0once')]);
});

t.test('what is encoded is decoded', async (t) => {
  const part = fc.uint8Array({ maxLength: 40 }).map((octets) => Buffer.from(octets));
  const messages = fc.array(fc.array(part, { minLength: 1, maxLength: 5 }), { maxLength: 10 });
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(messages, (sent) => {
        const { encoder, decoder } = named();
        for (const message of sent) encoder.message(message);
        for (const octets of encoder.take()) decoder.push(octets);
        const found: Buffer[][] = [];
        while (decoder.next() === 1) found.push([...decoder.message]);
        return !decoder.pending && JSON.stringify(found) === JSON.stringify(sent);
      }),
    ),
  );
});

t.test('messages before one that is malformed are delivered, and nothing after it', async (t) => {
  for (const [octets, what] of [
    ['', 'peer sends a message without its flags over WebSocket'],
    ['03 61', 'peer sends a message with the flags 3 over WebSocket'],
    ['ff', 'peer sends a message with the flags 255 over WebSocket'],
  ] as const) {
    const one = named();
    one.decoder.push(hex('00 61'));
    t.same(read(one, hex(octets)), ['a', what]);
    t.same(read(one, hex('00 62')), [what]);
    t.notOk(one.decoder.pending);
  }
});

t.test('too large a part, and too many of them, fail the connection', async (t) => {
  const large = named();
  large.decoder.limits.maxFrameSize = 300;
  t.same(read(large, Buffer.alloc(301)), ['\0'.repeat(300)]);
  t.same(read(large, Buffer.alloc(302)), [
    'peer announces a frame of 301 octets, at most 300 are allowed',
  ]);
  const commands = named();
  commands.decoder.limits.maxFrameSize = 0;
  t.same(read(commands, hex('02 0470494e47')), ['!\x04pING'], 'a short command is exempt');
  const many = named();
  many.decoder.limits.maxParts = 2;
  t.same(read(many, hex('01 61')), []);
  t.same(read(many, hex('01 62')), ['message of more than 2 parts']);
});

t.test('without a mechanism the routing id goes first, and no command follows', async (t) => {
  const one = bare();
  const connection = core('DEALER', {
    routingId: latin('me'),
    heartbeatInterval: 10,
    framing: one,
  });
  t.same(connection.take(), [latin('\0me')]);
  connection.arrived(latin('\0you'), 1);
  t.equal(connection.next(), undefined);
  t.match(connection.peer, { socketType: 'REP', routingId: latin('you'), minor: 0 });
  t.equal(connection.deadline, Number.POSITIVE_INFINITY, 'nothing asks for a sign of life');
  connection.arrived(latin('\x00hello'), 2);
  t.same(connection.next(), [latin('hello')]);
});

t.test('with one, heartbeats are commands of ZMTP, which a bind of ours answers', async (t) => {
  const [page, bind] = [named(), ready(wsFraming({ protocol: 'ZWS2.0.NULL' }))];
  const options = { heartbeatInterval: 10, heartbeatTimeout: 5 };
  const here = core('REQ', { ...options, framing: page });
  const there = core('REP', { ...options, framing: bind });
  here.arrived(unframed(there.take()), 1);
  there.arrived(masked(here.take()), 1);
  here.next();
  there.next();
  t.equal(here.peer?.socketType, 'REP');
  t.equal(there.peer?.socketType, 'REQ');
  here.elapsed(11);
  const ping = here.take();
  t.match(ping.join(), /PING/);
  there.arrived(masked(ping), 12);
  t.equal(there.next(), undefined);
  const pong = unframed(there.take());
  t.match(pong.toString('latin1'), /PONG/);
  here.arrived(pong, 13);
  t.equal(here.next(), undefined);
  here.elapsed(17);
  t.equal(here.state, 'traffic', 'the peer lives');
});

/** The one message in short frames of a server. */
function unframed(buffers: readonly Buffer[]): Buffer {
  return Buffer.concat(buffers).subarray(2);
}

/** A message as a client frames it, under the mask 0. */
function masked([octets = latin('')]: readonly Buffer[]): Buffer {
  return Buffer.concat([Buffer.of(0x82, 0x80 | octets.length, 0, 0, 0, 0), octets]);
}

t.test('nothing is kept of what was cleared', async (t) => {
  const one = named();
  one.decoder.push(hex('01 61'));
  one.decoder.clear();
  t.same(read(one, hex('00 62')), ['b']);
  one.encoder.raw(latin('x'));
  t.same(written(one), latin('x'));
});
