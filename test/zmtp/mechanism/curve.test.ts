/** CURVE: the recorded exchanges with libzmq, byte for byte, and what a server refuses. */

import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import t from 'tap';
import { ZmtpError } from '../../../src/zmtp/errors.ts';
import { curveClient } from '../../../src/zmtp/mechanism/curve-client.ts';
import {
  exportSecret,
  generateKeyPair,
  importKeyPair,
  type KeyPair,
} from '../../../src/zmtp/mechanism/curve-key-pair.ts';
import { curveServer } from '../../../src/zmtp/mechanism/curve-server.ts';
import type { Handshake, Mechanism } from '../../../src/zmtp/mechanism/mechanism.ts';
import { encodeMetadata, property } from '../../../src/zmtp/metadata.ts';
import { core, feed, taken } from '../../support/cores/joined.ts';

const recorded = JSON.parse(
  readFileSync(new URL('../security-vectors.json', import.meta.url), 'utf8'),
) as {
  keys: Record<string, string>;
  vectors: { name: string; hex: string | null; cookie_key?: string }[];
};

const key = (name: string): Buffer => Buffer.from(recorded.keys[name]!, 'hex');
const vector = (name: string): Buffer =>
  Buffer.from(recorded.vectors.find((each) => each.name === name)!.hex!, 'hex');
/** The body of the one frame in a vector. */
const body = (name: string): Buffer => {
  const octets = vector(name);
  return octets.subarray((octets[0]! & 2) === 0 ? 2 : 9);
};
/** The bodies of all frames in a vector; those of CURVE traffic are short here. */
const bodies = (name: string): Buffer[] => {
  const found: Buffer[] = [];
  for (let rest = vector(name); rest.length > 0; rest = rest.subarray(2 + rest[1]!)) {
    found.push(rest.subarray(2, 2 + rest[1]!));
  }
  return found;
};
const count = (from: number, length: number): Buffer =>
  Buffer.from(Array.from({ length }, (_, i) => from + i));

const server = importKeyPair(key('S_secret'));
const client = importKeyPair(key('C_secret'));
const dealer = encodeMetadata([
  ['Socket-Type', Buffer.from('DEALER')],
  ['Identity', Buffer.from('curve-cli')],
]);

t.test('public keys follow from secret ones', async (t) => {
  t.same(server.publicKey, key('S_public'));
  t.same(client.publicKey, key('C_public'));
});

t.test('a client makes the recorded HELLO and INITIATE, and reads what libzmq sent', async (t) => {
  const chance = {
    keyPair: () => importKeyPair(key('c1_secret')),
    nonce: () => count(0, 16),
  };
  const handshake = curveClient(client, key('S_public'), chance).begin(dealer);
  t.same(handshake.first(), body('curve-hello'));
  t.same(handshake.step(body('curve-welcome')), body('curve-initiate'));
  t.equal(handshake.step(body('curve-ready')), undefined);
  t.equal(property(handshake.peer!, 'Socket-Type')?.toString(), 'ROUTER');
  const box = handshake.box!;
  t.same(
    [box.seal(1, Buffer.from('hello')), Buffer.from(box.seal(0, Buffer.from('world')))],
    [...bodies('curve-message-in')],
  );
  t.same(box.open(body('curve-message-out-0')), { flags: 1, payload: Buffer.from('reply-1') });
  t.same(box.open(body('curve-message-out-1')), { flags: 0, payload: Buffer.from('reply-2') });
});

t.test('a server makes the recorded WELCOME and READY, and reads what libzmq sent', async (t) => {
  const nonces = [count(0x64, 16), count(0xc8, 16)];
  const chance = {
    keyPair: () => importKeyPair(key('s1_secret')),
    nonce: () => nonces.shift()!,
    cookieSecret: ({ secret }: KeyPair) => exportSecret(secret),
    cookieKey: () =>
      Buffer.from(
        recorded.vectors.find((each) => each.name === 'curve-welcome-to-libzmq')!.cookie_key!,
        'hex',
      ),
  };
  const pub = encodeMetadata([['Socket-Type', Buffer.from('PUB')]]);
  const handshake = curveServer(server, chance).begin(pub);
  t.equal(handshake.first(), undefined);
  t.same(handshake.step(body('curve-hello-from-libzmq')), body('curve-welcome-to-libzmq'));
  t.equal(handshake.step(body('curve-initiate-from-libzmq')), undefined);
  t.same(handshake.credentials, [key('C_public')]);
  t.equal(handshake.peer, undefined, 'not before the client is let in');
  const ready = handshake.accept!();
  t.same(ready?.length, body('curve-ready-to-libzmq').length);
  t.equal(property(handshake.peer!, 'Socket-Type')?.toString(), 'SUB');
  t.same(handshake.box!.open(body('curve-subscribe-to-3.1')), {
    flags: 2,
    payload: Buffer.from('\x09SUBSCRIBEtopic'),
  });
  t.same(handshake.box!.open(body('curve-cancel-to-3.1')), {
    flags: 2,
    payload: Buffer.from('\x06CANCELtopic'),
  });
});

/** Both ends of a finished handshake. */
function joined(overrides: Partial<{ client: Mechanism; server: Mechanism }> = {}): Handshake[] {
  const mechanisms = {
    client: curveClient(client, server.publicKey),
    server: curveServer(server),
    ...overrides,
  };
  const [ours, theirs] = [mechanisms.client.begin(dealer), mechanisms.server.begin(dealer)];
  const welcome = theirs.step(ours.first()!);
  theirs.step(ours.step(welcome!)!);
  ours.step(theirs.accept!()!);
  return [ours, theirs];
}

t.test('what one side seals the other opens, in order and only once', async (t) => {
  const [ours, theirs] = joined() as [Handshake, Handshake];
  for (const size of [0, 1, 64, 65_536]) {
    const payload = Buffer.alloc(size, 7);
    const frame = ours.box!.seal(1, payload);
    t.same(theirs.box!.open(frame), { flags: 1, payload });
    t.throws(() => theirs.box!.open(frame), { code: 'ERR_ZMTP_INVALID_SEQUENCE' }, 'replay');
  }
  const [first, second] = [ours.box!.seal(0, Buffer.of(1)), ours.box!.seal(0, Buffer.of(2))];
  t.same(theirs.box!.open(second).payload, Buffer.of(2), 'gaps are allowed');
  t.throws(() => theirs.box!.open(first), { code: 'ERR_ZMTP_INVALID_SEQUENCE' });
  const own = ours.box!.seal(0, Buffer.of(3));
  t.throws(() => ours.box!.open(own), { code: 'ERR_ZMTP_CRYPTOGRAPHIC' }, 'swapped direction');
});

t.test('a frame with any bit changed does not open', async (t) => {
  const [ours, theirs] = joined() as [Handshake, Handshake];
  const frame = ours.box!.seal(0, Buffer.from('secret'));
  for (let i = 0; i < frame.length; i++) {
    const changed = Buffer.from(frame);
    changed[i]! ^= 1;
    t.throws(() => theirs.box!.open(changed), ZmtpError, `octet ${i}`);
  }
  for (let size = 0; size < frame.length; size++) {
    t.throws(() => theirs.box!.open(frame.subarray(0, size)), ZmtpError, `cut at ${size}`);
  }
  t.same(theirs.box!.open(frame).payload.toString(), 'secret');
});

t.test('a server refuses what is not for it', async (t) => {
  const stranger: KeyPair = generateKeyPair();
  const hello = curveClient(client, server.publicKey).begin(dealer).first()!;
  const refuses = (command: Buffer, code: string, message: string): void => {
    t.throws(() => curveServer(server).begin(dealer).step(command), { code }, message);
  };
  const otherServer = curveClient(client, stranger.publicKey).begin(dealer).first()!;
  refuses(otherServer, 'ERR_ZMTP_CRYPTOGRAPHIC', 'HELLO for another key');
  refuses(hello.subarray(0, 199), 'ERR_ZMTP_MALFORMED_COMMAND_HELLO', 'short HELLO');
  refuses(Buffer.concat([hello, Buffer.of(0)]), 'ERR_ZMTP_MALFORMED_COMMAND_HELLO', 'long HELLO');
  refuses(body('curve-initiate'), 'ERR_ZMTP_UNEXPECTED_COMMAND', 'INITIATE first');
  const zero = Buffer.from(hello);
  zero.fill(0, 80, 112);
  refuses(zero, 'ERR_ZMTP_KEY_EXCHANGE', 'a key without secret');

  const [ours, theirs] = [
    curveClient(client, server.publicKey).begin(dealer),
    curveServer(server).begin(dealer),
  ];
  const initiate = ours.step(theirs.step(ours.first()!)!)!;
  const elsewhere = curveServer(server).begin(dealer);
  elsewhere.step(curveClient(client, server.publicKey).begin(dealer).first()!);
  t.throws(() => elsewhere.step(initiate), ZmtpError, 'INITIATE of another connection');
  theirs.step(initiate);
  t.throws(() => theirs.step(initiate), { code: 'ERR_ZMTP_UNEXPECTED_COMMAND' }, 'a second one');

  const [mine, other] = [
    curveClient(client, server.publicKey).begin(dealer),
    curveServer(server).begin(dealer),
  ];
  const whole = mine.step(other.step(mine.first()!)!)!;
  t.throws(() => other.step(whole.subarray(0, 200)), {
    code: 'ERR_ZMTP_MALFORMED_COMMAND_INITIATE',
  });
  t.throws(
    () => other.step(whole),
    { code: 'ERR_ZMTP_UNEXPECTED_COMMAND' },
    'a cookie serves once',
  );
});

t.test('a stranger costs a server at most one key agreement', async (t) => {
  let agreements = 0;
  let pairs = 0;
  /** A secret key is asked for where an agreement is made of it. */
  const counted = ({ secret, publicKey }: KeyPair): KeyPair => ({
    publicKey,
    get secret() {
      agreements++;
      return secret;
    },
  });
  const counting = curveServer(counted(server), {
    keyPair: () => {
      pairs++;
      return counted(generateKeyPair());
    },
    nonce: () => randomBytes(16),
    cookieKey: () => randomBytes(32),
    cookieSecret: () => randomBytes(32),
  });
  const hello = Buffer.from(curveClient(client, server.publicKey).begin(dealer).first()!);
  const other = curveClient(client, generateKeyPair().publicKey).begin(dealer).first()!;
  const longer = Buffer.concat([hello, Buffer.of(0)]);
  const cost = (command: Buffer): [number, number] => {
    [agreements, pairs] = [0, 0];
    try {
      counting.begin(dealer).step(command);
    } catch {}
    return [agreements, pairs];
  };
  for (const command of [hello.subarray(0, 199), longer, body('curve-initiate'), Buffer.alloc(0)]) {
    t.same(cost(command), [0, 0], `${command.length} octets`);
  }
  t.same(cost(other), [1, 0], 'another server key');
  t.same(cost(Buffer.from(hello).fill(0, 120)), [1, 0], 'a box that does not open');
  t.same(cost(hello), [1, 1], 'who knows the key is answered');

  const theirs = counting.begin(dealer);
  const ours = curveClient(client, server.publicKey).begin(dealer);
  const initiate = ours.step(theirs.step(ours.first()!)!)!;
  [agreements, pairs] = [0, 0];
  const forged = Buffer.from(initiate);
  forged[60]! ^= 1;
  t.throws(() => theirs.step(forged), { code: 'ERR_ZMTP_CRYPTOGRAPHIC' });
  t.same([agreements, pairs], [0, 0], 'a foreign cookie costs nothing more');
});

t.test('a client refuses a server with another key', async (t) => {
  const stranger = generateKeyPair();
  const ours = curveClient(client, server.publicKey).begin(dealer);
  ours.first();
  const theirs = curveServer(stranger).begin(dealer);
  const welcome = theirs.step(curveClient(client, stranger.publicKey).begin(dealer).first()!)!;
  t.throws(() => ours.step(welcome), { code: 'ERR_ZMTP_CRYPTOGRAPHIC' });
  t.throws(() => ours.step(welcome.subarray(0, 100)), {
    code: 'ERR_ZMTP_MALFORMED_COMMAND_WELCOME',
  });
});

t.test('a connection that has failed or is closed seals nothing any more', async (t) => {
  for (const end of ['failed', 'closed'] as const) {
    const [ours, theirs] = [
      core('DEALER', { mechanism: curveClient(client, server.publicKey) }),
      core('ROUTER', { mechanism: curveServer(server) }),
    ];
    for (let turn = 0; turn < 3; turn++) {
      feed(theirs, taken(ours));
      if (theirs.asking !== undefined) theirs.judged({ status: 200 });
      feed(ours, taken(theirs));
    }
    t.same([ours.state, theirs.state], ['traffic', 'traffic']);
    if (end === 'closed') ours.close();
    else feed(ours, Buffer.from('000178', 'hex'));
    t.equal(ours.state, end);
    ours.send([Buffer.from('secret')]);
    ours.elapsed(1e9);
    t.equal(ours.pending, 0, 'not even under a key of zeros');
  }
});
