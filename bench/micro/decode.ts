/** Decode: frames as views of the chunk, or as copies. */

import { MESSAGE } from '../../src/zmtp/assembler.ts';
import { Decoder } from '../../src/zmtp/decoder.ts';
import { Encoder } from '../../src/zmtp/encoder.ts';
import { BATCH, type Case, type Suite, sink } from './suite.ts';

export const suite: Suite = {
  name: 'decode',
  rule: 'received parts are views of the chunk',
  cases: [16, 256, 4096].flatMap((size): Case[] => {
    const encoder = new Encoder();
    for (let i = 0; i < BATCH; i++) encoder.message([Buffer.alloc(size, 0x2a)]);
    const octets = Buffer.concat(encoder.take());
    const decodeAll = (chunk: number, take: (body: Buffer) => Buffer): void => {
      const decoder = new Decoder({ maxFrameSize: 1e9, maxParts: 10 });
      for (let at = 0; at < octets.length; at += chunk) {
        decoder.push(octets.subarray(at, at + chunk));
        while (decoder.next() === MESSAGE) sink.value = take(decoder.message[0]!);
      }
    };
    const view = (body: Buffer): Buffer => body;
    return [
      { name: `${size} B: Decoder, views`, run: () => decodeAll(65_536, view) },
      {
        name: `${size} B: Decoder, copied`,
        run: () => decodeAll(65_536, (body) => Buffer.from(body)),
      },
      { name: `${size} B: Decoder, chunks of 1448 B`, run: () => decodeAll(1448, view) },
      {
        name: `${size} B: bare subarray`,
        run() {
          for (let i = 0; i < BATCH; i++) sink.value = octets.subarray(i, i + size);
        },
      },
    ];
  }),
};
