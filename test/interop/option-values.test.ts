/** The options most in use: default, what each takes and what it refuses, beside those of libzmq by way of zeromq.js. */

import t from 'tap';
import * as libzmq from 'zeromq';
import * as ours from '../../src/index.ts';

type Holder = Record<string, unknown> & { close?(): void };
type Classes = Readonly<Record<string, new () => Holder>>;

const NUMBERS = [-2, -1, 0, 1, 2, 7, 1000, 65_536, 2 ** 31 - 1, 2 ** 31, 1.5];
const NO_NUMBERS = [true, '5', null, undefined, {}];
const BOOLEANS = [true, false, 0, 1, null, undefined, 'x'];
const TEXTS = ['a', 'x'.repeat(255), 'x'.repeat(256), Buffer.from('b'), undefined, 5, true];

const numbers = [...NUMBERS, ...NO_NUMBERS];
/** By class and option: the values that both are given. */
const OPTIONS: Readonly<Record<string, Readonly<Record<string, readonly unknown[]>>>> = {
  Dealer: {
    linger: numbers,
    sendHighWaterMark: numbers,
    receiveHighWaterMark: numbers,
    sendTimeout: numbers,
    receiveTimeout: numbers,
    reconnectInterval: numbers,
    reconnectMaxInterval: numbers,
    backlog: numbers,
    maxMessageSize: numbers,
    connectTimeout: numbers,
    handshakeInterval: numbers,
    heartbeatInterval: numbers,
    heartbeatTimeout: numbers,
    heartbeatTimeToLive: numbers,
    tcpKeepalive: numbers,
    tcpKeepaliveIdle: numbers,
    tcpKeepaliveCount: numbers,
    tcpKeepaliveInterval: numbers,
    typeOfService: numbers,
    sendBufferSize: numbers,
    receiveBufferSize: numbers,
    affinity: numbers,
    immediate: BOOLEANS,
    ipv6: BOOLEANS,
    conflate: BOOLEANS,
    probeRouter: BOOLEANS,
    plainServer: BOOLEANS,
    curveServer: BOOLEANS,
    routingId: TEXTS,
    plainUsername: TEXTS,
    plainPassword: TEXTS,
    zapDomain: TEXTS,
    socksProxy: TEXTS,
    curvePublicKey: [...TEXTS, 'x'.repeat(40), 'a'.repeat(41), 'é'.repeat(20)],
    curveSecretKey: [...TEXTS, 'x'.repeat(40), 'a'.repeat(41)],
    curveServerKey: [...TEXTS, 'x'.repeat(40), 'a'.repeat(41)],
  },
  Router: { mandatory: BOOLEANS, handover: BOOLEANS },
  Request: { correlate: BOOLEANS, relaxed: BOOLEANS },
  Publisher: { noDrop: BOOLEANS, invertMatching: BOOLEANS },
  XPublisher: { manual: BOOLEANS, verbosity: ['allSubs', 'allSubsUnsubs', null] },
  Stream: { notify: BOOLEANS },
  Context: {
    maxSockets: numbers,
    ipv6: BOOLEANS,
    blocky: BOOLEANS,
  },
};

/** What is different on purpose: docs/differences.md says so. */
const DIFFERENT: ReadonlySet<string> = new Set([
  'maxMessageSize = -2',
  'heartbeatTimeout = -1',
  'heartbeatTimeToLive = -2',
  'heartbeatTimeToLive = -1',
  'maxSockets = 65536',
  'maxSockets = 2147483647',
]);

const WRITE_ONLY = 'write-only';

t.test('default, values and errors are those of libzmq', async (t) => {
  const there = libzmq as unknown as Classes;
  const here = ours as unknown as Classes;
  let count = 0;
  for (const [name, options] of Object.entries(OPTIONS)) {
    for (const [option, values] of Object.entries(options)) {
      count++;
      const [theirs, own] = [start(there[name]!, option), start(here[name]!, option)];
      // What cannot be read there reads as the default here, and is compared by what it takes.
      if (theirs !== WRITE_ONLY) t.equal(own, theirs, `${name}.${option} by default`);
      for (const value of values) {
        const told = `${option} = ${show(value).slice(0, 20)}`;
        if (DIFFERENT.has(told)) continue;
        const [wanted, found] = [set(there[name]!, option, value), set(here[name]!, option, value)];
        if (wanted === WRITE_ONLY) t.notMatch(found, /Error/, `${name}.${told} is taken`);
        else t.equal(found, wanted, `${name}.${told}`);
      }
    }
  }
  t.ok(count >= 45, `${count} options`);
});

t.test(
  'what is different on purpose: more can be undone, and less is taken for something else',
  async (t) => {
    const socket = new ours.Dealer();
    t.teardown(() => socket.close());
    const theirs = new libzmq.Dealer();
    t.teardown(() => theirs.close());
    for (const option of [
      'routingId',
      'zapDomain',
      'curvePublicKey',
      'curveSecretKey',
      'curveServerKey',
    ] as const) {
      socket[option] = null;
      t.equal(socket[option], null, `${option} is taken back`);
      t.throws(() => ((theirs as unknown as Holder)[option] = null), { code: 'EINVAL' }, option);
    }
    socket.plainPassword = '';
    t.equal(socket.plainPassword, '', 'an empty password is one');
    socket.heartbeatTimeout = -1;
    t.equal(socket.heartbeatTimeout, -1, 'back to that of heartbeatInterval');
    for (const [option, value] of [
      ['maxMessageSize', -2],
      ['heartbeatTimeToLive', -1],
      ['linger', -(2 ** 31) - 1],
    ] as const) {
      t.throws(
        () => {
          socket[option] = value;
        },
        { code: 'EINVAL' },
        `${option} = ${value}`,
      );
      t.doesNotThrow(() => {
        theirs[option] = value;
      }, `${option} = ${value} is taken there`);
    }
  },
);

/** The value of a new object. */
function start(Type: Classes[string], option: string): string {
  return withNew(Type, (holder) => read(holder, option));
}

/** The value once `value` was set, or the error. */
function set(Type: Classes[string], option: string, value: unknown): string {
  return withNew(Type, (holder) => {
    try {
      holder[option] = value;
    } catch (error) {
      return `${(error as Error).name} ${(error as { code?: string }).code ?? ''}`;
    }
    return read(holder, option);
  });
}

function withNew(Type: Classes[string], use: (holder: Holder) => string): string {
  const holder = new Type!();
  try {
    return use(holder);
  } finally {
    if (Type !== (ours.Context as unknown)) holder.close?.();
  }
}

function read(holder: Holder, option: string): string {
  try {
    const value = holder[option];
    return value === undefined ? WRITE_ONLY : show(value);
  } catch {
    return WRITE_ONLY;
  }
}

function show(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}
