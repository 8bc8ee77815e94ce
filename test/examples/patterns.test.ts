/** The examples of examples/patterns: among themselves, and each role against libzmq in another process. */

import t, { type Test } from 'tap';
import { Pair, Publisher, Pull, type Push, type Reply } from 'zeromq-pure';
import { client as pairClient, server as pairServer } from '../../examples/patterns/pair.ts';
import { collector, consumer, producer } from '../../examples/patterns/pipeline.ts';
import {
  server as publish,
  client as subscribe,
} from '../../examples/patterns/publish-subscribe.ts';
import { server as answer, client as ask } from '../../examples/patterns/request-reply.ts';
import { restart } from '../../examples/patterns/request-restart.ts';
import { states } from '../../examples/patterns/request-states.ts';
import { pull, push } from '../../examples/patterns/round-robin.ts';
import { LibzmqPeer } from '../support/libzmq-peer.ts';
import { PATIENCE } from '../support/patience.ts';
import { ANYWHERE, asInTour, play } from './stage.ts';

const SERVER_LINE = 'Server message to client3';
const CLIENT_LINES = ['client message to server1', 'client message to server2'];

t.test('pair', async (t) => {
  await t.test('both print what the other says, and the client says more', async (t) => {
    const server = play(t, 'server', (run) => pairServer({ chat: ANYWHERE }, run));
    const chat = await server.endpoint();
    const client = play(t, 'client', (run) => pairClient({ chat }, run));
    await Promise.all([server.over, client.over]);
    t.same(server.lines.slice(1), [...CLIENT_LINES, ...CLIENT_LINES, ...CLIENT_LINES]);
    t.same(client.lines, [SERVER_LINE, SERVER_LINE, SERVER_LINE]);
    await asInTour(t, 'patterns/pair', [server, client]);
  });

  await t.test('a second client gets nothing, and the first keeps working', async (t) => {
    const server = play(t, 'server', (run) => pairServer({ chat: ANYWHERE }, run));
    const chat = await server.endpoint();
    const [first, second] = [use(t, new Pair()), use(t, new Pair())];
    first.connect(chat);
    t.same(await texts(first), [SERVER_LINE]);
    const refused = second.waitFor('disconnect', { timeout: PATIENCE });
    second.connect(chat);
    await refused;
    t.equal(second.tryReceive(), undefined);
    second.close();

    for (const line of ['a', 'b', 'c', 'd', 'e', 'f']) await first.send(line);
    t.same(await texts(first), [SERVER_LINE]);
    await server.over;
    t.same(server.lines.slice(1), ['a', 'b', 'c', 'd', 'e', 'f']);
  });

  await t.test('our server, a libzmq client', async (t) => {
    const server = play(t, 'server', (run) => pairServer({ chat: ANYWHERE }, run));
    const client = await (await libzmq(t)).open('PAIR');
    await client.connect(await server.endpoint());
    for (let turn = 0; turn < 3; turn++) {
      t.same(await client.receive(), [Buffer.from(SERVER_LINE)]);
      for (const line of CLIENT_LINES) await client.send(line);
    }
    await server.over;
    t.same(server.lines.slice(1), [...CLIENT_LINES, ...CLIENT_LINES, ...CLIENT_LINES]);
  });

  await t.test('a libzmq server, our client', async (t) => {
    const server = await (await libzmq(t)).open('PAIR');
    const chat = await server.bind();
    const client = play(t, 'client', (run) => pairClient({ chat }, run));
    for (let turn = 0; turn < 3; turn++) await server.send(SERVER_LINE);
    const heard = await server.receiveMany(6);
    t.same(heard.flat().map(String), [...CLIENT_LINES, ...CLIENT_LINES, ...CLIENT_LINES]);
    await client.over;
    t.same(client.lines, [SERVER_LINE, SERVER_LINE, SERVER_LINE]);
  });
});

t.test('request and reply', async (t) => {
  await t.test('replies come from both servers in turn', async (t) => {
    const one = play(t, 'server 5556', (run) => answer({ requests: ANYWHERE }, run, '5556'));
    const two = play(t, 'server 5546', (run) => answer({ requests: ANYWHERE }, run, '5546'));
    const servers = [await one.endpoint(), await two.endpoint()];
    const client = play(t, 'client 5556 5546', (run) => ask({ servers }, run));
    await client.over;
    alternate(
      t,
      client.lines.filter((line) => /^Received/.test(line)).map((line) => /\d{4}/.exec(line)![0]),
    );
    t.equal(client.lines.length, 18);
    t.equal(one.lines.length + two.lines.length, 2 + 9, 'each request came to one of them');
    await asInTour(t, 'patterns/request-reply', [one, two, client]);
  });

  await t.test('our servers, a libzmq client', async (t) => {
    const one = play(t, 'one', (run) => answer({ requests: ANYWHERE }, run, '1'));
    const two = play(t, 'two', (run) => answer({ requests: ANYWHERE }, run, '2'));
    const client = await (await libzmq(t)).open('REQ');
    await client.connect(await one.endpoint());
    await client.connect(await two.endpoint());
    await client.event('handshake', 2);
    const replies: string[] = [];
    for (let n = 0; n < 9; n++) {
      await client.send('Hello');
      replies.push(String(await client.receive()));
    }
    alternate(t, replies);
    t.same([...new Set(replies)].sort(), ['World from 1', 'World from 2']);
  });

  await t.test('libzmq servers, our client', async (t) => {
    const peer = await libzmq(t);
    const [one, two] = [await peer.open('REP'), await peer.open('REP')];
    const servers = [await one.bind(), await two.bind()];
    await one.echo();
    await two.echo();
    const client = play(t, 'client', (run) => ask({ servers }, run));
    await client.over;
    t.equal(client.lines.filter((line) => /^Received reply \d \[ Hello \]$/.test(line)).length, 9);
  });
});

t.test('each call out of turn is refused with EFSM', async (t) => {
  const main = play(t, 'states', (run) => states({ service: ANYWHERE }, run));
  await main.over;
  const efsm = 'EFSM, Operation cannot be accomplished in current state';
  t.same(main.lines, [
    `REQ sends twice: ${efsm}`,
    `REQ receives before it has sent: ${efsm}`,
    `REP sends before it has received: ${efsm}`,
    'in turn: fine',
  ]);
  await asInTour(t, 'patterns/request-states', [main]);
});

t.test('a request dies with its server; relaxed and correlate let the client go on', async (t) => {
  const main = play(t, 'restart', (run) => restart({ service: ANYWHERE }, run));
  await main.over;
  const outcomes = main.lines.filter((line) => /^ {2}(receive|send again)/.test(line));
  t.same(
    outcomes.map((line) => line.trim()),
    [
      'receive: EAGAIN',
      'send again: EFSM',
      'receive: EAGAIN',
      'receive: EAGAIN',
      'send again: accepted',
      'receive: Hello again, too',
    ],
  );
  await asInTour(t, 'patterns/request-restart', [main]);
});

t.test('publish and subscribe', async (t) => {
  await t.test('the roles together', async (t) => {
    const one = play(t, 'server 5556', (run) => publish({ updates: ANYWHERE }, run, 1));
    const two = play(t, 'server 5546', (run) => publish({ updates: ANYWHERE }, run, 1));
    const servers = [await one.endpoint(), await two.endpoint()];
    const client = play(t, 'client 5556 5546', (run) => subscribe({ servers }, run));
    await client.over;
    const values = client.lines.slice(1, 6).map((line) => Number(/^10001 (.+)$/.exec(line)![1]));
    const average = values.reduce((sum, value) => sum + value, 0) / 5;
    t.equal(client.lines.at(-1), `Average messagedata value for topic '10001' was ${average}F`);
    await asInTour(t, 'patterns/publish-subscribe', [one, two, client]);
  });

  await t.test(
    'only what begins with the topic, of both, in order, and nothing from before',
    async (t) => {
      const [one, two] = [use(t, new Publisher()), use(t, new Publisher())];
      for (const publisher of [one, two]) {
        await publisher.bind(ANYWHERE);
        await publisher.send('10001 999');
        t.equal(publisher.stats().sent.bytes, 0, 'without subscribers it is dropped');
      }
      const servers = [one.lastEndpoint!, two.lastEndpoint!];
      const client = play(t, 'client', (run) => subscribe({ servers }, run));
      for (const publisher of [one, two]) {
        await publisher.waitFor('subscription', { timeout: PATIENCE });
        for (const topic of ['9999', '1000', '20001', ' 10001']) await publisher.send(`${topic} 0`);
      }
      for (const message of ['10001 1', '100010 2', '10001 3']) await one.send(message);
      for (const message of ['10001 11', '10001 12']) await two.send(message);
      await client.over;
      const heard = client.lines.slice(1, 6);
      t.same(
        heard.filter((line) => / \d$/.test(line)),
        ['10001 1', '100010 2', '10001 3'],
      );
      t.same(
        heard.filter((line) => / \d\d$/.test(line)),
        ['10001 11', '10001 12'],
      );
    },
  );

  await t.test('our server, a libzmq subscriber', async (t) => {
    const server = play(t, 'server', (run) => publish({ updates: ANYWHERE }, run, 1));
    const subscriber = await (await libzmq(t)).open('SUB');
    await subscriber.subscribe('10001');
    await subscriber.connect(await server.endpoint());
    const heard = (await subscriber.receiveMany(5)).flat().map(String);
    t.equal(heard.length, 5);
    t.ok(
      heard.every((message) => /^10001 -?\d+$/.test(message)),
      'of one topic',
    );
    const said = server.lines.filter((line) => line.startsWith('10001 '));
    t.ok(said.join('|').includes(heard.join('|')), 'all that was published meanwhile');
  });

  await t.test('libzmq publishers, our client', async (t) => {
    const peer = await libzmq(t);
    const [one, two] = [await peer.open('PUB'), await peer.open('PUB')];
    const servers = [await one.bind(), await two.bind()];
    const client = play(t, 'client', (run) => subscribe({ servers }, run));
    for (const publisher of [one, two]) {
      await publisher.beacon(['9999 0'], 5);
      await publisher.event('handshake');
    }
    // Only what arrives shows that a libzmq PUB knows of a subscription.
    await one.beacon(['10001 1'], 5);
    await client.line(/^10001 1$/, 2);
    await one.stopBeacon();
    await two.beacon(['10001 2'], 5);
    await client.over;
    await two.stopBeacon();
    t.same([...new Set(client.lines.slice(1, 6))], ['10001 1', '10001 2']);
  });
});

t.test('pipeline', async (t) => {
  const EVEN = Array.from({ length: 1_000 }, (_, i) => 2 * i);

  await t.test('every even number is found once', async (t) => {
    const collect = play(t, 'collector', (run) => collector({ results: ANYWHERE }, run));
    const produce = play(t, 'producer', (run) => producer({ work: ANYWHERE }, run));
    const ends = { work: await produce.endpoint(), results: await collect.endpoint() };
    const consumers = ['1', '2'].map((name) =>
      play(t, `consumer ${name}`, (run) => consumer(ends, run, name)),
    );
    const found = await collect.over;
    const all = [...found!.values()];
    t.same(
      all.flat().sort((a, b) => a - b),
      EVEN,
    );
    t.equal(
      all.reduce((sum, nums) => sum + nums.length, 0),
      1_000,
    );
    for (const nums of all)
      t.same(
        nums,
        [...nums].sort((a, b) => a - b),
        'each in order',
      );
    await produce.over;
    await asInTour(t, 'patterns/pipeline', [produce, ...consumers, collect]);
  });

  await t.test('the producer waits for consumers, and drops nothing', async (t) => {
    const produce = play(t, 'producer', (run) => producer({ work: ANYWHERE }, run));
    const late = use(t, new Pull({ receiveHighWaterMark: 10 }));
    late.connect(await produce.endpoint());
    for (let num = 0; num < 2_000; num++) {
      const work = await late.receiveJson<{ num: number }>({ timeout: PATIENCE });
      if (work.num !== num) t.fail(`${work.num} in place of ${num}`);
    }
    await t.resolves(produce.over);
  });

  await t.test('a libzmq producer', async (t) => {
    const collect = play(t, 'collector', (run) => collector({ results: ANYWHERE }, run));
    const produce = await (await libzmq(t)).open('PUSH');
    const ends = { work: await produce.bind(), results: await collect.endpoint() };
    play(t, 'consumer', (run) => consumer(ends, run, '1'));
    await Promise.all(
      Array.from({ length: 2_000 }, (_, num) => produce.send(JSON.stringify({ num }))),
    );
    t.same((await collect.over)!.get('1'), EVEN);
  });

  await t.test('a libzmq consumer', async (t) => {
    const collect = play(t, 'collector', (run) => collector({ results: ANYWHERE }, run));
    const produce = play(t, 'producer', (run) => producer({ work: ANYWHERE }, run));
    const peer = await libzmq(t);
    const [from, to] = [await peer.open('PULL'), await peer.open('PUSH')];
    await from.connect(await produce.endpoint());
    await to.connect(await collect.endpoint());
    const work = (await from.receiveMany(2_000)).map(([part]) => JSON.parse(String(part)).num);
    t.same(
      work,
      Array.from({ length: 2_000 }, (_, num) => num),
    );
    const even = work.filter((num) => num % 2 === 0);
    await Promise.all(even.map((num) => to.send(JSON.stringify({ consumer: 'peer', num }))));
    t.same((await collect.over)!.get('peer'), EVEN);
  });

  await t.test('a libzmq collector', async (t) => {
    const collect = await (await libzmq(t)).open('PULL');
    const produce = play(t, 'producer', (run) => producer({ work: ANYWHERE }, run));
    const ends = { work: await produce.endpoint(), results: await collect.bind() };
    play(t, 'consumer', (run) => consumer(ends, run, '1'));
    const results = (await collect.receiveMany(1_000)).map(([part]) => JSON.parse(String(part)));
    t.same(
      results.map(({ num }) => num),
      EVEN,
    );
  });
});

t.test('a PUSH deals its messages out in turn', async (t) => {
  const pusher = play(t, 'push', (run) => push({ work: ANYWHERE }, run));
  const work = await pusher.endpoint();
  const pullers = ['A', 'B'].map((name) => play(t, `pull ${name}`, (run) => pull({ work }, run)));
  await Promise.all([pusher.over, ...pullers.map(({ over }) => over)]);
  const halves = pullers.map(({ lines }) => lines.map((line) => line.slice(-1)).join(' '));
  t.same(halves.sort(), ['0 2 4 6 8', '1 3 5 7 9']);
  await asInTour(t, 'patterns/round-robin', [pusher, ...pullers]);
});

t.test('every role ends when it is told to', async (t) => {
  const nowhere = 'tcp://127.0.0.1:9';
  const roles = [
    play(t, 'pair server', (run) => pairServer({ chat: ANYWHERE }, run)),
    play(t, 'pair client', (run) => pairClient({ chat: nowhere }, run)),
    play(t, 'request server', (run) => answer({ requests: ANYWHERE }, run, '1')),
    play(t, 'request client', (run) => ask({ servers: [nowhere] }, run)),
    play(t, 'publisher', (run) => publish({ updates: ANYWHERE }, run)),
    play(t, 'subscriber', (run) => subscribe({ servers: [nowhere] }, run)),
    play(t, 'producer', (run) => producer({ work: ANYWHERE }, run)),
    play(t, 'consumer', (run) => consumer({ work: nowhere, results: nowhere }, run, '1')),
    play(t, 'collector', (run) => collector({ results: ANYWHERE }, run)),
    play(t, 'push', (run) => push({ work: ANYWHERE }, run)),
    play(t, 'pull', (run) => pull({ work: nowhere }, run)),
  ];
  for (const role of roles) await t.resolves(role.stop(), role.label);
});

function use<S extends Pair | Publisher | Pull | Push | Reply>(t: Test, socket: S): S {
  t.teardown(() => {
    if (socket.closed) return;
    socket.linger = 0;
    socket.close();
  });
  return socket;
}

async function texts(socket: Pair): Promise<string[]> {
  return (await socket.receive({ timeout: PATIENCE })).map(String);
}

function libzmq(t: Test): Promise<LibzmqPeer> {
  return LibzmqPeer.spawn(t, { implementation: 'zeromq' });
}

/** No two neighbours are equal, and there are two different values. */
function alternate(t: Test, values: readonly string[]): void {
  t.ok(
    values.every((value, i) => value !== values[i + 1]),
    `in turn: ${values.join(' ')}`,
  );
  t.equal(new Set(values).size, 2);
}
