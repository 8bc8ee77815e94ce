/** ThreadValues: the options of the default context are those of all threads that begin after one was changed. */

import t from 'tap';
import { Context, context } from '../../../src/index.ts';
import { thread } from '../../support/sockets/threads.ts';

t.test('changes are seen in threads that begin later, and theirs here', async (t) => {
  const { ioThreads, blocky, maxSockets } = context;
  t.teardown(() => Object.assign(context, { ioThreads, blocky, maxSockets }));
  t.equal(context.ioThreads, 1);
  context.ioThreads = 3;
  context.blocky = false;
  const other = thread(
    t,
    `const { context, Context } = zmq;
    say([context.ioThreads, context.blocky, context.ipv6, context.maxSockets, new Context().ioThreads]);
    await told(); say(context.ioThreads);
    context.maxSockets = 5; say('set'); await told();`,
  );
  t.strictSame(await other.said(), [3, false, false, 1_023, 1]);
  context.ioThreads = 4;
  other.tell('on');
  t.equal(await other.said(), 4);
  t.equal(await other.said(), 'set');
  t.equal(context.maxSockets, 5);
  t.equal(new Context().maxSockets, 1_023, 'another context has its own');
  t.throws(
    () => {
      context.maxSockets = 0;
    },
    { code: 'EINVAL' },
  );
});
