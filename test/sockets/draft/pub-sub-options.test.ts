/** Draft options of XPUB and XSUB: among ourselves, within libzmq, and between the two. */

import t, { type Test } from 'tap';
import * as native from 'zeromq';
import * as zmq from '../../../src/index.ts';
import { freeEndpoint, own, texts } from '../../support/local.ts';
import { PATIENCE } from '../../support/patience.ts';

/** Both have these members; those that set options by number are protected in both. */
interface Numbered {
  linger: number;
  receiveTimeout: number;
  readonly closed: boolean;
  readonly lastEndpoint: string | null;
  bind(endpoint: string): Promise<void>;
  connect(endpoint: string): void;
  close(): void;
  send(message: string | string[]): Promise<void>;
  receive(): Promise<Buffer[]>;
  setBoolOption(id: number, value: boolean): void;
  setStringOption(id: number, value: string): void;
  getInt32Option(id: number): number;
}

const MANUAL = 71;
const MANUAL_LAST_VALUE = 98;
const ONLY_FIRST_SUBSCRIBE = 108;
const TOPICS_COUNT = 116;
const SUBSCRIBE = 6;

const makers = {
  ours: { xpub: () => new zmq.XPublisher(), xsub: () => new zmq.XSubscriber() },
  libzmq: { xpub: () => new native.XPublisher(), xsub: () => new native.XSubscriber() },
};
type Maker = keyof typeof makers;

function make(t: Test, whose: Maker, type: 'xpub' | 'xsub'): Numbered {
  const socket = makers[whose][type]() as unknown as Numbered;
  socket.receiveTimeout = PATIENCE;
  return own(t, socket as never) as Numbered;
}

for (const publisherOf of ['ours', 'libzmq'] as const) {
  for (const subscriberOf of ['ours', 'libzmq'] as const) {
    for (const transport of ['tcp', 'ipc', 'inproc'] as const) {
      if (transport === 'inproc' && publisherOf !== subscriberOf) continue;
      const both = publisherOf === subscriberOf ? '' : `, the subscriber ${subscriberOf}`;
      const skip = !native.capability.draft && 'libzmq has no drafts';
      t.test(`${publisherOf} over ${transport}${both}`, { skip }, async (t) => {
        const begin = async (t: Test, count: number): Promise<[Numbered, ...Numbered[]]> => {
          const publisher = make(t, publisherOf, 'xpub');
          await publisher.bind(freeEndpoint(transport));
          const subscribers = Array.from({ length: count }, () => make(t, subscriberOf, 'xsub'));
          for (const each of subscribers) each.connect(publisher.lastEndpoint!);
          return [publisher, ...subscribers];
        };

        t.test('ZMQ_XPUB_MANUAL_LAST_VALUE: the next message is for who asked', async (t) => {
          const [publisher, one, two] = await begin(t, 2);
          publisher.setBoolOption(MANUAL_LAST_VALUE, true);
          for (const each of [one!, two!]) {
            await each.send('\x01A');
            t.same(texts(await publisher.receive()), ['\x01A']);
            publisher.setStringOption(SUBSCRIBE, 'A');
            await publisher.send(['A', 'the last value']);
            t.same(texts(await each.receive()), ['A', 'the last value']);
          }
          await publisher.send(['A', 'for all']);
          for (const each of [one!, two!]) t.same(texts(await each.receive()), ['A', 'for all']);
          await one!.send('\x01B');
          t.same(texts(await publisher.receive()), ['\x01B']);
          await publisher.send(['B', 'it is not subscribed to that']);
          await publisher.send('A');
          for (const each of [one!, two!]) t.same(texts(await each.receive()), ['A']);
        });

        t.test('ZMQ_XPUB_MANUAL: the next message is for all', async (t) => {
          const [publisher, one, two] = await begin(t, 2);
          publisher.setBoolOption(MANUAL, true);
          for (const each of [one!, two!]) {
            await each.send('\x01A');
            t.same(texts(await publisher.receive()), ['\x01A']);
            publisher.setStringOption(SUBSCRIBE, 'A');
          }
          await publisher.send('A');
          for (const each of [one!, two!]) t.same(texts(await each.receive()), ['A']);
        });

        t.test('ZMQ_ONLY_FIRST_SUBSCRIBE: the first part decides', async (t) => {
          for (const onlyFirst of [false, true]) {
            const [publisher, subscriber] = await begin(t, 1);
            for (const each of [publisher, subscriber!]) {
              each.setBoolOption(ONLY_FIRST_SUBSCRIBE, onlyFirst);
            }
            await subscriber!.send(['hello', '\x01A']);
            await subscriber!.send(['\x01B', '\x01C']);
            await subscriber!.send('end');
            const heard: string[] = [];
            while (heard.at(-1) !== 'end') heard.push(...texts(await publisher.receive())!);
            t.same(heard.toSorted(), ['\x01A', '\x01B', '\x01C', 'end', 'hello']);
            t.equal(subscriber!.getInt32Option(TOPICS_COUNT), onlyFirst ? 2 : 3);
            t.equal(publisher.getInt32Option(TOPICS_COUNT), onlyFirst ? 2 : 3);
          }
        });
      });
    }
  }
}
