/**
 * What libzmq wrote under PLAIN, CURVE and ZAP, and what it accepted, octet by octet: each entry of
 * security-vectors.json against our core. Where ours behaves otherwise on purpose, DEVIATIONS says why.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { Zap } from '../../src/sockets/security/zap.ts';
import type { Connection } from '../../src/zmtp/connection.ts';
import { open, sharedKey } from '../../src/zmtp/mechanism/curve-box.ts';
import { curveClient } from '../../src/zmtp/mechanism/curve-client.ts';
import {
  exportSecret,
  importKeyPair,
  importPublicKey,
  type KeyPair,
} from '../../src/zmtp/mechanism/curve-key-pair.ts';
import { curveServer, type ServerChance } from '../../src/zmtp/mechanism/curve-server.ts';
import type { Mechanism } from '../../src/zmtp/mechanism/mechanism.ts';
import { plainClient, plainServer } from '../../src/zmtp/mechanism/plain.ts';
import { decodeZ85, encodeZ85 } from '../../src/zmtp/mechanism/z85.ts';
import { decodeMetadata, property } from '../../src/zmtp/metadata.ts';
import type { SocketType } from '../../src/zmtp/socket-type.ts';
import type { Verdict } from '../../src/zmtp/verdict.ts';
import { core, feed, type Given, taken, texts } from '../support/cores/joined.ts';
import { greeting, latin, message, ready } from '../support/wire.ts';

interface Vector {
  readonly name: string;
  /** Missing for ZAP, which has frames only. */
  readonly hex: string | null;
  readonly meaning: string;
  readonly frames?: readonly unknown[];
  readonly cookie_key?: string;
}

/** What we do otherwise than libzmq, and why. */
const DEVIATIONS: Readonly<Record<string, string>> = {
  'plain-greeting-server':
    'our padding is zero: it serves ZMTP 1.0 peers only, which have no mechanism',
  'plain-zap-300':
    'after 300 libzmq keeps the connection until the handshake times out; we close it',
  'null-zap-300': 'as above',
  'plain-zap-400': 'libzmq writes the name of ERROR with a slip; we write it right and read both',
  'plain-zap-500': 'as above',
  'curve-message-in-command-frame':
    'RFC 26 calls MESSAGE a command: we take it in a command frame, too, libzmq drops it',
};

const recorded = JSON.parse(
  readFileSync(join(import.meta.dirname, 'security-vectors.json'), 'utf8'),
) as { keys: Readonly<Record<string, string>>; vectors: readonly Vector[] };
const { vectors } = recorded;

type Check = (t: Test, octets: Buffer, vector: Vector) => void | Promise<void>;

const checks = new Map<string, Check>();

function check(names: string | readonly string[], run: Check): void {
  for (const name of typeof names === 'string' ? [names] : names) {
    if (checks.has(name)) throw new Error(`${name} has two checks`);
    checks.set(name, run);
  }
}

function entry(name: string): Vector {
  return vectors.find((each) => each.name === name)!;
}

function vector(name: string): Buffer {
  return Buffer.from(entry(name).hex!, 'hex');
}

function key(name: string): Buffer {
  return Buffer.from(recorded.keys[name]!, 'hex');
}

function zapFrames(name: string): Buffer[] {
  return (entry(name).frames as string[]).map((frame) => Buffer.from(frame, 'hex'));
}

const LET_IN: Verdict = { status: 200 };

/** A core that has heard a greeting of its own mechanism; what it wrote until then is gone. */
function greeted(socketType: SocketType, mechanism: Mechanism, given: Given = {}): Connection {
  const connection = core(socketType, { mechanism, ...given });
  connection.arrived(greeting(1, mechanism.name), 0);
  return connection;
}

/** What a core writes beside its greeting. */
function answers(connection: Connection): Buffer {
  const octets = taken(connection);
  return octets[0] === 0xff ? octets.subarray(64) : octets;
}

const user = plainClient(latin('admin'), latin('secret'));

// — PLAIN —

check(['plain-greeting-client', 'plain-greeting-server', 'curve-greeting-server'], (t, octets) => {
  const curve = octets.toString('latin1', 12, 17) === 'CURVE';
  const mechanism = curve ? curveServer(S) : plainServer();
  const ours = taken(core('ROUTER', { mechanism }));
  t.same(ours.subarray(9), octets.subarray(9), 'we write the same');
  const connection = core('ROUTER', { mechanism });
  connection.arrived(octets, 0);
  t.equal(connection.state, 'handshake');
});

check('plain-hello', (t, octets) => {
  t.same(answers(greeted('DEALER', user)), octets, 'we write the same');
  const server = greeted('ROUTER', plainServer());
  feed(server, octets);
  t.same(server.asking?.map(String), ['admin', 'secret']);
});

check(['plain-welcome', 'plain-welcome-from-libzmq'], (t, octets) => {
  const server = greeted('ROUTER', plainServer());
  feed(server, vector('plain-hello'));
  taken(server);
  server.judged(LET_IN);
  t.same(taken(server), octets, 'we write the same');
  const client = greeted('DEALER', user);
  taken(client);
  feed(client, octets);
  t.same(taken(client), vector('plain-initiate'));
});

/** A PLAIN server that has let the client in. */
function welcomed(given: Given = {}): Connection {
  const server = greeted('ROUTER', plainServer(), given);
  feed(server, vector('plain-hello'));
  server.judged({
    status: 200,
    userId: 'alice',
    metadata: new Map([['X-Role', latin('boss')]]),
  });
  taken(server);
  return server;
}

check(['plain-initiate', 'plain-initiate-to-libzmq'], (t, octets, { name }) => {
  const server = welcomed();
  feed(server, octets);
  t.equal(server.state, 'traffic');
  t.equal(server.peer?.socketType, 'DEALER');
  t.equal(server.peer?.routingId?.toString(), name === 'plain-initiate' ? undefined : 'cli');
});

check(['plain-ready', 'plain-ready-from-libzmq'], (t, octets, { name }) => {
  const routingId = name === 'plain-ready' ? undefined : latin('srv');
  const server = welcomed({ routingId });
  feed(server, vector('plain-initiate'));
  t.same(taken(server), octets, 'we write the same');
  const client = greeted('DEALER', user);
  feed(client, vector('plain-welcome'));
  feed(client, octets);
  t.equal(client.state, 'traffic');
  t.equal(client.peer?.routingId?.toString(), routingId?.toString());
});

check(['plain-message', 'plain-metadata'], (t, octets, { name }) => {
  const server = welcomed();
  feed(server, vector('plain-initiate-to-libzmq'));
  const parts = name === 'plain-message' ? ['in clear'] : ['', 'hi'];
  t.same(texts(feed(server, octets)), [parts], 'no mechanism shows in the traffic');
  const { metadata } = server.peer!;
  for (const [property_, value] of [
    ['User-Id', 'alice'],
    ['Socket-Type', 'DEALER'],
    ['Identity', 'cli'],
    ['X-Role', 'boss'],
  ] as const) {
    t.equal(property(metadata, property_)?.toString(), value);
  }
});

/** What is written for a verdict other than 200. */
function denies(connection: Connection, status: number): Buffer {
  taken(connection);
  connection.judged({ status });
  return taken(connection);
}

check(['plain-zap-300', 'plain-zap-400', 'plain-zap-500'], (t, octets, { name }) => {
  const status = Number(name.slice(-3));
  const server = greeted('ROUTER', plainServer());
  feed(server, vector('plain-hello'));
  const told = denies(server, status);
  if (status === 300) t.equal(told.length, 0, 'silence');
  else t.same(told, Buffer.from(`040a054552524f5203${latin(`${status}`).toString('hex')}`, 'hex'));
  t.equal(server.error?.status, status);
  if (octets.length === 0) return;
  const client = greeted('DEALER', user);
  feed(client, octets);
  t.equal(client.error?.code, 'ERR_ZMTP_REFUSED_BY_PEER', 'we read the slip of libzmq');
  t.equal(client.error?.status, status);
});

check('plain-no-zap-handler', (t, octets) => {
  t.equal(octets.length, 0);
  const server = greeted('ROUTER', plainServer());
  taken(server);
  feed(server, vector('plain-hello'));
  server.close();
  t.equal(taken(server).length, 0, 'closed without a word; the socket does that: zap.test.ts');
});

check('error-400-to-client', (t, octets) => {
  for (const client of [greeted('DEALER', user), greeted('DEALER', curveClient(C, S.publicKey))]) {
    feed(client, octets);
    t.equal(client.error?.code, 'ERR_ZMTP_REFUSED_BY_PEER');
    t.equal(client.error?.status, 400);
  }
});

check('mechanism-mismatch', (t, octets) => {
  const connection = core('DEALER');
  taken(connection);
  connection.arrived(vector('plain-greeting-server'), 0);
  t.equal(connection.error?.code, 'ERR_ZMTP_MECHANISM_MISMATCH');
  t.same(taken(connection), octets, 'nothing more is said');
});

// — ZAP —

/** A NULL core whose peer is being judged. */
function judged(): Connection {
  const connection = core('DEALER', { judgesAll: true });
  taken(connection);
  feed(connection, Buffer.concat([greeting(), ready('ROUTER', '')]));
  t.same(connection.asking, []);
  t.equal(connection.pending, 0, 'nothing is said before');
  return connection;
}

check('null-zap-200', (t, octets) => {
  const connection = judged();
  connection.judged(LET_IN);
  t.same(taken(connection), octets, 'we write the same');
  t.same(texts(feed(connection, message('x'))), [['x']]);
});

check(['null-zap-400', 'null-zap-300'], (t, octets, { name }) => {
  const connection = judged();
  t.same(denies(connection, Number(name.slice(-3))), octets, 'we write the same');
  t.equal(connection.state, 'failed');
});

check('curve-error-400', (t, octets) => {
  const server = asked();
  t.same(denies(server, 400), octets, 'we write the same');
});

/** What our Zap asks a handler, and the verdict it takes from this reply. */
async function asks(
  request: { mechanism: 'NULL' | 'PLAIN' | 'CURVE'; identity: string; credentials: Buffer[] },
  reply: readonly Buffer[],
): Promise<[Buffer[], Verdict]> {
  let sent: readonly Buffer[] = [];
  const answers = [reply];
  const zap = new Zap(() => ({
    trySend: (frames) => {
      sent = frames;
      return true;
    },
    tryReceive: () => answers.shift(),
    close: () => {},
  }));
  const { signal } = new AbortController();
  const { mechanism, identity, credentials } = request;
  const question = { mechanism, credentials, identity: latin(identity), domain: 'global' };
  const verdict = zap.ask({ ...question, address: '127.0.0.1' }, signal);
  zap.arrived();
  return [[...sent], await verdict];
}

const REQUESTS = {
  'zap-request-null': { mechanism: 'NULL', identity: '', credentials: [] },
  'zap-request-plain': {
    mechanism: 'PLAIN',
    identity: 'srv',
    credentials: [latin('admin'), latin('secret')],
  },
  'zap-request-curve': { mechanism: 'CURVE', identity: '', credentials: [key('C_public')] },
} as const;
check(Object.keys(REQUESTS), async (t, _, { name }) => {
  const request = REQUESTS[name as keyof typeof REQUESTS];
  const reply = zapFrames('zap-reply-plain').slice(1);
  const [sent] = await asks({ ...request, credentials: [...request.credentials] }, reply);
  t.same(sent, zapFrames(name).slice(1), 'the same, behind the routing id that a ROUTER adds');
});

check('zap-reply-plain', async (t, _, { name }) => {
  const [, verdict] = await asks({ mechanism: 'NULL', identity: '', credentials: [] }, [
    ...zapFrames(name).slice(1),
  ]);
  t.equal(verdict.status, 200);
  t.equal(verdict.userId, 'alice');
  t.same(verdict.metadata, new Map([['X-Role', latin('boss')]]));
});

// — CURVE, a libzmq server and a client of ours —

const S = importKeyPair(key('S_secret'));
const C = importKeyPair(key('C_secret'));
const count = (from: number): Buffer => Buffer.from(Array.from({ length: 16 }, (_, i) => from + i));

function client(socketType: SocketType = 'DEALER'): Connection {
  const chance = { keyPair: () => importKeyPair(key('c1_secret')), nonce: () => count(0) };
  const mechanism = curveClient(C, S.publicKey, chance);
  return greeted(socketType, mechanism, { routingId: latin('curve-cli') });
}

/** A client in the traffic that was recorded. */
function clientInTraffic(): Connection {
  const connection = client();
  feed(connection, vector('curve-welcome'));
  feed(connection, vector('curve-ready'));
  taken(connection);
  return connection;
}

check('curve-hello', (t, octets) => {
  t.same(answers(client()), octets, 'we write the same');
});

check(['curve-welcome', 'curve-initiate'], (t) => {
  const connection = client();
  taken(connection);
  feed(connection, vector('curve-welcome'));
  t.same(taken(connection), vector('curve-initiate'), 'we write the same');
});

check('curve-welcome-plain', (t, octets) => {
  const welcome = vector('curve-welcome').subarray(2);
  const hello = sharedKey(importKeyPair(key('c1_secret')).secret, importPublicKey(S.publicKey));
  const nonce = Buffer.concat([latin('WELCOME-'), welcome.subarray(8, 24)]);
  t.same(open(hello, nonce, welcome.subarray(24)), octets);
});

check(
  ['curve-ready', 'curve-ready-plain', 'curve-session-key-client-run'],
  (t, octets, { name }) => {
    const session = vector('curve-session-key-client-run');
    const transient = vector('curve-welcome-plain').subarray(0, 32);
    const { secret } = importKeyPair(key('c1_secret'));
    t.same(Buffer.from(sharedKey(secret, importPublicKey(transient))), session);
    const body = vector('curve-ready').subarray(2);
    const nonce = Buffer.concat([latin('CurveZMQREADY---'), body.subarray(6, 14)]);
    const metadata = open(session, nonce, body.subarray(14));
    t.same(metadata, vector('curve-ready-plain'));
    t.equal(property(decodeMetadata(metadata), 'Socket-Type')?.toString(), 'ROUTER');
    const connection = clientInTraffic();
    t.equal(connection.state, 'traffic');
    t.equal(connection.peer?.socketType, 'ROUTER');
    if (name === 'curve-session-key-client-run') t.same(octets, session);
  },
);

check('curve-message-in', (t, octets) => {
  const connection = clientInTraffic();
  connection.send([latin('hello'), latin('world')]);
  t.same(taken(connection), octets, 'we write the same');
});

check(['curve-message-out-0', 'curve-message-out-1'], (t) => {
  const connection = clientInTraffic();
  t.same(feed(connection, vector('curve-message-out-0')), [], 'the first part');
  const messages = feed(connection, vector('curve-message-out-1'));
  t.same(texts(messages), [['reply-1', 'reply-2']]);
});

check(
  ['curve-message-in-command-frame', 'curve-message-after-command-frame'],
  (t, octets, { name }) => {
    const text = name.includes('-in-') ? 'sent in a COMMAND frame' : 'after';
    const connection = clientInTraffic();
    const lost = name.includes('-in-') ? 2 : 3;
    for (let n = 0; n < lost; n++) connection.send([latin('lost')]);
    taken(connection);
    connection.send([latin(text)]);
    const ours = taken(connection);
    t.equal(ours[0], 0, 'we never set the COMMAND bit: libzmq would drop the message');
    t.same(ours.subarray(1), octets.subarray(1), 'the rest is the same');
    // Towards us: the same server, whose next frame comes in either kind.
    for (const flags of [0x00, 0x04]) {
      const [one, other] = joined();
      one.send([latin('x')]);
      const frame = taken(one);
      frame[0] = flags;
      t.same(texts(feed(other, frame)), [['x']]);
    }
  },
);

// — CURVE, a libzmq client and a server of ours —

/** A server that has read INITIATE, and asks. */
function asked(): Connection {
  const nonces = [count(0x64), count(0xc8)];
  const chance: ServerChance = {
    keyPair: () => importKeyPair(key('s1_secret')),
    nonce: () => nonces.shift()!,
    cookieKey: () => Buffer.from(entry('curve-welcome-to-libzmq').cookie_key!, 'hex'),
    cookieSecret: ({ secret }: KeyPair) => exportSecret(secret),
  };
  const connection = greeted('PUB', curveServer(S, chance));
  taken(connection);
  feed(connection, vector('curve-hello-from-libzmq'));
  t.same(taken(connection), vector('curve-welcome-to-libzmq'), 'we write the same');
  feed(connection, vector('curve-initiate-from-libzmq'));
  return connection;
}

check(['curve-hello-from-libzmq', 'curve-welcome-to-libzmq', 'curve-initiate-from-libzmq'], (t) => {
  const connection = asked();
  t.same(connection.asking, [key('C_public')]);
  t.equal(connection.peer, undefined);
});

check(['curve-initiate-plain', 'curve-session-key-server-run'], (t, octets, { name }) => {
  const session = vector('curve-session-key-server-run');
  const hello = vector('curve-hello-from-libzmq').subarray(2);
  const { secret } = importKeyPair(key('s1_secret'));
  t.same(Buffer.from(sharedKey(secret, importPublicKey(hello.subarray(80, 112)))), session);
  const body = vector('curve-initiate-from-libzmq').subarray(9);
  const nonce = Buffer.concat([latin('CurveZMQINITIATE'), body.subarray(105, 113)]);
  const inside = open(session, nonce, body.subarray(113));
  t.same(inside, vector('curve-initiate-plain'));
  t.same(octets, name === 'curve-initiate-plain' ? inside : session);
});

check('curve-ready-to-libzmq', (t, octets) => {
  const connection = asked();
  connection.judged(LET_IN);
  t.same(taken(connection), octets, 'we write the same');
  t.equal(connection.peer?.socketType, 'SUB');
});

check(['curve-subscribe-to-3.1', 'curve-cancel-to-3.1'], (t, octets, { name }) => {
  const connection = asked();
  connection.judged(LET_IN);
  const found = texts(feed(connection, octets));
  t.same(found, [[name.includes('cancel') ? '\x00topic' : '\x01topic']]);
});

// — recorded in sessions whose keys were not kept: their shape only —

/** Both ends of a connection under CURVE, of these types. */
function joined(
  one: SocketType = 'SUB',
  other: SocketType = 'PUB',
  minor = 1,
): [Connection, Connection] {
  const mechanisms: Mechanism[] = [curveClient(C, S.publicKey), curveServer(S)];
  const types: SocketType[] = one === 'SUB' ? ['XSUB', 'XPUB'] : [one, other];
  const ends = mechanisms.map((mechanism, i) => {
    const connection = core(types[i]!, {
      mechanism,
      heartbeatInterval: 100,
      heartbeatTimeout: 900,
      heartbeatTimeToLive: 1000,
    });
    connection.arrived(greeting(minor, 'CURVE'), 0);
    answersOf.set(connection, answers(connection));
    return connection;
  });
  const [near, far] = ends as [Connection, Connection];
  let [from, to] = [near, far];
  for (let octets = answersOf.get(near)!; octets.length > 0; octets = taken(from)) {
    feed(to, octets);
    if (to.asking !== undefined) to.judged(LET_IN);
    [from, to] = [to, from];
  }
  if (near.state !== 'traffic' || far.state !== 'traffic') throw new Error('not joined');
  return [near, far];
}
const answersOf = new WeakMap<Connection, Buffer>();

/** Head, name and nonce of a sealed frame; its length. */
function shape(octets: Buffer): [string, number] {
  return [octets.toString('hex', 0, 18), octets.length];
}

check(['curve-subscribe-to-3.0', 'curve-cancel-to-3.0'], (t, octets, { name }) => {
  const [subscriber, publisher] = joined('SUB', 'PUB', 0);
  const subscription = name.includes('cancel') ? '\x00topic' : '\x01topic';
  if (name.includes('cancel')) feed(publisher, sent(subscriber, '\x01topic'));
  const ours = sent(subscriber, subscription);
  t.same(shape(ours), shape(octets));
  t.same(texts(feed(publisher, ours)), [[subscription]]);
});

function sent(connection: Connection, text: string): Buffer {
  connection.send([latin(text)]);
  return taken(connection);
}

check(['curve-ping', 'curve-pong'], (t, octets, { name }) => {
  const [one, other] = joined('DEALER', 'ROUTER');
  // The server pings: its first sealed frame, as recorded.
  other.elapsed(100);
  const ping = taken(other);
  if (name === 'curve-ping') {
    t.same(shape(ping), shape(octets));
    return;
  }
  feed(one, ping);
  const pong = taken(one);
  // Ours answers a PING without context: three octets less than "ctx".
  t.equal(pong.length, octets.length - 3);
  t.equal(pong.toString('hex', 0, 1), octets.toString('hex', 0, 1));
  t.same(pong.subarray(2, 18), octets.subarray(2, 18), 'the same nonce');
  t.same(feed(other, pong), []);
  t.equal(other.state, 'traffic');
});

check('curve-wrong-server-key', (t, octets) => {
  const other: KeyPair = importKeyPair(key('C_secret'));
  const server = greeted('ROUTER', curveServer(other));
  taken(server);
  feed(server, vector('curve-hello'));
  t.same(taken(server), octets, 'closed without a word');
  t.equal(server.error?.code, 'ERR_ZMTP_CRYPTOGRAPHIC');
});

check('z85-sample', (t, octets) => {
  t.equal(encodeZ85(octets), 'HelloWorld');
  for (const name of ['S_public', 'S_secret', 'C_public', 'C_secret']) {
    t.equal(encodeZ85(key(name)), recorded.keys[`${name}_z85`]);
    t.same(decodeZ85(recorded.keys[`${name}_z85`]!), key(name));
  }
});

t.test('every entry has its check, every check its entry', async (t) => {
  t.equal(vectors.length, 52);
  const names = vectors.map(({ name }) => name);
  t.equal(new Set(names).size, names.length, 'no name comes twice');
  t.same(
    names.filter((name) => !checks.has(name)),
    [],
    'none is left out',
  );
  t.same(
    [...checks.keys(), ...Object.keys(DEVIATIONS)].filter((name) => !names.includes(name)),
    [],
    'none is made up',
  );
});

for (const each of vectors) {
  t.test(`${each.name}: ${each.meaning.slice(0, 100)}`, async (t) => {
    const run = checks.get(each.name);
    if (run === undefined) t.fail('nothing checks this entry');
    else await run(t, Buffer.from(each.hex ?? '', 'hex'), each);
    if (DEVIATIONS[each.name] !== undefined) t.comment(DEVIATIONS[each.name]!);
  });
}
