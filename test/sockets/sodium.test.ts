/** Libsodium, where it is installed: found, and left alone when that is wanted. */

import t from 'tap';
import { loadSodium } from '../../src/sockets/sodium.ts';

t.test('it is found, and ready', async (t) => {
  const sodium = (await loadSodium())!;
  const [nonce, key] = [new Uint8Array(24), new Uint8Array(32)];
  t.equal(sodium.crypto_secretbox_easy(new Uint8Array(5), nonce, key).length, 16 + 5);
});

t.test('the environment can do without it', async (t) => {
  process.env['ZEROMQ_PURE_CURVE'] = 'noble';
  t.teardown(() => delete process.env['ZEROMQ_PURE_CURVE']);
  t.equal(await loadSodium(), undefined);
});
