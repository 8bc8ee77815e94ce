/** Options of a socket and a context: as constructor argument, as property, and by number. */

import t from 'tap';
import all, * as zmq from '../../../src/index.ts';
import { own, type TearDown } from '../../support/local.ts';
import { PATIENCE } from '../../support/patience.ts';

const CLASSES = {
  Pair: 0,
  Publisher: 1,
  Subscriber: 2,
  Request: 3,
  Reply: 4,
  Dealer: 5,
  Router: 6,
  Pull: 7,
  Push: 8,
  XPublisher: 9,
  XSubscriber: 10,
  Stream: 11,
} as const;

const names = Object.keys(CLASSES) as (keyof typeof CLASSES)[];

/** Options that only some classes have, and those classes. */
const SPECIAL: Record<string, readonly string[]> = {
  sendHighWaterMark: names.filter((name) => !['Subscriber', 'Pull'].includes(name)),
  sendTimeout: names.filter((name) => !['Subscriber', 'Pull'].includes(name)),
  receiveHighWaterMark: names.filter((name) => !['Publisher', 'Push'].includes(name)),
  receiveTimeout: names.filter((name) => !['Publisher', 'Push'].includes(name)),
  routingId: ['Request', 'Reply', 'Dealer', 'Router'],
  probeRouter: ['Request', 'Dealer', 'Router'],
  correlate: ['Request'],
  relaxed: ['Request'],
  conflate: ['Publisher', 'Subscriber', 'Dealer', 'Pull', 'Push'],
  mandatory: ['Router'],
  handover: ['Router'],
  noDrop: ['Publisher', 'XPublisher'],
  manual: ['XPublisher'],
  welcomeMessage: ['XPublisher'],
  verbosity: ['XPublisher'],
  invertMatching: ['Publisher', 'Subscriber', 'XPublisher'],
  notify: ['Stream'],
};

/** Any option of any class, for what the types forbid. */
type Loose = zmq.Socket & Record<string, unknown>;

type Kind = 'Bool' | 'Int32' | 'Uint32' | 'Int64' | 'Uint64' | 'String';

/** The methods for options by number, which are for subclasses. */
function numbered(holder: zmq.Socket | zmq.Context) {
  type Read = { [K in Kind as `get${K}Option`]: (id: number) => unknown };
  type Write = { [K in Kind as `set${K}Option`]: (id: number, value: unknown) => void };
  return holder as unknown as Read & Write;
}

function make(t: TearDown, name: keyof typeof CLASSES, options?: object): Loose {
  const type = all[name] as new (options?: object) => zmq.Socket;
  return own(t, options === undefined ? new type() : new type(options)) as Loose;
}

t.test('each class has its options and no others', async (t) => {
  for (const name of names) {
    const socket = make(t, name);
    t.equal(socket.type, CLASSES[name], `${name}.type`);
    t.match(socket, {
      affinity: 0,
      rate: 100,
      recoveryInterval: 10_000,
      reconnectInterval: 100,
      backlog: 100,
      reconnectMaxInterval: 0,
      maxMessageSize: -1,
      lastEndpoint: null,
      tcpKeepalive: -1,
      immediate: false,
      ipv6: false,
      securityMechanism: null,
      curveSecretKey: null,
      zapDomain: null,
      handshakeInterval: 30_000,
      heartbeatInterval: 0,
      heartbeatTimeToLive: 0,
      heartbeatTimeout: -1,
      connectTimeout: 0,
      threadSafe: false,
      linger: name === 'Subscriber' || name === 'XSubscriber' ? 0 : -1,
    });
    for (const [option, classes] of Object.entries(SPECIAL)) {
      t.equal(option in socket, classes.includes(name), `${name}.${option}`);
    }
  }
});

t.test('an option is set by the constructor or as a property', async (t) => {
  const options = { linger: 5, sendHighWaterMark: 1.7, routingId: 'me', sendTimeout: 0 };
  const dealer = own(t, new zmq.Dealer(options));
  t.match(dealer, { linger: 5, sendHighWaterMark: 1, routingId: 'me', sendTimeout: 0 });
  dealer.linger = -1;
  dealer.routingId = Buffer.from('you');
  dealer.immediate = true;
  t.match(dealer, { linger: -1, routingId: 'you', immediate: true });

  const given = { context: new zmq.Context(), linger: 1 };
  const push = own(t, new zmq.Push(given));
  t.equal(push.context, given.context, 'and the object given is left alone');
});

t.test('what is not an option, or not its type', async (t) => {
  const make = (options: unknown) => () => new zmq.Push(options as object);
  const unknown = /^Cannot add property foo, object is not extensible/;
  t.throws(make({ foo: 1 }), { name: 'TypeError', message: unknown });
  t.throws(make({ routingId: 'x' }), TypeError, 'not on this class');
  t.throws(make({ type: 1 }), TypeError);
  t.throws(make({ subscribe: 1 }), TypeError);
  t.throws(make({ close: 1 }), TypeError);
  t.throws(make({ linger: 'x' }), new TypeError('Option value must be a number'));
  t.throws(make({ linger: null }), new TypeError('Option value must be a number'));
  t.throws(make({ immediate: 1 }), new TypeError('Option value must be a boolean'));
  t.throws(make({ interface: 1 }), new TypeError('Option value must be a string or buffer'));
  t.throws(make({ linger: -2 }), { code: 'EINVAL', errno: 22 });
  for (const options of [5, 'x', null]) {
    t.throws(make(options), new TypeError('Options must be an object'));
  }
  t.throws(make({ context: undefined }), { message: 'Invalid argument' });
  t.throws(make({ context: {} }), { message: 'Invalid argument' });
  t.throws(() => Reflect.construct(zmq.Socket, ['x']), /Socket type must be a number/);
  t.throws(() => Reflect.construct(zmq.Socket, [99]), { code: 'EINVAL' });

  const context = new zmq.Context({ maxSockets: 1 });
  for (let i = 0; i < 3; i++) t.throws(() => new zmq.Push({ context, linger: -2 }));
  own(t, new zmq.Push({ context }));
});

t.test('a read-only property says so', async (t) => {
  const push = own(t, new zmq.Push()) as unknown as Loose;
  for (const name of [
    ...['type', 'lastEndpoint', 'securityMechanism', 'threadSafe'],
    ...['closed', 'readable', 'writable', 'context', 'events'],
  ]) {
    const message = `Cannot set property ${name} of #<Socket> which has only a getter`;
    t.throws(() => Object.assign(push, { [name]: 1 }), new TypeError(message));
    if (name === 'context') continue;
    t.throws(() => new zmq.Push({ [name]: 1 } as object), new TypeError(message));
  }
});

t.test('a subclass may have fields of its own', async (t) => {
  class Named extends zmq.Push {
    label = 'x';
    declare later: number;
    constructor(options: object) {
      super(options);
      this.later = 2;
    }
  }
  const named = own(t, new Named({ linger: 3 }));
  t.same(Object.fromEntries(Object.entries(named)), { label: 'x', later: 2 });
  Object.assign(named, { label: 'y', more: 3 });
  t.same(Object.fromEntries(Object.entries(named)), { label: 'y', later: 2, more: 3 });
  for (const name of ['Linger', 'sendhighwatermark', 'sendHighWaterMarks', 'handshakeIntervall']) {
    t.throws(
      () => Object.assign(named, { [name]: 1 }),
      { name: 'TypeError', message: /did you mean \w+\?$/ },
      name,
    );
    t.notOk(name in named);
  }
});

t.test('a name that is no property is refused, and told what may be meant', async (t) => {
  for (const [name, meant] of [
    ['sendHighWatermark', 'sendHighWaterMark'],
    ['sendTimeOut', 'sendTimeout'],
    ['reconectInterval', 'reconnectInterval'],
    ['IPv6', 'ipv6'],
    ['foo', undefined],
  ] as const) {
    const message = `Cannot add property ${name}, object is not extensible: no such option${meant === undefined ? '' : `, did you mean ${meant}?`}`;
    for (const Type of [zmq.Push, zmq.Dealer, zmq.Router]) {
      const socket = own(t, new Type());
      t.throws(() => Object.assign(socket, { [name]: 1 }), new TypeError(message));
      t.notOk(name in socket);
      t.throws(() => new Type({ [name]: 1 } as object), new TypeError(message));
    }
    if (name === 'foo' || name === 'IPv6') {
      t.throws(
        () => Object.assign(new zmq.Context(), { [name]: 1 }),
        new TypeError(message),
        'also on a context',
      );
      t.throws(() => new zmq.Context({ [name]: 1 } as object), new TypeError(message));
    }
  }
  class Named extends zmq.Context {
    label = 'x';
  }
  t.equal(Object.assign(new Named(), { more: 1 }).label, 'x');
  t.throws(() => Object.assign(new Named(), { maxsockets: 1 }), /did you mean maxSockets\?$/);
  const push = own(t, new zmq.Push());
  const send = async (): Promise<void> => {};
  t.equal(Object.assign(push, { send }).send, send, 'a method can be replaced, as by a test');
  t.ok(push instanceof Object && push instanceof zmq.Socket);
});

t.test('an option set too late is warned of', async (t) => {
  const warnings = t.capture(process, 'emitWarning', () => {});
  const texts = () => warnings().map(({ args }) => args[0]);
  const text = 'Socket option will not take effect until next connect/bind.';
  const router = own(t, new zmq.Router());
  router.immediate = true;
  t.strictSame(texts(), []);
  const binding = router.bind('tcp://127.0.0.1:*');
  router.immediate = false;
  t.strictSame(texts(), [text], 'while binding');
  await binding;
  router.reconnectInterval = 5;
  t.strictSame(texts(), [text], 'when bound');
  t.equal(router.reconnectInterval, 5, 'and is set nevertheless');
  router.linger = 0;
  router.sendHighWaterMark = 1;
  router.receiveHighWaterMark = 1;
  router.sendTimeout = 0;
  router.receiveTimeout = 0;
  router.mandatory = true;
  router.handover = true;
  router.probeRouter = true;
  t.strictSame(texts(), [], 'not those that act at once');
  await router.unbind(router.lastEndpoint!);
  router.reconnectInterval = 6;
  t.strictSame(texts(), [], 'nor after the last endpoint has gone');
  router.connect('inproc://nobody');
  router.reconnectInterval = 7;
  t.strictSame(texts(), [text], 'when connected');
});

t.test('after close every option is ENOTSOCK', async (t) => {
  const expected = { code: 'ENOTSOCK', message: 'Socket operation on non-socket' };
  const push = own(t, new zmq.Push());
  const subscriber = own(t, new zmq.Subscriber());
  void push.events;
  push.close();
  subscriber.close();
  t.throws(() => push.linger, expected);
  t.throws(() => {
    push.linger = 5;
  }, expected);
  for (const name of ['type', 'lastEndpoint', 'securityMechanism', 'threadSafe', 'events']) {
    t.throws(() => push[name as 'type'], expected, name);
  }
  t.throws(() => numbered(push).getInt32Option(17), expected);
  t.throws(() => numbered(push).setInt32Option(17, 1), expected);
  t.throws(() => numbered(subscriber).setStringOption(6, 'x'), expected);
  t.throws(() => subscriber.subscribe('x'), expected);
  t.throws(() => subscriber.unsubscribe('x'), expected);
  t.match(push, { closed: true, readable: false, writable: false, context: undefined });
});

t.test('what would protect and is not there is refused', async (t) => {
  for (const options of [
    { gssapiServer: true },
    { gssapiPrincipal: 'a' },
    { gssapiServer: true },
  ]) {
    t.throws(() => new zmq.Push(options), { code: 'ENOTSUP' });
    const push = own(t, new zmq.Push());
    t.throws(() => Object.assign(push, options), { code: 'ENOTSUP' });
  }
});

t.test('options by number', async (t) => {
  const router = own(t, new zmq.Router({ linger: 4, routingId: 'me' }));
  t.equal(numbered(router).getInt32Option(17), 4);
  numbered(router).setInt32Option(17, 5);
  t.equal(router.linger, 5);
  numbered(router).setBoolOption(33, true);
  t.equal(router.mandatory, true);
  t.equal(numbered(router).getBoolOption(33), true);
  numbered(router).setStringOption(5, Buffer.from('you'));
  t.equal(numbered(router).getStringOption(5), 'you');
  t.equal(numbered(router).getUint64Option(4), 0);
  numbered(router).setUint64Option(4, 3);
  t.equal(router.affinity, 3);
  numbered(router).setInt64Option(22, 1000);
  t.equal(numbered(router).getInt64Option(22), 1000);
  numbered(router).setUint32Option(57, 8);
  t.equal(numbered(router).getUint32Option(57), 8);
  t.equal(numbered(router).getInt32Option(16), 6, 'the type');
  t.equal(numbered(router).getStringOption(32), null, 'the last endpoint');
  t.equal(numbered(router).getInt32Option(13), 0, 'no part is left to come');
  t.equal(numbered(own(t, new zmq.Publisher())).getInt32Option(15), 2, 'can be sent to');
  t.equal(numbered(router).getInt32Option(43), 0, 'no mechanism');
  t.equal(numbered(own(t, new zmq.Push({ plainServer: true }))).getInt32Option(43), 1, 'PLAIN');
  t.equal(numbered(own(t, new zmq.Push())).getInt32Option(15), 0);

  const xpub = own(t, new zmq.XPublisher());
  numbered(xpub).setBoolOption(40, true);
  t.equal(xpub.verbosity, 'allSubs');
  t.equal(numbered(xpub).getBoolOption(78), false);
  numbered(xpub).setBoolOption(40, false);
  t.equal(xpub.verbosity, null);

  t.throws(() => numbered(router).getInt32Option(999), { code: 'EINVAL' });
  t.throws(() => numbered(router).setInt32Option(4000, 1), { code: 'EINVAL' });
  t.throws(() => numbered(router).setBoolOption(54, true), { code: 'EINVAL' }, 'no conflate here');
  t.throws(
    () => numbered(router).setStringOption(6, 'x'),
    { code: 'EINVAL' },
    'no subscriptions here',
  );
  t.throws(() => numbered(router).setStringOption(17, '5'), { code: 'EINVAL' });
  t.throws(() => numbered(router).setInt32Option(5, 5), { code: 'EINVAL' });
  const identifier = new TypeError('Identifier must be a number');
  t.throws(() => numbered(router).getBoolOption('x' as never), identifier);
  t.throws(() => numbered(router).setBoolOption('x' as never, true), identifier);
  t.throws(() => numbered(router).setStringOption('x' as never, 'x'), identifier);
  t.throws(
    () => numbered(router).setBoolOption(33, 1 as never),
    new TypeError('Option value must be a boolean'),
  );
  t.throws(
    () => numbered(router).setInt32Option(17, true as never),
    new TypeError('Option value must be a number'),
  );
  t.throws(
    () => numbered(router).setStringOption(5, 1 as never),
    new TypeError('Option value must be a string or buffer'),
  );
});

t.test('a subclass adds a property for an option by number', async (t) => {
  class Own extends zmq.Socket {
    constructor() {
      super(zmq.SocketType.Dealer);
    }
    get patience(): number {
      return this.getInt32Option(17);
    }
    set patience(milliseconds: number) {
      this.setInt32Option(17, milliseconds);
    }
  }
  const socket = own(t, new Own());
  socket.patience = 3;
  t.match(socket, { patience: 3, linger: 3, type: 5 });
});

t.test('subscriptions by number', async (t) => {
  const subscriber = own(t, new zmq.Subscriber());
  const publisher = own(t, new zmq.Publisher());
  const binding = subscriber.bind('tcp://127.0.0.1:*');
  numbered(subscriber).setStringOption(6, 'a');
  subscriber.subscribe('b', 'c');
  numbered(subscriber).setStringOption(7, Buffer.from('c'));
  await binding;
  publisher.connect(subscriber.lastEndpoint!);
  await publisher.waitFor('subscription', { timeout: PATIENCE });
  for (const text of ['c', 'b', 'a']) await publisher.send(text);
  t.strictSame(await subscriber.receive(), [Buffer.from('b')]);
  t.strictSame(await subscriber.receive(), [Buffer.from('a')]);
  for (const wrong of [5, null, {}]) {
    t.throws(() => subscriber.subscribe(wrong as never), TypeError);
    t.throws(() => subscriber.unsubscribe(wrong as never), TypeError);
  }
  subscriber.unsubscribe('never subscribed');
});

t.test('options of a context', async (t) => {
  const context = new zmq.Context({ ipv6: true, blocky: false, maxSockets: 2 });
  t.match(context, {
    ioThreads: 1,
    maxSockets: 2,
    maxSocketsLimit: 65_535,
    maxMessageSize: 2_147_483_647,
    ipv6: true,
    blocky: false,
  });
  const push = own(t, new zmq.Push({ context }));
  t.match(push, { ipv6: true, linger: 0 }, 'are the defaults of its sockets');
  t.equal(own(t, new zmq.Push({ context, linger: 7 })).linger, 7);
  context.ioThreads = 0;
  t.throws(() => Object.assign(context, { ioThreads: -1 }), { code: 'EINVAL' });
  t.throws(() => Object.assign(context, { maxSockets: 0 }), { code: 'EINVAL' });
  t.throws(
    () => Object.assign(context, { maxSocketsLimit: 4 }),
    /^Cannot set property maxSocketsLimit of #<Context> which has only a getter/,
  );
  t.equal(numbered(context).getInt32Option(1), 0);
  t.equal(numbered(context).getInt32Option(3), 65_535);
  numbered(context).setInt32Option(2, 5);
  t.equal(context.maxSockets, 5);
  numbered(context).setBoolOption(70, true);
  t.equal(numbered(context).getBoolOption(70), true);
  t.throws(() => numbered(context).getBoolOption(999), { code: 'EINVAL' });
  t.throws(() => new zmq.Context({ foo: 1 } as object), {
    name: 'TypeError',
    message: /^Cannot add property foo, object is not extensible/,
  });
  t.throws(() => new zmq.Context(5 as never), new TypeError('Options must be an object'));
  t.throws(
    () => new zmq.Context({ maxSocketsLimit: 4 } as object),
    /^Cannot set property maxSocketsLimit of #<Context> which has only a getter/,
  );
  t.throws(
    () => Reflect.construct(zmq.Context, [{}, {}]),
    new TypeError('Expected 1 argument but received 2'),
  );
  t.match(zmq.context, { ipv6: false, blocky: true, maxSockets: 1_023 });
});
