/** The upgrade of RFC 6455, section 4, without a network. */

import fc from 'fast-check';
import t from 'tap';
import { ClientUpgrade, ServerUpgrade } from '../../../src/sockets/transport/upgrade.ts';
import { upgradeRequest, upgradeResponse } from '../../support/cores/ws-wire.ts';

const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
const NULL = ['ZWS2.0/NULL', 'ZWS2.0'];

function client(protocols: readonly string[] = NULL): ClientUpgrade {
  return new ClientUpgrade({ authority: 'peer:80', path: '/a?b', protocols, key: KEY });
}

function server(path = '/', protocols: readonly string[] = NULL): ServerUpgrade {
  return new ServerUpgrade({ path, protocols });
}

/** What `call` throws. */
function failure(call: () => unknown): { code?: string; message: string; farewell?: Buffer } {
  try {
    call();
  } catch (error) {
    return error as Error;
  }
  throw new Error('it did not fail');
}

t.test('what a client asks, a server answers, and both have the same sub-protocol', async (t) => {
  const one = client();
  const asked = one.first();
  t.equal(
    asked.toString(),
    'GET /a?b HTTP/1.1\r\nHost: peer:80\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
      `Sec-WebSocket-Key: ${KEY}\r\nSec-WebSocket-Protocol: ZWS2.0/NULL, ZWS2.0\r\n` +
      'Sec-WebSocket-Version: 13\r\n\r\n',
  );
  const other = server('/a?b');
  t.equal(other.first().length, 0);
  const answer = other.receive(asked);
  t.same(answer, upgradeResponse());
  t.equal(one.receive(answer).length, 0);
  for (const each of [one, other]) {
    t.ok(each.done);
    t.equal(each.protocol, 'ZWS2.0/NULL');
  }
});

t.test('however it is cut, and whatever follows', async (t) => {
  for (const [make, head] of [
    [server, upgradeRequest()],
    [client, upgradeResponse()],
  ] as const) {
    t.doesNotThrow(() =>
      fc.assert(
        fc.property(
          fc.uint8Array({ maxLength: 20 }),
          fc.array(fc.nat(head.length - 1), { maxLength: 5 }),
          (rest, cuts) => {
            const octets = Buffer.concat([head, rest]);
            const one = make();
            const at = [0, ...cuts.sort((a, b) => a - b), octets.length];
            for (let i = 1; i < at.length; i++) one.receive(octets.subarray(at[i - 1], at[i]));
            return one.done && one.rest.equals(Buffer.from(rest));
          },
        ),
        { numRuns: 50 },
      ),
    );
  }
});

t.test('a server reads what others write in other ways', async (t) => {
  for (const [changes, what] of [
    [{ Upgrade: 'h2c, WebSocket' }, 'a list, in other letters'],
    [{ Connection: 'keep-alive, upgrade' }, 'what Firefox says'],
    [{ Upgrade: undefined, uPGRADE: '\t websocket \t' }, 'other letters and spaces'],
    [{ 'Sec-WebSocket-Extensions': 'permessage-deflate' }, 'an extension that it does not take'],
    [{ 'Content-Length': '0' }, 'no body'],
    [{ Cookie: 'ü'.repeat(100) }, 'octets beyond ASCII'],
  ] as const) {
    const one = server();
    t.same(one.receive(upgradeRequest(changes)), upgradeResponse(), what);
  }
  const chosen = server();
  chosen.receive(upgradeRequest({ 'Sec-WebSocket-Protocol': 'x,ZWS2.0 , ZWS2.0/CURVE' }));
  t.equal(chosen.protocol, 'ZWS2.0');
  t.ok(server('/').receive(upgradeRequest({}, 'GET /any/path HTTP/1.1')).length > 0);
});

t.test('a server refuses the rest with a status, and says why', async (t) => {
  for (const [request, status, why] of [
    [upgradeRequest({}, 'POST / HTTP/1.1'), 400, 'begins with other octets than "GET "'],
    [Buffer.from('ff00000000000000017f', 'hex'), 400, 'begins with other octets than "GET "'],
    [Buffer.from('GEX'), 400, 'begins with other octets than "GET "'],
    [upgradeRequest({}, 'GET / HTTP/1.0'), 400, 'asks with a malformed request line'],
    [upgradeRequest({}, 'GET x HTTP/1.1'), 400, 'asks with a malformed request line'],
    [upgradeRequest({}, 'GET /  HTTP/1.1'), 400, 'asks with a malformed request line'],
    [upgradeRequest({}, 'GET /other HTTP/1.1'), 404, 'asks with a path that is not served here'],
    [upgradeRequest({ Host: undefined }), 400, 'asks with no Host'],
    [upgradeRequest({ 'a b': 'c' }), 400, 'asks with a malformed header'],
    [upgradeRequest({ ' folded': 'c' }), 400, 'asks with a malformed header'],
    [upgradeRequest({ a: 'b\0c' }), 400, 'asks with a malformed header'],
    [upgradeRequest({ a: 'b\nc: d' }), 400, 'asks with a malformed header'],
    [upgradeRequest({ '': 'b' }), 400, 'asks with a malformed header'],
    [upgradeRequest({ 'Content-Length': '5' }), 400, 'asks with a body'],
    [upgradeRequest({ 'Transfer-Encoding': 'chunked' }), 400, 'asks with a body'],
    [upgradeRequest({ Upgrade: undefined }), 426, 'asks with no upgrade to WebSocket'],
    [upgradeRequest({ Upgrade: 'websockets' }), 426, 'asks with no upgrade to WebSocket'],
    [upgradeRequest({ Connection: 'close' }), 426, 'asks with no upgrade to WebSocket'],
    [
      upgradeRequest({ 'Sec-WebSocket-Version': '8' }),
      426,
      'asks with another version of WebSocket than 13',
    ],
    [
      upgradeRequest({ 'Sec-WebSocket-Key': undefined }),
      400,
      'asks with a malformed Sec-WebSocket-Key',
    ],
    [
      upgradeRequest({ 'Sec-WebSocket-Key': 'short==' }),
      400,
      'asks with a malformed Sec-WebSocket-Key',
    ],
    [upgradeRequest({ 'sec-websocket-key': KEY }), 400, 'asks with a malformed Sec-WebSocket-Key'],
    [
      upgradeRequest({ 'Sec-WebSocket-Protocol': undefined }),
      400,
      'asks with no sub-protocol ZWS2.0/NULL or ZWS2.0',
    ],
    [
      upgradeRequest({ 'Sec-WebSocket-Protocol': 'ZWS2.0/CURVE' }),
      400,
      'asks with no sub-protocol ZWS2.0/NULL or ZWS2.0',
    ],
    [upgradeRequest({ a: 'x'.repeat(8192) }), 431, 'asks with more than 8192 octets of headers'],
  ] as const) {
    const { code, message, farewell } = failure(() => server('/served').receive(served(request)));
    t.match({ code, message }, { code: 'ERR_WS_UPGRADE', message: `peer ${why}` });
    const text = String(farewell);
    t.ok(text.startsWith(`HTTP/1.1 ${status} `), text);
    const [head = '', body = ''] = text.split('\r\n\r\n');
    t.ok(head.includes(`\r\nContent-Length: ${body.length}`) && body.includes(why), text);
    t.equal(head.includes('Sec-WebSocket-Version: 13'), status === 426);
  }
});

/** To `/served` where it was to `/`. */
function served(request: Buffer): Buffer {
  return Buffer.from(request.toString('latin1').replace('GET / ', 'GET /served '), 'latin1');
}

t.test('a head of 8192 octets is the largest', async (t) => {
  const room = 8192 - upgradeRequest({ a: '' }).length;
  t.ok(server().receive(upgradeRequest({ a: 'x'.repeat(room) })).length > 0);
  const larger = upgradeRequest({ a: 'x'.repeat(room + 1) });
  t.match(
    failure(() => server().receive(larger)),
    { message: /more than 8192/ },
  );
  const slow = server();
  t.match(
    failure(() => {
      for (let i = 0; i < 10_000; i++)
        slow.receive(i < 4 ? Buffer.from('GET '[i]!) : Buffer.of(65));
    }),
    { message: /more than 8192/ },
    'octet by octet',
  );
});

t.test('a client takes no answer but the right one', async (t) => {
  for (const [response, why] of [
    [Buffer.from('SSH-2.0'), 'begins with other octets than "HTTP/1.1 "'],
    [upgradeResponse({}, 'HTTP/1.1 1O1'), 'answers with a malformed status line'],
    [upgradeResponse({}, 'HTTP/1.1 404 Not Found'), 'refuses the upgrade: 404 Not Found'],
    [upgradeResponse({}, 'HTTP/1.1 200'), 'refuses the upgrade: 200'],
    [upgradeResponse({ Upgrade: undefined }), 'answers with no Upgrade to WebSocket'],
    [upgradeResponse({ Connection: 'close' }), 'answers with no Connection: Upgrade'],
    [
      upgradeResponse({ 'Sec-WebSocket-Accept': 'AAAAAAAAAAAAAAAAAAAAAAAAAAA=' }),
      'answers with a Sec-WebSocket-Accept of another key',
    ],
    [
      upgradeResponse({ 'Sec-WebSocket-Accept': undefined }),
      'answers with a Sec-WebSocket-Accept of another key',
    ],
    [upgradeResponse({ 'Sec-WebSocket-Extensions': 'x' }), 'answers with an extension'],
    [
      upgradeResponse({ 'Sec-WebSocket-Protocol': 'ZWS2.0/PLAIN' }),
      'agrees to "ZWS2.0/PLAIN", expected ZWS2.0/NULL or ZWS2.0',
    ],
    [
      upgradeResponse({ 'Sec-WebSocket-Protocol': undefined }),
      'agrees to no sub-protocol, expected ZWS2.0/NULL or ZWS2.0',
    ],
    [upgradeResponse({ a: 'x'.repeat(8192) }), 'answers with more than 8192 octets of headers'],
  ] as const) {
    const { code, message, farewell } = failure(() => client().receive(response));
    t.match({ code, message }, { code: 'ERR_WS_UPGRADE', message: `peer ${why}` });
    t.equal(farewell, undefined);
  }
});

t.test('whatever comes is taken or refused', async (t) => {
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(fc.boolean(), fc.array(fc.uint8Array({ maxLength: 40 })), (asks, chunks) => {
        const one = asks ? client() : server();
        try {
          for (const chunk of chunks) if (!one.done) one.receive(Buffer.from(chunk));
        } catch (error) {
          return (error as { code?: string }).code === 'ERR_WS_UPGRADE';
        }
        return true;
      }),
    ),
  );
});
