import fc from 'fast-check';
import t from 'tap';
import type { CommonOptions } from '../../../src/sockets/options/common-options.ts';
import {
  defineContextOptions,
  defineOptions,
  type OptionHolder,
  readOption,
  refuseWrites,
  showOption,
  writeOption,
} from '../../../src/sockets/options/option-accessors.ts';
import * as table from '../../../src/sockets/options/option-table.ts';
import {
  CONTEXT_OPTION_IDS,
  CONTEXT_OPTIONS,
  createContextValues,
  createValues,
  OPTION_IDS,
  OPTIONS,
} from '../../../src/sockets/options/option-table.ts';
import type {
  ContextOptions,
  OptionValues,
  RoutingIdOptions,
} from '../../../src/sockets/options/options.ts';

type Name = keyof OptionValues;

const names = Object.keys(OPTIONS) as Name[];

/** What the users of zeromq.js find in a fresh socket. */
const defaults: Partial<OptionValues> = {
  affinity: 0,
  rate: 100,
  recoveryInterval: 10_000,
  linger: -1,
  reconnectInterval: 100,
  backlog: 100,
  reconnectMaxInterval: 0,
  maxMessageSize: -1,
  maxMessageParts: 65_536,
  maxHandshakesPerSecond: 0,
  tcpKeepalive: -1,
  immediate: false,
  ipv6: false,
  curveServer: false,
  curvePublicKey: null,
  zapDomain: null,
  handshakeInterval: 30_000,
  heartbeatInterval: 0,
  heartbeatTimeToLive: 0,
  heartbeatTimeout: -1,
  connectTimeout: 0,
  multicastMaxTransportDataUnit: 1_500,
  sendBufferSize: -1,
  sendHighWaterMark: 1_000,
  sendHighWaterMarkBytes: 0,
  sendTimeout: -1,
  multicastHops: 1,
  multicastLoop: true,
  receiveHighWaterMark: 1_000,
  receiveHighWaterMarkBytes: 0,
  receiveTimeout: -1,
  routingId: null,
  welcomeMessage: null,
  verbosity: null,
  verboseUnsubscribe: false,
  notify: true,
};

t.test('the table', async (t) => {
  t.match(createValues(), defaults);
  t.strictSame(Object.keys(createValues()), names);
  const groups = [
    ...table.COMMON,
    ...table.SEND,
    ...table.RECEIVE,
    ...table.ROUTING_ID,
    ...table.HELLO,
    ...table.DISCONNECT,
    ...table.HICCUP,
    ...table.PROBE_ROUTER,
    ...table.CONFLATE,
    ...table.REQUEST,
    ...table.ROUTER,
    ...table.NO_DROP,
    ...table.X_PUBLISHER,
    ...table.X_SUBSCRIBER,
    ...table.ONLY_FIRST_SUBSCRIBE,
    ...table.INVERT_MATCHING,
    ...table.STREAM,
  ];
  t.strictSame(groups, names, 'every option is in exactly one group');

  for (const name of names) {
    const spec = OPTIONS[name];
    t.strictSame(spec.parse(spec.default, name), spec.default, `${name} takes its default`);
  }
  const withId = names.filter((name) => OPTIONS[name].id !== undefined);
  t.equal(OPTION_IDS.size, withId.length, 'no number twice');
  t.equal(OPTION_IDS.get(17), 'linger');
  t.equal(OPTION_IDS.get(23), 'sendHighWaterMark');
  t.equal(CONTEXT_OPTION_IDS.get(70), 'blocky');
  for (const id of [...table.READ_ONLY_IDS.keys(), ...table.VERBOSITY_IDS.keys()]) {
    t.notOk(OPTION_IDS.has(id), `${id} is in one map only`);
  }
  t.strictSame(
    names.filter((name) => OPTIONS[name].late).sort(),
    [
      'correlate',
      'handover',
      'linger',
      'mandatory',
      'manualLastValue',
      'onlyFirstSubscribe',
      'probeRouter',
      'receiveHighWaterMark',
      'receiveHighWaterMarkBytes',
      'receiveTimeout',
      'relaxed',
      'sendHighWaterMark',
      'sendHighWaterMarkBytes',
      'sendTimeout',
      'verboseUnsubscribe',
      'verbosity',
    ],
    'what may be set late without a warning',
  );
});

t.test('values are fresh, and overrides lie over the defaults', async (t) => {
  const values = createValues({ linger: 0 });
  t.equal(values.linger, 0);
  t.equal(createValues().linger, -1);
  t.strictSame(createContextValues({ ipv6: true }), {
    ioThreads: 1,
    maxSockets: 1_023,
    threadPriority: -1,
    threadSchedulingPolicy: -1,
    maxMessageSize: 2_147_483_647,
    ipv6: true,
    blocky: true,
    busyPoll: 100,
  });
});

t.test('a value of another type is a TypeError with the text of zeromq.js', async (t) => {
  const texts = {
    boolean: 'Option value must be a boolean',
    number: 'Option value must be a number',
    text: 'Option value must be a string or buffer',
  };
  for (const name of names) {
    if (name === 'verbosity' || name.endsWith('NameType')) continue;
    const { kind, parse } = OPTIONS[name];
    for (const value of [undefined, {}, () => {}, kind === 'number' ? '1' : 1]) {
      t.throws(() => parse(value, name), new TypeError(texts[kind]), `${name} = ${value}`);
    }
  }
});

t.test('numbers', async (t) => {
  const int32 = 2_147_483_647;
  for (const [name, accepted, refused] of [
    ['rate', [1], [0]],
    ['recoveryInterval', [0], [-1]],
    ['linger', [-1, 0, int32], [-2, int32 + 1]],
    ['reconnectInterval', [-1, 0], [-2]],
    ['backlog', [0, 511], [-1]],
    ['reconnectMaxInterval', [0], [-1]],
    ['reconnectStop', [0, 1, 7], [-1, 8]],
    ['maxMessageSize', [-1, 0, 2 ** 40], [-2, Number.POSITIVE_INFINITY]],
    ['maxMessageParts', [-1, 0, 1], [-2]],
    ['maxHandshakesPerSecond', [0, 1, 10_000], [-1]],
    ['tcpKeepalive', [-1, 0, 1], [-2, 2]],
    ['handshakeInterval', [0], [-1]],
    ['heartbeatInterval', [0, 1_000], [-1]],
    ['heartbeatTimeToLive', [0, 100], [-1, 6_553_600, 1e7]],
    ['heartbeatTimeout', [-1, 0], [-2]],
    ['connectTimeout', [0], [-1]],
    ['sendHighWaterMark', [0, 1], [-1, Number.POSITIVE_INFINITY, Number.NaN]],
    ['receiveHighWaterMark', [0, 1], [-1]],
    ['sendHighWaterMarkBytes', [0, 2 ** 40], [-1]],
    ['receiveHighWaterMarkBytes', [0, 2 ** 40], [-1]],
    ['sendTimeout', [-1, 0], [-2]],
    ['receiveTimeout', [-1, 0], [-2]],
    ['multicastHops', [1], [0]],
    ['routerNotify', [0, 1, 2, 3], [-1, 4]],
    ['typeOfService', [0, 184], [-1]],
    ['priority', [0, 6], [-1]],
    ['inBatchSize', [1], [0]],
    ['outBatchSize', [1], [0]],
    ['vmciBufferSize', [0], [1, -1]],
    ['vmciConnectTimeout', [-1], [0]],
  ] as const) {
    for (const value of accepted) t.equal(OPTIONS[name].parse(value, name), value);
    for (const value of refused) {
      const message = new RegExp(`^Invalid argument: ${name} is ${value}, expected `);
      t.throws(() => OPTIONS[name].parse(value, name), { code: 'EINVAL', message });
    }
  }
  t.throws(() => OPTIONS.linger.parse(-2, 'linger'), {
    message: 'Invalid argument: linger is -2, expected a number from -1 to 2147483647',
  });
  t.throws(() => CONTEXT_OPTIONS.maxSockets.parse(0, 'maxSockets'), { code: 'EINVAL' });
  t.throws(() => CONTEXT_OPTIONS.ioThreads.parse(-1, 'ioThreads'), { code: 'EINVAL' });

  t.equal(OPTIONS.linger.parse(1.7, 'linger'), 1, 'truncated');
  t.ok(Object.is(OPTIONS.linger.parse(-0.5, 'linger'), 0), 'never −0');
  t.equal(OPTIONS.heartbeatTimeToLive.parse(150, ''), 100, 'in steps of 100 ms');
  t.equal(OPTIONS.heartbeatTimeToLive.parse(6_553_599, ''), 6_553_500);
});

t.test('whatever number an option takes, it takes the result again', async (t) => {
  const numeric = names.filter((name) => OPTIONS[name].kind === 'number' && name !== 'affinity');
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(fc.constantFrom(...numeric), fc.double(), (name, value) => {
        let first: unknown;
        try {
          first = OPTIONS[name].parse(value, name);
        } catch (error) {
          return (error as { code?: string }).code === 'EINVAL';
        }
        return Number.isInteger(first) && OPTIONS[name].parse(first, name) === first;
      }),
    ),
  );
});

t.test('affinity is clamped to 64 bits, with a warning where digits are lost', async (t) => {
  const warnings = t.capture(process, 'emitWarning', () => {});
  t.equal(OPTIONS.affinity.parse(-1, 'affinity'), 0);
  t.equal(OPTIONS.affinity.parse(3, 'affinity'), 3);
  t.throws(() => OPTIONS.affinity.parse(Number.NaN, 'affinity'), { code: 'EINVAL' });
  t.strictSame(warnings(), []);
  t.equal(OPTIONS.affinity.parse(2 ** 60, 'affinity'), 2 ** 60);
  t.equal(OPTIONS.affinity.parse(2 ** 70, 'affinity'), 2 ** 64);
  t.strictSame(
    warnings().map(({ args }) => args[0]),
    new Array(2).fill(
      'Value is larger than Number.MAX_SAFE_INTEGER and may have been rounded inaccurately.',
    ),
  );
});

t.test('routing id', async (t) => {
  const { parse } = OPTIONS.routingId;
  const name = 'routingId';
  t.strictSame(parse('aü', name), Buffer.from('aü'));
  t.equal(parse(null, name), null);
  t.equal(parse(Buffer.alloc(255), name)?.length, 255);
  for (const value of ['', Buffer.alloc(0), Buffer.alloc(256), 'ü'.repeat(128)]) {
    t.throws(() => parse(value, name), { code: 'EINVAL', message: /routingId is \d+ octets long/ });
  }
  const given = Buffer.from('abc');
  const kept = parse(given, name);
  given.fill(0);
  t.strictSame(kept, Buffer.from('abc'), 'a copy is kept');

  for (const [octets, shown] of [
    [null, null],
    [Buffer.from('abc'), 'abc'],
    [Buffer.from('a\0c'), 'a'],
    [Buffer.from('\0bc'), ''],
    [Buffer.from('\0'), null],
  ] as const) {
    t.equal(showOption(name, octets), shown);
  }
});

t.test('texts and choices', async (t) => {
  const welcome = OPTIONS.welcomeMessage.parse;
  t.strictSame(welcome(Buffer.from([0, 1]), ''), Buffer.from([0, 1]));
  t.equal(welcome('', ''), null);
  t.equal(OPTIONS.interface.parse('eth0', ''), 'eth0');
  t.equal(OPTIONS.interface.parse(Buffer.from('eth0\0'), ''), 'eth0');
  t.equal(OPTIONS.interface.parse('', ''), null);

  const verbosity = OPTIONS.verbosity.parse;
  for (const value of ['allSubs', 'allSubsUnsubs', null]) t.equal(verbosity(value, ''), value);
  t.equal(verbosity(undefined, ''), null);
  t.throws(() => verbosity('all', 'verbosity'), {
    code: 'EINVAL',
    message: 'Invalid argument: verbosity is "all", expected null, "allSubs" or "allSubsUnsubs"',
  });
  t.throws(() => OPTIONS.gssapiPrincipalNameType.parse(1, 'x'), { code: 'EINVAL' });
});

t.test('what would protect, and is not there, is refused by name', async (t) => {
  for (const [name, values] of [
    ['gssapiServer', [true]],
    ['gssapiPrincipal', ['a']],
    ['gssapiServicePrincipal', ['a']],
    ['gssapiPlainText', [true]],
    ['gssapiPrincipalNameType', ['userName']],
    ['gssapiServicePrincipalNameType', ['krb5Principal']],
  ] as const) {
    const message = new RegExp(`^${name} is not supported yet: refusing to `);
    for (const value of values) {
      t.throws(() => OPTIONS[name].parse(value, name), { code: 'ENOTSUP', message }, name);
    }
  }
  t.throws(() => OPTIONS.gssapiServer.parse(true, 'gssapiServer'), {
    message: 'gssapiServer is not supported yet: refusing to run without it in the clear',
  });
});

t.test('keys are octets or Z85, and kept as Z85', async (t) => {
  const { parse } = OPTIONS.curveSecretKey;
  const text = 'HelloWorld'.repeat(4);
  const octets = Buffer.from('864fd26fb559f75b'.repeat(4), 'hex');
  t.equal(parse(text, ''), text);
  t.equal(parse(octets, ''), text);
  t.equal(parse(Buffer.from(text), ''), text);
  t.equal(parse(null, ''), null);
  for (const value of [
    '',
    'short',
    'x'.repeat(41),
    Buffer.alloc(31),
    '~'.repeat(40),
    '#'.repeat(40),
  ]) {
    t.throws(() => parse(value, 'curveSecretKey'), {
      code: 'EINVAL',
      message: /^Invalid argument: curveSecretKey is .*, expected a key of 32 octets/,
    });
  }
  t.throws(() => OPTIONS.plainPassword.parse('x'.repeat(256), 'plainPassword'), { code: 'EINVAL' });
  t.equal(OPTIONS.plainPassword.parse('', ''), '', 'an empty password is one');
});

t.test('accessors', async (t) => {
  class Holder implements OptionHolder {
    readonly values = createValues();
    closed = false;

    get type(): number {
      return 5;
    }

    [readOption]<K extends Name>(name: K): OptionValues[K] {
      if (this.closed) throw new Error('closed');
      return this.values[name];
    }

    [writeOption]<K extends Name>(name: K, value: OptionValues[K]): void {
      if (this.closed) throw new Error('closed');
      this.values[name] = value;
    }
  }
  defineOptions(Holder.prototype, ['linger', 'routingId']);
  refuseWrites(Holder.prototype, ['type']);

  class Derived extends Holder {}
  type Properties = Pick<CommonOptions, 'linger'> & RoutingIdOptions;
  const holder = Object.seal(new Derived()) as Holder & Properties;
  t.equal(holder.linger, -1);
  Object.assign(holder, { linger: 5.5, routingId: Buffer.from('a\0b') });
  t.equal(holder.linger, 5);
  t.equal(holder.routingId, 'a');
  t.strictSame(holder.values.routingId, Buffer.from('a\0b'));
  t.throws(() => Object.assign(holder, { linger: '5' }), TypeError);
  t.throws(() => Object.assign(holder, { linger: -5 }), /linger is -5/);
  t.throws(() => Object.assign(holder, { rate: 5 }), TypeError, 'not among the names');
  t.strictSame(Object.keys(holder), ['values', 'closed'], 'accessors are not enumerable');

  t.equal(holder.type, 5);
  t.throws(
    () => Object.assign(holder, { type: 6 }),
    new TypeError('Cannot set property type of #<Socket> which has only a getter'),
  );

  holder.closed = true;
  t.throws(() => holder.linger, /closed/);
  t.throws(() => Object.assign(holder, { linger: 5 }), /closed/);
});

t.test('accessors of a context', async (t) => {
  class Holder implements OptionHolder<ContextOptions> {
    readonly values = createContextValues();

    [readOption]<K extends keyof ContextOptions>(name: K): ContextOptions[K] {
      return this.values[name];
    }

    [writeOption]<K extends keyof ContextOptions>(name: K, value: ContextOptions[K]): void {
      this.values[name] = value;
    }
  }
  defineContextOptions(Holder.prototype);
  const holder = new Holder();
  Object.assign(holder, { blocky: false, maxSockets: 5 });
  t.match(holder, { blocky: false, maxSockets: 5, ipv6: false });
  t.throws(() => Object.assign(holder, { maxSockets: 0 }), { code: 'EINVAL' });
});
