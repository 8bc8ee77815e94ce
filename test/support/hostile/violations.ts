/** What no peer may say, to a socket without security: before its handshake is over, and after. */

import { command, frame, frameHeader, greeting, message, property, ready } from '../raw-peer.ts';
import { hex } from '../wire.ts';

const TLS_HELLO = hex('16030100c8010000c40303');

/** What is said instead of a handshake, the code it earns, and whether an ERROR command tells of it. */
export const HANDSHAKE_VIOLATIONS: readonly (readonly [
  what: string,
  say: (partner: string) => Buffer[],
  code: string,
  told?: boolean,
])[] = [
  ['HTTP', () => [Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n')], 'ERR_ZMTP_NOT_ZMTP'],
  ['a TLS hello', () => [TLS_HELLO], 'ERR_ZMTP_NOT_ZMTP'],
  ['zeros', () => [Buffer.alloc(200)], 'ERR_ZMTP_NOT_ZMTP'],
  ['a long frame of ZMTP 1.0', () => [hex('ff00000000000001010000')], 'ERR_ZMTP_FRAME_TOO_LARGE'],
  ['ZMTP 1.0 with other flags', () => [hex('0202')], 'ERR_ZMTP_NOT_ZMTP'],
  ['ZMTP 2.0 of no type', () => [hex('ff00000000000000017f01ff')], 'ERR_ZMTP_SOCKET_TYPE'],
  ['another mechanism', () => [greeting('CURVE')], 'ERR_ZMTP_MECHANISM_MISMATCH'],
  ['no mechanism', () => [greeting('')], 'ERR_ZMTP_MECHANISM_MISMATCH'],
  ['a mechanism with a tail', () => [greeting('NULLX')], 'ERR_ZMTP_MECHANISM_MISMATCH'],
  ['a message first', () => [greeting(), message('x')], 'ERR_ZMTP_UNEXPECTED_COMMAND', true],
  [
    'half a message first',
    () => [greeting(), frame(Buffer.from('x'), 1)],
    'ERR_ZMTP_UNEXPECTED_COMMAND',
    true,
  ],
  ['another command', () => [greeting(), command('HELLO')], 'ERR_ZMTP_UNEXPECTED_COMMAND', true],
  [
    'an empty command',
    () => [greeting(), frame(Buffer.alloc(0), 4)],
    'ERR_ZMTP_UNEXPECTED_COMMAND',
  ],
  [
    'a name that overruns',
    () => [greeting(), frame(Buffer.from('\xf0READY', 'latin1'), 4)],
    'ERR_ZMTP_UNEXPECTED_COMMAND',
  ],
  ['no such type', () => [greeting(), ready('NOPE')], 'ERR_ZMTP_SOCKET_TYPE', true],
  ['the wrong type', () => [greeting(), ready('PAIR')], 'ERR_ZMTP_SOCKET_TYPE', true],
  ['no type', () => [greeting(), command('READY')], 'ERR_ZMTP_INVALID_METADATA', true],
  [
    'a type in lower case',
    (type) => [greeting(), ready(type.toLowerCase())],
    'ERR_ZMTP_SOCKET_TYPE',
    true,
  ],
  [
    'a value that overruns',
    (type) => {
      const good = property('Socket-Type', type);
      good.writeUInt32BE(200, 12);
      return [greeting(), command('READY', good)];
    },
    'ERR_ZMTP_INVALID_METADATA',
    true,
  ],
  [
    'a trailing octet',
    (type) => [greeting(), command('READY', property('Socket-Type', type), Buffer.from('x'))],
    'ERR_ZMTP_INVALID_METADATA',
    true,
  ],
  [
    'an identity of 256 octets',
    (type) => [greeting(), ready(type, { Identity: 'x'.repeat(256) })],
    'ERR_ZMTP_INVALID_METADATA',
    true,
  ],
  [
    '10 000 properties',
    (type) => {
      const all = Array.from({ length: 10_000 }, (_, n) => property(`${n}`, ''));
      return [greeting(), command('READY', property('Socket-Type', type), ...all)];
    },
    'ERR_ZMTP_FRAME_TOO_LARGE',
  ],
  [
    '1 000 properties',
    (type) => {
      const all = Array.from({ length: 1_000 }, (_, n) => property(`${n}`, ''));
      return [greeting(), command('READY', property('Socket-Type', type), ...all)];
    },
    'ERR_ZMTP_INVALID_METADATA',
    true,
  ],
  [
    'a value of 16 MiB',
    (type) => [greeting(), ready(type, { X: 'x'.repeat(16 * 1_048_576) })],
    'ERR_ZMTP_FRAME_TOO_LARGE',
  ],
  ['READY of 8 GiB', () => [greeting(), frameHeader(8n << 30n, 4)], 'ERR_ZMTP_FRAME_TOO_LARGE'],
  [
    'READY of 2⁶⁴ − 1',
    () => [greeting(), frameHeader((1n << 64n) - 1n, 4)],
    'ERR_ZMTP_FRAME_TOO_LARGE',
  ],
  [
    'ERROR',
    () => [greeting(), command('ERROR', Buffer.from('\x05sorry'))],
    'ERR_ZMTP_REFUSED_BY_PEER',
  ],
];

/** What is said after it that breaks the connection, and the code that says why. */
export const TRAFFIC_VIOLATIONS: readonly (readonly [what: string, say: Buffer, code: string])[] = [
  ['a frame of 1 TiB', frameHeader(1n << 40n), 'ERR_ZMTP_FRAME_TOO_LARGE'],
  ['a frame of 2⁴⁶', frameHeader(1n << 46n), 'ERR_ZMTP_FRAME_TOO_LARGE'],
  ['a frame of 2⁶³', frameHeader(1n << 63n), 'ERR_ZMTP_FRAME_TOO_LARGE'],
  ['a frame of 2⁶⁴ − 1', frameHeader((1n << 64n) - 1n), 'ERR_ZMTP_FRAME_TOO_LARGE'],
  ['a command of 8 GiB', frameHeader(8n << 30n, 4), 'ERR_ZMTP_FRAME_TOO_LARGE'],
  ['a part of 8 GiB', frameHeader(8n << 30n, 1), 'ERR_ZMTP_FRAME_TOO_LARGE'],
  ['a PING without TTL', command('PING'), 'ERR_ZMTP_MALFORMED_PING'],
];
