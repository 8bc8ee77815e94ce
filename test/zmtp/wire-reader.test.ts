import fc from 'fast-check';
import t from 'tap';
import { encodeGreeting } from '../../src/zmtp/greeting.ts';
import { type WireItem, WireReader } from '../../src/zmtp/wire-reader.ts';
import { command, frame, hex } from '../support/wire.ts';

const STREAM = Buffer.concat([
  encodeGreeting('NULL'),
  command('READY', 'data'),
  frame(1, 'two'),
  frame(0, 'parts'),
  frame(4, hex('09 41')),
  frame(0, ''),
]);
const SAID = [
  'greeting 3.1 NULL',
  'command READY data',
  'message two parts',
  'command undefined \tA',
  'message ',
];

function text(item: WireItem): string {
  if (item.kind === 'greeting') return `greeting ${item.version} ${item.mechanism}`;
  if (item.kind === 'command') return `command ${item.name} ${item.data}`;
  if (item.kind === 'message') return `message ${item.message.join(' ')}`;
  return item.error.code;
}

t.test('what a side says is the same however the stream is split', async (t) => {
  const cuts = fc.array(fc.nat(STREAM.length), { maxLength: 10 });
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(cuts, (given) => {
        const reader = new WireReader();
        const ends = [...given.sort((a, b) => a - b), STREAM.length];
        const said = ends.flatMap((end, i) => reader.read(STREAM.subarray(ends[i - 1] ?? 0, end)));
        return said.map(text).join('\n') === SAID.join('\n');
      }),
    ),
  );
});

t.test('what is not ZMTP 3 is an error, the last that is read', async (t) => {
  const other = new WireReader();
  t.same(other.read(Buffer.from('GET / HTTP/1.1\r\n')).map(text), ['ERR_ZMTP_NOT_ZMTP']);
  t.same(other.read(STREAM), []);
  const limited = new WireReader({ maxParts: 1 });
  t.same(limited.read(STREAM).map(text), [...SAID.slice(0, 2), 'ERR_ZMTP_TOO_MANY_PARTS']);
  const small = new WireReader({ maxFrameSize: 2 });
  t.same(small.read(STREAM).map(text), [...SAID.slice(0, 2), 'ERR_ZMTP_FRAME_TOO_LARGE']);
  t.same(small.read(STREAM), []);
});
