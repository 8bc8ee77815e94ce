/** Prefix: what a topic costs the publisher (PrefixIndex) and the subscriber (PrefixSet). */

import { PrefixIndex } from '../../src/sockets/routing/prefix-index.ts';
import { PrefixSet } from '../../src/sockets/routing/prefix-set.ts';
import { BATCH, type Case, type Suite, sink } from './suite.ts';

export const suite: Suite = {
  name: 'prefix',
  rule: 'subscriptions are a tree: the price hardly grows with their number',
  cases: [1, 1000, 100_000].flatMap((count): Case[] => {
    const owner = {};
    const index = new PrefixIndex<object>();
    const set = new PrefixSet();
    for (let i = 0; i < count; i++) {
      const prefix = Buffer.from(topic(i));
      index.add(prefix, owner);
      set.add(prefix);
    }
    const bodies = Array.from({ length: BATCH }, (_, i) => {
      const body = Buffer.alloc(64);
      body.write(topic(Math.floor((i * count) / BATCH)));
      return body;
    });
    const found: object[] = [];
    return [
      {
        name: `PrefixIndex.match, ${count} subscriptions`,
        run() {
          for (let i = 0; i < BATCH; i++) sink.value = index.match(bodies[i]!, found);
        },
      },
      {
        name: `PrefixSet.matches, ${count} subscriptions`,
        run() {
          for (let i = 0; i < BATCH; i++) sink.value = set.matches(bodies[i]!);
        },
      },
    ];
  }),
};

function topic(index: number): string {
  return `t${String(index).padStart(7, '0')}`;
}
