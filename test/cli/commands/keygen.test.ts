/** Keys and certificates on the command line: made, and used by the subcommands that open sockets. */

import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { Certificate, curveKeyPair } from '../../../src/index.ts';
import { run, start } from '../shell.ts';

const ANYWHERE = 'tcp://127.0.0.1:*';

t.test('a pair as text', async (t) => {
  const { code, stdout, stderr } = await run(t, ['keygen']);
  t.same([code, stderr], [0, '']);
  const [, publicKey = '', secretKey = ''] =
    /^curvePublicKey=(.{40})\ncurveSecretKey=(.{40})\n$/.exec(stdout) ?? [];
  t.doesNotThrow(() => new Certificate({ publicKey, secretKey }), 'they belong together');
  const json = await run(t, ['keygen', '--json']);
  const pair = JSON.parse(json.stdout);
  t.doesNotThrow(() => new Certificate(pair));
  t.not(pair.publicKey, publicKey, 'new ones each time');
});

t.test('certificates', async (t) => {
  const path = join(t.testdir({}), 'alice.key');
  const { code, stdout, stderr } = await run(t, ['keygen', path, '-m', 'name=A = "B"']);
  t.equal(code, 0);
  t.match(stderr, `${path} is for others, ${path}_secret for nobody else\n`);
  const shown = await Certificate.load(path);
  const own = await Certificate.load(`${path}_secret`);
  t.same([...shown.metadata], [['name', 'A = "B"']]);
  t.equal(stdout, `${shown.publicKey}\n`);
  t.equal(shown.secretKey, undefined);
  t.equal(own.publicKey, shown.publicKey);
  t.type(own.secretKey, 'string');
  t.equal(statSync(`${path}_secret`).mode & 0o777, 0o600);

  const again = await run(t, ['keygen', path]);
  t.equal(again.code, 1);
  t.match(again.stderr, /alice\.key is there already; --force replaces it/);
  t.equal((await Certificate.load(path)).publicKey, shown.publicKey, 'and nothing was done');
  t.equal((await run(t, ['keygen', path, '--force'])).code, 0);
  t.not((await Certificate.load(path)).publicKey, shown.publicKey);
});

t.test('mistakes', async (t) => {
  const folder = t.testdir({ 'public.key': new Certificate(onlyPublic()).encode(), bad: 'x' });
  const [cert, bad] = [join(folder, 'public.key'), join(folder, 'bad')];
  await Promise.all(
    (
      [
        [['keygen', 'a', 'b'], 2, /"b" is not expected here/],
        [['keygen', '-m', 'a=b'], 2, /--meta needs a FILE/],
        [['keygen', 'a', '-m', 'a'], 2, /--meta must be NAME=VALUE, not "a"/],
        [['keygen', join(folder, 'a'), '-m', 'a b=c'], 2, /--meta: "a b" is no name in ZPL/],
        [['keygen', 'a', '--json'], 2, /--json is for a pair without a FILE/],
        [['keygen', join(folder, 'no', 'where')], 1, /ENOENT/],
        [['pull', '-b', ANYWHERE, '--cert', cert], 2, /public\.key has no secret-key/],
        [['pull', '-b', ANYWHERE, '--cert', bad], 1, /bad: certificate has no public-key/],
        [['pull', '-b', ANYWHERE, '--server-cert', '/nowhere'], 1, /ENOENT/],
        [
          ['pull', '-b', ANYWHERE, '--allow', folder],
          2,
          /--allow is for a server: it needs --cert/,
        ],
        [['pull', '-b', ANYWHERE, '-o', 'curveSecretKey=abc'], 2, /curveSecretKey/],
        [['pull', '-b', ANYWHERE, '-o', 'curveServer=true'], 2, /needs curveSecretKey, not set/],
      ] as const
    ).map(async ([args, expected, complaint]) => {
      const { code, stdout, stderr } = await run(t, args);
      t.same([code, stdout], [expected, ''], args.join(' '));
      t.match(stderr, complaint);
      t.match(stderr, /^zeromq-pure.*\n$/, 'one line');
    }),
  );
});

t.test('a server lets in those whose certificates it has', async (t) => {
  const folder = t.testdir({ clients: {} });
  const [server, alice, mallory] = ['server', 'clients/alice', 'mallory'].map((name) =>
    join(folder, `${name}.key`),
  ) as [string, string, string];
  for (const path of [server, alice, mallory]) await Certificate.create().save(path);
  const pull = start(t, 'pull', '-b', ANYWHERE, '--cert', server, '--allow', `${folder}/clients`);
  const endpoint = await pull.endpoint();
  const to = ['-c', endpoint, '--server-cert', server] as const;
  for (const keys of [['--cert', mallory], []]) {
    const watched = await run(t, ['monitor', 'push', ...to, ...keys, '-n', '3', '--json']);
    t.match(watched.stdout, /"type":"handshake:error:auth".*"status":400/, 'a stranger is told so');
  }
  t.same(await run(t, ['push', ...to, '--cert', alice, 'from alice']), {
    code: 0,
    stdout: '',
    stderr: '',
  });
  await pull.said(/from alice/);
  t.equal(pull.stdout, 'from alice\n');
});

t.test('a proxy with certificates', async (t) => {
  const folder = t.testdir({ clients: {} });
  const [proxy, alice, mallory] = ['proxy', 'clients/alice', 'mallory'].map((name) =>
    join(folder, `${name}.key`),
  ) as [string, string, string];
  for (const path of [proxy, alice, mallory]) await Certificate.create().save(path);
  const between = start(
    t,
    ...['proxy', '--type', 'streamer', '--front', ANYWHERE, '--back', ANYWHERE],
    ...['--cert', proxy, '--allow', `${folder}/clients`],
  );
  const [, front = ''] = await between.said(/front at (\S+)/, 'stderr');
  const [, back = ''] = await between.said(/back at (\S+)/, 'stderr');
  const watched = ['monitor', 'push', '-c', front, '--server-cert', proxy, '--cert', mallory];
  t.match((await run(t, [...watched, '-n', '3', '--json'])).stdout, /"status":400/);
  const keys = ['--server-cert', proxy, '--cert', alice];
  const pull = start(t, 'pull', '-c', back, '-n', '1', ...keys);
  t.equal((await run(t, ['push', '-c', front, ...keys, 'hello'])).code, 0);
  t.match(await pull.over, { code: 0, stdout: 'hello\n' });
});

t.test('keys as options of a socket, and a key for one time only', async (t) => {
  const { publicKey, secretKey } = curveKeyPair();
  const path = join(t.testdir({}), 'server.key');
  writeFileSync(path, new Certificate({ publicKey }).encode());
  t.notMatch(readFileSync(path, 'utf8'), /secret-key/);
  const keys = ['-o', 'curveServer=true', '-o', `curveSecretKey=${secretKey}`];
  const pull = start(t, 'pull', '-b', ANYWHERE, '-n', '1', ...keys);
  const to = ['-c', await pull.endpoint(), '--server-cert', path];
  t.equal((await run(t, ['push', ...to, 'hello'])).code, 0);
  t.match(await pull.over, { code: 0, stdout: 'hello\n' });
});

function onlyPublic(): { publicKey: string } {
  return { publicKey: curveKeyPair().publicKey };
}
