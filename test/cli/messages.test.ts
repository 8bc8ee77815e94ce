/** The subcommands that send and receive, as a user types them: through pipes. */

import t from 'tap';
import { run, shell, start } from './shell.ts';

const ANYWHERE = 'tcp://127.0.0.1:*';

// Most of the time a program starts, and others can meanwhile.
t.jobs = 4;

t.test('push to pull, in every format', { buffered: true }, async (t) => {
  const cases: [format: string, args: string[], input: string, output: string][] = [
    ['text', ['hello', 'wide world'], '', 'hello\twide world\n'],
    [
      'text',
      [],
      'one\ntwo\tparts\n\nlast without an end',
      'one\ntwo\tparts\n\nlast without an end\n',
    ],
    ['text', ['\x1b[31m\u0007'], '', '\\x1b[31m\\x07\n'],
    ['json', ['"a"', '{"n":1}', '{"hex":"00ff"}'], '', '["a","{\\"n\\":1}",{"hex":"00ff"}]\n'],
    ['json', [], '{"n": 1}\n["a",[1]]\n', '["{\\"n\\":1}"]\n["a","[1]"]\n'],
    ['hex', ['68656C6c6f', '-', '00ff'], '', '68656c6c6f - 00ff\n'],
    ['raw', [], 'a\nb\0c', 'a\nb\0c'],
  ];
  const pushed = cases.map(async ([format, args, input, output]) => {
    const count = input === '' || format === 'raw' ? 1 : output.split('\n').length - 1;
    const pull = start(t, 'pull', '-b', ANYWHERE, '-n', `${count}`, '-f', format);
    const push = await run(
      t,
      ['push', '-c', await pull.endpoint(), '-f', format, '--', ...args],
      input,
    );
    t.same(push, { code: 0, stdout: '', stderr: '' });
    const { code, stdout } = await pull.over;
    t.same(
      { code, stdout },
      { code: 0, stdout: output },
      `${format}: ${args} ${input.slice(0, 9)}`,
    );
  });
  await Promise.all(pushed);
});

t.test(
  'what one prints as JSON another can send: binary parts come through',
  { buffered: true },
  async (t) => {
    const last = start(t, 'pull', '-b', ANYWHERE, '-n', '2', '-f', 'hex');
    const end = await last.endpoint();
    const first = start(t, 'push', '-b', ANYWHERE, '-f', 'hex').type('00ff80 c3a9\n-\n').eof();
    const between = shell(
      t,
      `zeromq-pure pull -c ${await first.endpoint()} -n 2 -f json | zeromq-pure push -c ${end} -f json`,
    );
    t.same(await between.over, { code: 0, stdout: '', stderr: '' });
    t.equal((await last.over).stdout, '00ff80 c3a9\n-\n');
    t.equal((await first.over).code, 0);
  },
);

t.test(
  'pub waits for a subscriber, and sub shows its topics only',
  { buffered: true },
  async (t) => {
    const pub = start(t, 'pub', '-b', ANYWHERE);
    const endpoint = await pub.endpoint();
    const sub = start(t, 'sub', '-c', endpoint, '-n', '3', 'a', 'd', '--time');
    pub.type('a 1\nb 2\nabc 3\nc 4\nd 5\n').eof();
    t.equal((await pub.over).code, 0);
    const { code, stdout } = await sub.over;
    t.equal(code, 0);
    t.match(stdout, /^\S+Z a 1\n\S+Z abc 3\n\S+Z d 5\n$/);
  },
);

t.test('req and rep', { buffered: true }, async (t) => {
  const echo = start(t, 'rep', '-b', ANYWHERE);
  const req = await run(t, ['req', '-c', await echo.endpoint()], 'one\ntwo\tparts\n');
  t.same(req, { code: 0, stdout: 'one\ntwo\tparts\n', stderr: '' });
  t.equal(echo.stdout, 'one\ntwo\tparts\n', 'it shows what it was asked');
  echo.kill('SIGINT');
  t.equal((await echo.over).code, 0, 'without a goal, an interruption is how it ends');

  const world = start(t, 'rep', '-b', ANYWHERE, '-n', '1', '-q', 'World');
  const asked = await run(t, ['req', '-c', await world.endpoint(), 'hello', '--stats']);
  t.same([asked.code, asked.stdout], [0, 'World\n']);
  t.match(asked.stderr, /^1 message answered, 5 bytes, \d+\.\d\d s, \d+\/s\n$/);
  t.match(await world.over, { code: 0, stdout: '' });
});

t.test('pair, dealer and router talk both ways', { buffered: true }, async (t) => {
  const bound = start(t, 'pair', '-b', ANYWHERE);
  const joined = start(t, 'pair', '-c', await bound.endpoint(), '-n', '1', 'hi');
  await bound.said(/^hi\n/);
  bound.type('hello\n').eof();
  t.match(await joined.over, { code: 0, stdout: 'hello\n' });
  t.match(await bound.over, { code: 0, stdout: 'hi\n' });

  const rep = start(t, 'rep', '-b', ANYWHERE, '-n', '1');
  const dealer = await run(t, ['dealer', '-c', await rep.endpoint(), '-n', '1', '', 'hello']);
  t.match(dealer, { code: 0, stdout: '\thello\n' });

  const router = start(t, 'router', '-b', ANYWHERE);
  const endpoint = await router.endpoint();
  const named = start(t, 'dealer', '-c', endpoint, '-o', 'routingId=anna', '-n', '1', 'I');
  await router.said(/^anna\tI\n/);
  router.type('anna\tyou\n');
  t.match(await named.over, { code: 0, stdout: 'you\n' });
  const nameless = start(t, 'dealer', '-c', endpoint, '-n', '1', 'me');
  const [, id] = await router.said(/(0x00[0-9a-f]{8})\tme\n/);
  router.type(`${id}\tthee\n`);
  t.match(await nameless.over, { code: 0, stdout: 'thee\n' });
  router.eof();
  t.equal((await router.over).code, 0);

  const listener = start(t, 'dealer', '-b', ANYWHERE, '--listen', '-n', '1');
  await run(t, ['dealer', '-c', await listener.endpoint(), 'alone']);
  t.match(await listener.over, { code: 0, stdout: 'alone\n' });
});

t.test('a rate is kept', { buffered: true }, async (t) => {
  const pull = start(t, 'pull', '-b', ANYWHERE, '-n', '11', '--quiet', '--stats');
  const endpoint = await pull.endpoint();
  const push = await run(t, [
    'push',
    '-c',
    endpoint,
    '--repeat',
    '11',
    '-r',
    '50',
    '--stats',
    'tick',
  ]);
  const [, seconds] = /^11 messages sent, 44 bytes, (\d+\.\d+) s, \d+\/s\n$/.exec(push.stderr)!;
  t.ok(Number(seconds) >= 0.19, `ten times 20 ms: ${seconds} s`);
  const { code, stdout, stderr } = await pull.over;
  t.same([code, stdout], [0, '']);
  t.match(stderr, /11 messages received/);
});

t.test('exit codes tell a time-out from an interruption', { buffered: true }, async (t) => {
  const nowhere = 'tcp://127.0.0.1:9';
  const cases: [args: string[], complaint: RegExp][] = [
    [['pull', '-b', ANYWHERE, '-t', '50'], /^listening on \S+\nzeromq-pure pull: timed out\n$/],
    [['sub', '-c', nowhere, '-t', '50'], /^zeromq-pure sub: timed out\n$/],
    [['pub', '-b', 'ipc://*', '-t', '50', 'x'], /zeromq-pure pub: timed out\n$/],
    [['req', '-c', nowhere, '-t', '50', 'x'], /^zeromq-pure req: timed out\n$/],
    [
      ['push', '-c', nowhere, '-t', '50', 'x'],
      /^zeromq-pure push: 1 of 1 messages were not delivered\n$/,
    ],
    [['dealer', '-c', nowhere, '-t', '50', '-n', '1', 'x'], /^zeromq-pure dealer: timed out\n$/],
  ];
  const late = cases.map(async ([args, complaint]) => {
    const { code, stdout, stderr } = await run(t, args);
    t.same([code, stdout], [3, ''], args.join(' '));
    t.match(stderr, complaint);
  });
  await Promise.all(late);
  const counting = start(t, 'pull', '-b', ANYWHERE, '-n', '1');
  await counting.endpoint();
  counting.kill('SIGINT');
  t.equal((await counting.over).code, 130, 'interrupted before its goal');
});

t.test('a reader that goes away ends it quietly', { buffered: true }, async (t) => {
  const source = start(t, 'push', '-b', ANYWHERE, '--repeat', '100000', 'line');
  const head = shell(t, `zeromq-pure pull -c ${await source.endpoint()} | head -n 2`);
  t.same(await head.over, { code: 0, stdout: 'line\nline\n', stderr: '' });
});
