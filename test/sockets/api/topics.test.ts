/** What publishers and subscribers say of their subscriptions, and how loudly they end them. */

import t from 'tap';
import { Publisher, Subscriber, XPublisher, XSubscriber } from '../../../src/index.ts';
import { join, own, TRANSPORTS, texts, until } from '../../support/local.ts';
import { PATIENCE } from '../../support/patience.ts';

for (const transport of TRANSPORTS) {
  t.test(`topicsCount counts distinct prefixes on both sides, over ${transport}`, async (t) => {
    for (const publisher of [own(t, new Publisher()), own(t, new XPublisher())]) {
      const [subscriber, other] = [own(t, new Subscriber()), own(t, new XSubscriber())];
      subscriber.subscribe('a', 'a', 'b');
      await other.sendMany(['\x01b', '\x01c']);
      t.strictSame([publisher.topicsCount, subscriber.topicsCount, other.topicsCount], [0, 2, 2]);
      await join(publisher, subscriber, transport);
      await join(publisher, other, transport);
      await until(() => publisher.topicsCount === 3);
      subscriber.unsubscribe('a');
      t.equal(subscriber.topicsCount, 2);
      subscriber.unsubscribe('a');
      t.equal(subscriber.topicsCount, 1);
      await until(() => publisher.topicsCount === 2);
      other.close();
      await until(() => publisher.topicsCount === 1);
      t.throws(() => other.topicsCount, { code: 'ENOTSOCK' });
    }
  });

  t.test(`verboseUnsubscribe passes on every cancellation, over ${transport}`, async (t) => {
    const publisher = own(
      t,
      new XPublisher({ verbosity: 'allSubsUnsubs', receiveTimeout: PATIENCE }),
    );
    const subscriber = own(t, new XSubscriber());
    await join(publisher, subscriber, transport);
    for (const verbose of [false, true]) {
      subscriber.verboseUnsubscribe = verbose;
      await subscriber.sendMany(['\x01a', '\x01a', '\x00a', '\x00a', '\x01end']);
      const got: string[] = [];
      while (got.at(-1) !== '\x01end') got.push(texts(await publisher.receive())!.join());
      const cancelled = verbose ? ['\x00a', '\x00a'] : ['\x00a'];
      t.same(got, ['\x01a', '\x01a', ...cancelled, '\x01end']);
    }
  });
}
