/** The boxes of CURVE, by either library, against TweetNaCl and libsodium, which do the same on their own. */

import { randomBytes, randomInt } from 'node:crypto';
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
  generateKeyPair,
  importKeyPair,
  importPublicKey,
} from '../../../src/zmtp/mechanism/curve-key-pair.ts';

/** The environment may want more: `BOXES=100000`. */
const BOXES = Number(process.env['BOXES'] ?? 20_000);
await sodium.ready;

/** What our boxes may be made with. */
const LIBRARIES = { '@noble/ciphers': undefined, 'libsodium-wrappers': sodium } as const;
t.afterEach(() => sealWith(undefined));

t.test(`${BOXES} random boxes are the same octets in all three`, async (t) => {
  let different = 0;
  let unopened = 0;
  for (let n = 0; n < BOXES; n++) {
    // Most are small; each block and page border is met many times.
    const size = n % 100 === 0 ? randomInt(4_096) : randomInt(200);
    const [key, nonce, content] = [randomBytes(32), randomBytes(24), randomBytes(size)];
    const ours = seal(key, nonce, content);
    if (!ours.equals(nacl.secretbox(content, nonce, key))) different++;
    if (!ours.equals(sodium.crypto_secretbox_easy(content, nonce, key))) different++;
    if (!open(key, nonce, ours).equals(content)) unopened++;
  }
  t.same([different, unopened], [0, 0]);
});

for (const [name, library] of Object.entries(LIBRARIES)) {
  t.test(`what TweetNaCl refuses, we refuse: ${name}`, async (t) => {
    sealWith(library);
    let wrong = 0;
    for (let n = 0; n < 2_000; n++) {
      const [key, nonce, content] = [randomBytes(32), randomBytes(24), randomBytes(randomInt(100))];
      const box = Buffer.from(nacl.secretbox(content, nonce, key));
      box[randomInt(box.length)]! ^= 1 << randomInt(8);
      try {
        open(key, nonce, box);
        wrong++;
      } catch {
        if (nacl.secretbox.open(box, nonce, key) !== null) wrong++;
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
    t.same(importKeyPair(Buffer.from(theirs.secretKey)).publicKey, Buffer.from(theirs.publicKey));
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
      t.same(box, Buffer.from(nacl.secretbox(content, Buffer.concat([front, back]), key)));
      t.same(stream.open(back, box), content);
    }
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
