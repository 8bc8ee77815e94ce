/**
 * Certificate: a pair of CURVE keys with metadata about its holder, in the file format of czmq and pyzmq (ZPL, RFC 4).
 *
 *     metadata
 *         name = "alice"
 *     curve
 *         public-key = "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID"
 *         secret-key = "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs"
 */

import { open, readFile, writeFile } from 'node:fs/promises';
import { curveKeyPair, decodeZ85 } from '../../zmtp/index.ts';
import { matchKeyPair } from '../../zmtp/mechanism/curve-key-pair.ts';

/** What a certificate holds. */
export interface CertificateContent {
  /** The public key: Z85, 40 characters. */
  readonly publicKey: string;
  /** The secret key: Z85, 40 characters; only its holder has it. */
  readonly secretKey?: string | undefined;
  /** Other entries about the holder, by name. */
  readonly metadata?: Readonly<Record<string, string>> | ReadonlyMap<string, string>;
}

/** A key pair, or a public key, with metadata about its holder. */
export class Certificate {
  /** The public key: Z85, 40 characters. */
  readonly publicKey: string;
  /** The secret key: Z85, 40 characters; undefined in the certificate of another party. */
  readonly secretKey: string | undefined;
  /** Metadata about the holder, by name: name, e-mail and the like. */
  readonly metadata: ReadonlyMap<string, string>;

  /** @throws RangeError for an invalid key, and for keys that do not belong together */
  constructor({ publicKey, secretKey, metadata = {} }: CertificateContent) {
    checkKey('public key', publicKey);
    if (secretKey !== undefined) {
      checkKey('secret key', secretKey);
      if (matchKeyPair(decodeZ85(secretKey), decodeZ85(publicKey)) === undefined) {
        throw new RangeError('public key of the certificate does not belong to its secret key');
      }
    }
    this.publicKey = publicKey;
    this.secretKey = secretKey;
    const entries = metadata instanceof Map ? [...metadata] : Object.entries(metadata);
    this.metadata = new Map(entries);
  }

  /** A certificate with new keys. */
  static create(metadata: CertificateContent['metadata'] = {}): Certificate {
    return new Certificate({ ...curveKeyPair(), metadata });
  }

  /**
   * Parse the text of a certificate file.
   * @throws RangeError for a text without a public key, or with an invalid key
   */
  static decode(text: string): Certificate {
    const [metadata, curve] = [new Map<string, string>(), new Map<string, string>()];
    let section = '';
    for (const line of text.split(/\r?\n/)) {
      const { indented, name, value } = lineOf(line);
      if (name === undefined) continue;
      if (!indented) section = name;
      else if (value === undefined) continue;
      else if (section === 'metadata') metadata.set(name, unquoted(value));
      else if (section === 'curve') curve.set(name, unquoted(value));
    }
    const publicKey = curve.get('public-key');
    if (publicKey === undefined) throw new RangeError('certificate has no public-key');
    return new Certificate({ publicKey, secretKey: curve.get('secret-key'), metadata });
  }

  /** Read a file that `save`, czmq or pyzmq wrote. Rejects as `readFile` does, or with a RangeError that names the file. */
  static async load(path: string): Promise<Certificate> {
    const text = await readFile(path, 'utf8');
    try {
      return Certificate.decode(text);
    } catch (cause) {
      throw new RangeError(`${path}: ${(cause as Error).message}`, { cause });
    }
  }

  /**
   * The text of the certificate file, with the secret key if `secret` is true (default false).
   * @throws RangeError for metadata that the format cannot hold
   */
  encode(secret = false): string {
    const lines = [...(secret ? SECRET_HEAD : PUBLIC_HEAD), '', 'metadata'];
    for (const [name, value] of this.metadata) {
      if (!NAME.test(name)) throw new RangeError(`${JSON.stringify(name)} is no name in ZPL`);
      lines.push(`    ${name} = ${quoted(name, value)}`);
    }
    lines.push('curve', `    public-key = "${this.publicKey}"`);
    if (secret && this.secretKey !== undefined) lines.push(`    secret-key = "${this.secretKey}"`);
    return `${lines.join('\n')}\n`;
  }

  /**
   * Write the public certificate to `path` and, if there is a secret key, all of it to `path_secret`, readable by this
   * user only. pyzmq's names are `alice.key` and `alice.key_secret`.
   */
  async save(path: string): Promise<void> {
    await writeFile(path, this.encode());
    if (this.secretKey === undefined) return;
    const file = await open(`${path}_secret`, 'w', 0o600);
    try {
      // The mode above is for a new file; an existing one gets it before the secret is written.
      await file.chmod(0o600);
      await file.writeFile(this.encode(true));
    } finally {
      await file.close();
    }
  }

  /**
   * Socket options with these keys: `new Dealer({ ...certificate.options, curveServerKey })`.
   * @throws RangeError without a secret key
   */
  get options(): { curvePublicKey: string; curveSecretKey: string } {
    const { publicKey, secretKey } = this;
    if (secretKey === undefined) throw new RangeError('certificate has no secret key');
    return { curvePublicKey: publicKey, curveSecretKey: secretKey };
  }
}

function checkKey(what: string, key: string): void {
  if (typeof key !== 'string' || key.length !== KEY_LENGTH) {
    throw new RangeError(`${what} of the certificate is not ${KEY_LENGTH} characters of Z85`);
  }
  try {
    decodeZ85(key);
  } catch {
    // The text may be secret: it is not repeated.
    throw new RangeError(`${what} of the certificate is no Z85 text`);
  }
}

function quoted(name: string, value: string): string {
  const quote = value.includes('"') ? "'" : '"';
  if (value.includes(quote) || /[\r\n]/.test(value)) {
    throw new RangeError(`value of ${name} has both quotes or a line break, which ZPL cannot hold`);
  }
  return quote + value + quote;
}

/** `name` that opens a section, or `    name = value`; no name for comments, blank lines and what is neither. */
function lineOf(line: string): { indented: boolean; name?: string; value?: string } {
  const text = line.trimStart();
  const indented = text !== line;
  const [name] = NAME_AHEAD.exec(text) ?? [];
  if (name === undefined) return { indented };
  const rest = text.slice(name.length).trimStart();
  if (rest === '' || rest.startsWith('#')) return { indented, name };
  return rest.startsWith('=') ? { indented, name, value: rest.slice(1).trimStart() } : { indented };
}

/** The value: in quotes up to the closing one, else up to a comment. */
function unquoted(value: string): string {
  const quote = value[0];
  if (quote === '"' || quote === "'") {
    const end = value.indexOf(quote, 1);
    return value.slice(1, end < 0 ? undefined : end);
  }
  const comment = value.indexOf('#');
  return value.slice(0, comment < 0 ? undefined : comment).trim();
}

const NAME_AHEAD = /^[A-Za-z0-9$\-_@.&+/]+/;
const NAME = /^[A-Za-z0-9$\-_@.&+/]+$/;
const KEY_LENGTH = 40;

const PUBLIC_HEAD = [
  '#   ZeroMQ CURVE Public Certificate',
  '#   Exchange securely, or use a secure mechanism to verify the contents',
  '#   of this file after exchange.',
];
const SECRET_HEAD = [
  '#   ZeroMQ CURVE **Secret** Certificate',
  '#   DO NOT PROVIDE THIS FILE TO OTHER USERS nor change its permissions.',
];
