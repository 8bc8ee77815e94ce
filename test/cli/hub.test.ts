/** The hub as a program. */

import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import t from 'tap';
import { Certificate, Push, Request } from '../../src/index.ts';
import { DedicatedLayer } from '../../src/layer/index.ts';
import { HeaderWriter, Kind } from '../../src/layer/native/protocol.ts';
import { freeAddress } from '../support/layer-addresses.ts';
import { run, start } from './shell.ts';

t.test('it runs, answers, logs, and drains', async (t) => {
  const [pull, pub, control] = [freeAddress(), freeAddress(), freeAddress()];
  const file = t.testdir({ 'hub.json': JSON.stringify({ pull, report: 0, log: 'json' }) });
  const options = ['-c', `${file}/hub.json`, '--log', 'text', '--pub', pub];
  const hub = start(t, 'hub', ...options, '--control', control, '--http', '0');
  const [, address] = await hub.said(/listening.* {2}http=(\S+)/, 'stderr');
  const layer = new DedicatedLayer({ push: pull, pub, capacity: 1 });
  await layer.send('a', {});
  await t.rejects(layer.send('a', {}), { code: 'ERR_CHANNEL_FULL' });

  const request = new Request({ linger: 0 });
  request.connect(control);
  await request.send('health');
  t.match(await request.receiveJson(), { healthy: true, peers: 1 });
  await request.send('stats');
  t.match(await request.receiveJson(), { sent: 1, full: 1, unread: 1 });
  await request.send('constructor');
  t.match(await request.receiveJson(), { error: /health/ });
  request.close();
  t.match(await (await fetch(`http://${address}/health`)).json(), { healthy: true });
  t.match(await (await fetch(`http://${address}/stats`)).json(), { sent: 1 });
  t.equal((await fetch(`http://${address}/coffee`)).status, 404);

  hub.kill('SIGUSR2');
  await hub.said(/counters .*sent=1/, 'stderr');
  await layer.close();
  await hub.said(/process left/, 'stderr');
  hub.kill('SIGTERM');
  const { code, stderr } = await hub.over;
  t.equal(code, 0);
  for (const text of [
    /hub listening {2}hub=[0-9a-f]{16} {2}pull=ipc/,
    /process joined/,
    /warning: channel full {2}channel=a {2}count=1/,
    /draining/,
    /ended .*sent=1.*lost=1/,
  ]) {
    t.match(stderr, text);
  }
});

t.test('under CURVE', async (t) => {
  const folder = t.testdir({ clients: {} });
  const [own, alice] = [Certificate.create(), Certificate.create()];
  await own.save(`${folder}/hub.key`);
  await alice.save(`${folder}/clients/alice.key`);
  const cases = [
    [[], own, alice],
    [['--allow', `${folder}/clients`], alice, own],
    [['--allow', '*'], alice, undefined],
  ] as const;
  for (const [allow, welcome, stranger] of cases) {
    const [pull, pub] = [freeAddress(), freeAddress()];
    const where = { push: pull, pub };
    const cert = ['--cert', `${folder}/hub.key`, ...allow];
    const hub = start(t, 'hub', '--pull', pull, '--pub', pub, ...cert);
    await hub.said(/listening/, 'stderr');
    const curve = { ...welcome, serverKey: own.publicKey };
    const layer = new DedicatedLayer({ ...where, curve });
    t.teardown(() => layer.close());
    await layer.send('a', { n: 1 });
    t.same(await layer.receive('a'), { n: 1 });
    if (stranger === undefined) continue;
    const outside = new DedicatedLayer({
      ...where,
      curve: { ...stranger, serverKey: own.publicKey },
    });
    t.teardown(() => outside.close());
    await hub.said(/warning: refused {2}at=ipc.*reason=400/, 'stderr');
  }
  const both = ['--pull', freeAddress(), '--pub', freeAddress()];
  const { code, stderr } = await run(t, ['hub', ...both, '--allow', '*']);
  t.equal(code, 2);
  t.match(stderr, /--allow is for a server: it needs --cert/);
});

t.test('the control socket has the security of the hub, and short questions', async (t) => {
  const folder = t.testdir({ clients: {} });
  const [own, alice] = [Certificate.create(), Certificate.create()];
  await own.save(`${folder}/hub.key`);
  await alice.save(`${folder}/clients/alice.key`);
  const answer = async (control: string, keys: object, question: Buffer | string = 'health') => {
    const request = new Request({ linger: 0, receiveTimeout: 1000, ...keys });
    request.connect(control);
    await request.send(question);
    const answer = await request.receiveJson().catch(({ code }) => code);
    request.close();
    return answer;
  };
  const keysOf = ({ options }: Certificate) => ({ ...options, curveServerKey: own.publicKey });
  const cases = [
    [[], own, alice],
    [['--allow', `${folder}/clients`], alice, own],
  ] as const;
  for (const [allow, welcome, stranger] of cases) {
    const args = ['--pull', freeAddress(), '--pub', freeAddress(), '--cert', `${folder}/hub.key`];
    const hub = start(t, 'hub', ...args, ...allow, '--control', 'tcp://127.0.0.1:*');
    const [, control = ''] = await hub.said(/listening.* {2}control=(\S+)/, 'stderr');
    t.match(await answer(control, keysOf(welcome)), { healthy: true });
    t.equal(await answer(control, keysOf(stranger)), 'EAGAIN', 'not let in');
    t.equal(await answer(control, {}), 'EAGAIN', 'in the clear');
    t.match(await answer(control, keysOf(welcome), Buffer.alloc(1024, ' ')), { error: /health/ });
    t.equal(await answer(control, keysOf(welcome), Buffer.alloc(1025, ' ')), 'EAGAIN');
    t.match(await answer(control, keysOf(welcome)), { healthy: true }, 'others go on');
  }
});

t.test('over HTTP it answers GET and HEAD, by address or a name of this machine', async (t) => {
  const ask = async (address: string, head: string): Promise<string> => {
    const { hostname, port } = new URL(`http://${address}`);
    const socket = connect(Number(port), hostname.replace(/[[\]]/g, ''));
    t.teardown(() => socket.destroy());
    socket.write(`${head}\r\n\r\n`);
    const chunks: Buffer[] = [];
    for await (const chunk of socket) chunks.push(chunk);
    return String(Buffer.concat(chunks));
  };
  for (const [http, at] of [
    ['127.0.0.1:0', /^127\.0\.0\.1:\d+$/],
    [':0', /^127\.0\.0\.1:\d+$/],
    ['[::1]:0', /^\[::1\]:\d+$/],
    ['::1:0', /^\[::1\]:\d+$/],
  ] as const) {
    const hub = start(t, 'hub', '--pull', freeAddress(), '--pub', freeAddress(), '--http', http);
    const [, address = ''] = await hub.said(/listening.* {2}http=(\S+)/, 'stderr');
    t.match(address, at, http);
    for (const [head, status] of [
      [`GET /stats HTTP/1.1\r\nHost: ${address}`, 200],
      ['GET /stats HTTP/1.1\r\nHost: localhost:1', 200],
      ['GET /stats HTTP/1.1\r\nHost: 10.0.0.1', 200],
      ['GET /stats HTTP/1.0', 200],
      [`HEAD /health HTTP/1.1\r\nHost: ${address}`, 200],
      ['GET /stats HTTP/1.1\r\nHost: attacker.example', 421],
      ['GET /stats HTTP/1.1\r\nHost: localhost.attacker.example', 421],
      [`POST /stats HTTP/1.1\r\nHost: ${address}`, 405],
    ] as const) {
      const answer = await ask(address, head);
      t.ok(answer.startsWith(`HTTP/1.1 ${status} `), `${head}: ${answer.slice(0, 20)}`);
      t.equal(/"uptime":\d+/.test(answer), status === 200 && !head.startsWith('HEAD'));
    }
  }
});

t.test('what comes from others forges no line of the log', async (t) => {
  for (const format of ['text', 'json']) {
    const [pull, pub] = [freeAddress(), freeAddress()];
    const hub = start(t, 'hub', '--pull', pull, '--pub', pub, '--log', format);
    await hub.said(/listening/, 'stderr');
    const push = new Push({ linger: 1000 });
    push.connect(pull);
    const header = new HeaderWriter('0'.repeat(16)).write(Kind.send, 1, 1000, 0);
    await push.send([
      header,
      Buffer.from('a\n1970 forged\x1b[2J\x9b2J', 'latin1'),
      Buffer.alloc(1),
    ]);
    await hub.said(/channel full/, 'stderr');
    push.close();
    hub.kill('SIGTERM');
    const { stderr } = await hub.over;
    t.notMatch(stderr, /^1970/m, 'no line of its own');
    t.notOk(stderr.includes('\x1b') || stderr.includes('\x9b'), 'nothing that a terminal obeys');
    t.match(stderr, /forged/);
  }
});

t.test('mistakes', async (t) => {
  const file = `${t.testdir({})}/bad.json`;
  writeFileSync(file, '{"colour": "red"}');
  const both = ['--pull', freeAddress(), '--pub', freeAddress()];
  await Promise.all(
    (
      [
        [[], /--pull ENDPOINT and --pub/],
        [[...both, '--wire', 'x'], /--wire must be one of/],
        [[...both, '--report', 'x'], /--report must be a number/],
        [[...both, '--group-expiry', '0'], /--group-expiry must be a number from 0\.1/],
        [[...both, '--http', 'x'], /--http must be/],
        [[...both, '--http', '1.5'], /--http must be/],
        [[...both, '--http', 'localhost:'], /--http must be/],
        [['--pul', 'a'], /--pul/],
        [['-c', file], /bad\.json: .*--colour/],
        [['-c', '/nowhere/at/all'], /nowhere/],
      ] as const
    ).map(async ([args, expected]) => {
      const { code, stderr } = await run(t, ['hub', ...args]);
      t.equal(code, 2, args.join(' '));
      t.match(stderr, expected);
      t.equal(stderr.split('\n').length, 2, 'one line');
    }),
  );
});

t.test('a second hub on the same addresses', async (t) => {
  const both = ['--pull', freeAddress(), '--pub', freeAddress()];
  const first = start(t, 'hub', ...both, '--log', 'json');
  const [line = ''] = await first.said(/.*listening.*/, 'stderr');
  t.match(JSON.parse(line), { level: 'info', text: 'listening' });
  const { code, stderr } = await run(t, ['hub', ...both]);
  t.equal(code, 1);
  t.match(stderr, /ERR_ADDRESS_IN_USE, .*another hub/);
  first.kill('SIGINT');
  t.equal((await first.over).code, 0);
});
