/** Certificates: the files of czmq and pyzmq. */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import t, { type Test } from 'tap';
import { Certificate, curveKeyPair } from '../../../src/index.ts';
import { pyzmqAvailable } from '../../support/libzmq-peer.ts';

function folderOf(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'certificates-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** As zcert_save of czmq writes it. */
const CZMQ = `#   ****  Generated on 2026-11-21 04:00:00 by CZMQ  ****
#   ZeroMQ CURVE **Secret** Certificate
#   DO NOT PROVIDE THIS FILE TO OTHER USERS nor change its permissions.

metadata
    name = "Alice # 1"
    email = 'alice"@example.org'
    plain = bare text   # with a comment
curve
    public-key = "=e%<jLY^2)?N5GNmNUYD4e4ncjn?0aLV2x]/Ny5D"
    secret-key = "TrWIXQ%lP)2Q(nYUis@I7y71C8ZW-!Dq])qA3nlE"
`;

t.test('a file of czmq is understood', async (t) => {
  const certificate = Certificate.decode(CZMQ);
  t.equal(certificate.publicKey, '=e%<jLY^2)?N5GNmNUYD4e4ncjn?0aLV2x]/Ny5D');
  t.equal(certificate.secretKey, 'TrWIXQ%lP)2Q(nYUis@I7y71C8ZW-!Dq])qA3nlE');
  t.same(
    [...certificate.metadata],
    [
      ['name', 'Alice # 1'],
      ['email', 'alice"@example.org'],
      ['plain', 'bare text'],
    ],
  );
  t.same(Certificate.decode(CZMQ.replaceAll('\n', '\r\n')), certificate, 'with either line end');
});

t.test('what is saved is loaded again; the secret is not for everybody', async (t) => {
  const path = join(folderOf(t), 'alice.key');
  const certificate = Certificate.create({ name: 'alice' });
  writeFileSync(`${path}_secret`, '', { mode: 0o644 });
  await certificate.save(path);
  t.notMatch(readFileSync(path, 'utf8'), /secret-key/);
  t.equal(statSync(`${path}_secret`).mode & 0o777, 0o600, 'also where a file was there before');
  const shown = await Certificate.load(path);
  t.equal(shown.publicKey, certificate.publicKey);
  t.equal(shown.secretKey, undefined);
  t.throws(() => shown.options, RangeError);
  const own = await Certificate.load(`${path}_secret`);
  t.same(own, certificate);
  t.same(own.options, {
    curvePublicKey: certificate.publicKey,
    curveSecretKey: certificate.secretKey,
  });
});

t.test('every key and every text that ZPL can hold comes back', async (t) => {
  const name = fc.stringMatching(/^[A-Za-z0-9_@.-]{1,12}$/);
  const value = fc.string({ maxLength: 20 }).filter((text) => !/["\r\n]/.test(text));
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(fc.array(fc.tuple(name, value), { maxLength: 4 }), (entries) => {
        const certificate = Certificate.create(new Map(entries));
        const again = Certificate.decode(certificate.encode(true));
        t.same(again, certificate);
      }),
      { numRuns: 100 },
    ),
  );
});

t.test('what is no certificate is refused with the reason, and no secret in it', async (t) => {
  const { publicKey, secretKey } = curveKeyPair();
  const refuses = (text: string, message: RegExp): void => {
    t.throws(() => Certificate.decode(text), { message });
  };
  refuses('', /no public-key/);
  refuses('metadata\n    public-key = "x"\n', /no public-key/);
  refuses('curve\n    public-key = "short"\n', /40 characters/);
  refuses(`curve\n    public-key = "${'~'.repeat(40)}"\n`, /no Z85/);
  t.throws(() => new Certificate({ publicKey: curveKeyPair().publicKey, secretKey }), {
    message: /does not belong/,
  });
  t.throws(() => new Certificate({ publicKey, secretKey: '~'.repeat(40) }), {
    message: 'secret key of the certificate is no Z85 text',
  });
  t.throws(() => Certificate.create({ 'a b': 'x' }).encode(), { message: /no name/ });
  t.throws(() => Certificate.create({ a: 'x\ncurve\n' }).encode(), { message: /line break/ });
  t.throws(() => Certificate.create({ a: `"'` }).encode(), { message: /both quotes/ });
  const path = join(folderOf(t), 'broken.key');
  writeFileSync(path, 'nothing');
  await t.rejects(Certificate.load(path), { message: new RegExp(path) });
  await t.rejects(Certificate.load(`${path}-not-there`), { code: 'ENOENT' });
});

t.test('pyzmq and we read what the other writes', { skip: !pyzmqAvailable() }, async (t) => {
  const folder = folderOf(t);
  const mine = Certificate.create({ name: 'ours' });
  await mine.save(join(folder, 'ours.key'));
  const script = `
import json, sys, zmq.auth
folder = sys.argv[1]
zmq.auth.create_certificates(folder, 'theirs', {'name': 'theirs'})
pairs = [zmq.auth.load_certificate(folder + '/' + name) for name in ('ours.key', 'ours.key_secret')]
known = zmq.auth.load_certificates(folder)
print(json.dumps([[k and k.decode() for k in pair] for pair in pairs] + [len(known)]))
`;
  const python = spawnSync('/usr/bin/python3', ['-c', script, folder], { encoding: 'utf8' });
  t.equal(python.stderr, '');
  t.same(JSON.parse(python.stdout), [[mine.publicKey, null], [mine.publicKey, mine.secretKey], 2]);
  const theirs = await Certificate.load(join(folder, 'theirs.key_secret'));
  t.equal(theirs.metadata.get('name'), 'theirs');
  t.equal((await Certificate.load(join(folder, 'theirs.key'))).publicKey, theirs.publicKey);
});

t.test('the time to read a certificate is in proportion to its length', async (t) => {
  const spaces = ' '.repeat(400_000);
  const key = Certificate.create().publicKey;
  for (const value of [`a${spaces}b`, `${spaces}\u2028`, `${spaces}a # b`, `"${spaces}`, spaces]) {
    const before = process.cpuUsage();
    const text = `metadata\n    name =${value}\n    other${spaces}x\ncurve\n    public-key = "${key}"\n`;
    t.equal(Certificate.decode(text).publicKey, key);
    // It was a minute and more.
    t.ok(process.cpuUsage(before).user < 2e6);
  }
});
