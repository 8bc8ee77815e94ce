/** Security: which peers may connect to a layer and its hub. The same options serve the side that listens and its peers. */

import {
  type AllowedKeys,
  type Authenticate,
  Authenticator,
  Certificate,
  type Passwords,
} from '../../sockets/index.ts';
import { LayerError } from '../errors.ts';

/**
 * CURVE. The simplest is one pair of keys that all processes share: `curve: curveKeyPair()`, or a `Certificate`. With a pair for
 * each process, those that connect need `serverKey`, and the one that listens needs `clients`.
 */
export interface LayerCurve {
  /** The public key of this process: Z85, 40 characters. */
  publicKey: string;
  /** The secret key of this process: Z85, 40 characters. Required, although a `Certificate` may lack it. */
  secretKey?: string | undefined;
  /** The public key of the hub or producer, Z85. Default `publicKey`. */
  serverKey?: string;
  /** Which clients the hub or producer lets in; `'*'` = all that know its key. Default: those with the same pair. */
  clients?: AllowedKeys;
}

/** PLAIN: a name and a password, sent unencrypted. */
export interface LayerPlain {
  /** The name this process sends where it connects, at most 255 octets. */
  username?: string;
  /** The password this process sends where it connects, at most 255 octets. Default empty. */
  password?: string;
  /** Names and passwords that the hub or producer lets in. Default: `username` with `password`. */
  users?: Passwords;
}

/** Security options of layers and hubs. Without `curve` and `plain`, every peer that reaches the address is let in. */
export interface SecurityOptions {
  /** Encrypts with CURVE, and lets peers in by key. Default none. */
  curve?: LayerCurve;
  /** Lets peers in by name and password, without encryption. Default none. */
  plain?: LayerPlain;
  /** Decides which peers are let in, in place of `clients` or `users`. */
  authenticate?: Authenticate;
  /** Without `authenticate`, `clients` and `users`: the context, or its handler of RFC 27, decides in this ZAP domain. */
  zapDomain?: string;
  /**
   * Connections that one IPv4 address, or one /64 of IPv6, may begin per second at each tcp endpoint where this process listens.
   * Default no limit. Further ones are closed and reported by the event `refused`; the peers connect again later.
   */
  maxHandshakesPerSecond?: number;
}

/** The options of a socket that concern security. */
export interface SecuritySocketOptions {
  curveServer?: boolean;
  curvePublicKey?: string;
  curveSecretKey?: string;
  curveServerKey?: string;
  plainServer?: boolean;
  plainUsername?: string;
  plainPassword?: string;
  zapDomain?: string;
  zapEnforceDomain?: boolean;
  maxHandshakesPerSecond?: number;
  authenticate?: Authenticate;
}

/**
 * The options of a socket that listens (`server`) or connects (`client`).
 * @throws LayerError `ERR_INVALID_OPTION` that names the option which is missing, or does not fit
 */
export function securityOf(
  options: SecurityOptions,
  role: 'server' | 'client',
): SecuritySocketOptions {
  checkSecurity(options);
  const { curve, plain, authenticate, zapDomain, maxHandshakesPerSecond } = options;
  const keys = curve === undefined ? {} : keysOf(curve);
  if (role === 'client') {
    if (curve !== undefined) return { ...keys, curveServerKey: curve.serverKey ?? curve.publicKey };
    if (plain === undefined) return {};
    if (plain.username === undefined) throw invalid('plain.username is missing');
    return { plainUsername: plain.username, plainPassword: plain.password ?? '' };
  }
  if (curve?.serverKey !== undefined && curve.serverKey !== curve.publicKey) {
    throw invalid('curve.serverKey is not the key of this process, which is the one that listens');
  }
  const judge = authenticate ?? judgeOf(curve, plain, zapDomain);
  return {
    ...keys,
    ...(curve !== undefined && { curveServer: true }),
    ...(plain !== undefined && { plainServer: true }),
    ...(judge !== undefined && { authenticate: judge }),
    // A ZAP domain is only given so that a handler is asked.
    ...(zapDomain !== undefined && { zapDomain, zapEnforceDomain: true }),
    ...(maxHandshakesPerSecond !== undefined && { maxHandshakesPerSecond }),
  };
}

/**
 * Checks what can be wrong in either role.
 * @throws LayerError `ERR_INVALID_OPTION` that names the option which is missing, or does not fit
 */
export function checkSecurity(options: SecurityOptions): void {
  const { curve, plain, authenticate, maxHandshakesPerSecond: limit } = options;
  if (limit !== undefined && !(Number.isInteger(limit) && limit >= 0)) {
    throw invalid(`maxHandshakesPerSecond is ${limit}, and no whole number from 0`);
  }
  if (curve !== undefined && plain !== undefined) throw invalid('curve and plain are both given');
  if (authenticate !== undefined && typeof authenticate !== 'function') {
    throw invalid('authenticate is no function');
  }
  if (curve !== undefined) keysOf(curve);
  if (plain !== undefined) checkPlain(plain);
}

function keysOf({ publicKey, secretKey, serverKey }: LayerCurve): SecuritySocketOptions {
  for (const [name, key] of Object.entries({ publicKey, secretKey })) {
    if (key === undefined || key === null) throw invalid(`curve.${name} is missing`);
  }
  try {
    if (serverKey !== undefined) new Certificate({ publicKey: serverKey });
  } catch (cause) {
    throw invalid(`curve.serverKey: ${(cause as Error).message}`, cause);
  }
  try {
    return new Certificate({ publicKey, secretKey }).options;
  } catch (cause) {
    throw invalid(`curve: ${(cause as Error).message}`, cause);
  }
}

function checkPlain(plain: LayerPlain): void {
  if (plain.username === undefined && plain.users === undefined) {
    throw invalid('plain.username, or plain.users for who listens, is missing');
  }
  for (const name of ['username', 'password'] as const) {
    const text = plain[name];
    if (text === undefined || (typeof text === 'string' && Buffer.byteLength(text) <= 255))
      continue;
    throw invalid(`plain.${name} is no text of at most 255 octets`);
  }
}

function judgeOf(
  curve: LayerCurve | undefined,
  plain: LayerPlain | undefined,
  zapDomain: string | undefined,
): Authenticate | undefined {
  const told = curve?.clients ?? plain?.users;
  if (told === undefined && zapDomain !== undefined) return undefined;
  const authenticator = new Authenticator();
  try {
    if (curve !== undefined) authenticator.curve(curve.clients ?? [curve.publicKey]);
    else if (plain !== undefined) authenticator.plain(plain.users ?? usersOf(plain));
    else return undefined;
  } catch (cause) {
    const name = curve !== undefined ? 'curve.clients' : 'plain.users';
    throw invalid(`${name}: ${(cause as Error).message}`, cause);
  }
  return authenticator.authenticate;
}

function usersOf({ username = '', password = '' }: LayerPlain): ReadonlyMap<string, string> {
  return new Map([[username, password]]);
}

function invalid(what: string, cause?: unknown): LayerError {
  return new LayerError('ERR_INVALID_OPTION', what, { cause });
}
