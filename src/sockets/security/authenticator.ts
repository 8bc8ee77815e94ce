/**
 * Authenticator: admits or refuses peers by address, password or key. Like czmq's zauth and pyzmq's, but without a socket of its
 * own: `context.authenticate = authenticator.authenticate`.
 */

import { createHash, timingSafeEqual } from 'node:crypto';
import { accessSync, constants } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { BlockList, isIP } from 'node:net';
import { join } from 'node:path';
import { encodeZ85 } from '../../zmtp/index.ts';
import { Certificate } from './certificate.ts';
import type { AuthenticationRequest, AuthenticationResult } from './choice.ts';

/** Passwords by user name, or a file of lines `user=password`. */
export type Passwords = Readonly<Record<string, string>> | ReadonlyMap<string, string> | string;

/** Z85 keys or certificates, a folder of certificates, `'*'` for any key, or a function that decides on each key. */
export type AllowedKeys =
  | '*'
  | readonly (string | Certificate)[]
  | { readonly folder: string }
  | ((publicKey: string, domain: string) => KeyAnswer | Promise<KeyAnswer>);

/** Whether a key is admitted; an object admits it, and has properties for the peer's metadata. */
export type KeyAnswer = boolean | Readonly<Record<string, string>>;

/**
 * ```ts
 * const authenticator = new Authenticator().deny('10.0.0.66').plain({ alice: 'secret' });
 * context.authenticate = authenticator.authenticate;
 * ```
 *
 * The address is checked first, whatever the mechanism; a NULL peer needs no more than that. PLAIN and CURVE peers are refused
 * unless `plain` or `curve` admits them.
 */
export class Authenticator {
  readonly #allowed = new Addresses();
  readonly #denied = new Addresses();
  readonly #passwords = new Map<string, PasswordSource>();
  readonly #keys = new Map<string, KeySource>();

  /**
   * Admit only these addresses: IP addresses, networks such as `10.0.0.0/8`, and `ipc` for local peers.
   * @throws TypeError for any other text
   */
  allow(...addresses: string[]): this {
    for (const address of addresses) this.#allowed.add(address);
    return this;
  }

  /**
   * Refuse these addresses, even if `allow` admits them.
   * @throws TypeError for a text that is no address, network or `ipc`
   */
  deny(...addresses: string[]): this {
    for (const address of addresses) this.#denied.add(address);
    return this;
  }

  /**
   * Set the passwords of PLAIN clients, for sockets with the `zapDomain` `domain`; `'*'` (default) for those without passwords of
   * their own. A file is read again when it has changed.
   * @throws an error of the system for a file that cannot be read
   */
  plain(passwords: Passwords, domain = '*'): this {
    this.#passwords.set(domain, passwordSource(passwords));
    return this;
  }

  /**
   * Set the keys of CURVE clients, for sockets with the `zapDomain` `domain`; `'*'` (default) for those without keys of their
   * own. Every file in a folder counts, except those that end in `_secret`; the folder is read again when its files have changed.
   * @throws an error of the system for a folder that cannot be read, RangeError for an invalid key
   */
  curve(keys: AllowedKeys, domain = '*'): this {
    this.#keys.set(domain, keySource(keys));
    return this;
  }

  /** Callback for `socket.authenticate` and `context.authenticate`; bound to this object. */
  readonly authenticate = async (request: AuthenticationRequest): Promise<AuthenticationResult> => {
    const { address, mechanism } = request;
    if (this.#denied.has(address)) return refused('address is on the deny list');
    if (this.#allowed.size > 0 && !this.#allowed.has(address)) {
      return refused('address is not on the allow list');
    }
    switch (mechanism) {
      case 'NULL':
        return { status: 200, userId: 'anonymous' };
      case 'PLAIN':
        return this.#judgePassword(request);
      case 'CURVE':
        return this.#judgeKey(request);
      default:
        return mechanism satisfies never;
    }
  };

  async #judgePassword({
    domain,
    credentials,
  }: AuthenticationRequest): Promise<AuthenticationResult> {
    const source = this.#passwords.get(domain) ?? this.#passwords.get('*');
    if (source === undefined) return refused('no passwords for this domain');
    const [user, password] = credentials.map(String) as [string, string];
    const digest = (await source()).get(user);
    // An unknown user takes as long as a wrong password.
    const same = timingSafeEqual(digest ?? NOBODY, digestOf(password));
    if (digest === undefined || !same) return refused('no such user and password');
    return { status: 200, userId: user };
  }

  async #judgeKey({ domain, credentials }: AuthenticationRequest): Promise<AuthenticationResult> {
    const source = this.#keys.get(domain) ?? this.#keys.get('*');
    if (source === undefined) return refused('no keys for this domain');
    const userId = encodeZ85(credentials[0]!);
    const answer = await source(userId, domain);
    if (answer === true) return { status: 200, userId };
    if (typeof answer === 'object' && answer !== null) {
      return { status: 200, userId, metadata: answer };
    }
    return refused('key is not known');
  }
}

type PasswordSource = () => Promise<ReadonlyMap<string, Buffer>>;
type KeySource = (publicKey: string, domain: string) => KeyAnswer | Promise<KeyAnswer>;

/** A set of IP addresses and networks; `ipc` stands for peers without an address. */
class Addresses {
  size = 0;
  readonly #list = new BlockList();
  #local = false;

  add(text: string): void {
    const [address = '', bits, more] = text.split('/');
    const version = isIP(address);
    this.size++;
    if (text === 'ipc') this.#local = true;
    else if (version === 0 || more !== undefined) throw noAddress(text);
    else if (bits === undefined) this.#list.addAddress(address, FAMILIES[version]);
    else if (!/^\d{1,3}$/.test(bits) || Number(bits) > (version === 4 ? 32 : 128)) {
      throw noAddress(text);
    } else this.#list.addSubnet(address, Number(bits), FAMILIES[version]);
  }

  has(address: string): boolean {
    if (address === '') return this.#local;
    // A zone, as in fe80::1%eth0, names the interface where the address holds, not its owner.
    const bare = address.replace(/%.*$/, '');
    const version = isIP(bare);
    return version !== 0 && this.#list.check(bare, FAMILIES[version]);
  }
}

function passwordSource(passwords: Passwords): PasswordSource {
  if (typeof passwords !== 'string') {
    const given = passwords instanceof Map ? [...passwords] : Object.entries(passwords);
    const digests = new Map(given.map(([user, password]) => [user, digestOf(password)]));
    return async () => digests;
  }
  accessSync(passwords, constants.R_OK);
  return reread(
    async () => stamp(passwords),
    async () => decodePasswords(await readFile(passwords, 'utf8')),
  );
}

/** Lines `user=password`; comments begin with `#`. */
function decodePasswords(text: string): ReadonlyMap<string, Buffer> {
  const digests = new Map<string, Buffer>();
  for (const line of text.split(/\r?\n/)) {
    const equals = line.indexOf('=');
    if (equals > 0 && !/^\s*#/.test(line)) {
      digests.set(line.slice(0, equals).trim(), digestOf(line.slice(equals + 1).trim()));
    }
  }
  return digests;
}

function keySource(keys: AllowedKeys): KeySource {
  if (typeof keys === 'function') return keys;
  if (keys === '*') return () => true;
  if (!('folder' in keys)) {
    const known = new Map(keys.map((key) => entryOf(asCertificate(key))));
    return (publicKey) => known.get(publicKey) ?? false;
  }
  const { folder } = keys;
  accessSync(folder, constants.R_OK | constants.X_OK);
  const certificates = reread(
    async () => (await Promise.all((await filesIn(folder)).map(stamp))).join(),
    async () => new Map((await certificatesIn(folder)).map(entryOf)),
  );
  return async (publicKey) => (await certificates()).get(publicKey) ?? false;
}

function entryOf({ publicKey, metadata }: Certificate): [string, KeyAnswer] {
  return [publicKey, metadata.size === 0 ? true : Object.fromEntries(metadata)];
}

function asCertificate(key: string | Certificate): Certificate {
  return key instanceof Certificate ? key : new Certificate({ publicKey: key });
}

async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const files = entries.filter((each) => !each.isDirectory() && !each.name.endsWith('_secret'));
  return files.map((each) => join(folder, each.name)).sort();
}

/** The certificates that can be read; other files in the folder are ignored. */
async function certificatesIn(folder: string): Promise<Certificate[]> {
  const loading = (await filesIn(folder)).map((path) => Certificate.load(path));
  const settled = await Promise.allSettled(loading);
  return settled.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
}

/** The result of `read`, kept until `version` returns something else. */
function reread<T>(version: () => Promise<string>, read: () => Promise<T>): () => Promise<T> {
  let known: string | undefined;
  let content: Promise<T> | undefined;
  return async () => {
    const now = await version();
    if (content === undefined || now !== known) {
      known = now;
      content = read();
      content.catch(() => {
        content = undefined;
      });
    }
    return content;
  };
}

async function stamp(path: string): Promise<string> {
  const { mtimeNs, size, ino } = await stat(path, { bigint: true });
  return `${path} ${ino} ${size} ${mtimeNs}`;
}

function refused(text: string): AuthenticationResult {
  return { status: 400, text };
}

/** Of equal length for all passwords, so that comparing takes the same time. */
function digestOf(password: string): Buffer {
  return createHash('sha256').update(password).digest();
}

function noAddress(text: string): TypeError {
  return new TypeError(
    `${JSON.stringify(text)} is no IP address, no network in the form 10.0.0.0/8, and not "ipc"`,
  );
}

const FAMILIES: Record<number, 'ipv4' | 'ipv6'> = { 4: 'ipv4', 6: 'ipv6' };
const NOBODY = Buffer.alloc(32);
