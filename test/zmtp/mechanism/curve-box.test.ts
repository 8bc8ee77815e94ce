/** The boxes of CURVE, by either library, against noble and libsodium, which do the same on their own. */

import { randomBytes, randomInt } from 'node:crypto';
import { xsalsa20poly1305 } from '@noble/ciphers/salsa.js';
import sodium from 'libsodium-wrappers';
import t from 'tap';
import nacl from 'tweetnacl';
import {
  open,
  StreamBox,
  seal,
  sealWith,
  sharedKey,
} from '../../../src/zmtp/mechanism/curve-box.ts';
import {
  exportSecret,
  generateKeyPair,
  importKeyPair,
  importPublicKey,
  matchKeyPair,
} from '../../../src/zmtp/mechanism/curve-key-pair.ts';
import type { Sodium } from '../../../src/zmtp/mechanism/sodium-box.ts';

/** `BOXES=1000` in the environment is over sooner. */
const BOXES = Number(process.env['BOXES'] ?? 100_000);
await sodium.ready;
const { libsodium } = sodium as typeof sodium & { libsodium: Sodium };

/** What our boxes may be made with. */
const LIBRARIES = { TweetNaCl: undefined, libsodium } as const;
t.afterEach(() => sealWith(undefined));

function noble(content: Uint8Array, nonce: Uint8Array, key: Uint8Array): Uint8Array {
  return xsalsa20poly1305(key, nonce).encrypt(content);
}

for (const [name, library] of Object.entries(LIBRARIES)) {
  t.test(`${BOXES} random boxes are the same octets in all: ${name}`, async (t) => {
    // Once: each time it takes a place in the library's memory.
    sealWith(library);
    let different = 0;
    let unopened = 0;
    for (let n = 0; n < BOXES; n++) {
      // Most are small; each block and page border is met many times.
      const size = n % 100 === 0 ? randomInt(4_096) : randomInt(200);
      const [key, nonce, content] = [randomBytes(32), randomBytes(24), randomBytes(size)];
      const ours = seal(key, nonce, content);
      if (!ours.equals(noble(content, nonce, key))) different++;
      if (!ours.equals(sodium.crypto_secretbox_easy(content, nonce, key))) different++;
      if (!open(key, nonce, ours).equals(content)) unopened++;
    }
    t.same([different, unopened], [0, 0]);
  });
}

t.test('boxes of all sizes share one place in the memory of libsodium', async (t) => {
  const [key, front, back] = [randomBytes(32), randomBytes(16), randomBytes(8)];
  const small = new StreamBox(key, front);
  const places: number[] = [];
  const sizes: number[] = [];
  sealWith({
    ...libsodium,
    get HEAPU8() {
      return libsodium.HEAPU8;
    },
    _malloc(size) {
      const place = libsodium._malloc(size);
      places.push(place);
      sizes.push(size);
      return place;
    },
  });
  const [stream, other] = [new StreamBox(key, front), new StreamBox(randomBytes(32), front)];
  // The last but one is more than WebAssembly is given.
  for (const size of [0, 1, 65_536, 100_000, 17 * 1_048_576, 5]) {
    other.seal(back, Buffer.alloc(3));
    const content = Buffer.alloc(size, size);
    const box = stream.seal(back, content);
    t.ok(box.equals(small.seal(back, content)), `${size} octets`);
    t.ok(stream.open(back, box).equals(content));
  }
  t.same(sizes, [64 + 65_536, 64 + 131_072]);

  const place = places.at(-1)!;
  const lying = (): Buffer => Buffer.from(libsodium.HEAPU8.subarray(place, place + 32));
  t.same(lying(), key);
  other.wipe();
  t.same(lying(), key, 'somebody else is wiped');
  stream.wipe();
  t.same(lying(), Buffer.alloc(32), 'the key is wiped there, too');
});

t.test('a libsodium that does something else is not used', async (t) => {
  const [key, nonce] = [randomBytes(32), randomBytes(24)];
  const content = Buffer.from('content');
  const expected = seal(key, nonce, content);
  const strange: Partial<Sodium>[] = [
    { _crypto_secretbox_easy: () => 0 },
    { _crypto_secretbox_open_easy: () => -1 },
    { _malloc: () => 0 },
    {
      _crypto_secretbox_easy: () => {
        throw new TypeError('Cannot convert 100 to a BigInt');
      },
    },
  ];
  for (const change of strange) {
    sealWith({ ...libsodium, ...change });
    t.same(seal(key, nonce, content), expected);
    t.same(open(key, nonce, expected), content);
  }
});

for (const [name, library] of Object.entries(LIBRARIES)) {
  t.test(`what noble refuses, we refuse: ${name}`, async (t) => {
    sealWith(library);
    let wrong = 0;
    for (let n = 0; n < 2_000; n++) {
      const [key, nonce, content] = [randomBytes(32), randomBytes(24), randomBytes(randomInt(100))];
      const box = Buffer.from(noble(content, nonce, key));
      box[randomInt(box.length)]! ^= 1 << randomInt(8);
      try {
        open(key, nonce, box);
        wrong++;
      } catch {
        t.throws(() => xsalsa20poly1305(key, nonce).decrypt(box));
      }
    }
    t.equal(wrong, 0);
  });
}

t.test('keys agree to the same secret', async (t) => {
  for (let n = 0; n < 200; n++) {
    const theirs = nacl.box.keyPair();
    const ours = generateKeyPair();
    t.same(
      sharedKey(ours.secret, importPublicKey(Buffer.from(theirs.publicKey))),
      nacl.box.before(ours.publicKey, theirs.secretKey),
    );
    const [secretKey, publicKey] = [Buffer.from(theirs.secretKey), Buffer.from(theirs.publicKey)];
    t.same(importKeyPair(secretKey).publicKey, publicKey);
    const { secret } = matchKeyPair(secretKey, publicKey)!;
    t.same(exportSecret(secret), exportSecret(importKeyPair(secretKey).secret));
    t.equal(matchKeyPair(secretKey, ours.publicKey), undefined);
  }
});

for (const [name, library] of Object.entries(LIBRARIES)) {
  t.test(`a stream of boxes is boxes with one front of the nonce: ${name}`, async (t) => {
    sealWith(library);
    const [key, front] = [randomBytes(32), randomBytes(16)];
    const stream = new StreamBox(key, front);
    for (let n = 0; n < 1_000; n++) {
      const [back, content] = [randomBytes(8), randomBytes(randomInt(300))];
      const box = stream.seal(back, content);
      t.same(box, Buffer.from(noble(content, Buffer.concat([front, back]), key)));
      t.same(stream.open(back, box), content);
    }
  });
}

for (const [name, library] of Object.entries(LIBRARIES)) {
  t.test(`a box opens where it lies, and a forged one stays as it is: ${name}`, async (t) => {
    sealWith(library);
    const [key, front] = [randomBytes(32), randomBytes(16)];
    const stream = new StreamBox(key, front);
    let wrong = 0;
    for (let n = 0; n < 1_000; n++) {
      const [back, content] = [randomBytes(8), randomBytes(randomInt(300))];
      // As a MESSAGE: eight octets, the end of the nonce, and the box.
      const frame = Buffer.concat([randomBytes(8), back, stream.seal(back, content)]);
      const forged = Buffer.from(frame);
      forged[randomInt(8, forged.length)]! ^= 1 << randomInt(8);
      const before = Buffer.from(forged);
      t.throws(() => stream.openInPlace(forged), { code: 'ERR_ZMTP_CRYPTOGRAPHIC' });
      if (!forged.equals(before)) wrong++;
      stream.openInPlace(frame);
      if (!frame.subarray(32).equals(content)) wrong++;
    }
    t.equal(wrong, 0);
  });
}

for (const [name, library] of Object.entries(LIBRARIES)) {
  t.test(`a wiped stream does nothing any more: ${name}`, async (t) => {
    sealWith(library);
    const stream = new StreamBox(randomBytes(32), randomBytes(16));
    const box = stream.seal(Buffer.alloc(8), Buffer.from('x'));
    stream.wipe();
    t.throws(() => stream.seal(Buffer.alloc(8), Buffer.from('x')), { message: /wiped/ });
    t.throws(() => stream.open(Buffer.alloc(8), box), { message: /wiped/ });
  });
}

t.test('public keys of small order give no secret', async (t) => {
  const weak = [
    '0000000000000000000000000000000000000000000000000000000000000000',
    '0100000000000000000000000000000000000000000000000000000000000000',
    'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
    'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
    'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
    'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
    '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
  ];
  const { secret } = generateKeyPair();
  for (const key of weak) {
    t.throws(() => sharedKey(secret, importPublicKey(Buffer.from(key, 'hex'))), {
      code: 'ERR_ZMTP_KEY_EXCHANGE',
    });
  }
});
