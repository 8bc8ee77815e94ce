/** Which sub-protocol of WebSocket each side asks for, and which a server agrees to. */

import t from 'tap';
import { pageWsProtocols, servedWsProtocols, wsProtocols } from '../../src/zmtp/ws-protocols.ts';

t.test('the sub-protocols of a mechanism', async (t) => {
  t.same(wsProtocols('NULL'), ['ZWS2.0/NULL', 'ZWS2.0']);
  t.same(wsProtocols('PLAIN'), ['ZWS2.0/PLAIN']);
  t.same(wsProtocols('CURVE'), ['ZWS2.0/CURVE']);
});

t.test('those of a page have no slash, and what everybody knows comes first', async (t) => {
  t.same(pageWsProtocols('NULL'), ['ZWS2.0', 'ZWS2.0.NULL']);
  t.same(pageWsProtocols('PLAIN'), ['ZWS2.0.PLAIN']);
  // RFC 6455, section 4.1: tokens of RFC 2616.
  for (const name of pageWsProtocols('NULL')) t.match(name, /^[!#$%&'*+\-.^_`|~\dA-Za-z]+$/);
});

t.test('a server agrees to both, and prefers one that tells types and heartbeats', async (t) => {
  t.same(servedWsProtocols('NULL'), ['ZWS2.0/NULL', 'ZWS2.0.NULL', 'ZWS2.0']);
  t.same(servedWsProtocols('CURVE'), ['ZWS2.0/CURVE', 'ZWS2.0.CURVE']);
});
