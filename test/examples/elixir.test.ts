/** The examples of examples/elixir and examples/basics, and the clients of the other languages. */

import { spawnSync } from 'node:child_process';
import t from 'tap';
import { Context, Pair, packageVersion } from 'zeromq-pure';
import { main as versions } from '../../examples/basics/version-and-context.ts';
import { client as echoClient, server as echoServer } from '../../examples/elixir/echo.ts';
import { main as freePort } from '../../examples/elixir/free-port.ts';
import {
  client as shoutClient,
  server as shoutServer,
  TRANSLATIONS,
  translated,
} from '../../examples/elixir/other-language.ts';
import { client as pairClient, server as pairServer } from '../../examples/elixir/pair-session.ts';
import { publisher, subscriber } from '../../examples/elixir/topics.ts';
import { sink, ventilator, worker } from '../../examples/elixir/totals.ts';
import { LibzmqPeer } from '../support/libzmq-peer.ts';
import { ANYWHERE, asInTour, play } from './stage.ts';

t.test('versions are told, and a context is shared and closed', async (t) => {
  const main = play(t, 'main', (run) => versions({ room: 'inproc://versions' }, run));
  await main.over;
  t.ok(main.lines.includes(`zeromq-pure ${packageVersion}`));
  t.same(main.lines.slice(2), ['we share a context', 'the context is closed']);
  await asInTour(t, 'basics/version-and-context', [main]);

  const context = new Context();
  const [one, two] = [new Pair({ context }), new Pair({ context })];
  await context.close();
  t.ok(one.closed && two.closed, 'with the context its sockets close');
});

t.test(
  'a session with PAIR: greetings, a time-out, and the socket is as good as before',
  async (t) => {
    const server = play(t, 'server', (run) => pairServer({ chat: ANYWHERE }, run, 200));
    const chat = await server.endpoint();
    const client = play(t, 'client', (run) => pairClient({ chat }, run));
    await Promise.all([server.over, client.over]);
    const [, greeting, timeout = '', goodbye] = server.lines;
    t.same([greeting, goodbye], ['hello from client', 'goodbye from client']);
    t.same(client.lines, ['hello from server', 'goodbye from server']);
    const took = Number(/^EAGAIN after (\d+) ms$/.exec(timeout)?.[1]);
    t.ok(took >= 199 && took < 10_000, `after the time stated: ${timeout}`);
    await asInTour(t, 'elixir/pair-session', [server, client]);
  },
);

t.test('three clients at once, and each gets its own text', async (t) => {
  const server = play(t, 'server', (run) => echoServer({ echo: ANYWHERE }, run));
  const echo = await server.endpoint();
  const clients = ['one', 'two', 'three'].map((text) =>
    play(t, `client ${text}`, (run) => echoClient({ echo }, run, text)),
  );
  for (const client of clients) {
    await client.over;
    const text = client.label.slice(7);
    t.same(client.lines, [`${text} 1`, `${text} 2`, `${text} 3`]);
  }
  await t.resolves(server.stop());
  await asInTour(t, 'elixir/echo', [server, ...clients]);
});

t.test('a topic is a prefix', async (t) => {
  const publish = play(t, 'publisher', (run) => publisher({ news: ANYWHERE }, run, 2));
  const news = await publish.endpoint();
  const a = play(t, 'subscriber a', (run) => subscriber({ news }, run, 'a'));
  const d = play(t, 'subscriber d', (run) => subscriber({ news }, run, 'd'));
  await Promise.all([publish.over, a.over, d.over]);
  t.same(a.lines, ['a 1', 'abc 1', 'a 2', 'abc 2', 'a 3', 'abc 3']);
  t.same(d.lines, ['d 1', 'd 2', 'd 3']);
  await asInTour(t, 'elixir/topics', [publish, a]);
});

t.test('running totals', async (t) => {
  for (const count of [1, 3]) {
    await t.test(`of ${count}: each worker's are the sums of its own numbers`, async (t) => {
      const collect = play(t, 'sink', (run) => sink({ totals: ANYWHERE }, run));
      const deal = play(t, 'ventilator', (run) => ventilator({ numbers: ANYWHERE }, run, count));
      const ends = { numbers: await deal.endpoint(), totals: await collect.endpoint() };
      for (let i = 1; i <= count; i++) {
        play(t, `worker ${i}`, (run) => worker(ends, run, String(i)));
      }
      await Promise.all([deal.over, collect.over]);
      const sums = new Map<string, number>();
      const numbers: number[] = [];
      for (const line of collect.lines.slice(1)) {
        const [, name = '', number, total] = /^worker (\d): (\d+) makes (\d+)$/.exec(line)!;
        const sum = (sums.get(name) ?? 0) + Number(number);
        sums.set(name, sum);
        numbers.push(Number(number));
        if (sum !== Number(total)) t.fail(line);
      }
      t.equal(sums.size, count, 'all workers had work');
      t.same(numbers.sort(), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
      if (count === 1) await asInTour(t, 'elixir/totals', [deal, collect]);
    });
  }
});

t.test('bind tells the port that the system chose', async (t) => {
  const main = play(t, 'main', (run) => freePort({ anywhere: 'tcp://*:*' }, run));
  await main.over;
  t.match(main.lines[0], /^port [1-9]\d{3,4}$/);
  await asInTour(t, 'elixir/free-port', [main]);
});

t.test('another language', async (t) => {
  const server = play(t, 'server', (run) => shoutServer({ shout: ANYWHERE }, run));
  const shout = await server.endpoint();

  await t.test('our server: our client and one on libzmq', async (t) => {
    const client = play(t, 'client', (run) => shoutClient({ shout }, run));
    const libzmq = play(t, 'libzmq', (run) => translated({ shout }, run, TRANSLATIONS.libzmq));
    await Promise.all([client.over, libzmq.over]);
    t.same([client.lines, libzmq.lines], [['HELLO FROM TYPESCRIPT'], ['HELLO FROM LIBZMQ']]);
    await asInTour(t, 'elixir/other-language', [server, client, libzmq]);
  });

  const [, file] = TRANSLATIONS.python;
  const python = ['/usr/bin/python3', 'python3'].find(
    (name) => spawnSync(name, ['-c', 'import zmq'], { stdio: 'ignore' }).status === 0,
  );
  const skip = python === undefined && 'pyzmq is not installed';
  await t.test('our server: a client in Python', { skip }, async (t) => {
    const client = play(t, 'python', (run) => translated({ shout }, run, [python!, file]));
    await client.over;
    t.same(client.lines, ['HELLO FROM PYTHON']);
  });

  await t.test('a libzmq server: our client', async (t) => {
    const peer = await LibzmqPeer.spawn(t, { implementation: 'zeromq' });
    const socket = await peer.open('REP');
    const endpoint = await socket.bind();
    const client = play(t, 'client', (run) => shoutClient({ shout: endpoint }, run));
    t.same((await socket.receive()).map(String), ['hello from typescript']);
    await socket.send('hello from libzmq');
    await client.over;
    t.same(client.lines, ['hello from libzmq']);
  });

  await t.test('a translation that fails is reported', async (t) => {
    const nobody = play(t, 'none', (run) =>
      translated({ shout }, run, [process.execPath, '-e', 'process.exit(3)', 'x']),
    );
    await t.rejects(nobody.over, /ended with exit code 3/);
  });

  await t.resolves(server.stop());
});
