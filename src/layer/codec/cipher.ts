/** Cipher: AES-256-GCM over encoded messages, with several keys, so that they can be changed one process at a time. */

import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { LayerError } from '../errors.ts';

/** A key of 32 octets, or any text, whose SHA-256 is the key. */
export type EncryptionKey = string | Uint8Array;

/**
 * Encrypts and decrypts messages; lengths are octets:
 * ```
 * nonce (12) | tag (16) | ciphertext
 * ```
 * The name of the channel or group is authenticated, too: a message to one cannot be replayed to another.
 */
export class Cipher {
  readonly #keys: readonly Buffer[];

  /** The first key encrypts, all decrypt. @throws LayerError `ERR_INVALID_OPTION` */
  constructor(keys: readonly EncryptionKey[]) {
    this.#keys = keys.map(toKey);
  }

  seal(octets: Uint8Array, name: string): Buffer {
    const nonce = randomBytes(NONCE);
    const cipher = createCipheriv('aes-256-gcm', this.#keys[0]!, nonce);
    cipher.setAAD(Buffer.from(name));
    const body = cipher.update(octets);
    const end = cipher.final();
    return Buffer.concat([nonce, cipher.getAuthTag(), body, end]);
  }

  /** @throws LayerError `ERR_CODEC` when no key opens it */
  open(octets: Uint8Array, name: string): Buffer {
    if (octets.length >= NONCE + TAG) {
      const nonce = octets.subarray(0, NONCE);
      const tag = octets.subarray(NONCE, NONCE + TAG);
      const aad = Buffer.from(name);
      for (const key of this.#keys) {
        const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG });
        decipher.setAAD(aad);
        decipher.setAuthTag(tag);
        try {
          return Buffer.concat([decipher.update(octets.subarray(NONCE + TAG)), decipher.final()]);
        } catch {
          // The next key may open it.
        }
      }
    }
    throw new LayerError('ERR_CODEC', 'encrypted with another key, or not at all');
  }
}

const NONCE = 12;
const TAG = 16;
const KEY = 32;

function toKey(key: EncryptionKey): Buffer {
  if (typeof key === 'string' && key.length > 0) return createHash('sha256').update(key).digest();
  if (key instanceof Uint8Array && key.length === KEY) return Buffer.from(key);
  throw new LayerError(
    'ERR_INVALID_OPTION',
    `an encryption key is a text that is not empty, or ${KEY} octets`,
  );
}
