/** Encode: copy a body into the block, or refer to it. The prices include what `write` is given. */

import { BLOCK_SIZE, Encoder } from '../../src/zmtp/encoder.ts';
import { writeHeader } from '../../src/zmtp/frame.ts';
import { BATCH, type Case, type Suite, sink } from './suite.ts';

const SIZES = [16, 64, 256, 512, 1024, 2048, 4096, 16_384];

export const suite: Suite = {
  name: 'encode',
  rule: 'small bodies are copied into a block, large ones are referred to (COPY_MAX)',
  cases: SIZES.flatMap((size): Case[] => {
    const body = Buffer.alloc(size, 0x2a);
    const message = [body];
    const encoder = new Encoder();
    return [
      {
        name: `${size} B: copied`,
        run() {
          let block = Buffer.allocUnsafeSlow(BLOCK_SIZE);
          for (let i = 0, end = 0; i < BATCH; i++) {
            if (end + 9 + size > BLOCK_SIZE) {
              sink.value = block;
              block = spare;
              end = 0;
            }
            end = writeHeader(block, end, 0, size);
            block.set(body, end);
            end += size;
          }
        },
      },
      {
        name: `${size} B: referred to`,
        run() {
          const buffers: Buffer[] = [];
          const block = Buffer.allocUnsafeSlow(BLOCK_SIZE);
          for (let i = 0, end = 0; i < BATCH; i++) {
            const start = end;
            end = writeHeader(block, end, 0, size);
            buffers.push(block.subarray(start, end), body);
          }
          sink.value = buffers;
        },
      },
      {
        name: `${size} B: Encoder`,
        run() {
          for (let i = 0; i < BATCH; i++) {
            encoder.message(message);
            if (encoder.pending < BLOCK_SIZE) continue;
            sink.value = encoder.take();
            encoder.written();
          }
        },
      },
    ];
  }),
};

const spare = Buffer.allocUnsafeSlow(BLOCK_SIZE);
