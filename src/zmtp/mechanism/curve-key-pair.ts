/** Key pairs of CURVE: generated, imported, and combined to a shared secret by X25519 of node:crypto (RFC 7748). */

import {
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  type KeyObject,
  timingSafeEqual,
} from 'node:crypto';
import { ZmtpError } from '../errors.ts';
import { encodeZ85 } from './z85.ts';

/** Octets of a key. */
export const KEY_SIZE = 32;

/** A secret key, imported once, with its public key as octets. */
export interface KeyPair {
  /** The secret key, for `node:crypto`. */
  readonly secret: KeyObject;
  /** The public key, 32 octets. */
  readonly publicKey: Buffer;
}

/** A new pair of CURVE keys, as Z85 text of 40 characters (`zmq_curve_keypair`). */
export function curveKeyPair(): { publicKey: string; secretKey: string } {
  const { secret, publicKey } = generateKeyPair();
  const octets = exportSecret(secret);
  const secretKey = encodeZ85(octets);
  octets.fill(0);
  return { publicKey: encodeZ85(publicKey), secretKey };
}

/** A fresh pair, for one connection. */
export function generateKeyPair(): KeyPair {
  const { privateKey, publicKey } = generateKeyPairSync('x25519');
  return { secret: privateKey, publicKey: rawPublicKey(publicKey) };
}

/** The key pair whose secret key is `secretKey`, 32 octets. */
export function importKeyPair(secretKey: Buffer): KeyPair {
  const key = Buffer.concat([PKCS8_X25519, secretKey]);
  const secret = createPrivateKey({ key, format: 'der', type: 'pkcs8' });
  key.fill(0);
  return { secret, publicKey: rawPublicKey(createPublicKey(secret)) };
}

/** The key pair of `secretKey` and `publicKey`, 32 octets each; undefined when they do not belong together. */
export function matchKeyPair(secretKey: Buffer, publicKey: Buffer): KeyPair | undefined {
  const [d, x] = [secretKey.toString('base64url'), publicKey.toString('base64url')];
  let secret: KeyObject;
  try {
    // Node 20 takes ten times as long to read PKCS#8.
    secret = createPrivateKey({ key: { ...JWK, d, x }, format: 'jwk' });
  } catch {
    return undefined;
  }
  // Node 26 compares them itself; older versions read `d` alone.
  return rawPublicKey(createPublicKey(secret)).equals(publicKey)
    ? { secret, publicKey }
    : undefined;
}

/** The 32 octets of a secret key, to be wiped by the caller. */
export function exportSecret(secret: KeyObject): Buffer {
  return secret.export({ format: 'der', type: 'pkcs8' }).subarray(-KEY_SIZE);
}

/** `publicKey`, 32 octets, as `node:crypto` takes it. */
export function importPublicKey(publicKey: Buffer): KeyObject {
  const x = publicKey.toString('base64url');
  return createPublicKey({ key: { ...JWK, x }, format: 'jwk' });
}

/**
 * The secret that both sides compute, 32 octets. The caller must wipe it.
 * @throws ZmtpError `ERR_ZMTP_KEY_EXCHANGE` for a public key of low order, which would make it zero
 */
export function agree(secret: KeyObject, publicKey: KeyObject): Buffer {
  let shared: Buffer;
  try {
    shared = diffieHellman({ privateKey: secret, publicKey });
  } catch {
    // OpenSSL refuses a shared secret of zeros itself.
    throw weakKey();
  }
  if (timingSafeEqual(shared, ZERO_KEY)) throw weakKey();
  return shared;
}

/** Whether the key is of low order, so that every shared secret would be all zeros. */
export function isWeakKey(publicKey: Buffer): boolean {
  try {
    probe ??= generateKeyPair();
    agree(probe.secret, importPublicKey(publicKey)).fill(0);
    return false;
  } catch {
    return true;
  }
}

function rawPublicKey(key: KeyObject): Buffer {
  return Buffer.from(key.export({ format: 'jwk' }).x as string, 'base64url');
}

function weakKey(): ZmtpError {
  return new ZmtpError('ERR_ZMTP_KEY_EXCHANGE', 'public key of the peer gives no secret');
}

/** Some key pair to test public keys with. */
let probe: KeyPair | undefined;
const JWK = { kty: 'OKP', crv: 'X25519' };
const ZERO_KEY = Buffer.alloc(KEY_SIZE);
/** The PKCS#8 header before the 32 octets of a secret key (RFC 8410). */
const PKCS8_X25519 = Buffer.from('302e020100300506032b656e04220420', 'hex');
