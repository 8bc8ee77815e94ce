/** Authenticator: addresses, passwords and keys; alone, and in front of sockets. */

import { mkdtempSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import {
  type AuthenticationRequest,
  Authenticator,
  Certificate,
  Context,
  curveKeyPair,
  Dealer,
} from '../../../src/index.ts';
import { decodeZ85 } from '../../../src/zmtp/index.ts';
import { use, watch } from '../../support/sockets.ts';

function folderOf(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'authenticator-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function request(given: Partial<AuthenticationRequest>): AuthenticationRequest {
  return {
    mechanism: 'NULL',
    domain: '',
    address: '127.0.0.1',
    identity: Buffer.alloc(0),
    credentials: [],
    ...given,
  };
}

function login(user: string, password: string, domain = ''): AuthenticationRequest {
  const credentials = [Buffer.from(user), Buffer.from(password)];
  return request({ mechanism: 'PLAIN', domain, credentials });
}

function keyed(publicKey: string, domain = ''): AuthenticationRequest {
  return request({ mechanism: 'CURVE', domain, credentials: [decodeZ85(publicKey)] });
}

async function status(authenticator: Authenticator, asked: AuthenticationRequest): Promise<number> {
  return (await authenticator.authenticate(asked)).status;
}

t.test('addresses', async (t) => {
  const from = (authenticator: Authenticator, address: string): Promise<number> =>
    status(authenticator, request({ address }));
  const open = new Authenticator();
  for (const address of ['127.0.0.1', '::1', '']) t.equal(await from(open, address), 200);

  const few = new Authenticator().allow('127.0.0.1', '10.0.0.0/8', 'fe80::/10');
  for (const address of ['127.0.0.1', '10.200.3.4', 'fe80::1%eth0']) {
    t.equal(await from(few, address), 200, address);
  }
  for (const address of ['127.0.0.2', '11.0.0.1', '::1', '']) {
    t.equal(await from(few, address), 400, address || 'ipc');
  }
  t.equal(await from(few.allow('ipc'), ''), 200);

  const without = new Authenticator().deny('127.0.0.1', '2001:db8::/32').allow('127.0.0.0/8');
  t.equal(await from(without, '127.0.0.2'), 200);
  t.equal(await from(without, '127.0.0.1'), 400, 'denied counts more than allowed');
  t.equal(await from(without, '2001:db8::5'), 400);
  for (const text of [
    '',
    'localhost',
    '10.0.0.0/33',
    '1.2.3',
    '10.0.0.0/8/8',
    '::1/129',
    '1.1.1.1/',
  ]) {
    t.throws(() => open.allow(text), TypeError, text);
  }
});

t.test('passwords', async (t) => {
  const authenticator = new Authenticator();
  t.equal(await status(authenticator, login('alice', 'secret')), 400, 'nobody without passwords');
  authenticator.plain({ alice: 'secret', __proto__x: 'y' }).plain({ bob: 'b' }, 'inner');
  t.same(await authenticator.authenticate(login('alice', 'secret')), {
    status: 200,
    userId: 'alice',
  });
  for (const [user, password, domain] of [
    ['alice', 'Secret'],
    ['alice', ''],
    ['', ''],
    ['bob', 'b'],
    ['constructor', 'x'],
    ['__proto__', 'x'],
    ['alice', 'secret', 'inner'],
  ] as const) {
    t.equal(await status(authenticator, login(user, password, domain)), 400, `${user} ${domain}`);
  }
  t.equal(await status(authenticator, login('bob', 'b', 'inner')), 200);
  t.equal(await status(authenticator, login('alice', 'secret', 'other')), 200, '* is for all');
});

t.test('passwords in a file, which may change', async (t) => {
  const path = join(folderOf(t), 'passwords');
  t.throws(() => new Authenticator().plain(path), { code: 'ENOENT' });
  writeFileSync(path, '# users\nalice=se=cret\n\n  bob = b \nnonsense\n');
  const authenticator = new Authenticator().plain(path);
  t.equal(await status(authenticator, login('alice', 'se=cret')), 200);
  t.equal(await status(authenticator, login('bob', 'b')), 200);
  t.equal(await status(authenticator, login('# users\nalice', 'se=cret')), 400);
  writeFileSync(path, 'alice=another\n');
  t.equal(await status(authenticator, login('alice', 'se=cret')), 400);
  t.equal(await status(authenticator, login('alice', 'another')), 200);
  unlinkSync(path);
  await t.rejects(authenticator.authenticate(login('alice', 'another')), { code: 'ENOENT' });
});

t.test('keys', async (t) => {
  const [one, two] = [curveKeyPair(), curveKeyPair()];
  const authenticator = new Authenticator();
  t.equal(await status(authenticator, keyed(one.publicKey)), 400, 'nobody without keys');
  authenticator.curve([one.publicKey]);
  t.same(await authenticator.authenticate(keyed(one.publicKey)), {
    status: 200,
    userId: one.publicKey,
  });
  t.equal(await status(authenticator, keyed(two.publicKey)), 400);
  t.equal(await status(authenticator.curve('*'), keyed(two.publicKey)), 200);
  authenticator.curve(
    async (key, domain) => key === two.publicKey && domain === 'd' && { a: 'b' },
    'd',
  );
  t.same((await authenticator.authenticate(keyed(two.publicKey, 'd'))).metadata, { a: 'b' });
  t.equal(await status(authenticator, keyed(one.publicKey, 'd')), 400);
  t.throws(() => authenticator.curve(['x']), RangeError);
});

t.test('keys in a folder of certificates, which may change', async (t) => {
  const folder = folderOf(t);
  const path = join(folder, 'alice.key');
  t.throws(() => new Authenticator().curve({ folder: path }), { code: 'ENOENT' });
  const [alice, bob] = [Certificate.create({ 'X-Role': 'boss' }), Certificate.create()];
  await alice.save(path);
  writeFileSync(join(folder, 'notes.txt'), 'none of them');
  const authenticator = new Authenticator().curve({ folder });
  t.same(await authenticator.authenticate(keyed(alice.publicKey)), {
    status: 200,
    userId: alice.publicKey,
    metadata: { 'X-Role': 'boss' },
  });
  t.equal(await status(authenticator, keyed(bob.publicKey)), 400);
  await bob.save(join(folder, 'bob.key'));
  t.equal(await status(authenticator, keyed(bob.publicKey)), 200, 'comes');
  unlinkSync(path);
  t.equal(await status(authenticator, keyed(alice.publicKey)), 400, 'and goes');
});

t.test('in front of all sockets of a context', async (t) => {
  const context = new Context();
  t.teardown(() => context.close());
  const [server, alice, mallory] = [
    Certificate.create(),
    Certificate.create({ 'X-Role': 'boss' }),
    Certificate.create(),
  ];
  const authenticator = new Authenticator().curve([alice]).plain({ bob: 'b' });
  context.authenticate = authenticator.authenticate;

  const [bound, log] = watch(
    t,
    new Dealer({ context, curveServer: true, ...server.options, keepPeers: true }),
  );
  await bound.bind('tcp://127.0.0.1:*');
  const curve = { context, curveServerKey: server.publicKey };
  const good = use(t, new Dealer({ ...curve, ...alice.options }));
  const bad = use(t, new Dealer({ ...curve, ...mallory.options, reconnectInterval: 1000 }));
  bad.connect(bound.lastEndpoint!);
  const refused = await log.next('handshake:error:auth');
  t.equal(refused.error.status, 400);
  t.match((refused.error.cause as Error).message, /key is not known/);
  bad.close();
  good.connect(bound.lastEndpoint!);
  await good.send('hello');
  const message = await bound.receive();
  const peer = bound.peerOf(message);
  t.equal(peer?.userId, alice.publicKey);
  t.equal(peer?.metadata.get('X-Role')?.toString(), 'boss');
  t.equal(log.count('handshake:error:auth'), 1);
});
