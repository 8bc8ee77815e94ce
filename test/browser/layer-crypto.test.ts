/** The hashes and the cipher of layers in pages, against those of Node. */

import * as node from 'node:crypto';
import fc from 'fast-check';
import t from 'tap';
import * as page from '../../src/browser/layer-crypto.ts';

t.test('hashes are those of Node, around every end of a block', (t) => {
  for (const name of ['sha1', 'sha256'] as const) {
    const same = (value: string | Uint8Array) =>
      page.createHash(name).update(value).digest('hex') ===
      node.createHash(name).update(value).digest('hex');
    for (let size = 0; size < 200; size++) {
      if (!same(node.randomBytes(size))) t.fail(`${name} of ${size} octets`);
    }
    t.doesNotThrow(() => fc.assert(fc.property(fc.string({ unit: 'binary' }), same)));
    t.ok(same(Buffer.alloc(1_000_000, 0xff)));
  }
  t.end();
});

t.test('what it seals Node opens, and the other way round', (t) => {
  const octets = fc.uint8Array({ maxLength: 100 });
  const sealed = (
    from: typeof page,
    key: Buffer,
    nonce: Buffer,
    name: Buffer,
    body: Uint8Array,
  ) => {
    const cipher = from.createCipheriv('aes-256-gcm', key, nonce);
    cipher.setAAD(name);
    const octets = Buffer.concat([cipher.update(body), cipher.final()]);
    return { octets, tag: cipher.getAuthTag() };
  };
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(octets, octets, (body, name) => {
        const [key, nonce, aad] = [page.randomBytes(32), page.randomBytes(12), Buffer.from(name)];
        const ours = sealed(page, key, nonce, aad, body);
        const theirs = sealed(node as unknown as typeof page, key, nonce, aad, body);
        return ours.octets.equals(theirs.octets) && theirs.tag.every((o, i) => o === ours.tag[i]);
      }),
    ),
  );
  const [key, nonce] = [page.randomBytes(32), page.randomBytes(12)];
  const { octets: body, tag } = sealed(page, key, nonce, Buffer.from('a'), Buffer.from('text'));
  const open = (name: string, mark: Uint8Array) => {
    const decipher = page.createDecipheriv('aes-256-gcm', key, nonce);
    decipher.setAAD(Buffer.from(name));
    decipher.setAuthTag(mark);
    return String(Buffer.concat([decipher.update(body), decipher.final()]));
  };
  t.equal(open('a', tag), 'text');
  t.throws(() => open('b', tag));
  t.throws(() =>
    open(
      'a',
      tag.map((octet) => octet ^ 1),
    ),
  );
  t.end();
});
