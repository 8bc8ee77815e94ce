/** Octets that mean something to ZMTP, whole or cut short, for the fuzzers to put in the wrong places. */

import { command, greeting, hex, longHeader, message, properties, ready } from '../wire.ts';

/** As libzmq 4.3.4 writes it. */
export const miswritten = Buffer.concat([
  hex('04'),
  command('SUBSCRIBE', 't'.repeat(250)).subarray(1),
]);

/** Pieces that mean something, to be strewn about. */
export const words = [
  hex('00'),
  hex('ff'),
  hex('0000'),
  hex('0100'),
  hex('0400'),
  hex('0500'),
  hex('04000000000000'),
  hex('0400000000000001 00'),
  hex('0400000000000001 00 09'),
  hex('04 05 0450494e47'),
  longHeader(0x02, 0n),
  longHeader(0x03, 5n),
  longHeader(0x06, 7n),
  longHeader(0x02, 65_537n),
  longHeader(0x02, 2n ** 31n),
  longHeader(0x06, 2n ** 53n),
  longHeader(0x02, 2n ** 63n - 1n),
  longHeader(0x02, 2n ** 63n),
  longHeader(0x03, 2n ** 64n - 1n),
  greeting(),
  greeting(0),
  greeting(1, 'CURVE'),
  ready('PUSH'),
  ready('SUB'),
  ready('DEALER', 'id'),
  command('READY', properties(['__proto__', 'x'], ['constructor', 'y'])),
  command('ERROR', '\x03400'),
  command('PING', '\0\x05ctx'),
  command('PONG', 'ctx'),
  command('SUBSCRIBE', 'a'),
  command('CANCEL', 'a'),
  command('SUBSCRIBE', 't'.repeat(250)),
  miswritten,
  message('x'),
  message('a', '', 'b'),
  message('y'.repeat(300)),
];
