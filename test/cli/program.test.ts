/** The program as a whole: its help, what it says of mistakes, and the subcommands that look and measure. */

import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import t from 'tap';
import { Push, packageVersion, Reply } from 'zeromq-pure';
import { COMMANDS } from '../../src/cli/main.ts';
import { encodeGreeting } from '../../src/wire.ts';
import { LibzmqPeer } from '../support/libzmq-peer.ts';
import { run, start, startOnTerminal } from './shell.ts';

const ANYWHERE = 'tcp://127.0.0.1:*';
const ESC = '\x1b';

// Most of the time a program starts, and others can meanwhile.
t.jobs = 4;

t.test('it explains itself', { buffered: true }, async (t) => {
  const { code, stdout, stderr } = await run(t, ['--help']);
  t.same([code, stderr], [0, '']);
  for (const { name, summary } of COMMANDS)
    t.ok(stdout.includes(`  ${name}`) && stdout.includes(summary));
  t.match(await run(t, ['--version']), { code: 0, stdout: `${packageVersion}\n` });
  t.match(await run(t, []), { code: 2, stdout });

  const push = await run(t, ['push', '--help']);
  t.match(push, {
    code: 0,
    stdout: /-c, --connect ENDPOINT .*Examples:\n {2}zeromq-pure push -c /s,
  });
  t.match(await run(t, ['help', 'push']), { code: 0, stdout: push.stdout });
  for (const { name, examples, description } of COMMANDS) {
    t.ok(
      examples.some((each) => each.includes(`zeromq-pure ${name}`)),
      name,
    );
    t.ok(description.endsWith('.') || description.includes('\n'));
  }
});

t.test('a mistake is told in one line, with exit code 2', { buffered: true }, async (t) => {
  const cases: [args: string[], complaint: RegExp][] = [
    [['bogus'], /there is no command "bogus"; see zeromq-pure --help/],
    [
      ['push', 'x'],
      /push: where to\? Give --connect ENDPOINT or --bind ENDPOINT; see zeromq-pure push --help/,
    ],
    [['pull', '--bogus'], /pull: Unknown option '--bogus'/],
    [['pull', '-c', 'tcp://a:1', 'word'], /"word" is not expected here/],
    [['pull', '-c', 'nonsense'], /"nonsense" is no endpoint to use here/],
    [['pull', '-b', ANYWHERE, '-n', '0'], /--count must be a number from 1 on, not "0"/],
    [['pull', '-b', ANYWHERE, '-n', '1.5'], /--count must be a whole number, not "1.5"/],
    [
      ['pull', '-b', ANYWHERE, '-f', 'xml'],
      /--format must be one of text, json, hex, raw, not "xml"/,
    ],
    [['push', '-c', 'tcp://a:1', '-f', 'hex', 'x'], /"x" is not hexadecimal/],
    [['push', '-b', ANYWHERE, '-f', 'json'], /line 1: not JSON: /],
    [['pull', '-b', ANYWHERE, '-o', 'bogus'], /--option must be NAME=VALUE, not "bogus"/],
    [['pull', '-b', ANYWHERE, '-o', 'bogus=1'], /--option bogus=1: this socket has no such option/],
    [['pull', '-b', ANYWHERE, '-o', 'close=1'], /--option close=1: this socket has no such option/],
    [['pull', '-b', ANYWHERE, '-o', 'linger=x'], /--option linger=x: .*must be a number/],
    [
      ['pull', '-b', ANYWHERE, '-o', 'linger=-2'],
      /--option linger=-2: Invalid argument: linger is -2/,
    ],
    [['monitor', '-b', ANYWHERE], /which type of socket\? One of pair, /],
    [['monitor', 'toString', '-b', ANYWHERE], /there is no socket type "toString"/],
    [['bench', 'toString', '-b', ANYWHERE], /which scenario\? One of round-trip, /],
    [['ping', 'udp://x'], /"udp:\/\/x" is not tcp:\/\/HOST:PORT or ipc:\/\/PATH/],
  ];
  const mistaken = cases.map(async ([args, complaint]) => {
    const { code, stdout, stderr } = await run(t, args, 'not json\n');
    t.same([code, stdout], [2, ''], args.join(' '));
    t.match(stderr, complaint);
    t.match(stderr.replace(/^listening on .*\n/, ''), /^zeromq-pure.*\n$/, 'one line');
  });
  await Promise.all(mistaken);
});

t.test('a failure is told in one line, with exit code 1', { buffered: true }, async (t) => {
  const taken = start(t, 'pull', '-b', ANYWHERE);
  const endpoint = await taken.endpoint();
  const cases: [args: string[], complaint: string][] = [
    [['pull', '-b', endpoint], `EADDRINUSE, Address already in use: ${endpoint}`],
    [['ping', 'tcp://127.0.0.1:9'], 'ECONNREFUSED'],
    [['ping', 'ipc:///nowhere/at/all'], 'ENOENT'],
  ];
  const failed = cases.map(async ([args, complaint]) => {
    const { code, stdout, stderr } = await run(t, args);
    t.same([code, stdout], [1, ''], args.join(' '));
    t.ok(stderr.includes(complaint), stderr);
    t.match(stderr, /^zeromq-pure.*\n$/, 'one line');
  });
  await Promise.all(failed);
});

t.test('ping tells who is there', { buffered: true }, async (t) => {
  const socket = new Reply();
  t.teardown(() => socket.close());
  await socket.bind(ANYWHERE);
  const ours = await run(t, ['ping', socket.lastEndpoint!]);
  t.match(ours, { code: 0, stderr: '' });
  t.match(
    ours.stdout,
    /^tcp:\/\/127.0.0.1:\d+: ZMTP 3\.1, NULL, REP, \d+\.\d ms \(connect \d+\.\d, greeting \d+\.\d\)\n$/,
  );

  const peer = await LibzmqPeer.spawn(t, { implementation: 'zeromq' });
  const router = await peer.open('ROUTER', { routingId: 'boss' });
  const theirs = await run(t, ['ping', await router.bind(), '--json', '-n', '2', '-i', '1']);
  t.equal(theirs.code, 0);
  const portraits = theirs.stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  t.equal(portraits.length, 2);
  t.match(portraits[1], {
    version: '3.1',
    mechanism: 'NULL',
    socketType: 'ROUTER',
    routingId: 'boss',
  });
  t.ok(portraits[0].times.ready > 0);

  const push = new Push();
  t.teardown(() => push.close());
  await push.bind(ANYWHERE);
  t.match((await run(t, ['ping', push.lastEndpoint!])).stdout, / PUSH, /);
  t.equal(push.stats().peers.length, 0, 'it was never a peer to send to');

  const plain = new Reply({ plainServer: true });
  t.teardown(() => plain.close());
  await plain.bind(ANYWHERE);
  const locked = await run(t, ['ping', plain.lastEndpoint!]);
  t.match(locked, { code: 0, stdout: /PLAIN, \(needs PLAIN credentials to tell its type\), / });
});

t.test('ping says why it is nobody', { buffered: true }, async (t) => {
  const refusal = Buffer.from('\x04\x0c\x05ERROR\x05go \x1bX', 'latin1');
  const answers: [answer: string | Buffer | undefined, code: number, complaint: RegExp][] = [
    ['HTTP/1.1 400 Bad Request\r\n\r\n', 1, /does not speak ZMTP/],
    ['', 1, /closed without a greeting/],
    [undefined, 3, /no greeting in time/],
    [
      Buffer.concat([encodeGreeting('NULL'), refusal]),
      1,
      /^zeromq-pure ping: .*peer refuses the handshake: "go \\x1bX"\n$/,
    ],
  ];
  for (const [answer, expected, complaint] of answers) {
    const server = createServer((stream) => {
      stream.on('error', () => {});
      if (answer !== undefined) stream.end(answer);
    }).listen(0, '127.0.0.1');
    t.teardown(() => server.close());
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const patience = answer === undefined ? '300' : '20000';
    const { code, stdout, stderr } = await run(t, [
      ...['ping', `tcp://127.0.0.1:${port}`, '-t', patience],
    ]);
    t.same([code, stdout], [expected, '']);
    t.match(stderr, complaint);
    t.match(stderr, /^zeromq-pure ping: .*\n$/);
    t.notOk(stderr.includes(ESC), 'what a peer says cannot paint the terminal');
  }
});

t.test('monitor shows who comes and goes', { buffered: true }, async (t) => {
  const monitor = start(t, 'monitor', 'router', '-b', ANYWHERE, '--json', '-n', '4');
  const [line] = await monitor.said(/^.*"bind".*$/m);
  const { address } = JSON.parse(line!);
  t.equal((await run(t, ['dealer', '-c', address, 'hello'])).code, 0);
  const { code, stdout } = await monitor.over;
  t.equal(code, 0);
  const events = stdout
    .trimEnd()
    .split('\n')
    .map((each) => JSON.parse(each));
  t.match(events[1], { address, local: address, remote: /^tcp:\/\/127\.0\.0\.1:\d+$/ });
  t.not(events[1].remote, address);
  const types = events.map((each) => each.type);
  t.same(types.slice(0, 3), ['bind', 'accept', 'handshake']);
  t.ok(types.includes('disconnect'));

  const server = start(t, 'monitor', 'pull', '-b', ANYWHERE, '--json', '-n', '3');
  const [bound] = await server.said(/^.*"bind".*$/m);
  const stranger = new Push({ plainUsername: 'u', plainPassword: 'p', linger: 0 });
  t.teardown(() => stranger.close());
  stranger.connect(JSON.parse(bound!).address);
  // What was wrong, not the text that all of these share.
  t.match(
    (await server.over).stdout,
    /MECHANISM_MISMATCH","message":"peer announces mechanism .*PLAIN/,
  );

  const reader = start(t, 'monitor', 'pull', '-b', ANYWHERE, '-n', '2');
  const [listener] = await reader.said(/tcp:\S+/);
  const sender = new Push({ linger: 0 });
  t.teardown(() => sender.close());
  sender.connect(listener!);
  t.match(
    (await reader.over).stdout,
    new RegExp(`accept +${listener} {2}remote=tcp://127\\.0\\.0\\.1:\\d+\n$`),
  );

  const lonely = await run(t, ['monitor', 'req', '-c', 'tcp://127.0.0.1:9', '-n', '2']);
  t.match(lonely, {
    code: 0,
    stdout: /^ +\+\d+\.\d{3} {2}connect:delay +tcp:\/\/127\.0\.0\.1:9\n.*\n$/,
  });
  t.match(await run(t, ['monitor', 'rep', '-b', ANYWHERE, '-t', '100']), {
    code: 3,
    stdout: /bind/,
  });
});

t.test('proxy stands between programs', { buffered: true }, async (t) => {
  const queue = start(
    t,
    'proxy',
    ...['--type', 'monitored', '--front', ANYWHERE, '--back', ANYWHERE],
    ...['--capture', ANYWHERE, '--stats'],
  );
  const [, front = ''] = await queue.said(/^front at (\S+)$/m, 'stderr');
  const [, back = ''] = await queue.said(/^back at (\S+)$/m, 'stderr');
  const [, capture = ''] = await queue.said(/^capture at (\S+)$/m, 'stderr');
  const copies = start(t, 'sub', '-c', capture, '-n', '3', '-f', 'json');
  start(t, 'rep', '-c', back, '-q', 'World');
  // Asked until the copies were seen: a subscription makes no noise, and may come between question and answer.
  let asked = 0;
  while (copies.stdout.split('\n').length < 4) {
    const { code, stdout } = await run(t, ['req', '-c', front, 'hello']);
    t.same([code, stdout], [0, 'World\n']);
    if (++asked > 50) break;
  }
  const { code, stdout } = await copies.over;
  t.equal(code, 0);
  t.match(stdout, /^\["in",.*,"","hello"\]\n\["out",.*,"","World"\]\n/m);
  queue.kill('SIGINT');
  const ended = await queue.over;
  t.equal(ended.code, 0);
  t.match(ended.stderr, new RegExp(`${asked} messages to the back, ${asked} to the front\n$`));

  const devices: [type: string, from: string, to: string][] = [
    ['streamer', 'push', 'pull'],
    ['forwarder', 'pub', 'sub'],
  ];
  const passed = devices.map(async ([type, from, to]) => {
    const device = start(t, 'proxy', '--type', type, '--front', ANYWHERE, '--back', ANYWHERE);
    const [, enter = ''] = await device.said(/^front at (\S+)$/m, 'stderr');
    const [, leave = ''] = await device.said(/^back at (\S+)$/m, 'stderr');
    const last = start(t, to, '-c', leave, '-n', '1');
    t.equal((await run(t, [from, '-c', enter, 'through'])).code, 0, type);
    t.match(await last.over, { code: 0, stdout: 'through\n' });
  });
  await Promise.all(passed);
  t.match(await run(t, ['proxy', '--front', ANYWHERE]), {
    code: 2,
    stderr: /--back ENDPOINT is missing/,
  });
  t.match(
    await run(t, ['proxy', '--front', front, '--back', 'tcp://127.0.0.1:*', '--type', 'monitored']),
    {
      code: 2,
      stderr: /needs --capture/,
    },
  );
});

t.test('bench measures against what is there', { buffered: true }, async (t) => {
  const rep = start(t, 'rep', '-b', ANYWHERE, '-q');
  const trip = await run(t, [
    'bench',
    'round-trip',
    '-c',
    await rep.endpoint(),
    '-n',
    '200',
    '--json',
  ]);
  t.same([trip.code, trip.stderr], [0, '']);
  const result = JSON.parse(trip.stdout);
  t.match(result, { scenario: 'round-trip', size: 100, count: 200 });
  t.ok(result['median µs'] > 0 && result['median µs'] <= result['p99 µs']);

  const receive = start(t, 'bench', 'receive', '-b', ANYWHERE, '-n', '1000');
  const send = await run(t, [
    'bench',
    'send',
    '-c',
    await receive.endpoint(),
    '-n',
    '1000',
    '--size',
    '64',
  ]);
  t.match(send, {
    code: 0,
    stdout: /^send, 1 000 × 64 bytes: seconds [\d.]+, messages\/s [\d ]+, MB\/s [\d. ]+\n$/,
  });
  t.match(await receive.over, { code: 0, stdout: /^receive, 1 000 × / });

  const nobody = await run(t, ['bench', 'round-trip', '-c', 'tcp://127.0.0.1:9', '-t', '50']);
  t.match(nobody, { code: 3, stderr: 'zeromq-pure bench: timed out\n' });
});

t.test('on a terminal', { buffered: true }, async (t) => {
  await t.test('it talks with a person, in colour', async (t) => {
    const router = startOnTerminal(t, 'router', '-b', ANYWHERE);
    const endpoint = await router.endpoint('stdout');
    const dealer = start(
      t,
      'dealer',
      '-c',
      endpoint,
      '-o',
      'routingId=anna',
      '-n',
      '1',
      'hi',
      'there',
    );
    await router.said(new RegExp(`${ESC}\\[36manna${ESC}\\[39m.*hi.*there`));
    router.type('anna\thello\n');
    t.match(await dealer.over, { code: 0, stdout: 'hello\n' });
    router.type('\x04');
    t.equal((await router.over).code, 0, 'Ctrl-D ends it');
  });

  await t.test('it counts live, and Ctrl-C ends it', async (t) => {
    const pull = startOnTerminal(t, 'pull', '-b', ANYWHERE, '-q', '--stats');
    const endpoint = await pull.endpoint('stdout');
    await run(t, ['push', '-c', endpoint, '--repeat', '30', 'x']);
    await pull.said(new RegExp(`${ESC}\\[1G${ESC}\\[2K30 messages received, 30 bytes, \\d+/s`));
    pull.type('\x03');
    const { code, stdout } = await pull.over;
    t.equal(code, 0);
    t.match(stdout, /30 messages received, 30 bytes, \d+\.\d\d s, \d+\/s\r\n$/);
  });

  await t.test('it says what it waits for', async (t) => {
    const pub = startOnTerminal(t, 'pub', '-b', ANYWHERE, 'news');
    const endpoint = await pub.endpoint('stdout');
    await pub.said(/waiting for 1 subscriber\r\n/);
    const sub = await run(t, ['sub', '-c', endpoint, '-n', '1']);
    t.match(sub, { code: 0, stdout: 'news\n', stderr: '' });
    t.equal((await pub.over).code, 0);

    const push = startOnTerminal(t, 'push', '-c', 'tcp://127.0.0.1:9', 'to nobody');
    await push.said(/waiting until all is delivered/);
    push.type('\x03');
    t.equal((await push.over).code, 130);
  });

  await t.test('events come in colour', async (t) => {
    const monitor = startOnTerminal(t, 'monitor', 'req', '-c', 'tcp://127.0.0.1:9', '-n', '1');
    const { code, stdout } = await monitor.over;
    t.equal(code, 0);
    t.ok(stdout.includes(`${ESC}[36mconnect:delay`));
  });
});
