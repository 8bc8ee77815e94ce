/** CurveServer: the side of a CURVE handshake that clients know by its key (RFC 26; layouts in curve-client.ts). */

import { type KeyObject, randomBytes, timingSafeEqual } from 'node:crypto';
import { commandName, encodeCommand } from '../command.ts';
import { ZmtpError } from '../errors.ts';
import { decodeMetadata, type Metadata } from '../metadata.ts';
import { open, seal, sharedKey, useOnce } from './curve-box.ts';
import { CHANCE, type CurveChance, malformed } from './curve-client.ts';
import { importPublicKey, KEY_SIZE, type KeyPair } from './curve-key-pair.ts';
import { CurveTraffic, ShortNonce } from './curve-traffic.ts';
import {
  type Credentials,
  type Handshake,
  type Mechanism,
  unexpectedCommand,
} from './mechanism.ts';
import { TAG_SIZE } from './nacl-box.ts';

/** Sources of randomness that only a server needs, beside those of {@link CurveChance}. */
export interface ServerChance extends CurveChance {
  /** A key of 32 octets that seals the cookie of one handshake. */
  readonly cookieKey: () => Buffer;
  /**
   * 32 octets to put into the cookie in place of s'. RFC 26 sends s' there so that a server keeps no state; this one keeps
   * s', and so need not send it.
   */
  readonly cookieSecret: (transient: KeyPair) => Buffer;
}

/** The mechanism CURVE for a side whose key the clients know (RFC 26). `server`: our long-term pair. */
export function curveServer(server: KeyPair, chance: ServerChance = SERVER_CHANCE): Mechanism {
  return { name: 'CURVE', begin: (local) => new CurveServer(local, server, chance) };
}

class CurveServer implements Handshake {
  peer: Metadata | undefined;
  box: CurveTraffic | undefined;
  /** The client's long-term public key, to be judged. */
  credentials: Credentials | undefined;
  readonly #local: Buffer;
  readonly #server: KeyPair;
  readonly #chance: ServerChance;
  readonly #nonce = new ShortNonce();
  /** The cookie, as it was sent. */
  #cookie: Buffer | undefined;
  /** s' and S'; kept from WELCOME until the key of the session is computed. */
  #transient: KeyPair | undefined;
  #welcomed = false;
  /** C', the client's key for this connection. */
  #clientTransient: Buffer | undefined;
  #clientKey: KeyObject | undefined;
  #session: Uint8Array | undefined;
  #lastNonce: Buffer | undefined;
  #metadata: Metadata | undefined;

  constructor(local: Buffer, server: KeyPair, chance: ServerChance) {
    this.#local = local;
    this.#server = server;
    this.#chance = chance;
  }

  first(): undefined {}

  step(command: Buffer): Buffer | undefined {
    const name = commandName(command);
    const expected = this.#welcomed ? 'INITIATE' : 'HELLO';
    const transient = this.#transient;
    if (name !== expected || this.#metadata !== undefined) throw unexpectedCommand(name, expected);
    if (!this.#welcomed) return this.#welcome(command);
    // A cookie is valid once: after a refused INITIATE the client cannot try another.
    if (transient === undefined) throw unexpectedCommand(name, 'nothing more');
    this.#transient = undefined;
    this.#initiate(command, transient);
    return undefined;
  }

  accept(): Buffer {
    this.credentials = undefined;
    const session = this.#session!;
    const nonce = this.#nonce.next();
    const ready = seal(session, Buffer.concat([READY_NONCE, nonce]), this.#local);
    const answer = encodeCommand('READY', Buffer.concat([nonce, ready]));
    this.box = new CurveTraffic(session, 'server', this.#nonce, this.#lastNonce!);
    this.peer = this.#metadata;
    session.fill(0);
    return answer;
  }

  wipe(): void {
    this.#session?.fill(0);
    this.#transient = undefined;
    this.box?.wipe();
  }

  #welcome(hello: Buffer): Buffer {
    if (hello.length !== HELLO_SIZE) throw malformed('HELLO', hello.length);
    // Version 1.0. The padding after it makes a HELLO larger than its answer.
    if (hello[6] !== 1 || hello[7] !== 0) throw malformed('HELLO', hello.length);
    const clientTransient = Buffer.from(hello.subarray(80, 112));
    const clientKey = importPublicKey(clientTransient);
    return useOnce(sharedKey(this.#server.secret, clientKey), (key) => {
      const helloNonce = Buffer.concat([HELLO_NONCE, hello.subarray(112, 120)]);
      const zeros = open(key, helloNonce, hello.subarray(120));
      if (!timingSafeEqual(zeros, ZEROS)) throw malformed('HELLO', hello.length);
      this.#clientTransient = clientTransient;
      this.#clientKey = clientKey;
      this.#lastNonce = Buffer.from(hello.subarray(112, 120));
      this.#welcomed = true;
      const content = this.#offer(clientTransient);
      const welcomeNonce = this.#chance.nonce();
      const welcome = seal(key, Buffer.concat([WELCOME_NONCE, welcomeNonce]), content);
      return encodeCommand('WELCOME', Buffer.concat([welcomeNonce, welcome]));
    });
  }

  /** The content of a WELCOME: our key for this connection, and a cookie. */
  #offer(clientTransient: Buffer): Buffer {
    const transient = this.#chance.keyPair();
    const content = Buffer.concat([clientTransient, this.#chance.cookieSecret(transient)]);
    const nonce = this.#chance.nonce();
    const box = useOnce(this.#chance.cookieKey(), (key) =>
      seal(key, Buffer.concat([COOKIE_NONCE, nonce]), content),
    );
    content.fill(0);
    this.#transient = transient;
    this.#cookie = Buffer.concat([nonce, box]);
    return Buffer.concat([transient.publicKey, this.#cookie]);
  }

  #initiate(initiate: Buffer, transient: KeyPair): void {
    if (initiate.length < INITIATE_MIN) throw malformed('INITIATE', initiate.length);
    // All octets are compared, those of the nonce too: a cookie that is not ours is refused without opening it.
    if (!timingSafeEqual(initiate.subarray(9, 105), this.#cookie!)) throw foreignCookie();
    const nonce = initiate.subarray(105, 113);
    if (nonce.compare(this.#lastNonce!) <= 0) throw replayedInitiate();
    const session = sharedKey(transient.secret, this.#clientKey!);
    this.#session = session;
    const inside = open(session, Buffer.concat([INITIATE_NONCE, nonce]), initiate.subarray(113));
    const clientKey = Buffer.from(inside.subarray(0, 32));
    const vouchNonce = Buffer.concat([VOUCH_NONCE, inside.subarray(32, 48)]);
    const vouch = useOnce(sharedKey(transient.secret, importPublicKey(clientKey)), (key) =>
      open(key, vouchNonce, inside.subarray(48, 128)),
    );
    // libzmq looks at the first half only; RFC 26 wants the second, the server's key, too.
    const expected = Buffer.concat([this.#clientTransient!, this.#server.publicKey]);
    if (!timingSafeEqual(vouch, expected)) throw unvouched('vouch is not for this connection');

    this.#metadata = decodeMetadata(inside.subarray(128));
    this.#lastNonce = Buffer.from(nonce);
    this.credentials = [clientKey];
  }
}

function foreignCookie(): ZmtpError {
  return new ZmtpError('ERR_ZMTP_CRYPTOGRAPHIC', 'cookie is not the one of this connection');
}

function replayedInitiate(): ZmtpError {
  return new ZmtpError('ERR_ZMTP_INVALID_SEQUENCE', 'nonce of INITIATE is not above that of HELLO');
}

function unvouched(reason: string): ZmtpError {
  return new ZmtpError('ERR_ZMTP_KEY_EXCHANGE', reason);
}

const SERVER_CHANCE: ServerChance = {
  ...CHANCE,
  cookieKey: () => randomBytes(KEY_SIZE),
  cookieSecret: () => randomBytes(KEY_SIZE),
};

const HELLO_SIZE = 200;
const ZEROS = Buffer.alloc(64);
/** Cookie, nonce, and a box of key, vouch and no metadata. */
const INITIATE_MIN = 113 + TAG_SIZE + 128;

const HELLO_NONCE = Buffer.from('CurveZMQHELLO---');
const COOKIE_NONCE = Buffer.from('COOKIE--');
const WELCOME_NONCE = Buffer.from('WELCOME-');
const VOUCH_NONCE = Buffer.from('VOUCH---');
const INITIATE_NONCE = Buffer.from('CurveZMQINITIATE');
const READY_NONCE = Buffer.from('CurveZMQREADY---');
