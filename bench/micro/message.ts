/** Message: what `send` makes of what it is given, and a copy of what has to wait. */

import { ownSmallParts, toMessage } from '../../src/sockets/message.ts';
import { BATCH, type Suite, sink } from './suite.ts';

const body = Buffer.alloc(16, 0x2a);
const octets = new Uint8Array(16);
const parts = [body, body, body];
const large = [Buffer.alloc(4096)];

export const suite: Suite = {
  name: 'message',
  rule: 'a message is normalised once',
  cases: [
    each('toMessage of a Buffer', () => toMessage(body)),
    each('toMessage of three Buffers', () => toMessage(parts)),
    each('toMessage of a Uint8Array', () => toMessage(octets)),
    each('toMessage of a string of 16', () => toMessage('0123456789abcdef')),
    each('ownSmallParts, 16 B', () => ownSmallParts([body])),
    each('ownSmallParts, 4 KiB', () => ownSmallParts(large)),
  ],
};

function each(name: string, work: () => unknown): Suite['cases'][number] {
  return {
    name,
    run() {
      for (let i = 0; i < BATCH; i++) sink.value = work();
    },
  };
}
