/** Options by number, short name and property; constants and exports beside those of zeromq.js. */

import t from 'tap';
import * as theirs from 'zeromq/v5-compat.js';
import * as zmq from '../../src/compat/index.ts';
import { make } from './support.ts';

t.test('the exports of zeromq.js are there, with the same numbers', async (t) => {
  const formal = ['__esModule', 'default', 'module.exports'];
  for (const [name, value] of Object.entries(theirs)) {
    if (formal.includes(name)) continue;
    const ours = (zmq as Record<string, unknown>)[name];
    t.equal(typeof ours, typeof value, name);
    if (typeof value === 'number') t.equal(ours, value, name);
  }
  t.strictSame(zmq.options, theirs.options);
  t.equal(zmq.version, theirs.version);
  t.equal(zmq.socket, zmq.createSocket);
  const members = (prototype: object): string[] =>
    Object.getOwnPropertyNames(prototype).filter((name) => !/^_(recv|send)$/.test(name));
  const ours = members(zmq.Socket.prototype);
  t.strictSame(
    members(theirs.Socket.prototype).filter((name) => !ours.includes(name)),
    [],
  );
});

t.test('an option by number, by name and as a property is the same', async (t) => {
  const socket = make(t, 'req');
  for (const [name, id, value] of [
    ['backlog', zmq.ZMQ_BACKLOG, 75],
    ['linger', zmq.ZMQ_LINGER, 10],
    ['reconnect_ivl', zmq.ZMQ_RECONNECT_IVL, 7],
    ['identity', zmq.ZMQ_IDENTITY, 'me'],
    ['heartbeat_ivl', zmq.ZMQ_HEARTBEAT_IVL, 50],
    ['zap_domain', zmq.ZMQ_ZAP_DOMAIN, 'd'],
  ] as const) {
    t.equal(socket.setsockopt(id, value), socket);
    t.equal(socket.getsockopt(name), value, name);
    t.equal(socket[name], value);
    socket[name] = typeof value === 'number' ? value + 1 : Buffer.from(`${value}2`);
    const next = typeof value === 'number' ? value + 1 : `${value}2`;
    t.equal(socket.getsockopt(id), next);
    t.equal(socket.setsockopt(name, value).getsockopt(id), value);
  }
});

t.test('booleans are 1 and 0, and what version 6 calls otherwise is turned round', async (t) => {
  const router = make(t, 'router');
  router.setsockopt(zmq.ZMQ_ROUTER_MANDATORY, 1);
  t.equal(router.getsockopt(zmq.ZMQ_ROUTER_MANDATORY), 1);
  t.equal(router.getsockopt(zmq.ZMQ_IPV4ONLY), 1);
  router.setsockopt(zmq.ZMQ_IPV4ONLY, 0);
  t.strictSame([router.getsockopt(zmq.ZMQ_IPV4ONLY), router.getsockopt(zmq.ZMQ_IPV6)], [0, 1]);
  t.equal(router.mechanism, 0);
  router.plain_server = 1;
  t.strictSame([router.mechanism, router.plain_server], [1, 1]);
  t.equal(router.getsockopt(zmq.ZMQ_TYPE), zmq.ZMQ_ROUTER);
  t.strictSame([make(t, 'pub')._ioevents, make(t, 'pull')._ioevents], [zmq.ZMQ_POLLOUT, 0]);
  make(t, 'xpub').setsockopt(zmq.ZMQ_XPUB_VERBOSE, 1);
  const { public: key, secret } = zmq.curveKeypair();
  const dealer = make(t, 'dealer');
  dealer.curve_publickey = key;
  dealer.curve_secretkey = secret;
  t.strictSame([dealer.curve_publickey, dealer.mechanism], [key, 2]);
});

t.test('what libzmq takes on every socket is taken, other options are refused', async (t) => {
  const push = make(t, 'push');
  for (const [id, value] of [
    [zmq.ZMQ_RCVHWM, 5],
    [zmq.ZMQ_RCVTIMEO, 10],
    [zmq.ZMQ_IDENTITY, 'me'],
  ] as const) {
    t.equal(push.setsockopt(id, value).getsockopt(id), value);
  }
  t.equal(make(t, 'sub').getsockopt(zmq.ZMQ_SNDHWM), 1_000);
  const refused = { code: 'EINVAL', message: /option .* cannot be (set|read|used) on this socket/ };
  for (const id of [zmq.ZMQ_ROUTER_MANDATORY, zmq.ZMQ_ROUTER_RAW, zmq.ZMQ_SUBSCRIBE, 9_999]) {
    t.throws(() => push.setsockopt(id, 1), refused, `set ${id}`);
  }
  for (const id of [zmq.ZMQ_RCVMORE, zmq.ZMQ_FD, zmq.ZMQ_ROUTER_RAW, zmq.ZMQ_XPUB_VERBOSE]) {
    t.throws(() => make(t, 'xpub').getsockopt(id), refused, `get ${id}`);
  }
  t.throws(() => push.setsockopt(zmq.ZMQ_LAST_ENDPOINT, 'x'), refused);
  t.throws(() => push.setsockopt('bogus' as never, 1), refused);
  t.throws(() => push.setsockopt('linger', 'x'), TypeError);
});

t.test('options of createSocket, and of the one context', async (t) => {
  const socket = zmq.createSocket('req', { backlog: 30, linger: 0, own: 1 });
  t.strictSame([socket.backlog, (socket as unknown as { own: number }).own], [30, 1]);
  socket.close();
  t.throws(() => zmq.socket('req', { backlog: 'x' }), TypeError);
  const before = zmq.Context.getMaxSockets();
  zmq.Context.setMaxSockets(256);
  t.equal(zmq.Context.getMaxSockets(), 256);
  zmq.Context.setMaxSockets(before);
  zmq.Context.setMaxThreads(3);
  t.equal(zmq.Context.getMaxThreads(), 3);
  zmq.Context.setMaxThreads(1);
});
