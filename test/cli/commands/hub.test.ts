/** The hub as a program. */

import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import t from 'tap';
import { Certificate, Dealer, Request } from '../../../src/index.ts';
import { DedicatedLayer } from '../../../src/layer/index.ts';
import { alone } from '../../../src/layer/native/greeting.ts';
import { encode } from '../../../src/layer/native/records.ts';
import { freeAddress } from '../../support/layer/layer-addresses.ts';
import { HELLO, said } from '../../support/layer/said.ts';
import { run, start } from '../shell.ts';

t.test('it runs, answers, logs, and drains', async (t) => {
  const [bind, control] = [freeAddress(), freeAddress()];
  const file = t.testdir({ 'hub.json': JSON.stringify({ bind, report: 0, log: 'json' }) });
  const options = ['-c', `${file}/hub.json`, '--log', 'text'];
  const hub = start(t, 'hub', ...options, '--control', control, '--http', '0');
  const [, address] = await hub.said(/listening.* {2}http=(\S+)/, 'stderr');
  const layer = new DedicatedLayer({ hub: bind, capacity: 1 });
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
    /hub listening {2}hub=[0-9a-f]{16} {2}bind=ipc/,
    /process joined/,
    /warning: channel full {2}channel=a {2}count=1/,
    /draining/,
    /ended .*sent=1.*lost=1/,
  ]) {
    t.match(stderr, text);
  }
});

t.test('it listens at several endpoints', async (t) => {
  const [one, other] = [freeAddress(), freeAddress()];
  const file = t.testdir({ 'hub.json': JSON.stringify({ bind: [one, other] }) });
  for (const args of [
    ['--bind', one, '--bind', other],
    ['-c', `${file}/hub.json`],
  ]) {
    const hub = start(t, 'hub', ...args);
    await hub.said(new RegExp(`bind=${one} ${other}`), 'stderr');
    const layers = [one, other].map((at) => new DedicatedLayer({ hub: at }));
    await layers[0]!.send('jobs', { n: 1 });
    t.same(await layers[1]!.receive('jobs'), { n: 1 });
    await Promise.all(layers.map((layer) => layer.close()));
    hub.kill('SIGTERM');
    t.equal((await hub.over).code, 0);
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
    const bind = freeAddress();
    const where = { hub: bind };
    const cert = ['--cert', `${folder}/hub.key`, ...allow];
    const hub = start(t, 'hub', '--bind', bind, ...cert);
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
  const { code, stderr } = await run(t, ['hub', '--bind', freeAddress(), '--allow', '*']);
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
    const args = ['--bind', freeAddress(), '--cert', `${folder}/hub.key`];
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
    const hub = start(t, 'hub', '--bind', freeAddress(), '--http', http);
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
    const bind = freeAddress();
    const hub = start(t, 'hub', '--bind', bind, '--log', format);
    await hub.said(/listening/, 'stderr');
    const dealer = new Dealer({ linger: 1000 });
    dealer.connect(bind);
    await dealer.send(alone(HELLO, 1));
    const forged = encode('send', {
      channel: 'a\n1970 forged\x1b[2J\x9b2J',
      expires: 1e12,
      capacity: 0,
      payload: Buffer.alloc(1),
    });
    await dealer.send(said(forged));
    await hub.said(/unreadable/, 'stderr');
    dealer.close();
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
  const at = ['--bind', freeAddress()];
  const both = ['--pull', freeAddress(), '--pub', freeAddress()];
  await Promise.all(
    (
      [
        [[], /--bind ENDPOINT is needed/],
        [both, /--pull and --pub are for --wire channels_zmq/],
        [[...at, '--wire', 'channels_zmq'], /channels_zmq needs --pull ENDPOINT and --pub/],
        [[...at, '--wire', 'x'], /--wire must be one of/],
        [[...at, '--report', 'x'], /--report must be a number/],
        [[...at, '--group-expiry', '0'], /--group-expiry must be a number from 0\.1/],
        [[...at, '--http', 'x'], /--http must be/],
        [[...at, '--http', '1.5'], /--http must be/],
        [[...at, '--http', 'localhost:'], /--http must be/],
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

t.test('a second hub at the same address', async (t) => {
  const at = ['--bind', freeAddress()];
  const first = start(t, 'hub', ...at, '--log', 'json');
  const [line = ''] = await first.said(/.*listening.*/, 'stderr');
  t.match(JSON.parse(line), { level: 'info', text: 'listening' });
  const { code, stderr } = await run(t, ['hub', ...at]);
  t.equal(code, 1);
  t.match(stderr, /ERR_ADDRESS_IN_USE, .*another hub/);
  first.kill('SIGINT');
  t.equal((await first.over).code, 0);
});
