/** Connector, with a client that is made up: which addresses are tried, in which order. */

import { EventEmitter, once } from 'node:events';
import t from 'tap';
import type { AmqpClient, AmqpConnection, AmqpTarget } from '../../../src/layer/rabbitmq/client.ts';
import { Connector, type ConnectorHost, pauseOf } from '../../../src/layer/rabbitmq/connector.ts';
import { settleRabbitmq } from '../../../src/layer/rabbitmq/options.ts';

t.test(
  'a name with two addresses: the second is tried where the first has no broker',
  async (t) => {
    const { events, targets, connector } = setUp(
      'amqps://broker.example',
      (host) => host === '10.0.0.2',
    );
    connector.start();
    const [address] = await once(events, 'opened');
    t.equal(address, '10.0.0.2:5671');
    t.strictSame([...new Set(targets.map(({ host }) => host))].at(-1), '10.0.0.2');
    t.ok(
      targets.every(({ tls }) => tls?.servername === 'broker.example'),
      'the certificate is that of the name, whichever address it is',
    );
    await connector.close();
  },
);

t.test(
  'each round takes all addresses of all names, those of one name in random order',
  async (t) => {
    const { events, targets, connector } = setUp(['amqp://a', 'amqp://b'], () => false);
    const firsts = new Set<string>();
    connector.start();
    while (firsts.size < 2) {
      await once(events, 'refused');
      if (targets.length % 4 === 0) {
        const round = targets.slice(-4).map(({ host }) => host);
        t.strictSame([...round].sort(), ['10.0.0.1', '10.0.0.1', '10.0.0.2', '10.0.0.2']);
        t.equal(new Set(round.slice(0, 2)).size, 2, 'both of the first name first');
        firsts.add(round[0]!);
      }
    }
    await connector.close();
  },
);

t.test(
  'a name that nobody knows is left to the connection, which says what is wrong',
  async (t) => {
    const { events, connector } = setUp('amqp://nowhere.example', () => false);
    connector.start();
    const [address] = await once(events, 'refused');
    t.equal(address, 'nowhere.example:5672');
    await connector.close();
  },
);

t.test(
  'pauses between attempts double up to the longest, and are between half and all of that',
  (t) => {
    const settings = { reconnectInterval: 200, reconnectMaxInterval: 10_000 };
    const wholes = [200, 400, 800, 1600, 3200, 6400, 10_000, 10_000];
    t.strictSame(
      wholes.map((_, i) => pauseOf(i, settings, 1)),
      wholes,
    );
    t.strictSame(
      wholes.map((_, i) => pauseOf(i, settings, 0)),
      wholes.map((whole) => whole / 2),
    );
    t.equal(pauseOf(2000, settings, 1), 10_000, 'for ever');
    t.end();
  },
);

t.test('after a connection that was open, the pauses begin anew', async (t) => {
  const { events, connector, targets } = setUp('amqp://127.0.0.1', () => true);
  connector.start();
  for (let i = 1; i <= 3; i++) {
    await once(events, 'opened');
    connector.reconnect(new Error('test'));
    await once(events, 'closed');
    t.equal(targets.length, i, 'and it connects again');
  }
  await connector.close();
});

/** A connector to made-up names with two addresses each; `serves` says at which of them a broker is. */
function setUp(url: string | string[], serves: (host: string) => boolean) {
  const events = new EventEmitter();
  const targets: AmqpTarget[] = [];
  const client: AmqpClient = {
    async connect(target) {
      targets.push(target);
      if (!serves(target.host)) throw new Error('connection refused');
      return { close: async () => {}, destroy() {} } as unknown as AmqpConnection;
    },
  };
  const host: ConnectorHost = {
    prepare: async () => {},
    opened: (_connection, address) => events.emit('opened', address),
    closed: (address) => events.emit('closed', address),
    refused: (address) => events.emit('refused', address),
    blocked() {},
  };
  const settings = settleRabbitmq({ url, reconnectInterval: 1, reconnectMaxInterval: 1 });
  const connector = new Connector(client, settings, host, async (name) => {
    if (name === 'nowhere.example') throw new Error('ENOTFOUND');
    return [{ address: '10.0.0.1' }, { address: '10.0.0.2' }];
  });
  return { events, targets, connector };
}
