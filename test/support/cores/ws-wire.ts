/** WebSocket as octets: requests and responses of the upgrade, and frames. */

import { createHash } from 'node:crypto';

/** A valid request, with `changes` to its headers: undefined takes one away. */
export function upgradeRequest(
  changes: Readonly<Record<string, string | undefined>> = {},
  line = 'GET / HTTP/1.1',
): Buffer {
  return head(line, {
    Host: '127.0.0.1',
    Upgrade: 'websocket',
    Connection: 'Upgrade',
    // Of the example in RFC 6455, section 1.3.
    'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Protocol': 'ZWS2.0/NULL',
    ...changes,
  });
}

/** What a server says to that request, likewise. */
export function upgradeResponse(
  changes: Readonly<Record<string, string | undefined>> = {},
  line = 'HTTP/1.1 101 Switching Protocols',
): Buffer {
  return head(line, {
    Upgrade: 'websocket',
    Connection: 'Upgrade',
    'Sec-WebSocket-Accept': 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=',
    'Sec-WebSocket-Protocol': 'ZWS2.0/NULL',
    ...changes,
  });
}

/** What a server says to a request with this key. */
export function responseTo(key: string): Buffer {
  const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`);
  return upgradeResponse({ 'Sec-WebSocket-Accept': accept.digest('base64') });
}

/** A frame of fewer than 64 KiB; of a client where there is a `mask`. */
export function wsFrame(first: number, payload: Buffer | string, mask?: number): Buffer {
  const body = Buffer.from(payload as string, 'latin1');
  const { length } = body;
  const bit = mask === undefined ? 0 : 0x80;
  const size = length < 126 ? [bit | length] : [bit | 126, length >> 8, length & 0xff];
  if (mask === undefined) return Buffer.concat([Buffer.from([first, ...size]), body]);
  const key = Buffer.alloc(4);
  key.writeUInt32BE(mask);
  const masked = body.map((octet, i) => octet ^ key[i % 4]!);
  return Buffer.concat([Buffer.from([first, ...size]), key, masked]);
}

/** READY of a socket of this type, as a message of ZWS. */
export function wsReady(socketType: string): string {
  const size = String.fromCharCode(socketType.length);
  return `\x02\x05READY\x0bSocket-Type\0\0\0${size}${socketType}`;
}

function head(line: string, fields: Readonly<Record<string, string | undefined>>): Buffer {
  const lines = Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(`${line}\r\n${lines.join('')}\r\n`, 'latin1');
}
