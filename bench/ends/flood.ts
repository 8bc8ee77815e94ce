/**
 * Flood: strangers who send a HELLO of CURVE that does not open, so many in a second, from connections of their own. A
 * program of its own, the same for every system: ZMTP over bare `node:net`.
 */

import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { encodeGreeting } from 'zeromq-pure/wire';
import { Orders, say } from './contract.ts';

const orders = new Orders(process.argv.slice(2));
const { hostname, port } = new URL(orders.text('endpoint').replace('tcp:', 'http:'));
const perTick = orders.number('flood') / 100;
let open = 0;

/** `04 c8 05 "HELLO" 01 00`, 72 zeros, and what looks like a key, a nonce and a box: it costs the server a key agreement. */
function stranger(): void {
  if (open >= OPEN_MAX) return;
  open++;
  const stream = connect(Number(port), hostname);
  stream.write(encodeGreeting('CURVE'));
  stream.write(Buffer.concat([HEAD, Buffer.alloc(72), randomBytes(120)]));
  stream.on('error', () => {});
  stream.on('close', () => open--);
  stream.resume();
}

const HEAD = Buffer.from('\x04\xc8\x05HELLO\x01\0', 'latin1');
/** A server that refuses nobody is not to be filled up. */
const OPEN_MAX = 200;

setInterval(() => {
  for (let i = 0; i < perTick; i++) stranger();
}, 10);
say({ ready: true });
