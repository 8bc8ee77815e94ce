/**
 * Idle clients: very many connections to one server, which only answer its PINGs. A program of its own, the same
 * for every system: ZMTP over bare `node:net`.
 */

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { COMMAND_FOUND, Decoder, encodeGreeting, GREETING_SIZE } from 'zeromq-pure/wire';
import { now, Orders, say } from './contract.ts';

/** Opens one connection after the other, while there are some to open. */
async function opener(): Promise<void> {
  while (next < count) {
    next++;
    streams.push(await open());
  }
}

/** Settles when the server's READY is here. */
async function open(): Promise<Socket> {
  const stream = connect(Number(port), hostname);
  await once(stream, 'connect');
  stream.setNoDelay(true);
  stream.write(encodeGreeting('NULL'));
  const decoder = new Decoder({ maxFrameSize: 65_536, maxParts: 1 });
  let greeting = GREETING_SIZE;
  return new Promise((resolve, reject) => {
    stream.on('data', (chunk: Buffer) => {
      const skipped = Math.min(greeting, chunk.length);
      if (greeting > 0 && skipped === greeting) stream.write(READY);
      greeting -= skipped;
      decoder.push(chunk.subarray(skipped));
      while (decoder.next() === COMMAND_FOUND) {
        const name = decoder.command.toString('latin1', 1, 5);
        if (name === 'PING') stream.write(PONG);
        else if (name === 'READ') resolve(stream);
      }
      decoder.release();
    });
    stream.on('error', reject);
    stream.on('close', () => {
      process.stderr.write('the server closed an idle connection\n');
      process.exit(1);
    });
  });
}

/** `04 26 05 "READY" 0b "Socket-Type" 00000006 "DEALER"` and an empty `Identity`. */
const READY = command('\x05READY\x0bSocket-Type\0\0\0\x06DEALER\x08Identity\0\0\0\0');
const PONG = command('\x04PONG');

function command(body: string): Buffer {
  return Buffer.concat([Buffer.from([0x04, body.length]), Buffer.from(body, 'latin1')]);
}

const orders = new Orders(process.argv.slice(2));
const { hostname, port } = new URL(orders.text('endpoint').replace('tcp:', 'http:'));
const count = orders.number('peers');
const streams: Socket[] = [];
const startedAt = now();

let next = 0;
await Promise.all(Array.from({ length: Math.min(count, 128) }, opener));
say({ ready: true, seconds: (now() - startedAt) / 1000 });
