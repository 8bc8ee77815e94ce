/** Sockets of ours and of JeroMQ 0.3, which speaks ZMTP 2.0; and peers of 2.0 and 1.0 made of octets. */

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import t, { type Test } from 'tap';
import * as zmq from '../../src/index.ts';
import { freshEndpoint, use } from '../support/interop.ts';
import { PATIENCE } from '../support/patience.ts';
import { connectRaw, listenRaw, message } from '../support/raw-peer.ts';
import { handshaken, subscribed } from '../support/wait.ts';

const JAR = process.env['JEROMQ_JAR'] ?? '/usr/share/java/jeromq.jar';
const missing =
  !existsSync(JAR) || spawnSync('javac', ['-version']).error !== undefined
    ? 'needs a JDK and jeromq.jar 0.3 (JEROMQ_JAR)'
    : false;

/** A process with sockets of JeroMQ; asks one thing after the other. */
class Jeromq {
  readonly #child = spawn('java', [
    '-cp',
    JAR,
    join(import.meta.dirname, '../support/peers/JeromqPeer.java'),
  ]);
  readonly #answers = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  readonly #complaints: string[] = [];

  constructor() {
    this.#child.stderr.on('data', (text: Buffer) => this.#complaints.push(String(text)));
  }

  async ask(...words: string[]): Promise<string> {
    this.#child.stdin.write(`${words.join(' ')}\n`);
    const { value, done } = await this.#answers.next();
    if (done) throw new Error(`the peer has ended: ${this.#complaints.join('')}`);
    return value;
  }

  async close(): Promise<void> {
    const closed = once(this.#child, 'close');
    this.#child.kill('SIGKILL');
    await closed;
  }
}

/** One socket of JeroMQ. */
class JeromqSocket {
  readonly #peer: Jeromq;
  readonly #name: string;

  constructor(peer: Jeromq, name: string) {
    this.#peer = peer;
    this.#name = name;
  }

  async ask(...words: string[]): Promise<void> {
    const answer = await this.#peer.ask(this.#name, ...words);
    if (answer !== 'ok') throw new Error(answer);
  }

  send(...parts: (string | Buffer)[]): Promise<void> {
    return this.ask('send', ...parts.map(toHex));
  }

  async receive(): Promise<string[]> {
    const answer = await this.#peer.ask(this.#name, 'receive');
    return answer
      .split(' ')
      .map((part) => (part === '-' ? '' : Buffer.from(part, 'hex').toString('latin1')));
  }
}

function toHex(part: string | Buffer): string {
  const octets = Buffer.from(part as string, 'latin1');
  return octets.length === 0 ? '-' : octets.toString('hex');
}

function texts(parts: readonly Buffer[]): string[] {
  return parts.map((part) => part.toString('latin1'));
}

const LONG = 'x'.repeat(100_000);
const COUNT = 20;

t.test('JeroMQ 0.3', { skip: missing }, async (t) => {
  const jeromq = new Jeromq();
  t.teardown(() => jeromq.close());
  let opened = 0;

  /** A socket of theirs joined to ours, which `binds` or connects. */
  async function join(
    t: Test,
    ours: zmq.Socket,
    theirs: string,
    binds: boolean,
    identity = '',
  ): Promise<JeromqSocket> {
    const socket = new JeromqSocket(jeromq, `${opened++}`);
    const endpoint = await freshEndpoint(t, 'tcp');
    if (binds) await ours.bind(endpoint);
    await socket.ask('open', theirs, binds ? 'connect' : 'bind', endpoint, toHex(identity));
    if (!binds) ours.connect(endpoint);
    await handshaken(ours);
    t.teardown(() => socket.ask('close'));
    return socket;
  }

  for (const binds of [true, false]) {
    const who = binds ? 'ours is bound' : 'ours connects';

    t.test(`PUSH to PULL, ${who}`, async (t) => {
      const push = use(t, new zmq.Push());
      const theirs = await join(t, push, 'PULL', binds);
      for (let n = 0; n < COUNT; n++) await push.send([`${n}`, '', LONG]);
      for (let n = 0; n < COUNT; n++) t.same(await theirs.receive(), [`${n}`, '', LONG]);
    });

    t.test(`PULL from PUSH, ${who}`, async (t) => {
      const pull = use(t, new zmq.Pull());
      const theirs = await join(t, pull, 'PUSH', binds);
      for (let n = 0; n < COUNT; n++) await theirs.send(`${n}`, '', LONG);
      for (let n = 0; n < COUNT; n++) t.same(texts(await pull.receive()), [`${n}`, '', LONG]);
    });

    t.test(`REQ and REP, ${who}`, async (t) => {
      const [request, reply] = [use(t, new zmq.Request()), use(t, new zmq.Reply())];
      const theirReply = await join(t, request, 'REP', binds);
      const theirRequest = await join(t, reply, 'REQ', binds);
      for (let n = 0; n < COUNT; n++) {
        await request.send([`${n}`, 'a']);
        t.same(await theirReply.receive(), [`${n}`, 'a']);
        await theirReply.send('b', LONG);
        t.same(texts(await request.receive()), ['b', LONG]);
        await theirRequest.send(`${n}`, 'a');
        t.same(texts(await reply.receive()), [`${n}`, 'a']);
        await reply.send(['b', LONG]);
        t.same(await theirRequest.receive(), ['b', LONG]);
      }
    });

    t.test(`PUB and SUB, ${who}`, async (t) => {
      const [publisher, subscriber] = [use(t, new zmq.XPublisher()), use(t, new zmq.Subscriber())];
      const theirSubscriber = await join(t, publisher, 'SUB', binds);
      await theirSubscriber.ask('subscribe', toHex('ab'));
      // It tells us of its subscription once it is called again.
      const first = theirSubscriber.receive();
      t.same(texts(await publisher.receive()), ['\x01ab']);
      await publisher.send('ab!');
      t.same(await first, ['ab!']);
      subscriber.subscribe('ab');
      const theirPublisher = await join(t, subscriber, 'XPUB', binds);
      t.same(await theirPublisher.receive(), ['\x01ab']);
      for (let n = 0; n < COUNT; n++) {
        await publisher.send(['no', `${n}`]);
        await publisher.send(['abc', `${n}`]);
        await theirPublisher.send('no', `${n}`);
        await theirPublisher.send('abc', `${n}`);
      }
      for (let n = 0; n < COUNT; n++) {
        t.same(await theirSubscriber.receive(), ['abc', `${n}`]);
        t.same(texts(await subscriber.receive()), ['abc', `${n}`]);
      }
    });

    t.test(`DEALER and ROUTER, ${who}`, async (t) => {
      const dealer = use(t, new zmq.Dealer({ routingId: 'ours' }));
      const router = use(t, new zmq.Router());
      const theirRouter = await join(t, dealer, 'ROUTER', binds);
      const theirDealer = await join(t, router, 'DEALER', binds, 'theirs');
      for (let n = 0; n < COUNT; n++) {
        await dealer.send(['', `${n}`]);
        t.same(await theirRouter.receive(), ['ours', '', `${n}`]);
        await theirRouter.send('ours', 'back', LONG);
        t.same(texts(await dealer.receive()), ['back', LONG]);
        await theirDealer.send('', `${n}`);
        t.same(texts(await router.receive()), ['theirs', '', `${n}`]);
        await router.send(['theirs', 'back', LONG]);
        t.same(await theirDealer.receive(), ['back', LONG]);
      }
    });
  }

  t.test('it is refused where it is not wanted', async (t) => {
    const pull = use(t, new zmq.Pull({ minimumProtocolVersion: 3 }));
    const failed = pull.waitFor('handshake:error:protocol', { timeout: PATIENCE }).catch(() => {});
    const lost = pull.waitFor('handshake:error:other', { timeout: PATIENCE }).catch(() => {});
    const socket = new JeromqSocket(jeromq, `${opened++}`);
    const endpoint = await freshEndpoint(t, 'tcp');
    await pull.bind(endpoint);
    await socket.ask('open', 'PUSH', 'connect', endpoint, '-');
    await Promise.race([failed, lost]);
    t.equal(pull.stats().peers.length, 0);
    await socket.ask('close');
  });
});

t.test('a peer of 1.0 receives what it subscribes to for itself', async (t) => {
  const publisher = use(t, new zmq.Publisher());
  await publisher.bind('tcp://127.0.0.1:*');
  const peer = await connectRaw(t, publisher.lastEndpoint!);
  peer.write('0100');
  await subscribed(publisher);
  await publisher.send(['news', 'x']);
  await peer.sees(Buffer.concat([Buffer.from('\x05\x01news\x02\x00x', 'latin1')]));
});

t.test('a SUB chooses for itself among what a peer of 1.0 publishes', async (t) => {
  const server = await listenRaw(t);
  const subscriber = use(t, new zmq.Subscriber());
  subscriber.subscribe('ab');
  subscriber.connect(server.endpoint);
  const peer = await server.peer(0);
  peer.write('0100 03006e6f 0400616263');
  t.same(texts(await subscriber.receive()), ['abc']);
  await peer.sees('0400016162');
});

t.test('a large message of an older peer comes whole', async (t) => {
  const pull = use(t, new zmq.Pull());
  await pull.bind('tcp://127.0.0.1:*');
  const body = Buffer.alloc(3_000_000, 'abcdefg');
  const size = Buffer.alloc(8);
  size.writeBigUInt64BE(BigInt(body.length + 1));
  const first = await connectRaw(t, pull.lastEndpoint!);
  first.write('0100 ff', size, '00', body, '0200 61');
  t.ok((await pull.receive())[0]!.equals(body));
  t.same(texts(await pull.receive()), ['a']);
  const second = await connectRaw(t, pull.lastEndpoint!);
  second.write('ff00000000000000017f 01 08 0000', message(body, 'b'), message('c'));
  t.ok((await pull.receive())[0]!.equals(body));
  t.same(texts(await pull.receive()), ['c']);
});
