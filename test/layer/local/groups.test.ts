import fc from 'fast-check';
import t from 'tap';
import { Groups } from '../../../src/layer/local/groups.ts';

t.test('the only member is the one that members gives, where there is one', async (t) => {
  const time = fc.integer({ min: 0, max: 10 });
  const channel = fc.constantFrom('a', 'b');
  const step = fc.record({ joins: fc.boolean(), channel, now: time });
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(fc.array(step, { maxLength: 6 }), time, time, (steps, now, sentAt) => {
        const groups = new Groups(4);
        for (const { joins, channel, now } of steps) {
          if (joins) groups.add('group', channel, now);
          else groups.discard('group', channel);
        }
        const members = [...groups.members('group', now, sentAt)];
        const expected = groups.sizeOf('group') === 1 ? members[0] : undefined;
        const found = groups.only('group', now, sentAt);
        if (found !== expected) throw new Error(`${found} instead of ${expected}`);
      }),
    ),
  );
});
