/** A page in a real browser: Debian's Chromium, where it is installed. */

import type { Browser, Page } from 'playwright-core';
import t, { type Test } from 'tap';
import * as zmq from '../../src/index.ts';
import { DedicatedLayer, Hub } from '../../src/layer/index.ts';
import { launchChromium, skipChromium } from '../support/chromium.ts';
import { LibzmqPeer } from '../support/libzmq-peer.ts';
import { servePages } from '../support/page.ts';
import { texts, use } from '../support/sockets.ts';

/** What a page may use of the file that it has loaded. */
type Zmq = typeof import('../../src/browser/index.ts');
type Layers = typeof import('../../src/browser/layer.ts');

t.test('in Chromium', { skip: skipChromium }, async (t) => {
  const site = await servePages(t);
  const browser = await launchChromium();
  t.teardown(() => browser.close());

  t.test('a page asks a REP of libzmq, and hears its PUB', async (t) => {
    const page = await pageOf(t, browser, site);
    const peer = await LibzmqPeer.spawn(t, { implementation: 'zeromq' });
    const reply = await peer.open('REP');
    const publisher = await peer.open('PUB');
    const [replies, news] = [
      await reply.bind('ws://127.0.0.1:*'),
      await publisher.bind('ws://127.0.0.1:*'),
    ];
    const answering = (async () => {
      for (let i = 0; i < 100; i++) {
        const [question] = await reply.receive();
        await reply.send([`re: ${question}`, 'Grüße']);
      }
    })();
    const answers = await page.evaluate(async (address) => {
      const { Request } = (await import('/lib/browser.mjs' as string)) as Zmq;
      const request = new Request({ receiveTimeout: 10_000 });
      request.connect(address);
      const answers: string[] = [];
      for (let i = 0; i < 100; i++) {
        await request.send(`${i}`);
        answers.push((await request.receive()).join('|'));
      }
      request.close();
      return answers;
    }, replies);
    t.same(answers.slice(0, 2), ['re: 0|Grüße', 're: 1|Grüße']);
    t.equal(answers[99], 're: 99|Grüße');
    await answering;
    let over = false;
    const heard = page
      .evaluate(async (address) => {
        const { Subscriber } = (await import('/lib/browser.mjs' as string)) as Zmq;
        const subscriber = new Subscriber({ receiveTimeout: 10_000 });
        subscriber.subscribe('a');
        subscriber.connect(address);
        const heard: string[] = [];
        for await (const [topic, body] of subscriber) {
          heard.push(`${topic} ${body}`);
          if (heard.length === 3) break;
        }
        subscriber.close();
        return heard;
      }, news)
      .finally(() => {
        over = true;
      });
    // Nothing tells when libzmq has the subscription.
    for (let i = 0; !over && i < 1_000; i++) {
      await publisher.send(['b', 'no']);
      await publisher.send(['a', 'yes']);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    t.same(await heard, ['a yes', 'a yes', 'a yes']);
  });

  t.test('messages of any size go to a ROUTER of ours and back, with PLAIN', async (t) => {
    const page = await pageOf(t, browser, site);
    const router = use(t, new zmq.Router({ plainServer: true }));
    const asked: string[][] = [];
    router.authenticate = ({ credentials }) => {
      asked.push(credentials.map(String));
      return { status: 200, userId: 'ada' };
    };
    await router.bind('ws://127.0.0.1:*');
    const echoing = (async () => {
      for (let i = 0; i < 6; i++) await router.send(await router.receive());
    })();
    const sizes = [0, 1, 125, 65_536, 1_000_000, 5_000_000];
    const came = await page.evaluate(
      async ([address, sizes]) => {
        const { Dealer } = (await import('/lib/browser.mjs' as string)) as Zmq;
        const dealer = new Dealer({ plainUsername: 'ada', plainPassword: 'secret' });
        dealer.connect(address);
        const came: [number, boolean][] = [];
        for (const size of sizes) {
          const body = new Uint8Array(size);
          for (let i = 0; i < size; i += 65_536)
            crypto.getRandomValues(body.subarray(i, i + 65_536));
          await dealer.send(body);
          const [back] = await dealer.receive();
          came.push([back!.length, back!.every((octet, at) => octet === body[at])]);
        }
        dealer.close();
        return came;
      },
      [router.lastEndpoint!, sizes] as const,
    );
    t.same(
      came,
      sizes.map((size) => [size, true]),
    );
    t.same(asked, [['ada', 'secret']]);
    await echoing;
  });

  t.test('10 000 messages go each way, each once and in order', async (t) => {
    const page = await pageOf(t, browser, site);
    const [push, pull] = [use(t, new zmq.Push()), use(t, new zmq.Pull())];
    await push.bind('ws://127.0.0.1:*');
    await pull.bind('ws://127.0.0.1:*');
    const sending = (async () => {
      for (let i = 0; i < 10_000; i++) await push.send(`${i}`);
    })();
    const passing = page.evaluate(
      async ([from, to]) => {
        const { Pull, Push } = (await import('/lib/browser.mjs' as string)) as Zmq;
        const [pull, push] = [new Pull(), new Push()];
        pull.connect(from);
        push.connect(to);
        const began = performance.now();
        for (let i = 0; i < 10_000; i++) await push.send(await pull.receive());
        pull.close();
        push.close();
        return performance.now() - began;
      },
      [push.lastEndpoint!, pull.lastEndpoint!] as const,
    );
    for (let i = 0; i < 10_000; i++) {
      const [number] = await pull.receive();
      if (String(number) !== `${i}`) t.fail(`${number} in place of ${i}`);
    }
    await sending;
    t.comment(`a page passed them on in ${Math.round(await passing)} ms`);
    t.pass('all were there');
  });

  t.test('a page comes again after a loss, and shows what happened', async (t) => {
    const page = await pageOf(t, browser, site);
    let pull = use(t, new zmq.Pull());
    await pull.bind('ws://127.0.0.1:*');
    const address = pull.lastEndpoint!;
    const events = page.evaluate(async (address) => {
      const { Push } = (await import('/lib/browser.mjs' as string)) as Zmq;
      const push = new Push({ reconnectInterval: 50 });
      const seen: string[] = [];
      const lost = new Promise((resolve) => push.events.on('disconnect', resolve));
      for (const type of ['handshake', 'disconnect'] as const) {
        push.events.on(type, (event) => seen.push(event.type));
      }
      push.connect(address);
      await push.send('before');
      await lost;
      await push.send('after');
      await push.waitFor('handshake', { peers: 1, timeout: 10_000 });
      return seen;
    }, address);
    t.same(texts(await pull.receive()), ['before']);
    pull.close();
    pull = use(t, new zmq.Pull());
    await pull.bind(address);
    t.same(texts(await pull.receive()), ['after']);
    t.same(await events, ['handshake', 'disconnect', 'handshake']);
  });

  t.test('a page and a program of Node talk through a hub, by channels and groups', async (t) => {
    const page = await pageOf(t, browser, site);
    const hub = new Hub({ bind: 'ws://127.0.0.1:*' });
    await hub.start();
    t.teardown(() => hub.close());
    const address = hub.stats().bind;
    const options = { hub: address, symmetricEncryptionKeys: ['shared'] };
    const layer = new DedicatedLayer(options);
    t.teardown(() => layer.close());
    const mine = await layer.newChannel();
    await layer.groupAdd('room', mine);
    const inPage = page.evaluate(async (options) => {
      const { DedicatedLayer } = (await import('/lib/browser-layer.mjs' as string)) as Layers;
      const layer = new DedicatedLayer(options);
      const mine = await layer.newChannel('page');
      await layer.groupAdd('room', mine);
      await layer.send('hello', { reply: mine, octets: Uint8Array.of(1, 2, 3) });
      const answer = await layer.receive(mine, { timeout: 10_000 });
      await layer.groupSend('room', { from: 'the page' });
      const heard: unknown[] = [];
      for await (const message of layer.messages(mine)) {
        heard.push(message);
        if (heard.length === 2) break;
      }
      for (let n = 0; n < 50; n++) await layer.send('jobs', { n });
      await layer.close();
      return { answer, heard, sent: layer.stats().sent };
    }, options);
    const { reply, octets } = await layer.receive('hello', { timeout: 10_000 });
    t.same(octets, Uint8Array.of(1, 2, 3));
    await layer.send(String(reply), { answer: 'Grüße' });
    t.same(await layer.receive(mine, { timeout: 10_000 }), { from: 'the page' });
    await layer.groupSend('room', { from: 'Node' });
    for (let n = 0; n < 50; n++) t.same(await layer.receive('jobs', { timeout: 10_000 }), { n });
    const { answer, heard, sent } = await inPage;
    t.same(answer, { answer: 'Grüße' });
    t.same(heard, [{ from: 'the page' }, { from: 'Node' }]);
    t.equal(sent, 51);
  });

  t.test('nothing went wrong in a page', async (t) => {
    t.same(faults, []);
  });
});

/** A page of `site`, whose faults are added to `faults`. */
async function pageOf(t: Test, browser: Browser, site: string): Promise<Page> {
  const page = await browser.newPage();
  page.on('pageerror', (error) => faults.push(error.message));
  t.teardown(() => page.close());
  await page.goto(site);
  return page;
}

const faults: string[] = [];
