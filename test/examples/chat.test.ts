/** The chat by a script: guests at two servers behind one hub, or behind a RabbitMQ broker. */

import { once } from 'node:events';
import t, { type Test } from 'tap';
import { WebSocket } from 'ws';
import { RabbitmqBroker, skipRabbitmq } from '../support/layer/rabbitmq-broker.ts';
import { PATIENCE } from '../support/patience.ts';
import { type Chat, type ChatServer, startChat } from './chat-stage.ts';

t.test('through a hub', (t) => shared(t, startChat));

t.test('through a RabbitMQ broker', { skip: skipRabbitmq }, async (t) => {
  const broker = await RabbitmqBroker.start();
  t.teardown(() => broker.stop());
  await shared(t, (t) => startChat(t, broker));
});

t.test('what a guest may not ask is refused, and it can go on', async (t) => {
  const server = await (await startChat(t)).startServer();
  const guest = await enter(t, server, 'red', 'eve');
  for (const [wish, complaint] of [
    [{ type: 'enter', room: 'a b', name: 'eve' }, /invalid group name "a b"/],
    [{ type: 'say', text: 'nowhere' }, /enter a room first/],
    [{ type: 'enter', room: 'x'.repeat(101), name: 'eve' }, /expected enter/],
    [{ type: 'enter', room: 7, name: 'eve' }, /expected enter/],
    [null, /expected enter/],
  ] as const) {
    const before = guest.refusals;
    guest.ask(wish);
    t.match(await guest.hears('refused', before + 1), { text: complaint });
  }
  guest.socket.send('{');
  t.match(await guest.hears('refused', guest.refusals + 1), { text: /expected JSON/ });
  guest.ask({ type: 'enter', room: 'green', name: 'eve' });
  t.match(await guest.hears('eve entered', 2), { room: 'green' });

  const closed = once(guest.socket, 'close');
  guest.socket.send('x'.repeat(100_000));
  t.equal((await closed)[0], 1009, 'a frame that is too large ends the connection');
});

/** What holds whatever carries the rooms. */
async function shared(t: Test, start: (t: Test) => Promise<Chat>): Promise<void> {
  t.test('a message reaches its room on both servers, and no other room', async (t) => {
    const { startServer } = await start(t);
    const [first, second] = await Promise.all([startServer(), startServer()]);
    const ada = await enter(t, first, 'red', 'ada');
    const bob = await enter(t, second, 'red', 'bob');
    const cyd = await enter(t, second, 'blue', 'cyd');
    const dan = await enter(t, first, 'blue', 'dan');

    ada.ask({ type: 'say', text: 'to red' });
    t.match(await bob.hears('to red'), { type: 'said', room: 'red', name: 'ada' });
    await ada.hears('to red');
    cyd.ask({ type: 'say', text: 'to blue' });
    await Promise.all([cyd.hears('to blue'), dan.hears('to blue')]);
    bob.ask({ type: 'say', text: 'to red again' });
    await Promise.all([ada.hears('to red again'), bob.hears('to red again')]);
    t.same(ada.said, ['to red', 'to red again']);
    t.same(bob.said, ['to red', 'to red again']);
    t.same(cyd.said, ['to blue']);
    t.same(dan.said, ['to blue']);

    bob.ask({ type: 'leave' });
    await bob.hears('left');
    t.match(await ada.hears('left'), { name: 'bob', room: 'red' });
    ada.ask({ type: 'say', text: 'who is left' });
    await ada.hears('who is left');
    bob.ask({ type: 'enter', room: 'blue', name: 'bob' });
    await Promise.all([cyd.hears('bob entered'), bob.hears('bob entered')]);
    t.notOk(bob.said.includes('who is left'), 'who has left hears no more');

    dan.socket.close();
    t.match(await cyd.hears('dan left'), { room: 'blue' }, 'a closed page leaves');
    t.same(await Promise.all([first.end(), second.end()]), [0, 0]);
  });

  t.test('a server dies and comes back: guests enter again, others are not affected', async (t) => {
    const { startServer } = await start(t);
    const [first, second] = await Promise.all([startServer(), startServer()]);
    const ada = await enter(t, first, 'red', 'ada');
    const bob = await enter(t, second, 'red', 'bob');
    const bobGone = once(bob.socket, 'close');
    await second.kill();
    await bobGone;

    ada.ask({ type: 'say', text: 'alone' });
    await ada.hears('alone');

    const again = await startServer(second.port);
    t.equal(again.port, second.port);
    const back = await enter(t, again, 'red', 'bob');
    t.match(await ada.hears('bob entered', 2), { room: 'red' });
    ada.ask({ type: 'say', text: 'together' });
    await back.hears('together');
    back.ask({ type: 'say', text: 'yes' });
    await Promise.all([ada.hears('yes'), back.hears('yes')]);
    t.same(ada.said, ['alone', 'together', 'yes'], 'each once');
    t.same(back.said, ['together', 'yes']);
  });

  t.test('it dies and comes back: servers find it, and guests stay in their rooms', async (t) => {
    const { startServer, replaceHub } = await start(t);
    const [first, second] = await Promise.all([startServer(), startServer()]);
    const ada = await enter(t, first, 'red', 'ada');
    const bob = await enter(t, second, 'red', 'bob');
    await replaceHub();
    await Promise.all([first.says(/a new (hub|broker)/), second.says(/a new (hub|broker)/)]);
    // Entering asks the hub, behind what the servers have told it about their rooms.
    await enter(t, first, 'blue', 'cyd');
    await enter(t, second, 'blue', 'dan');
    ada.ask({ type: 'say', text: 'still here' });
    await Promise.all([ada.hears('still here'), bob.hears('still here')]);
    t.same([ada.said, bob.said], [['still here'], ['still here']]);
    t.equal(ada.socket.readyState, WebSocket.OPEN);
  });
}

/** What a server tells. */
interface Told {
  readonly type: string;
  readonly room?: string;
  readonly name?: string;
  readonly text: string;
}

/** A page without a browser. */
class Guest {
  readonly socket: WebSocket;
  readonly told: Told[] = [];
  readonly #watchers = new Set<() => void>();

  constructor(port: string) {
    this.socket = new WebSocket(`ws://127.0.0.1:${port}/`);
    this.socket.on('message', (data) => {
      this.told.push(JSON.parse(String(data)));
      for (const look of [...this.#watchers]) look();
    });
    this.socket.on('error', () => {});
  }

  /** The texts it got, in their order. */
  get said(): string[] {
    return this.told.filter(({ type }) => type === 'said').map(({ text }) => text);
  }

  get refusals(): number {
    return this.told.filter(({ type }) => type === 'refused').length;
  }

  ask(wish: unknown): void {
    this.socket.send(JSON.stringify(wish));
  }

  /** Resolves to the news whose text, type, or name and type are `what`, when there are `count` of them. */
  hears(what: string, count = 1): Promise<Told> {
    return new Promise((resolve, reject) => {
      const finish = (settle: () => void): void => {
        clearTimeout(timer);
        this.#watchers.delete(look);
        settle();
      };
      const look = (): void => {
        const found = this.told.filter(({ type, name, text }) =>
          [text, type, `${name} ${type}`].includes(what),
        )[count - 1];
        if (found !== undefined) finish(() => resolve(found));
      };
      const timer = setTimeout(() => {
        const all = JSON.stringify(this.told);
        finish(() => reject(new Error(`never heard ${what} (${count}): ${all}`)));
      }, PATIENCE);
      this.#watchers.add(look);
      look();
    });
  }
}

/** A guest that has entered `room`. */
async function enter(t: Test, { port }: ChatServer, room: string, name: string): Promise<Guest> {
  const guest = new Guest(port);
  t.teardown(() => guest.socket.terminate());
  await once(guest.socket, 'open');
  guest.ask({ type: 'enter', room, name });
  await guest.hears(`${name} entered`);
  return guest;
}
