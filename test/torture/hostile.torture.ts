/** `npm run torture`: how soon and how cheaply hostile peers are got rid of (rows of 3a and 3c that are times or sizes). */

import { spreadOf } from '../../bench/statistics.ts';
import { Dealer, type Publisher, type Pull, type Router } from '../../src/index.ts';
import { opened } from '../support/cores/joined.ts';
import {
  asClient,
  asServer,
  changed,
  HELLOS,
  hello,
  wire,
} from '../support/hostile/curve-hello.ts';
import { KINDS, type Victim, victim } from '../support/hostile/hostile.ts';
import { MIB, many, target } from '../support/hostile/memory-target.ts';
import { HANDSHAKE_VIOLATIONS, TRAFFIC_VIOLATIONS } from '../support/hostile/violations.ts';
import { words } from '../support/hostile/words.ts';
import { LibzmqPeer, type PeerOptions, type PeerSocketType } from '../support/libzmq-peer.ts';
import {
  command,
  connectPeer,
  connectRaw,
  frameHeader,
  greeting,
  type RawPeer,
} from '../support/raw-peer.ts';
import { eventually, use } from '../support/sockets.ts';
import { row, SECONDS, signed } from '../support/torture.ts';

const ROUNDS = 5;

row(
  '3a',
  'what breaks the rules, against four types',
  'closed < 10 ms, libzmq ≤ 50 ms',
  async (t) => {
    const libzmq = await LibzmqPeer.spawn(t, { implementation: 'zeromq' });
    const all: Timed[] = [];
    for (const kind of KINDS) {
      const attacked = await victim(t, kind);
      const lawful = (): Promise<number> => served(attacked, libzmq);
      await lawful();
      for (const [what, say] of HANDSHAKE_VIOLATIONS) {
        // A publisher has to wait for what follows: it may be a subscription in the form of libzmq 4.3.4.
        if (kind === 'PUB' && what === 'an empty command') continue;
        const raw = (): Promise<RawPeer> => connectRaw(t, attacked.endpoint);
        const octets = Buffer.concat(say(attacked.partner));
        all.push(await timed(`${what}, ${kind}`, raw, octets, lawful));
      }
      for (const [what, say] of TRAFFIC_VIOLATIONS) {
        const joined = (): Promise<RawPeer> => connectPeer(t, attacked.endpoint, attacked.partner);
        all.push(await timed(`${what}, ${kind}`, joined, say, lawful));
      }
    }
    return judged(all, 10);
  },
);

row('3c', 'HELLO in all wrong ways', 'closed < 5 ms, libzmq ≤ 50 ms', async (t) => {
  const libzmq = await LibzmqPeer.spawn(t, { implementation: 'zeromq' });
  const attacked = await victim(t, 'ROUTER', asServer);
  const lawful = (): Promise<number> => served(attacked, libzmq, asClient);
  await lawful();
  const all: Timed[] = [];
  for (const [what, say] of HELLOS) {
    const raw = (): Promise<RawPeer> => connectRaw(t, attacked.endpoint);
    all.push(await timed(what, raw, Buffer.concat([greeting('CURVE'), say()]), lawful));
  }
  return judged(all, 5);
});

row('3c', 'flood of HELLOs, 20 at once', '≥ 500 refused/s of one core', async (t) => {
  const { endpoint, ask } = await target(t, 'ROUTER', asServer);
  const bad = Buffer.concat([greeting('CURVE'), wire(changed(hello(), 150))]);
  const seconds = Math.min(10, SECONDS);
  const before = await ask();
  const end = performance.now() + seconds * 1_000;
  let refused = 0;
  let slowest = 0;
  const lane = async (): Promise<void> => {
    while (performance.now() < end) {
      const attacker = await connectRaw(t, endpoint, { keep: false });
      attacker.write(bad);
      await attacker.closed;
      refused++;
    }
  };
  const lawful = async (): Promise<void> => {
    while (performance.now() < end) {
      const began = performance.now();
      const peer = use(t, new Dealer(asClient));
      peer.connect(endpoint);
      await peer.waitFor('handshake');
      slowest = Math.max(slowest, performance.now() - began);
      peer.close();
    }
  };
  await Promise.all([lawful(), ...Array.from({ length: 20 }, lane)]);
  const cpu = ((await ask()).cpu - before.cpu) / 1_000;
  return {
    result: `${Math.round(refused / seconds)}/s, ${Math.round(refused / cpu)} a CPU second; a lawful one in at most ${Math.round(slowest)} ms`,
    good: refused / cpu >= 500,
  };
});

row('3a', 'READY of 8 GiB; 64 of 256 MiB, 1 MiB sent', 'RSS +< 5 MiB', async (t) => {
  const { endpoint, alone } = await target(t, 'ROUTER');
  const attack = async (): Promise<void> => {
    const peers = await many(t, 65, () => connectRaw(t, endpoint));
    for (const [n, peer] of peers.entries()) {
      const size = n === 0 ? 8n << 30n : 256n << 20n;
      peer.write(greeting(), frameHeader(size, 4), Buffer.alloc(MIB));
    }
    await Promise.all(peers.map((peer) => peer.closed));
  };
  // What any 65 connections need, once.
  await attack();
  const before = await alone();
  await attack();
  const grown = ((await alone()).rss - before.rss) / MIB;
  return { result: `RSS ${signed(grown, 1)} MiB`, good: grown < 5 };
});

row('3a', '64 × 65 000 MORE frames, never ended', 'RSS ≤ 441 MiB', async (t) => {
  const { endpoint, ask, when } = await target(t, 'PULL');
  const parts = Buffer.alloc(2 * 65_000, Buffer.from([1, 0]));
  const peers = await many(t, 64, () => connectPeer(t, endpoint, 'PUSH'));
  for (const peer of peers) {
    peer.write(parts, command('PING', Buffer.from([0, 0])));
    await peer.sees(command('PONG'));
  }
  const held = await ask();
  // 100 000 are more than one message may have.
  for (const peer of peers) peer.write(parts);
  await when((size) => size.peers === 0);
  const rss = held.rss / MIB;
  return { result: `${rss.toFixed(0)} MiB; then closed as too many parts`, good: rss <= 441 };
});

row('3a', '64 KiB of the same word, whole or in crumbs', '≤ 10 ms each', async () => {
  let worst = 0;
  let which = '';
  for (const word of words) {
    const octets = Buffer.alloc(65_536, word);
    for (const size of [65_536, 13]) {
      const { median: took } = spreadOf(
        Array.from({ length: ROUNDS }, () => {
          const connection = opened('XPUB');
          const began = performance.now();
          for (let at = 0; at < octets.length; at += size) {
            connection.arrived(octets.subarray(at, at + size), 0);
            while (connection.next() !== undefined);
          }
          return performance.now() - began;
        }),
      );
      if (took > worst) {
        worst = took;
        which = `${word.subarray(0, 8).toString('hex')} by ${size}`;
      }
    }
  }
  return { result: `at most ${worst.toFixed(2)} ms (${which})`, good: worst <= 10 };
});

/** How long one thing took, in milliseconds, in the middle of several rounds. */
interface Timed {
  readonly what: string;
  /** Until the attacker was disconnected. */
  readonly closed: number;
  /** Until a lawful peer, right after, was served. */
  readonly lawful: number;
}

/** Says `octets` and waits for the end, then serves a lawful peer. */
async function timed(
  what: string,
  connect: () => Promise<RawPeer>,
  octets: Buffer,
  lawful: () => Promise<number>,
): Promise<Timed> {
  const [closed, times]: [number[], number[]] = [[], []];
  for (let round = 0; round < ROUNDS; round++) {
    const peer = await connect();
    const began = performance.now();
    peer.write(octets);
    await peer.closed;
    closed.push(performance.now() - began);
    times.push(await lawful());
  }
  return { what, closed: spreadOf(closed).median, lawful: spreadOf(times).median };
}

function judged(all: readonly Timed[], bar: number) {
  const worst = all.reduce((a, b) => (b.closed > a.closed ? b : a));
  const lawful = Math.max(...all.map((each) => each.lawful));
  return {
    result: `${all.length} cases, at most ${worst.closed.toFixed(1)} ms (${worst.what}), ${lawful.toFixed(1)} ms`,
    good: worst.closed < bar && lawful <= 50,
  };
}

/** How long a new libzmq peer of `attacked` takes to get a message through. */
async function served(
  { kind, socket, endpoint }: Victim,
  libzmq: LibzmqPeer,
  options: PeerOptions = {},
): Promise<number> {
  const theirs = await libzmq.open(LAWFUL[kind], options);
  const began = performance.now();
  await theirs.connect(endpoint);
  const text = `lawful ${began}`;
  if (kind === 'PUB') {
    await theirs.subscribe(text);
    const heard = theirs.receive();
    await socket.waitFor('subscription');
    await (socket as Publisher).send(text);
    await heard;
  } else {
    await theirs.send(text);
    if (kind === 'REP') await theirs.receive();
    else while (String((await (socket as Pull | Router).receive()).at(-1)) !== text);
  }
  const took = performance.now() - began;
  await theirs.close();
  await eventually('it has left', () => socket.stats().peers.length === 0);
  return took;
}

const LAWFUL: Readonly<Record<Victim['kind'], PeerSocketType>> = {
  REP: 'REQ',
  ROUTER: 'DEALER',
  PULL: 'PUSH',
  PUB: 'SUB',
};
