/**
 * The same seeded mutations to libzmq and to us: is the connection closed, answered, or left open? What differs must be
 * among the intended differences (support/interop/intended-differences.ts). `FUZZ_CASES` per type, 4000 without it; `npm run torture` runs 10 000.
 */

import t, { type Test } from 'tap';
import { FUZZ_TYPES, type FuzzType, FuzzVictim, fuzzCase } from '../support/hostile/fuzz.ts';
import { INTENDED } from '../support/interop/intended-differences.ts';
import { LibzmqPeer, type PeerSocketType } from '../support/libzmq-peer.ts';
import { command, connectRaw, type RawPeer } from '../support/raw-peer.ts';

const { FUZZ_SEED: seed = 1, FUZZ_CASES: cases = 4_000 } = Object.fromEntries(
  Object.entries(process.env).map(([name, value]) => [name, Number(value)]),
);
/** Milliseconds without a word after which a connection counts as open. */
const QUIET = 150;
/** Likewise, when a first look has found a difference; and when a second one has, and the machine has nothing else to do. */
const LONG_QUIET = 1_000;
const LONGEST_QUIET = 3_000;
const AT_ONCE = 20;

/** Cases that have differed though they were not meant to: a machine that stands still for a second makes some. */
const suspects: [type: FuzzType, n: number][] = [];

type Outcome = 'closed' | 'answers' | 'silent';

t.jobs = 4;
const peer = await LibzmqPeer.spawn(t, { implementation: 'zeromq' });

for (const type of FUZZ_TYPES) {
  // libzmq's STREAM has no protocol to break, and the package's peer does not make one.
  if (type === 'STREAM') continue;
  t.test(
    `${cases} cases against ${type}, seed ${seed}`,
    { timeout: 600_000, buffered: true },
    async (t) => {
      const used = new Map<string, number>();
      let next = 0;
      // Each asks sockets of its own: a PAIR takes one peer at a time.
      const lane = async (): Promise<void> => {
        const { victim, theirs, endpoint } = await both(t, type);
        while (next < cases) {
          const n = next++;
          const found = await differenceIn(t, type, n, victim, endpoint, [QUIET, LONG_QUIET]);
          if (found === undefined) continue;
          if (found.intended) used.set(found.text, (used.get(found.text) ?? 0) + 1);
          else suspects.push([type, n]);
        }
        victim.socket.close();
        await theirs.close();
      };
      await Promise.all(Array.from({ length: AT_ONCE }, lane));
      for (const [text, times] of used) t.comment(`${times} × ${text}`);
      t.equal(next, cases);
    },
  );
}

t.test('no difference but the intended ones', { timeout: 600_000 }, async (t) => {
  const unexplained: string[] = [];
  for (const [type, n] of suspects) {
    const { victim, theirs, endpoint } = await both(t, type);
    const found = await differenceIn(t, type, n, victim, endpoint, [LONG_QUIET, LONGEST_QUIET]);
    if (found !== undefined && !found.intended) {
      unexplained.push(`${type} case ${n}: ${found.text}`);
    }
    victim.socket.close();
    await theirs.close();
  }
  t.comment(`${suspects.length} looked at again`);
  t.strictSame(unexplained, []);
});

/** A socket of this type here, and one of libzmq. */
async function both(t: Test, type: FuzzType) {
  const victim = await FuzzVictim.open(t, type);
  const theirs = await peer.open(type as PeerSocketType, {
    handshakeInterval: 20_000,
    maxMessageSize: 1_048_576,
  });
  return { victim, theirs, endpoint: await theirs.bind() };
}

/** What we do and what libzmq does, where these differ. */
async function differenceIn(
  t: Test,
  type: FuzzType,
  n: number,
  victim: FuzzVictim,
  endpoint: string,
  patience: readonly [first: number, second: number],
): Promise<{ text: string; intended: boolean } | undefined> {
  const pieces = fuzzCase(type, seed, n);
  for (const quiet of patience) {
    const before = victim.log.count('disconnect');
    const [outcomeHere, libzmq] = await Promise.all([
      outcome(t, victim.endpoint, pieces, quiet),
      outcome(t, endpoint, pieces, quiet),
    ]);
    const event = await victim.log.next('disconnect', before + 1);
    if (outcomeHere === libzmq) return undefined;
    const ours = (outcomeHere === 'closed' ? event.error?.code : undefined) ?? outcomeHere;
    const intended = INTENDED.some(
      (each) =>
        each.ours === ours &&
        each.libzmq === libzmq &&
        (each.type === undefined || each.type === type) &&
        (each.when === undefined || each.when(pieces[0])),
    );
    if (intended || quiet === patience[1]) {
      return { text: `${ours} here, ${libzmq} in libzmq`, intended };
    }
  }
  return undefined;
}

async function outcome(
  t: Test,
  endpoint: string,
  [handshake, traffic]: readonly [Buffer, Buffer],
  quiet: number,
): Promise<Outcome> {
  const raw = await connectRaw(t, endpoint);
  // libzmq closes where a message comes before it has sent its own READY, which no peer of its own does.
  raw.write(handshake);
  await seen(raw, Buffer.from('\x05READY'), quiet);
  raw.write(traffic, command('PING', Buffer.from([0, 0]), Buffer.from('probe')));
  const answers = await seen(raw, command('PONG', Buffer.from('probe')), quiet);
  const found = raw.isClosed ? 'closed' : answers ? 'answers' : 'silent';
  raw.destroy();
  await raw.closed;
  return found;
}

/** Whether these octets come before the end or a silence. */
function seen(raw: RawPeer, octets: Buffer, quiet: number): Promise<boolean> {
  return raw.sees(octets, quiet).then(
    () => true,
    () => false,
  );
}
