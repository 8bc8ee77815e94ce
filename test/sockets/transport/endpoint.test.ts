import type { NetworkInterfaceInfo } from 'node:os';
import t from 'tap';

import { bindAddress, formatTcp } from '../../../src/sockets/transport/endpoint.ts';
import { transportOf } from '../../../src/sockets/transport/registry.ts';

const parseBind = (text: unknown) => transportOf(text).parseBind(text as string);
/** Of a bind to `*:*`. */
const ANY = { transport: 'tcp', host: '*', port: 0 } as const;

const parseConnect = (text: unknown) => transportOf(text).parseConnect(text as string);

t.test('what bind accepts', async (t) => {
  for (const [text, endpoint] of [
    ['tcp://*:*', { transport: 'tcp', host: '*', port: 0 }],
    ['tcp://*:0', { transport: 'tcp', host: '*', port: 0 }],
    ['tcp://127.0.0.1:5555', { transport: 'tcp', host: '127.0.0.1', port: 5555 }],
    ['tcp://127.0.0.1:65535', { transport: 'tcp', host: '127.0.0.1', port: 65535 }],
    ['tcp://localhost:*', { transport: 'tcp', host: 'localhost', port: 0 }],
    ['tcp://br-1_a.5:1', { transport: 'tcp', host: 'br-1_a.5', port: 1 }],
    ['tcp://[::1]:5', { transport: 'tcp', host: '::1', port: 5 }],
    ['tcp://[fe80::1%eth0]:*', { transport: 'tcp', host: 'fe80::1%eth0', port: 0 }],
    ['tcp://::1:5', { transport: 'tcp', host: '::1', port: 5 }],
    ['ipc:///tmp/a', { transport: 'ipc', path: '/tmp/a', abstract: false, wildcard: false }],
    ['ipc://a b/c', { transport: 'ipc', path: 'a b/c', abstract: false, wildcard: false }],
    ['ipc://*', { transport: 'ipc', path: '*', abstract: false, wildcard: true }],
    ['ipc://@a', { transport: 'ipc', path: 'a', abstract: true, wildcard: false }],
    ['ipc://@*', { transport: 'ipc', path: '*', abstract: true, wildcard: false }],
    ['ws://*:*', { transport: 'ws', tcp: ANY, path: '/' }],
    ['ws://*:*/', { transport: 'ws', tcp: ANY, path: '/' }],
    ['ws://*:*/a/b?c=:1/d', { transport: 'ws', tcp: ANY, path: '/a/b?c=:1/d' }],
    ['inproc://a', { transport: 'inproc', name: 'a' }],
    ['inproc://tcp://*:1', { transport: 'inproc', name: 'tcp://*:1' }],
  ] as const) {
    t.strictSame(parseBind(text), endpoint, text);
  }
});

t.test('what connect accepts', async (t) => {
  const source = { host: '10.0.0.1', port: 0 };
  for (const [text, endpoint] of [
    ['tcp://localhost:5555', { transport: 'tcp', host: 'localhost', port: 5555 }],
    ['tcp://127.0.0.1:0', { transport: 'tcp', host: '127.0.0.1', port: 0 }],
    ['tcp://[::1]:5', { transport: 'tcp', host: '::1', port: 5 }],
    ['tcp://10.0.0.1:0;h:5', { transport: 'tcp', host: 'h', port: 5, source }],
    ['tcp://10.0.0.1:*;h:5', { transport: 'tcp', host: 'h', port: 5, source }],
    [
      'tcp://[::1]:7;[::2]:5',
      { transport: 'tcp', host: '::2', port: 5, source: { host: '::1', port: 7 } },
    ],
    [
      'ws://[::1]:7;[::2]:5/x',
      {
        transport: 'ws',
        tcp: { transport: 'tcp', host: '::2', port: 5, source: { host: '::1', port: 7 } },
        path: '/x',
      },
    ],
    ['ipc://a', { transport: 'ipc', path: 'a', abstract: false }],
    ['ipc://@a', { transport: 'ipc', path: 'a', abstract: true }],
    ['inproc://a', { transport: 'inproc', name: 'a' }],
  ] as const) {
    t.strictSame(parseConnect(text), endpoint, text);
  }
});

t.test('what both refuse, with the text given', async (t) => {
  const long = 'x'.repeat(108);
  for (const [text, code] of [
    ['', 'EINVAL'],
    ['tcp', 'EINVAL'],
    ['tcp:1.2.3.4:5', 'EINVAL'],
    ['://a:5', 'EINVAL'],
    ['tcp://', 'EINVAL'],
    ['ipc://', 'EINVAL'],
    ['ipc://@', 'EINVAL'],
    ['inproc://', 'EINVAL'],
    ['ipc://a\0b', 'EINVAL'],
    ['tcp://*', 'EINVAL'],
    ['tcp://:5', 'EINVAL'],
    ['tcp://a', 'EINVAL'],
    ['tcp://a:', 'EINVAL'],
    ['tcp://a:abc', 'EINVAL'],
    ['tcp://a:1e3', 'EINVAL'],
    ['tcp://a:5 ', 'EINVAL'],
    ['tcp://a:65536', 'EINVAL'],
    ['tcp://a:99999', 'EINVAL'],
    ['tcp://a:-1', 'EINVAL'],
    ['tcp://a:5/resource', 'EINVAL'],
    ['tcp://-a:5', 'EINVAL'],
    ['tcp://a b:5', 'EINVAL'],
    ['tcp:// a:5', 'EINVAL'],
    ['tcp://a!:5', 'EINVAL'],
    ['tcp://bücher:5', 'EINVAL'],
    ['tcp://[::1:5', 'EINVAL'],
    ['tcp://[::1]', 'EINVAL'],
    ['tcp://[127.0.0.1]:5', 'EINVAL'],
    ['tcp://[]:5', 'EINVAL'],
    ['tcp://a:b:5', 'EINVAL'],
    ['tcp://**:5', 'EINVAL'],
    ['foo://a', 'EPROTONOSUPPORT'],
    ['TCP://a:5', 'EPROTONOSUPPORT'],
    ['ws://', 'EINVAL'],
    ['ws://a', 'EINVAL'],
    ['ws://a/5', 'EINVAL'],
    ['ws://a:65536/', 'EINVAL'],
    ['ws://a:5/b c', 'EINVAL'],
    ['ws://a:5/#b', 'EINVAL'],
    ['ws://a:5/\r\nHost: b', 'EINVAL'],
    ['ws://a:5/ü', 'EINVAL'],
    [`ws://a:5/${'x'.repeat(2048)}`, 'EINVAL'],
    ['wss://a', 'EINVAL'],
    ['pgm://a:5', 'EPROTONOSUPPORT'],
    ['epgm://a:5', 'EPROTONOSUPPORT'],
    ['norm://a:5', 'EPROTONOSUPPORT'],
    ['tipc://a', 'EPROTONOSUPPORT'],
    ['vmci://a:5', 'EPROTONOSUPPORT'],
    ['gssapi://a', 'EPROTONOSUPPORT'],
    ['udp://a:5', 'ENOCOMPATPROTO'],
    [`ipc://${long}`, 'ENAMETOOLONG'],
    [`ipc://@${long.slice(1)}`, 'ENAMETOOLONG'],
    [`ipc://${'ü'.repeat(54)}`, 'ENAMETOOLONG'],
  ] as const) {
    t.throws(() => parseBind(text), { code, address: text }, `bind ${text}`);
    t.throws(() => parseConnect(text), { code, address: text }, `connect ${text}`);
  }
  t.doesNotThrow(() => parseBind(`ipc://${long.slice(1)}`), 'a path of 107 octets');
});

t.test('the error says what is wrong', async (t) => {
  const long = `/${'x'.repeat(107)}`;
  for (const [text, message] of [
    ['localhost:5555', 'no transport, did you mean "tcp://localhost:5555"?'],
    ['*:5555', 'no transport, did you mean "tcp://*:5555"?'],
    ['/tmp/a.sock', 'no transport, did you mean "ipc:///tmp/a.sock"?'],
    ['TCP://a:5', 'Protocol not supported: did you mean "tcp://a:5"?'],
    ['tcp://127.0.0.1', 'no port in "tcp://127.0.0.1", expected tcp://host:port'],
    ['ws://127.0.0.1/x', 'no port in "ws://127.0.0.1/x", expected ws://host:port'],
    ['ws://a:5/b c', 'path "/b c", expected printable ASCII without # and spaces'],
    [`ws://a:5/${'x'.repeat(2048)}`, 'a path of 2049 characters, expected at most 2048'],
    ['tcp://a:99999', 'port "99999", expected 0 to 65535'],
    ['tcp://a:x', 'port "x", expected 0 to 65535'],
    ['tcp://:5', 'no host'],
    ['tcp://a b:5', '"a b" is no host name or address'],
    ['tcp://[1.2.3.4]:5', '"1.2.3.4" is no IPv6 address'],
    ['tcp://', 'nothing behind tcp://'],
    ['ipc://@', 'no name behind ipc://@'],
    [`ipc://${long}`, 'a path of 108 octets, expected at most 107'],
  ] as const) {
    t.throws(() => parseBind(text), { message }, `bind ${text}`);
    t.throws(() => parseConnect(text), { message }, `connect ${text}`);
  }
  for (const [text, message] of [
    ['tcp://*:5', 'host * is for bind, connect needs the host to go to'],
    ['tcp://a:*', 'port * is for bind, connect needs the port to go to'],
    ['ipc://*', 'ipc://* is for bind, connect needs a path'],
  ] as const) {
    t.throws(() => parseConnect(text), { message }, `connect ${text}`);
  }
});

t.test('two texts are exactly those of zeromq.js, with the reason as their cause', async (t) => {
  for (const [text, message, cause] of [
    ['foo-bar', 'Invalid argument', 'no transport in "foo-bar", expected tcp://'],
    ['foo://bar', 'Protocol not supported', 'no transport "foo", expected tcp://'],
  ] as const) {
    for (const call of [parseBind, parseConnect, transportOf]) {
      let error: Error | undefined;
      try {
        call(text);
      } catch (caught) {
        error = caught as Error;
      }
      t.equal(error?.message, message);
      t.match(error?.cause, { message: cause });
    }
  }
});

t.test('what only one of them refuses', async (t) => {
  for (const text of [
    'tcp://*:5',
    'tcp://a:*',
    'ipc://*',
    'tcp://*:0;a:5',
    'tcp://a;b:5',
    'tcp://a:0;',
    'tcp://a:0;b:5;c:5',
  ]) {
    t.throws(() => parseConnect(text), { code: 'EINVAL', address: text }, `connect ${text}`);
  }
  const text = 'tcp://10.0.0.1:0;a:5';
  t.throws(() => parseBind(text), { code: 'EINVAL', address: text });
});

t.test('an address that is not a string', async (t) => {
  for (const value of [undefined, null, 5, Buffer.from('tcp://a:5'), {}]) {
    t.throws(() => parseBind(value), new TypeError('Address must be a string'));
    t.throws(() => parseConnect(value), new TypeError('Address must be a string'));
  }
});

t.test('formatTcp puts IPv6 in brackets, and what it writes can be parsed', async (t) => {
  t.equal(formatTcp('127.0.0.1', 5), 'tcp://127.0.0.1:5');
  t.equal(formatTcp('::1', 5), 'tcp://[::1]:5');
  for (const host of ['127.0.0.1', '::', 'fe80::1%eth0', '::ffff:1.2.3.4', 'a.example']) {
    t.match(parseConnect(formatTcp(host, 80)), { host, port: 80 });
  }
});

t.test('bindAddress', async (t) => {
  const interfaces = {
    lo: [address('127.0.0.1', 'IPv4'), address('::1', 'IPv6')],
    eth0: [address('fe80::1', 'IPv6', 2), address('10.0.0.1', 'IPv4'), address('10.0.0.2', 'IPv4')],
    v4: [address('10.0.0.3', 'IPv4')],
    v6: [address('2001:db8::1', 'IPv6')],
    none: undefined,
  };
  for (const [host, ipv6, expected] of [
    ['*', false, '0.0.0.0'],
    ['*', true, '::'],
    ['10.9.9.9', false, '10.9.9.9'],
    ['10.9.9.9', true, '10.9.9.9'],
    ['::1', true, '::1'],
    ['lo', false, '127.0.0.1'],
    ['lo', true, '::1'],
    ['eth0', false, '10.0.0.1'],
    ['eth0', true, 'fe80::1%eth0'],
    ['v4', true, '10.0.0.3'],
    ['v6', true, '2001:db8::1'],
    ['localhost', false, '127.0.0.1'],
  ] as const) {
    t.equal(bindAddress(host, ipv6, interfaces), expected, `${host}, ipv6 ${ipv6}`);
  }
  for (const host of ['::1', 'v6', 'none', 'example.com', '256.0.0.1', 'toString', '__proto__']) {
    const address = `tcp://${host}:5`;
    t.throws(
      () => bindAddress(host, false, interfaces, address),
      { code: 'ENODEV', message: 'No such device', address },
      host,
    );
  }
  t.throws(() => bindAddress('a', false, {}), {
    code: 'ENODEV',
    address: 'a',
    message: '"a" is no address or interface of this machine',
  });
  t.throws(() => bindAddress('::1', false, {}), { message: '::1 needs the option ipv6' });
});

function address(text: string, family: 'IPv4' | 'IPv6', scopeid = 0): NetworkInterfaceInfo {
  const common = { address: text, netmask: '', mac: '', internal: false, cidr: null };
  return family === 'IPv6' ? { ...common, family, scopeid } : { ...common, family };
}
