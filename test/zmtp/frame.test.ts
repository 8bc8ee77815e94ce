import t from 'tap';
import { headerSize, writeHeader } from '../../src/zmtp/frame.ts';
import { hex } from '../support/wire.ts';

t.test('a body of 255 octets is short, one of 256 is long', async (t) => {
  const table: readonly [number, number, string][] = [
    [0x00, 0, '00 00'],
    [0x01, 1, '01 01'],
    [0x04, 255, '04 ff'],
    [0x00, 256, '02 0000000000000100'],
    [0x01, 300, '03 000000000000012c'],
    [0x04, 256, '06 0000000000000100'],
    [0x00, 70_000, '02 0000000000011170'],
    [0x00, 0xffff_ffff, '02 00000000ffffffff'],
    [0x00, 0x1_0000_0000, '02 0000000100000000'],
    [0x00, Number.MAX_SAFE_INTEGER, '02 001fffffffffffff'],
  ];
  for (const [flags, size, expected] of table) {
    const target = Buffer.alloc(12, 0xee);
    const end = writeHeader(target, 1, flags, size);
    t.equal(end - 1, headerSize(size), `${size}: as long as announced`);
    t.same(target.subarray(1, end), hex(expected), `${size}`);
    t.ok(target.subarray(end).every((octet) => octet === 0xee) && target[0] === 0xee);
  }
});
