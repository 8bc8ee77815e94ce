/** The examples of examples/processes and examples/many-sockets. */

import t from 'tap';
import { Publisher, Push } from 'zeromq-pure';
import { client as callbackClient } from '../../examples/many-sockets/callbacks.ts';
import { client as pollingClient } from '../../examples/many-sockets/polling.ts';
import { commander, publisher } from '../../examples/many-sockets/servers.ts';
import { client, server } from '../../examples/processes/request-reply-processes.ts';
import { PATIENCE } from '../support/patience.ts';
import { ANYWHERE, asInTour, play } from './stage.ts';

t.test('four servers answer five requests each, in the order they were connected to', async (t) => {
  const ports = ['5550', '5552', '5554', '5556'];
  const servers = ports.map((name) =>
    play(t, `server ${name}`, (run) => server({ requests: ANYWHERE }, run, name)),
  );
  const endpoints = await Promise.all(servers.map((played) => played.endpoint()));
  const asking = play(t, 'client 5550 5552 5554 5556', (run) =>
    client({ servers: endpoints }, run),
  );
  await asking.over;
  const replies = asking.lines.filter((line) => line.startsWith('Received reply'));
  const names = replies.map((line) => /World from (\d+)/.exec(line)![1]!);
  t.equal(names.length, 20);
  t.same(names.slice(0, 4).sort(), ports, 'each in the first four');
  t.same(
    names,
    [0, 1, 2, 3, 4].flatMap(() => names.slice(0, 4)),
    'and again in the same order',
  );
  for (const played of servers) {
    await t.resolves(played.over, `${played.label} has ended by itself`);
    t.same(
      played.lines.slice(1),
      [0, 1, 2, 3, 4].map((n) => `Received request #${n}: Hello`),
    );
  }
  await asInTour(t, 'processes/request-reply-processes', [...servers, asking]);
});

t.test('callbacks', async (t) => {
  await t.test('get all parts of a message; stopping ends the client alone', async (t) => {
    const order = play(t, 'commander', (run) => commander({ commands: ANYWHERE }, run, 30));
    const news = play(t, 'publisher', (run) => publisher({ updates: ANYWHERE }, run, 1));
    const ends = { commands: await order.endpoint(), updates: await news.endpoint() };
    const asked = play(t, 'client', (run) => callbackClient(ends, run));
    await Promise.all([asked.over, order.over]);
    t.same(
      asked.lines.filter((line) => /control command/.test(line)),
      [
        ...Array(6).fill("Received control command: ['Continue']"),
        "Received control command: ['Exit']",
      ],
    );
    t.equal(asked.lines.at(-1), 'Worker has stopped processing messages.');
    const said = news.lines.length;
    await news.line(/^[89] server#1$/, said + 5);
    t.pass('the publisher goes on');
    await news.stop();
    await asInTour(t, 'many-sockets/callbacks', [order, news, asked]);
  });

  await t.test('only topic 9 is processed', async (t) => {
    const [order, news] = [new Push(), new Publisher()];
    t.teardown(() => [order, news].forEach((socket) => void socket.close()));
    await order.bind(ANYWHERE);
    await news.bind(ANYWHERE);
    const ends = { commands: order.lastEndpoint!, updates: news.lastEndpoint! };
    const client = play(t, 'client', (run) => callbackClient(ends, run));
    await news.waitFor('subscription', { timeout: PATIENCE });
    for (const parts of [['8 a'], ['9 b', 'more'], ['8 c'], ['9 d']]) await news.send(parts);
    await client.line(/9 d/);
    await order.send(['Exit', 'now']);
    await client.over;
    t.same(client.lines, [
      "Processing ... ['9 b', 'more']",
      "Processing ... ['9 d']",
      "Received control command: ['Exit', 'now']",
      'Received exit command, client will stop receiving messages',
      'Worker has stopped processing messages.',
    ]);
  });
});

t.test('polling', async (t) => {
  await t.test('seven commands in order, then it ends, and the publisher goes on', async (t) => {
    const order = play(t, 'commander', (run) => commander({ commands: ANYWHERE }, run, 30));
    const news = play(t, 'publisher', (run) => publisher({ updates: ANYWHERE }, run, 1));
    const ends = { commands: await order.endpoint(), updates: await news.endpoint() };
    const client = play(t, 'client', (run) => pollingClient(ends, run));
    await Promise.all([client.over, order.over]);
    t.equal(client.lines[0], 'ready at once: 0', 'an idle poll gives nothing');
    t.same(
      client.lines
        .filter((line) => /control command/.test(line))
        .map((line) => line.split(': ')[1]),
      [...Array(6).fill('Continue'), 'Exit'],
    );
    const processed = client.lines.filter((line) => line.startsWith('Processing'));
    t.ok(
      processed.every((line) => line === 'Processing ... 9 server#1'),
      'only topic 9',
    );
    await news.line(/^[89] server#1$/, news.lines.length + 5);
    await news.stop();
    await asInTour(t, 'many-sockets/polling', [order, news, client]);
  });

  await t.test('both sockets are served', async (t) => {
    const [order, news] = [new Push(), new Publisher()];
    t.teardown(() => [order, news].forEach((socket) => void socket.close()));
    await order.bind(ANYWHERE);
    await news.bind(ANYWHERE);
    const ends = { commands: order.lastEndpoint!, updates: news.lastEndpoint! };
    const client = play(t, 'client', (run) => pollingClient(ends, run));
    await news.waitFor('subscription', { timeout: PATIENCE });
    for (const update of ['8 a', '9 b', '9 c']) await news.send(update);
    await client.line(/9 c/);
    await order.send('Continue');
    await client.line(/Continue/);
    await news.send('9 d');
    await client.line(/9 d/);
    await order.send('Exit');
    await client.over;
    t.same(client.lines.slice(1, -1), [
      'Processing ... 9 b',
      'Processing ... 9 c',
      'Received control command: Continue',
      'Processing ... 9 d',
      'Received control command: Exit',
    ]);
  });
});
