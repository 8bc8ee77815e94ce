/** The exchange with a SOCKS5 proxy, octet by octet (RFC 1928, RFC 1929). */

import t from 'tap';
import { SocksExchange, type SocksRequest } from '../../../src/sockets/transport/socks-exchange.ts';

const hex = (octets: Buffer): string => octets.toString('hex');
const octets = (digits: string): Buffer => Buffer.from(digits.replace(/\s/g, ''), 'hex');

const NAMED: SocksRequest = { host: 'a.example', port: 5555 };
const CONNECT_NAMED = '0501 00 03 09 612e6578616d706c65 15b3'.replace(/\s/g, '');

/** An exchange that has been told these octets; returns what it has answered to the last. */
function told(request: SocksRequest, ...messages: string[]): [SocksExchange, string] {
  const exchange = new SocksExchange(request);
  let answer = '';
  for (const message of messages) answer = hex(exchange.receive(octets(message)));
  return [exchange, answer];
}

t.test('without a user name: one method, and the name of the host as it is', async (t) => {
  const exchange = new SocksExchange(NAMED);
  t.equal(hex(exchange.first()), '050100');
  t.equal(hex(exchange.receive(octets('0500'))), CONNECT_NAMED);
  t.equal(exchange.done, false);
  t.equal(hex(exchange.receive(octets('05000001 7f000001 1234'))), '');
  t.equal(exchange.done, true);
  t.equal(exchange.rest.length, 0);
});

t.test('with a user name: the proxy may ask for it, or do without', async (t) => {
  const request = { ...NAMED, username: 'me', password: 'pw!' };
  t.equal(hex(new SocksExchange(request).first()), '05020002');
  t.equal(told(request, '0500')[1], CONNECT_NAMED);
  t.equal(told(request, '0502')[1], '01 02 6d65 03 707721'.replace(/\s/g, ''));
  t.equal(told(request, '0502', '0100')[1], CONNECT_NAMED);
  t.equal(told({ ...NAMED, username: 'me' }, '0502')[1], '01026d6500');
});

for (const [host, address] of [
  ['127.0.0.1', '01 7f000001'],
  ['::1', '04 00000000000000000000000000000001'],
  ['::', '04 00000000000000000000000000000000'],
  ['2001:db8::ff00:42:8329', '04 20010db8000000000000ff0000428329'],
  ['1:2:3:4:5:6:7:8', '04 00010002000300040005000600070008'],
  ['1::', '04 00010000000000000000000000000000'],
  ['::ffff:10.1.2.3', '04 00000000000000000000ffff0a010203'],
  ['fe80::1%eth0', '04 fe800000000000000000000000000001'],
] as const) {
  t.test(`the address ${host}`, async (t) => {
    t.equal(told({ host, port: 258 }, '0500')[1], `050100${address.replace(' ', '')}0102`);
  });
}

for (const [kind, reply] of [
  ['IPv4', '05000001 7f000001 1234'],
  ['IPv6', '05000004 00000000000000000000000000000001 1234'],
  ['a name', '05000003 03 616263 1234'],
  ['an empty name', '05000003 00 1234'],
] as const) {
  t.test(`a reply with ${kind}, cut anywhere, and the peer behind it`, async (t) => {
    const whole = octets(`0500${reply}`);
    for (let cut = 0; cut < whole.length; cut++) {
      const exchange = new SocksExchange(NAMED);
      const first = exchange.receive(whole.subarray(0, cut));
      t.equal(exchange.done, false, `cut at ${cut}`);
      const second = exchange.receive(Buffer.concat([whole.subarray(cut), octets('ff00')]));
      t.equal(hex(Buffer.concat([first, second])), CONNECT_NAMED);
      t.equal(exchange.done, true);
      t.equal(hex(exchange.rest), 'ff00');
    }
  });
}

for (const [reply, code, text] of [
  ['01', 'ECONNABORTED', 'general failure'],
  ['02', 'EACCES', 'not allowed by its rules'],
  ['03', 'ENETUNREACH', 'network unreachable'],
  ['04', 'EHOSTUNREACH', 'host unreachable'],
  ['05', 'ECONNREFUSED', 'connection refused'],
  ['06', 'ETIMEDOUT', 'time to live expired'],
  ['07', 'ENOTSUP', 'it does not connect for others'],
  ['08', 'ENOTSUP', 'it does not know this type of address'],
  ['09', 'ECONNABORTED', 'reply 0x09'],
] as const) {
  t.test(`reply ${reply}: ${text}`, async (t) => {
    // The rest of the reply need not come.
    const message = `cannot connect to a.example port 5555: ${text}`;
    t.throws(() => told(NAMED, '0500', `05${reply}`), { code, message });
  });
}

t.test('a proxy that does not let us in', async (t) => {
  const request = { ...NAMED, username: 'me', password: 'wrong' };
  for (const [call, message] of [
    [() => told(NAMED, '05ff'), 'does not let us in without socksUsername'],
    [() => told(request, '05ff'), 'does not let us in by user name and password'],
    [() => told(request, '0502', '0101'), 'refuses the user name or password'],
  ] as const) {
    t.throws(call, { code: 'EACCES', message });
  }
});

t.test('what is no SOCKS5 proxy', async (t) => {
  for (const [messages, message] of [
    [['48'], 'sends 0x48 as the version of SOCKS, expected 0x05'],
    [['0500', '04'], 'sends 0x04 as the version of SOCKS, expected 0x05'],
    [['0501'], 'chooses method 0x01, which was not offered'],
    [['0502'], 'chooses method 0x02, which was not offered'],
    [['0500', '0500000200'], 'sends address type 0x02'],
  ] as const) {
    t.throws(() => told(NAMED, ...messages), { code: 'EPROTO', message });
  }
});
