/**
 * Octets that no peer should send. Whatever they are: nothing throws, the core ends in one of its states, what it
 * holds is bounded by what it was given, and the work is bounded too. Each property prints its seed.
 */

import fc from 'fast-check';
import t, { type Test } from 'tap';
import { COMMAND_FOUND, FAILED, MESSAGE, NEED_MORE } from '../../src/zmtp/assembler.ts';
import { commandData, commandName, decodeError } from '../../src/zmtp/command.ts';
import type { Connection } from '../../src/zmtp/connection.ts';
import { Decoder } from '../../src/zmtp/decoder.ts';
import { ZmtpError } from '../../src/zmtp/errors.ts';
import { GreetingDecoder } from '../../src/zmtp/greeting.ts';
import { decodeMetadata, property } from '../../src/zmtp/metadata.ts';
import type { SocketType } from '../../src/zmtp/socket-type.ts';
import { core, type Given, opened, PARTNER } from '../support/cores/joined.ts';
import { miswritten, words } from '../support/hostile/words.ts';
import { generator } from '../support/random.ts';
import { command, greeting, hex, latin, message, properties, ready } from '../support/wire.ts';

const TYPES = Object.keys(PARTNER) as SocketType[];
const CODE = /^ERR_ZMTP_[A-Z_]+$/;

/** `FUZZ_RUNS=100` makes a night's run of it; `FUZZ_SEED` repeats one. */
const { FUZZ_RUNS = '1', FUZZ_SEED } = process.env;

let runCount = 0;

function holds<T>(
  t: Test,
  runs: number,
  arbitrary: fc.Arbitrary<T>,
  run: (input: T) => void,
): void {
  const seed = Math.trunc(Number(FUZZ_SEED ?? Math.random() * 0x7fff_ffff));
  t.comment(`seed ${seed}`);
  const numRuns = runs * Number(FUZZ_RUNS);
  t.doesNotThrow(() => fc.assert(fc.property(arbitrary, run), { numRuns, seed }));
  runCount += numRuns;
}

function ensure(truth: boolean, what: string): void {
  if (!truth) throw new Error(what);
}

/** Octets of a message beyond those of its parts that a reader may count for itself. */
const PART_COST = 2;

/** Feed `octets` in chunks of these sizes, in turn, and see that the core keeps its promises. Returns the state at the end. */
function torture(connection: Connection, octets: Buffer, sizes: readonly number[]): string {
  let start = 0;
  let delivered = 0;
  let steps = 0;
  for (let i = 0; start < octets.length; i++) {
    const size = sizes.length === 0 ? octets.length : (sizes[i % sizes.length] ?? 0) + 1;
    connection.arrived(octets.subarray(start, start + size), i);
    start = Math.min(start + size, octets.length);
    for (;;) {
      const before = connection.state;
      const found = connection.next();
      steps++;
      if (found === undefined) {
        if (connection.state === before) break;
        continue;
      }
      ensure(connection.state === 'traffic', `a message in ${connection.state}`);
      ensure(found.length > 0, 'a message without parts');
      for (const part of found) delivered += part.length + PART_COST;
    }
    // What was delivered came in, octet by octet; a subscription command is longer than its message.
    ensure(delivered <= start + PART_COST, `${delivered} octets delivered of ${start}`);
    ensure(connection.pending <= 64 * 23 + 1024, `${connection.pending} octets to be sent`);
    const { state, error } = connection;
    ensure((state === 'failed') === (error !== undefined), `${state} with ${error}`);
    if (error !== undefined) {
      ensure(error instanceof ZmtpError && CODE.test(error.code), `${error}`);
      ensure(error.message.length < 2000, 'a message of reasonable length');
      ensure(connection.deadline === Number.POSITIVE_INFINITY, 'no deadline after a failure');
      ensure(!connection.undecoded, 'holds nothing after a failure');
      ensure(connection.next() === undefined, 'no message after a failure');
    }
    ensure(state !== 'traffic' || connection.peer !== undefined, 'traffic without a peer');
  }
  // Two octets make a frame at least, and each chunk costs one look in vain.
  ensure(steps <= octets.length * 2 + 4, `${steps} steps for ${octets.length} octets`);
  const end = connection.state;
  connection.elapsed(1e9);
  const out = connection.take().reduce((sum, buffer) => sum + buffer.length, 0);
  ensure(out <= 64 + 300 + 64 * 23 + 1024, `${out} octets written`);
  connection.written();
  return end;
}

// Drawn from few numbers each: an arbitrary of single octets would cost more than the core itself.

const octets = (maxLength: number) =>
  fc
    .uint8Array({ maxLength })
    .map((array) => Buffer.from(array.buffer, array.byteOffset, array.length));

const chunks = fc.oneof(
  fc.constant([] as number[]),
  fc.constant([0]),
  fc.array(fc.nat(70), { minLength: 1, maxLength: 4 }),
);

const soup = fc
  .array(fc.oneof(fc.constantFrom(...words), octets(8)), { maxLength: 12 })
  .map((pieces) => Buffer.concat(pieces));

/** A lawful session of a peer of each type. */
const sessions: readonly Buffer[] = TYPES.map((type) =>
  Buffer.concat([
    greeting(),
    ready(PARTNER[type], 'id'),
    message('one'),
    message('a', '', 'b'),
    command('PING', '\0\x0actx'),
    hex('01 01 61'),
    command('SUBSCRIBE', 'topic'),
    hex('00 01 62'),
    type === 'PUB' || type === 'XPUB' ? miswritten : hex(''),
    message('z'.repeat(300)),
    command('CANCEL', 'topic'),
    command('FOO', 'bar'),
    message('end'),
  ]),
);

/** One change of a session. */
interface Mutation {
  readonly kind: number;
  readonly at: number;
  readonly value: number;
  readonly word: number;
}

const mutation: fc.Arbitrary<Mutation> = fc.record({
  kind: fc.nat(5),
  at: fc.nat(0xffff),
  value: fc.nat(255),
  word: fc.nat(words.length - 1),
});

function mutate(session: Buffer, mutations: readonly Mutation[]): Buffer {
  let result = Buffer.from(session);
  for (const { kind, at, value, word } of mutations) {
    const place = at % (result.length + 1);
    const [front, back] = [result.subarray(0, place), result.subarray(place)];
    if (kind === 0 && place < result.length) result[place] = value;
    else if (kind === 1 && place < result.length) result[place]! ^= 1 << (value & 7);
    else if (kind === 2) result = Buffer.concat([front, Buffer.of(value), back]);
    else if (kind === 3) result = Buffer.concat([front, back.subarray(value & 15)]);
    else if (kind === 4) result = Buffer.concat([front, words[word]!, back]);
    else if (kind === 5) result = Buffer.concat([front, back.subarray(0, value), back]);
  }
  return result;
}

const LIMITS: readonly Given[] = [
  {},
  { maxMessageSize: 100, maxMessageParts: 2 },
  { heartbeatInterval: 5, heartbeatTimeout: 50, handshakeInterval: 1000 },
];

t.test('a lawful session passes unharmed', async (t) => {
  for (const [i, session] of sessions.entries()) {
    for (const sizes of [[], [0], [6, 2]]) {
      const connection = core(TYPES[i]!);
      t.equal(torture(connection, session, sizes), 'traffic', `${TYPES[i]}`);
    }
  }
});

t.test('random octets from the first on', async (t) => {
  holds(t, 15_000, fc.tuple(octets(120), chunks, fc.nat(10)), ([bytes, sizes, type]) => {
    torture(core(TYPES[type]!), bytes, sizes);
  });
});

t.test('random octets after the greeting', async (t) => {
  const hello = greeting();
  holds(t, 15_000, fc.tuple(octets(120), chunks, fc.nat(10)), ([bytes, sizes, type]) => {
    torture(core(TYPES[type]!), Buffer.concat([hello, bytes]), sizes);
  });
});

t.test('random octets in traffic', async (t) => {
  const inputs = fc.tuple(octets(120), chunks, fc.nat(10), fc.nat(LIMITS.length - 1));
  holds(t, 15_000, inputs, ([bytes, sizes, type, limit]) => {
    torture(opened(TYPES[type]!, LIMITS[limit]), bytes, sizes);
  });
});

t.test('pieces that mean something in senseless order', async (t) => {
  const inputs = fc.tuple(soup, chunks, fc.nat(10), fc.nat(2), fc.nat(LIMITS.length - 1));
  holds(t, 20_000, inputs, ([bytes, sizes, type, stage, limit]) => {
    const given = LIMITS[limit]!;
    if (stage === 2) torture(opened(TYPES[type]!, given), bytes, sizes);
    else if (stage === 1)
      torture(core(TYPES[type]!, given), Buffer.concat([greeting(), bytes]), sizes);
    else torture(core(TYPES[type]!, given), bytes, sizes);
  });
});

t.test('a lawful session with a few changes', async (t) => {
  const inputs = fc.tuple(
    fc.nat(TYPES.length - 1),
    fc.array(mutation, { minLength: 1, maxLength: 4 }),
    chunks,
    fc.nat(LIMITS.length - 1),
  );
  holds(t, 20_000, inputs, ([type, mutations, sizes, limit]) => {
    torture(core(TYPES[type]!, LIMITS[limit]), mutate(sessions[type]!, mutations), sizes);
  });
});

t.test('every octet of a session changed to what it should not be', async (t) => {
  const values = [0x00, 0x01, 0x02, 0x04, 0x06, 0x7f, 0x80, 0xff];
  t.doesNotThrow(() => {
    for (const [i, session] of sessions.entries()) {
      for (let at = 0; at < session.length; at++) {
        const octet = session[at]!;
        // Sessions differ only in the type: one is enough for most values.
        for (const value of i === 0 ? values : [octet ^ 0xff]) {
          const changed = Buffer.from(session);
          changed[at] = value;
          torture(core(TYPES[i]!), changed, at % 2 === 0 ? [] : [4]);
          runCount++;
        }
      }
    }
  });
});

t.test('a changed session is judged alike however it is cut', async (t) => {
  const inputs = fc.tuple(
    fc.nat(TYPES.length - 1),
    fc.array(mutation, { minLength: 1, maxLength: 3 }),
    fc.array(fc.nat(60), { minLength: 1, maxLength: 4 }),
  );
  const verdict = (type: SocketType, bytes: Buffer, sizes: readonly number[]): string => {
    const connection = core(type);
    const found: string[] = [];
    for (let start = 0, i = 0; start < bytes.length; i++) {
      const size = sizes.length === 0 ? bytes.length : sizes[i % sizes.length]! + 1;
      connection.arrived(bytes.subarray(start, start + size), 0);
      start += size;
      for (;;) {
        const before = connection.state;
        const next = connection.next();
        if (next !== undefined) found.push(next.map((part) => part.toString('latin1')).join('|'));
        else if (connection.state === before) break;
      }
    }
    const out = Buffer.concat(connection.take()).toString('latin1');
    return JSON.stringify([found, connection.state, connection.error?.code, out]);
  };
  holds(t, 8000, inputs, ([type, mutations, sizes]) => {
    const bytes = mutate(sessions[type]!, mutations);
    const whole = verdict(TYPES[type]!, bytes, []);
    const cut = verdict(TYPES[type]!, bytes, sizes);
    ensure(whole === cut, `whole: ${whole}\ncut: ${cut}`);
  });
});

t.test(
  'the decoder alone: more, a message, a command or a failure, in bounded steps',
  async (t) => {
    const inputs = fc.tuple(
      fc.oneof(octets(100), soup),
      chunks,
      fc.boolean(),
      fc.integer({ min: 1, max: 3 }),
    );
    holds(t, 15_000, inputs, ([bytes, sizes, mend, maxParts]) => {
      const decoder = new Decoder({ maxFrameSize: 70_000, maxParts }, mend);
      let steps = 0;
      let given = 0;
      for (let i = 0; given < bytes.length; i++) {
        const size = sizes.length === 0 ? bytes.length : (sizes[i % sizes.length] ?? 0) + 1;
        decoder.push(bytes.subarray(given, given + size));
        given += size;
        let found: number;
        do {
          found = decoder.next();
          steps++;
          if (found === MESSAGE) ensure(decoder.message.length <= maxParts, 'too many parts');
          else if (found === FAILED) ensure(decoder.error instanceof ZmtpError, 'no error');
          else ensure(found === NEED_MORE || found === COMMAND_FOUND, `${found}`);
        } while (found === MESSAGE || found === COMMAND_FOUND);
      }
      ensure(steps <= bytes.length * 2 + 2, `${steps} steps for ${bytes.length} octets`);
    });
  },
);

t.test('the decoder alone, a million times: random octets, and frames cut anywhere', async (t) => {
  const first = Math.trunc(Number(FUZZ_SEED ?? Math.random() * 0x7fff_ffff));
  t.comment(`seed ${first}`);
  const random = generator(first);
  const upTo = (most: number): number => Math.floor(random() * (most + 1));
  const room = Buffer.alloc(512);
  /** Random octets, most of which begin as a frame may begin where `framed`. */
  const draw = (framed: boolean): Buffer => {
    let length = 0;
    for (let n = upTo(4); n >= 0; n--) {
      const size = upTo(60);
      if (framed) {
        room[length++] = upTo(7);
        room[length++] = size + upTo(3) - 1;
      }
      for (let i = 0; i < size; i++) room[length++] = upTo(255);
    }
    return Buffer.from(room.subarray(0, length));
  };
  const judge = (octets: Buffer, cut: number): string => {
    const decoder = new Decoder({ maxFrameSize: 70_000, maxParts: 5 }, true);
    let verdict = '';
    for (let start = 0; start < octets.length; start += cut) {
      decoder.push(octets.subarray(start, start + cut));
      for (;;) {
        const found = decoder.next();
        if (found === NEED_MORE) break;
        if (found === FAILED) return `${verdict} ${decoder.error!.code}`;
        const parts = found === MESSAGE ? decoder.message : [decoder.command];
        verdict += `${found}:${parts.map((part) => part.toString('latin1')).join('|')} `;
      }
    }
    return verdict;
  };
  const [raw, cut] = [1_000_000, 200_000].map((runs) => runs * Number(FUZZ_RUNS)) as [
    number,
    number,
  ];
  t.doesNotThrow(() => {
    for (let n = 0; n < raw; n++) judge(draw(n % 2 === 0), 512);
    for (let n = 0; n < cut; n++) {
      const octets = draw(true);
      const [whole, pieces] = [judge(octets, 512), judge(octets, 1 + upTo(20))];
      ensure(whole === pieces, `${octets.toString('hex')}\nwhole: ${whole}\ncut: ${pieces}`);
    }
  });
  runCount += raw + cut;
});

t.test('the parsers alone throw nothing but their own error', async (t) => {
  const names = ['Socket-Type', '__proto__', 'X', ''];
  const list = fc
    .array(fc.tuple(fc.constantFrom(...names), octets(12)), { maxLength: 5 })
    .map((pairs) => properties(...pairs));
  const inputs = fc.oneof(
    octets(60),
    fc
      .tuple(list, fc.array(mutation, { maxLength: 2 }))
      .map(([bytes, changes]) => mutate(bytes, changes)),
  );
  const lawful = (run: () => void): void => {
    try {
      run();
    } catch (error) {
      if (!(error instanceof ZmtpError)) throw error;
    }
  };
  holds(t, 15_000, inputs, (bytes) => {
    lawful(() => {
      let total = 0;
      const decoded = decodeMetadata(bytes);
      for (const [name, value] of decoded) total += name.length + value.length + 5;
      ensure(total <= bytes.length, `${total} octets of properties in ${bytes.length}`);
      property(decoded, 'Socket-Type');
      property(decoded, '__proto__');
    });
    lawful(() => decodeError(bytes));
    lawful(() => new GreetingDecoder().push(bytes));
    if (commandName(bytes) !== undefined) commandData(bytes);
  });
  t.equal(Object.getPrototypeOf({}), Object.prototype, 'and no prototype was touched');
});

t.test('64 KiB of the same costs a bounded number of steps, whole or in crumbs', async (t) => {
  const patterns = [
    ...words,
    latin('\xff'),
    latin('\x05'),
    hex('0401'),
    hex('0400 00'),
    hex('0300'),
  ];
  for (const [i, pattern] of patterns.entries()) {
    const count = Math.floor(65_536 / pattern.length);
    const bytes = Buffer.concat(Array.from({ length: count }, () => pattern));
    t.doesNotThrow(() => torture(opened('XPUB'), bytes, []), `pattern ${i}`);
    t.doesNotThrow(() => torture(opened('XPUB'), bytes, [0, 12]), `pattern ${i}`);
    t.doesNotThrow(() => torture(core('PULL'), Buffer.concat([greeting(), bytes]), [0]));
    runCount += 3;
  }
});

t.test('that was enough', async (t) => {
  t.comment(`${runCount} cases`);
  t.ok(runCount >= 1_300_000);
});
