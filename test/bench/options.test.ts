/** The command line of the benchmarks. */

import t from 'tap';
import { parseOptions, UsageError } from '../../bench/options.ts';

t.test('what is not given', async (t) => {
  t.match(parseOptions([]), {
    help: false,
    list: false,
    scenarios: [],
    systems: [],
    rounds: 5,
    duration: 1000,
    connections: 10_000,
    writeResults: false,
    from: [],
  });
});

t.test('what is', async (t) => {
  const line = '--scenario a --scenario b --system c --rounds 7 --duration 20 --json f';
  t.match(parseOptions(line.split(' ')), {
    scenarios: ['a', 'b'],
    systems: ['c'],
    rounds: 7,
    duration: 20,
    json: 'f',
  });
});

t.test("a system of one's own is a name and a command", async (t) => {
  const { own } = parseOptions(['--system-command', 'mine=./ends  --fast']);
  t.same(own, [{ name: 'mine', command: ['./ends', '--fast'] }]);
});

t.test('mistakes are named', async (t) => {
  for (const [line, message] of [
    ['--rounds 0', '--rounds must be a whole number from 1 to 1000, not "0"'],
    ['--rounds 1.5', '--rounds must be a whole number from 1 to 1000, not "1.5"'],
    ['--duration x', '--duration must be a whole number from 1 to 600000, not "x"'],
    ['--system-command x', '--system-command must be NAME=PROGRAM…, not "x"'],
    ['--system-command libzmq=x', 'there is a system libzmq already'],
    ['--nosuch', "Unknown option '--nosuch'"],
    ['something', "Unexpected argument 'something'"],
    [
      '--from f --system s',
      '--from measures nothing: --scenario, --system and --targets do not go with it',
    ],
    ['--write-results --system s', '--write-results needs all systems, and no others'],
    ['--write-results --rounds 2', '--write-results needs at least three rounds'],
  ] as const) {
    t.throws(() => parseOptions(line.split(' ')), new UsageError(message), line);
  }
});
