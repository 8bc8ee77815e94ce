/** Libsodium, where it is installed: found, and left alone when that is wanted. */

import t from 'tap';
import { loadSodium } from '../../../src/sockets/security/sodium.ts';

t.test('it is found, and ready', async (t) => {
  const sodium = (await loadSodium())!;
  const address = sodium._malloc(100);
  t.ok(address > 0);
  t.equal(sodium._crypto_secretbox_easy(address, address + 16, 5, 0, address, address), 0);
  sodium._free(address);
});

t.test('the environment can do without it', async (t) => {
  process.env['ZEROMQ_PURE_CURVE'] = 'javascript';
  t.teardown(() => delete process.env['ZEROMQ_PURE_CURVE']);
  t.equal(await loadSodium(), undefined);
});
