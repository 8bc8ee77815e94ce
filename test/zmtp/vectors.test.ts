/**
 * What libzmq wrote, and what it accepted, octet by octet: each entry of vectors.json against our core.
 * Where ours behaves otherwise on purpose, DEVIATIONS says why; where the socket decides, SOCKET_LAYER says where.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { Connection } from '../../src/zmtp/connection.ts';
import { GreetingDecoder } from '../../src/zmtp/greeting.ts';
import { isSocketType, type SocketType } from '../../src/zmtp/socket-type.ts';
import { core, feed, type Given, opened, PARTNER, taken, texts } from '../support/cores/joined.ts';
import { command, greeting, hex, latin, message, ready } from '../support/wire.ts';

interface Vector {
  readonly name: string;
  readonly group: 'basic' | 'quirks';
  readonly direction: 'libzmq->peer' | 'peer->libzmq';
  readonly hex: string;
  /** How long it was, where only the beginning was kept. */
  readonly totalBytes?: number;
  readonly meaning: string;
}

/** What we do otherwise than libzmq, and why. */
const DEVIATIONS: Readonly<Record<string, string>> = {
  'greeting-full-null':
    'our padding is zero where the greeting goes out whole: it serves ZMTP 1.0 peers only',
  'greeting-signature-with-routing-id': 'as above',
  'subscribe-topic-246-to-3.1': 'we set the LONG bit, as libzmq 4.3.5 does; theirs is understood',
  'subscribe-topic-250-to-3.1': 'as above',
  'subscribe-topic-254-to-3.1': 'as above',
  'subscribe-topic-255-to-3.1': 'as above',
  'subscribe-topic-255-to-3.0':
    'we set the LONG bit; theirs cannot be told from empty messages, and is read to the letter',
  'ping-no-ttl': 'libzmq answers with stale memory; we fail the connection',
  'ping-half-ttl': 'as above',
  'zmtp2-rev2-greeting': 'revision 2 is a 2.0 peer by RFC 37, libzmq goes on as with 3.x',
  'zmtp2-rev2-after-type': 'as above',
  'zmtp2-rev2-after-identity': 'as above',
  'ready-no-properties': 'RFC 37 wants a Socket-Type; without it nothing says who the peer is',
  'ready-lowercase-names-bad': 'names compare without regard to case (RFC 37): the type is seen',
  'ready-as-message-frame':
    'the handshake consists of commands (RFC 37); nobody is known to do this',
  'ready-incompatible': 'we say why in an ERROR before closing, as RFC 37 asks',
  'ready-lowercase-type': 'as above',
  'ready-unknown-type': 'as above',
  'ready-truncated-value': 'as above',
  'ready-trailing-byte': 'as above',
  'ready-preceded-by-message': 'as above',
  'ready-preceded-by-unknown-command': 'as above',
  'cmd-subscribe-to-pull': 'a command is no data: dropped, and counted',
  'maxmsgsize-smaller-than-ready': 'the limit is for messages: the handshake has its own',
  'half-message-then-close': 'a first part without its last is dropped with its connection',
};

/** Where only the octets are asserted here, and the behaviour is the socket's. */
const SOCKET_LAYER: Readonly<Record<string, string>> = {
  'cancel-dup-to-3.1-peer': 'one CANCEL for the last of equal unsubscribes: pattern/subscribe',
  'cancel-dup-to-3.0-peer': 'as above',
  'subscribe-dup-to-3.1-peer': 'a second SUBSCRIBE for an equal subscribe: pattern/subscribe',
  'subscribe-dup-to-3.0-peer': 'as above',
  'sub-first-connection': 'what is subscribed before a connection: pattern/subscribe',
  'sub-resubscribe': 'each topic once after a reconnection: pattern/subscribe',
  'xpub-two-subscribes-one-cancel': 'subscriptions of one peer are a set: pattern/xpublish',
  'pub-gets-data': 'XPUB passes up what is no subscription, PUB does not: pattern/xpublish',
  'pub-gets-empty': 'as above',
  'pub-gets-multipart-sub': 'later parts as subscriptions: pattern/xpublish',
  'rep-no-delimiter': 'a request without an envelope is dropped: pattern/reply',
  'rep-only-delimiter': 'an empty request: pattern/reply',
  'req-malformed-reply-no-delimiter': 'REQ rejects the peer: pattern/request',
  'req-malformed-reply-nonempty-delimiter': 'as above',
  'req-request': 'the delimiter before a request: pattern/request',
  'req-request-correlate': 'the request id: pattern/request',
  'rep-envelope-out': 'the envelope before a reply: pattern/reply',
  'router-identity': 'the address that is not sent: pattern/router',
  'router-auto-identity': 'the id of an anonymous peer: pattern/router',
  'probe-router': 'the probe after the handshake: pattern/dealer',
  'xpub-welcome': 'the welcome message: pattern/xpublish',
};

const { vectors } = JSON.parse(readFileSync(join(import.meta.dirname, 'vectors.json'), 'utf8')) as {
  vectors: readonly Vector[];
};

type Check = (t: Test, octets: Buffer, vector: Vector) => void;

const checks = new Map<string, Check>();

function check(names: string | readonly string[], run: Check): void {
  for (const name of typeof names === 'string' ? [names] : names) {
    if (checks.has(name)) throw new Error(`${name} has two checks`);
    checks.set(name, run);
  }
}

/** All names that begin so. */
function named(...beginnings: string[]): string[] {
  return vectors
    .map(({ name }) => name)
    .filter((name) => beginnings.some((beginning) => name.startsWith(beginning)));
}

/** The messages are encoded to these octets, and a partner finds them in these octets. */
function both(local: SocketType, minor: number, ...messages: string[][]): Check {
  return (t, octets, { totalBytes }) => {
    const sender = opened(local, {}, minor);
    for (const parts of messages) sender.send(parts.map(latin));
    const written = taken(sender);
    t.same(written.subarray(0, octets.length), octets, 'we write the same');
    t.equal(written.length, totalBytes ?? octets.length);
    const receiver = opened(PARTNER[local], {}, minor);
    t.same(texts(feed(receiver, complete(octets, written))), messages, 'we read the same');
    t.equal(receiver.state, 'traffic');
  };
}

/** Where only the beginning was recorded, the rest is as long and as monotonous as it was. */
function complete(octets: Buffer, like: Buffer): Buffer {
  return Buffer.concat([octets, like.subarray(octets.length)]);
}

/** These octets mean these messages to a socket of this type, which answers and stays. */
function reads(local: SocketType, given: Given, minor: number, ...messages: string[][]): Check {
  return (t, octets) => {
    const connection = opened(local, given, minor);
    t.same(texts(feed(connection, octets)), messages);
    t.equal(connection.state, 'traffic');
    t.equal(connection.pending, 0, 'nothing is answered');
  };
}

/** A greeting and these octets where READY belongs, from a PUSH, and a message behind. */
function shakes(local: SocketType, octets: Buffer, hello = greeting()): [Connection, string[][]] {
  const connection = core(local);
  const messages = feed(connection, Buffer.concat([hello, octets, message('hi')]));
  return [connection, texts(messages)];
}

// — greeting —

check(named('greeting-stage'), (t, octets, { name }) => {
  const pieces = named('greeting-stage').map((piece) => vector(piece));
  t.same(Buffer.concat(pieces), greeting(), 'the stages make up the greeting');
  // Whatever piece comes, ours does not wait for the next: it is out, whole, before anything came.
  const pull = core('PULL');
  t.equal(taken(pull).length, 64);
  for (const piece of pieces) {
    t.equal(pull.state, 'greeting', name);
    feed(pull, piece);
  }
  t.equal(pull.state, 'handshake');
  t.ok(octets.length > 0);
});

check('greeting-full-null', (t, octets) => {
  t.same(octets, greeting());
  const ours = taken(core('PULL'));
  t.same(ours.subarray(1, 9), Buffer.alloc(8), 'our padding');
  t.equal(ours[0], octets[0]);
  t.same(ours.subarray(9), octets.subarray(9), 'the rest is the same');
  const decoder = new GreetingDecoder();
  t.equal(decoder.push(octets), 64);
  t.doesNotThrow(() => decoder.checkMechanism('NULL'));
  t.equal(decoder.minor, 1);
});

check('greeting-signature-with-routing-id', (t, octets) => {
  const [pull, messages] = shakes(
    'PULL',
    ready('PUSH'),
    Buffer.concat([octets, greeting().subarray(10)]),
  );
  t.equal(pull.state, 'traffic');
  t.same(messages, [['hi']]);
});

/** What the greeting has at which place. */
const junk: Readonly<Record<string, readonly [number, Buffer]>> = {
  'greeting-as-server-1': [32, hex('01')],
  'greeting-padding-junk': [1, Buffer.alloc(8, 0x5a)],
  'greeting-byte9-fd': [9, hex('fd')],
  'greeting-filler-junk': [33, Buffer.alloc(31, 0xa5)],
  'greeting-mechanism-lowercase': [12, latin('null')],
  'greeting-mechanism-junk-after-nul': [12, latin('NULL\0junk')],
};
check(Object.keys(junk), (t, octets, { name }) => {
  const hello = greeting();
  const [place, other] = junk[name]!;
  hello.set(other, place);
  const [pull, messages] = shakes('PULL', octets, hello);
  if (name.startsWith('greeting-mechanism')) {
    t.equal(pull.error?.code, 'ERR_ZMTP_MECHANISM_MISMATCH');
    t.same(messages, []);
  } else {
    t.equal(pull.state, 'traffic');
    t.same(messages, [['hi']]);
  }
});

// — READY —

const readies = named('ready-').filter((name) =>
  isSocketType(name.split('-')[1]?.toUpperCase() ?? ''),
);
check([...readies, 'ready-after-greeting-dealer'], (t, octets, { name }) => {
  const type = name.replace('after-greeting-', '').split('-')[1]!.toUpperCase() as SocketType;
  const id = name.endsWith('-with-identity') ? `id-${type.toLowerCase()}` : undefined;
  const ours = core(type, { routingId: id === undefined ? undefined : latin(id) });
  taken(ours);
  feed(ours, greeting());
  t.same(taken(ours), octets, 'we write the same');
  const partner = core(PARTNER[type]);
  feed(partner, Buffer.concat([greeting(), octets]));
  t.equal(partner.state, 'traffic');
  t.equal(partner.peer?.socketType, type);
  const told = ['REQ', 'DEALER', 'ROUTER'].includes(type) ? id : undefined;
  t.equal(partner.peer?.routingId?.toString(), told);
});

const accepted = ['ready-extra-props', 'ready-empty-name', 'ready-in-long-frame', 'ready-twice'];
check([...accepted, 'ready-lowercase-names'], (t, octets, { name }) => {
  const [pull, messages] = shakes('PULL', octets);
  t.equal(pull.state, 'traffic');
  t.same(messages, [['hi']]);
  t.equal(pull.peer?.socketType, 'PUSH');
  t.equal(pull.ignoredCount, name === 'ready-twice' ? 1 : 0);
  t.same(taken(pull).subarray(64), ready('PULL'), 'nothing but our READY');
});

const refused: Readonly<Record<string, string>> = {
  'ready-no-properties': 'ERR_ZMTP_INVALID_METADATA',
  'ready-lowercase-names-bad': 'ERR_ZMTP_SOCKET_TYPE',
  'ready-incompatible': 'ERR_ZMTP_SOCKET_TYPE',
  'ready-lowercase-type': 'ERR_ZMTP_SOCKET_TYPE',
  'ready-unknown-type': 'ERR_ZMTP_SOCKET_TYPE',
  'ready-truncated-value': 'ERR_ZMTP_INVALID_METADATA',
  'ready-trailing-byte': 'ERR_ZMTP_INVALID_METADATA',
  'ready-as-message-frame': 'ERR_ZMTP_UNEXPECTED_COMMAND',
  'ready-preceded-by-message': 'ERR_ZMTP_UNEXPECTED_COMMAND',
  'ready-preceded-by-unknown-command': 'ERR_ZMTP_UNEXPECTED_COMMAND',
};
check(Object.keys(refused), (t, octets, { name }) => {
  const [pull, messages] = shakes('PULL', octets);
  t.equal(pull.error?.code, refused[name]);
  t.same(messages, []);
  const told = taken(pull).subarray(64 + ready('PULL').length);
  t.equal(told.toString('latin1', 2, 8), '\x05ERROR', 'the peer is told');
});

// — messages —

check('msg-empty', both('PUSH', 1, ['']));
check('msg-short', both('PUSH', 1, ['Hello']));
check('msg-multipart', both('PUSH', 1, ['A', '', 'CC']));
check('msg-255', both('PUSH', 1, ['x'.repeat(255)]));
check('msg-256', both('PUSH', 1, ['y'.repeat(256)]));
check('msg-multipart-long', both('PUSH', 1, ['p'.repeat(300), 'q']));
check('msg-70000', both('PUSH', 1, ['z'.repeat(70_000)]));
check('accept-long-form-small-body', reads('PULL', {}, 1, ['abc']));
check('accept-multipart', reads('PULL', {}, 1, ['A', '', 'CC']));
check('accept-reserved-bits', reads('PULL', {}, 1, ['R']));
check('half-message-then-close', (t, octets) => {
  const pull = opened('PULL');
  t.same(feed(pull, octets), []);
  pull.close();
  t.same(texts(feed(opened('PULL'), message('next'))), [['next']]);
});

// — envelopes —

check('req-request', both('REQ', 1, ['', 'ping']));
check('req-request-correlate', (t, octets, entry) => {
  both('REQ', 1, [octets.toString('latin1', 2, 6), '', 'ping'])(t, octets, entry);
});
check('rep-reply', reads('REQ', {}, 1, ['', 'pong']));
check('rep-envelope-in', reads('REP', {}, 1, ['hop2', 'hop1', '', 'question']));
check('rep-envelope-out', both('REP', 1, ['hop2', 'hop1', '', 'answer']));
check('router-identity', both('ROUTER', 1, ['', 'yo']));
check('router-auto-identity', (t, octets, entry) => {
  reads('ROUTER', {}, 1, ['hi'])(t, octets, entry);
  const router = core('ROUTER');
  feed(router, Buffer.concat([greeting(), ready('DEALER', '')]));
  t.equal(router.peer?.routingId, undefined);
});
check('probe-router', both('DEALER', 1, ['']));
check('xpub-welcome', both('XPUB', 1, ['W']));
check('rep-no-delimiter', reads('REP', {}, 1, ['noenv']));
check('rep-only-delimiter', reads('REP', {}, 1, ['', '']));
for (const [name, parts] of [
  ['req-malformed-reply-no-delimiter', ['pong']],
  ['req-malformed-reply-nonempty-delimiter', ['zz', 'pong']],
] as const) {
  check(name, (t, octets) => {
    const req = opened('REQ');
    t.same(texts(feed(req, octets)), [parts]);
    req.reject('reply without envelope');
    t.equal(req.state, 'failed');
    t.equal(req.error?.code, 'ERR_ZMTP_MALFORMED_MESSAGE');
  });
}

// — subscriptions —

check('subscribe-to-3.1-peer', both('SUB', 1, ['\x01'], ['\x01weather']));
check('subscribe-to-3.0-peer', both('SUB', 0, ['\x01'], ['\x01weather']));
check('cancel-to-3.1-peer', both('SUB', 1, ['\x00weather']));
check('cancel-to-3.0-peer', both('SUB', 0, ['\x00weather']));
check('subscribe-dup-to-3.1-peer', both('SUB', 1, ['\x01dup'], ['\x01dup']));
check('subscribe-dup-to-3.0-peer', both('SUB', 0, ['\x01dup'], ['\x01dup']));
check('cancel-dup-to-3.1-peer', both('SUB', 1, ['\x00dup']));
check('cancel-dup-to-3.0-peer', both('SUB', 0, ['\x00dup']));
check(['sub-first-connection', 'sub-resubscribe'], both('SUB', 1, ['\x01A'], ['\x01B']));
check('xpub-accepts-legacy-from-3.1', reads('XPUB', {}, 1, ['\x01abc']));
check('xpub-accepts-legacy-from-3.0', reads('XPUB', {}, 0, ['\x01abc']));
check('xpub-accepts-command-from-3.1', reads('XPUB', {}, 1, ['\x01abc']));
check('xpub-accepts-command-from-3.0', reads('XPUB', {}, 0, ['\x01abc']));
check('xpub-sub-then-cancel-legacy', reads('XPUB', {}, 1, ['\x01abc'], ['\x00abc']));
check('xpub-sub-then-cancel-command', reads('XPUB', {}, 1, ['\x01abc'], ['\x00abc']));
check('xpub-two-subscribes-one-cancel', reads('XPUB', {}, 1, ['\x01A'], ['\x01A'], ['\x00A']));
check('pub-gets-data', reads('XPUB', {}, 1, ['\x05data']));
check('pub-gets-empty', reads('XPUB', {}, 1, ['']));
check('pub-gets-multipart-sub', reads('XPUB', {}, 1, ['\x01A', '\x01B']));

check(named('subscribe-topic-'), (t, octets, { name, totalBytes }) => {
  const [, size, minor] = /-topic-(\d+)-to-3\.(\d)/.exec(name)!;
  const subscription = `\x01${'t'.repeat(Number(size))}`;
  const sub = opened('SUB', {}, Number(minor));
  sub.send([latin(subscription)]);
  const ours = taken(sub);
  t.equal(ours.length, totalBytes, 'as long');
  const theirs = complete(octets, ours);
  const xpub = opened('XPUB', {}, Number(minor));
  if (name in DEVIATIONS) {
    t.equal(octets[0]! & 0x02, 0, 'theirs lacks the LONG bit');
    t.equal(ours[0], octets[0]! | 0x02, 'ours has it');
    t.same(ours.subarray(1, octets.length), octets.subarray(1), 'the rest is the same');
  } else {
    t.same(ours.subarray(0, octets.length), octets, 'we write the same');
  }
  const read = texts(feed(xpub, theirs));
  t.equal(xpub.state, 'traffic');
  if (name === 'subscribe-topic-255-to-3.0') t.same(read.slice(0, 3), [[''], [''], ['']]);
  else t.same(read, [[subscription]], 'we read it');
  t.same(texts(feed(opened('XPUB', {}, Number(minor)), ours)), [[subscription]], 'and ours');
});

// — heartbeats —

for (const [name, heartbeatTimeToLive] of [
  ['ping-ttl-3000ms', 3000],
  ['ping-ttl-0', 0],
] as const) {
  check(name, (t, octets) => {
    const pull = opened('PULL', { heartbeatInterval: 100, heartbeatTimeToLive });
    pull.elapsed(100);
    t.same(taken(pull), octets, 'we write the same');
    const push = opened('PUSH');
    feed(push, octets, 1000);
    t.same(taken(push), command('PONG'));
    t.equal(push.deadline, heartbeatTimeToLive > 0 ? 4000 : Number.POSITIVE_INFINITY);
  });
}
check(
  named('ping-empty-context', 'ping-context-', 'pong-empty-context', 'pong-context-'),
  (t, _, { name }) => {
    const pull = opened('PULL');
    t.same(feed(pull, vector(name.replace('pong', 'ping'))), []);
    const answer = vector(name.replace('ping', 'pong'));
    t.same(taken(pull), answer, 'we answer the same');
    t.same(feed(pull, answer), [], 'and take such an answer');
    t.equal(pull.pending, 0);
    t.equal(pull.ignoredCount, 0);
  },
);
check(['ping-no-ttl', 'ping-half-ttl'], (t, octets) => {
  const pull = opened('PULL');
  t.same(feed(pull, octets), []);
  t.equal(pull.error?.code, 'ERR_ZMTP_MALFORMED_PING');
  t.equal(pull.pending, 0, 'nothing is answered');
});

// — commands in traffic —

check(named('cmd-'), (t, octets, { name }) => {
  const pull = opened('PULL');
  const messages = texts(feed(pull, Buffer.concat([octets, message('next')])));
  t.same(messages, name === 'cmd-between-parts' ? [['p1', 'p2'], ['next']] : [['next']]);
  t.equal(pull.state, 'traffic');
  t.same(taken(pull), name === 'cmd-between-parts' ? command('PONG') : hex(''));
  t.equal(pull.ignoredCount, name === 'cmd-between-parts' ? 0 : 1);
});

// — limits —

check('maxmsgsize-smaller-than-ready', reads('PULL', { maxMessageSize: 10 }, 1, ['xxxxx']));
check('maxmsgsize-ok', reads('PULL', { maxMessageSize: 100 }, 1, ['x'.repeat(100)]));
check(
  'maxmsgsize-multipart',
  reads('PULL', { maxMessageSize: 100 }, 1, ['x'.repeat(90), 'y'.repeat(90)]),
);
check(['maxmsgsize-over', 'size-63-bit', 'size-64-bit'], (t, octets, { name }) => {
  const pull = opened('PULL', name === 'maxmsgsize-over' ? { maxMessageSize: 100 } : {});
  t.same(feed(pull, Buffer.concat([octets, message('next')])), []);
  t.equal(pull.error?.code, 'ERR_ZMTP_FRAME_TOO_LARGE');
});

// — older versions —

const OLD = { rev1: 'ff 0000000000000001 7f 01', rev2: 'ff 0000000000000001 7f 02' } as const;
const OLDER = { minimumProtocolVersion: 1 } as const;

/** What a socket writes to an older peer that says `heard`, and then for these messages. */
function toOlder(type: SocketType, heard: string, routingId?: string, ...said: string[]): Buffer {
  const id = routingId === undefined ? undefined : latin(routingId);
  const connection = core(type, { ...OLDER, routingId: id });
  feed(connection, hex(heard));
  if (connection.state !== 'traffic' && said.length > 0) throw connection.error;
  for (const part of said) connection.send([latin(part)]);
  return taken(connection);
}

check(named('zmtp2-rev1-'), (t, octets, { name }) => {
  const stages = ['greeting', 'after-type', 'after-identity', 'message'];
  const all = stages.map((stage) => vector(`zmtp2-rev1-${stage}`));
  t.same(toOlder('PUSH', `${OLD.rev1} 07 0000`, undefined, 'hello'), Buffer.concat(all));
  const early = Buffer.concat(all.slice(0, 2));
  t.same(toOlder('PUSH', OLD.rev1), early, 'the identity does not wait for the type of the peer');
  if (name === 'zmtp2-rev1-message') t.same(texts(feed(opened('PULL'), octets)), [['hello']]);
});

check(named('zmtp2-rev2-'), (t, octets, { name }) => {
  t.same(toOlder('PUSH', OLD.rev2), toOlder('PUSH', OLD.rev1));
  if (name === 'zmtp2-rev2-greeting') t.same(octets, greeting());
});

check('zmtp2-router-greeting', (t, octets) => {
  t.same(toOlder('ROUTER', `${OLD.rev1} 05`, 'rt'), octets);
});

check('zmtp2-router-recv', (t, octets) => {
  const router = core('ROUTER', OLDER);
  const said = Buffer.concat([hex(`${OLD.rev1} 05 0008`), latin('old-peer'), octets]);
  t.same(texts(feed(router, said)), [['', 'hi']]);
  t.match(router.peer, { major: 2, minor: 0, socketType: 'DEALER', routingId: latin('old-peer') });
});

check('zmtp2-sub-to-old-pub', (t, octets) => {
  t.same(toOlder('SUB', `${OLD.rev1} 01 0000`, undefined, '\x01AB'), octets);
});

check('zmtp1-anonymous', (t, octets) => t.same(toOlder('PUSH', '01 00'), octets));

check('zmtp1-message', (t, octets) => {
  t.same(
    toOlder('PUSH', '01 00', undefined, 'hello'),
    Buffer.concat([vector('zmtp1-anonymous'), octets]),
  );
});

check('zmtp1-multipart', (t, octets, { totalBytes }) => {
  const push = core('PUSH', OLDER);
  feed(push, hex('01 00'));
  taken(push);
  push.send([latin('a'), latin('b'.repeat(254))]);
  const written = taken(push);
  t.same(written.subarray(0, octets.length), octets);
  t.equal(written.length, totalBytes);
  const pull = core('PULL', OLDER);
  const said = Buffer.concat([hex('01 00'), complete(octets, written)]);
  t.same(texts(feed(pull, said)), [['a', 'b'.repeat(254)]]);
});

check('zmtp1-with-identities', (t, octets) => {
  t.same(toOlder('DEALER', '03 00 6f6b', 'me'), octets);
});

check('zmtp1-pub-phantom-subscription', (t, octets) => {
  const pub = core('PUB', OLDER);
  t.same(texts(feed(pub, hex('01 00'))), [['\x01']], 'it is taken to subscribe to all');
  t.same(toOlder('PUB', '01 00', undefined, 'news'), octets);
});

function vector(name: string): Buffer {
  return hex(vectors.find((entry) => entry.name === name)!.hex);
}

t.test('every entry has its check, every check its entry', async (t) => {
  t.equal(vectors.length, 152);
  const names = vectors.map(({ name }) => name);
  t.equal(new Set(names).size, names.length, 'no name comes twice');
  t.same(
    names.filter((name) => !checks.has(name)),
    [],
    'none is left out',
  );
  t.same(
    [...checks.keys()].filter((name) => !names.includes(name)),
    [],
    'none is made up',
  );
  for (const table of [DEVIATIONS, SOCKET_LAYER]) {
    t.same(
      Object.keys(table).filter((name) => !names.includes(name)),
      [],
    );
  }
});

for (const entry of vectors) {
  t.test(`${entry.name}: ${entry.meaning}`, async (t) => {
    const run = checks.get(entry.name);
    if (run === undefined) t.fail('nothing checks this entry');
    else run(t, hex(entry.hex), entry);
    const elsewhere = SOCKET_LAYER[entry.name] ?? DEVIATIONS[entry.name];
    if (elsewhere !== undefined) t.comment(elsewhere);
  });
}
