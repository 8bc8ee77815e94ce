/**
 * CurveClient: the side of a CURVE handshake that knows the server's key beforehand (RFC 26).
 *
 *     HELLO     05 "HELLO" 01 00 zeros(72) C'(32) nonce(8) box(80: 64 zeros; c', S)
 *     WELCOME   07 "WELCOME" nonce(16) box(144: S' cookie; s, C')
 *     INITIATE  08 "INITIATE" cookie(96) nonce(8) box(C nonce(16) box(80: C' S; c, S') metadata; c', S')
 *     READY     05 "READY" nonce(8) box(metadata; s', C')
 */

import { type KeyObject, randomBytes } from 'node:crypto';
import { commandName } from '../command.ts';
import { ZmtpError } from '../errors.ts';
import { decodeMetadata, type Metadata } from '../metadata.ts';
import { open, seal, sharedKey, useOnce } from './curve-box.ts';
import { generateKeyPair, importPublicKey, type KeyPair } from './curve-key-pair.ts';
import { CurveTraffic, ShortNonce } from './curve-traffic.ts';
import { type Handshake, type Mechanism, unexpectedCommand } from './mechanism.ts';
import { TAG_SIZE } from './nacl-box.ts';

/** Source of keys and nonces, injectable so that tests can replay vectors. */
export interface CurveChance {
  /** A fresh pair, for one connection. */
  readonly keyPair: () => KeyPair;
  /** 16 random octets. */
  readonly nonce: () => Buffer;
}

/**
 * The mechanism CURVE for a side that knows the server's key (RFC 26). `client`: our long-term pair. `serverKey`: the server's
 * public key, 32 octets; `begin` throws the ZmtpError `ERR_ZMTP_KEY_EXCHANGE` for one that is weak.
 */
export function curveClient(
  client: KeyPair,
  serverKey: Buffer,
  chance: CurveChance = CHANCE,
): Mechanism {
  const server = { octets: serverKey, key: importPublicKey(serverKey) };
  return { name: 'CURVE', begin: (local) => new CurveClient(local, client, server, chance) };
}

class CurveClient implements Handshake {
  peer: Metadata | undefined;
  box: CurveTraffic | undefined;
  readonly #local: Buffer;
  readonly #client: KeyPair;
  readonly #serverKey: Buffer;
  readonly #chance: CurveChance;
  /** c' and C'; undefined once the key of the session is computed. */
  #transient: KeyPair | undefined;
  readonly #nonce = new ShortNonce();
  /** The key between c' and S. */
  readonly #helloKey: Uint8Array;
  #session: Uint8Array | undefined;

  constructor(
    local: Buffer,
    client: KeyPair,
    server: { readonly octets: Buffer; readonly key: KeyObject },
    chance: CurveChance,
  ) {
    this.#local = local;
    this.#client = client;
    this.#serverKey = server.octets;
    this.#chance = chance;
    const transient = chance.keyPair();
    this.#transient = transient;
    this.#helloKey = sharedKey(transient.secret, server.key);
  }

  first(): Buffer {
    const nonce = this.#nonce.next();
    const fullNonce = Buffer.concat([HELLO_NONCE, nonce]);
    return Buffer.concat([
      HELLO,
      this.#transient!.publicKey,
      nonce,
      seal(this.#helloKey, fullNonce, Buffer.alloc(64)),
    ]);
  }

  step(command: Buffer): Buffer | undefined {
    const name = commandName(command);
    const expected = this.#session === undefined ? 'WELCOME' : 'READY';
    if (name !== expected) throw unexpectedCommand(name, expected);
    if (this.#session === undefined) return this.#initiate(command, this.#transient!);
    this.#ready(command, this.#session);
    return undefined;
  }

  wipe(): void {
    this.#helloKey.fill(0);
    this.#session?.fill(0);
    this.#transient = undefined;
    this.box?.wipe();
  }

  #initiate(welcome: Buffer, transient: KeyPair): Buffer {
    if (welcome.length !== WELCOME_SIZE) throw malformed('WELCOME', welcome.length);
    const welcomeNonce = Buffer.concat([WELCOME_NONCE, welcome.subarray(8, 24)]);
    const content = open(this.#helloKey, welcomeNonce, welcome.subarray(24));
    this.#helloKey.fill(0);
    const serverTransient = importPublicKey(content.subarray(0, 32));
    const cookie = content.subarray(32);
    this.#session = sharedKey(transient.secret, serverTransient);

    // Forgotten as early as possible: without c' nobody can decrypt a recording of this connection later.
    this.#transient = undefined;

    const vouchNonce = this.#chance.nonce();
    const vouched = Buffer.concat([transient.publicKey, this.#serverKey]);
    const vouch = useOnce(sharedKey(this.#client.secret, serverTransient), (key) =>
      seal(key, Buffer.concat([VOUCH_NONCE, vouchNonce]), vouched),
    );

    const nonce = this.#nonce.next();
    const inside = Buffer.concat([this.#client.publicKey, vouchNonce, vouch, this.#local]);
    const box = seal(this.#session, Buffer.concat([INITIATE_NONCE, nonce]), inside);
    return Buffer.concat([INITIATE, cookie, nonce, box]);
  }

  #ready(ready: Buffer, session: Uint8Array): void {
    if (ready.length < 14 + TAG_SIZE) throw malformed('READY', ready.length);
    const nonce = ready.subarray(6, 14);
    const metadata = open(session, Buffer.concat([READY_NONCE, nonce]), ready.subarray(14));
    this.peer = decodeMetadata(metadata);
    this.box = new CurveTraffic(session, 'client', this.#nonce, nonce);
    session.fill(0);
  }
}

/** @internal */
export function malformed(
  command: 'HELLO' | 'WELCOME' | 'INITIATE' | 'READY',
  size: number,
): ZmtpError {
  return new ZmtpError(
    `ERR_ZMTP_MALFORMED_COMMAND_${command}`,
    `${command} command of CURVE has ${size} octets`,
  );
}

/** @internal */
export const CHANCE: CurveChance = { keyPair: generateKeyPair, nonce: () => randomBytes(16) };

const HELLO = Buffer.concat([Buffer.from('\x05HELLO\x01\0', 'latin1'), Buffer.alloc(72)]);
const INITIATE = Buffer.from('\x08INITIATE', 'latin1');
const WELCOME_SIZE = 168;

const HELLO_NONCE = Buffer.from('CurveZMQHELLO---');
const WELCOME_NONCE = Buffer.from('WELCOME-');
const VOUCH_NONCE = Buffer.from('VOUCH---');
const INITIATE_NONCE = Buffer.from('CurveZMQINITIATE');
const READY_NONCE = Buffer.from('CurveZMQREADY---');
