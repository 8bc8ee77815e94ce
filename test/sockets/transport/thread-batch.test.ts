/** ThreadBatch: messages as they cross from one thread to another. */

import * as fc from 'fast-check';
import t from 'tap';
import {
  type Batch,
  BatchReader,
  BatchWriter,
} from '../../../src/sockets/transport/thread-batch.ts';

/** Sizes around each of the bounds. */
const size = fc.oneof(
  fc.integer({ min: 0, max: 300 }),
  fc.constantFrom(125, 126, 127, 128, 8_191, 8_192, 8_193, 70_000),
);
const part = fc.tuple(size, fc.integer({ min: 0, max: 255 }), fc.boolean()).map(make);
const message = fc.array(part, { minLength: 1, maxLength: 5 });

t.test('what is read is what was added, batch after batch', (t) => {
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(fc.array(fc.array(message, { maxLength: 8 }), { maxLength: 4 }), (batches) => {
        const writer = new BatchWriter();
        for (const messages of batches) {
          for (const each of messages) writer.add(each);
          const read = across(writer);
          if (!same(read, messages)) throw new Error('not the same');
          if (writer.count !== 0 || writer.octets !== 0) throw new Error('not empty');
        }
      }),
    ),
  );
  t.end();
});

t.test('parts are copies, but for large ones in shared memory', (t) => {
  const [small, large] = [Buffer.from('small'), Buffer.alloc(10_000, 1)];
  const shared = Buffer.from(new SharedArrayBuffer(10_000));
  const writer = new BatchWriter();
  writer.add([small, large, shared]);
  small[0] = 0;
  const [read] = across(writer);
  large[0] = 0;
  shared[0] = 7;
  t.equal(String(read?.[0]), 'small');
  t.equal(read?.[1]?.[0], 1);
  t.equal(read?.[2]?.[0], 7);
  t.equal(large.length, 10_000, 'the part still belongs to who sent it');
  t.end();
});

t.test('octets are counted', (t) => {
  const writer = new BatchWriter();
  writer.add([Buffer.alloc(5), Buffer.alloc(0)]);
  writer.add([Buffer.alloc(20_000)]);
  t.equal(writer.octets, 20_005);
  t.equal(writer.count, 2);
  const reader = new BatchReader(writer.take()[0]);
  reader.next();
  t.equal(reader.octets, 5);
  reader.next();
  t.equal(reader.octets, 20_005);
  t.end();
});

t.test('a batch is enough by messages, by octets, and sooner by octets of one block', (t) => {
  const count = (size: number): number => {
    const writer = new BatchWriter();
    while (!writer.full) writer.add([Buffer.alloc(size)]);
    const { count } = writer;
    writer.take();
    t.notOk(writer.full);
    return count;
  };
  t.equal(count(16), 512);
  t.equal(count(1_024), 64);
  t.equal(count(65_536), 8);
  t.end();
});

t.test(
  'a block that no writer makes is read to its end or throws RangeError, and never beyond',
  (t) => {
    t.doesNotThrow(() =>
      fc.assert(
        fc.property(fc.uint8Array({ minLength: 1, maxLength: 40 }), (octets) => {
          const reader = new BatchReader({ block: octets.slice().buffer, large: [] });
          try {
            while (reader.next() !== undefined);
          } catch (error) {
            if (!(error instanceof RangeError)) throw error;
          }
          if (reader.octets > octets.length) throw new Error('more than there was');
        }),
      ),
    );
    t.end();
  },
);

function make([size, fill, shared]: [number, number, boolean]): Buffer {
  const part = shared ? Buffer.from(new SharedArrayBuffer(size)) : Buffer.alloc(size);
  return part.fill(fill);
}

/** What arrives, after the copying that a port does. */
function across(writer: BatchWriter): (readonly Buffer[])[] {
  const [batch, transfer] = writer.take();
  const reader = new BatchReader(structuredClone(batch, { transfer }) as Batch);
  const messages: (readonly Buffer[])[] = [];
  for (let next = reader.next(); next !== undefined; next = reader.next()) messages.push(next);
  return messages;
}

function same(a: readonly (readonly Buffer[])[], b: readonly (readonly Buffer[])[]): boolean {
  const text = (messages: readonly (readonly Buffer[])[]): string =>
    JSON.stringify(messages.map((parts) => parts.map((each) => each.toString('latin1'))));
  return text(a) === text(b);
}
