/** Ring: against `push` and `shift` of an array, at several lengths. */

import { Ring } from '../../src/sockets/routing/ring.ts';
import { BATCH, type Case, type Suite, sink } from './suite.ts';

export const suite: Suite = {
  name: 'ring',
  rule: 'rings, not shift()',
  cases: [10, 500, 60_000].flatMap((length): Case[] => {
    const ring = new Ring<object>();
    const array: object[] = [];
    const item = {};
    for (let i = 0; i < length; i++) {
      ring.push(item);
      array.push(item);
    }
    return [
      {
        name: `Ring push and shift at ${length}`,
        run() {
          for (let i = 0; i < BATCH; i++) {
            ring.push(item);
            sink.value = ring.shift();
          }
        },
      },
      {
        name: `array push and shift at ${length}`,
        run() {
          for (let i = 0; i < BATCH; i++) {
            array.push(item);
            sink.value = array.shift();
          }
        },
      },
    ];
  }),
};
