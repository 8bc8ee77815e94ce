/** Read once: whatever connections do, and whoever hears of it first. */

import fc from 'fast-check';
import t from 'tap';
import { JoinedHub, type JoinedProcess, settleAll } from '../../support/layer/joined-hub.ts';

type Step =
  | { do: 'send' | 'read'; channel: number; by: number }
  | { do: 'up' | 'down'; by: number; count: number }
  | { do: 'cut' | 'leave' | 'deafen' | 'connect' | 'rejoin'; by: number }
  | { do: 'straggle' | 'restart' }
  | { do: 'wait'; time: number };

/** A channel of process 1, another one of it in a group, and an ordinary one. */
const CHANNELS = 3;
const by = fc.integer({ min: 0, max: 2 });
const channel = fc.integer({ min: 0, max: CHANNELS - 1 });
const count = fc.integer({ min: 1, max: 3 });
const moves: fc.Arbitrary<Step>[] = [
  fc.record({ do: fc.constantFrom('send', 'send', 'read'), channel, by }),
  fc.record({ do: fc.constantFrom('send', 'read'), channel, by }),
  fc.record({ do: fc.constantFrom('up', 'down'), by, count }),
  fc.record({ do: fc.constantFrom('up', 'down'), by, count }),
  fc.record({ do: fc.constantFrom('cut', 'leave', 'connect', 'rejoin'), by }),
  fc.record({ do: fc.constant('straggle') }),
];
const wait = (max: number): fc.Arbitrary<Step> =>
  fc.record({ do: fc.constant('wait'), time: fc.integer({ min: 1, max }) });

interface Scene {
  readonly hub: JoinedHub;
  readonly processes: readonly JoinedProcess[];
  readonly channels: readonly string[];
  count: number;
  /** Numbers sent to channels of process 1, or to its group. */
  readonly own: Set<number>;
  /** By process: how many it had read when the hub last heard all it had said. */
  readonly told: number[];
  /** Numbers that were read, and the connection was lost before the hub heard of it. */
  readonly unheard: Set<number>;
}

function begin(): Scene {
  const hub = new JoinedHub({ now: 1000 });
  const processes = [0, 1, 2].map(() => hub.process({ capacity: 20, expiry: 600_000 }));
  for (const process of processes) process.connect();
  const { local, core } = processes[1]!;
  const channels = [local.newChannel('a'), local.newChannel('b'), 'jobs'];
  void core.join('g', channels[1]!, false).catch(() => {});
  return {
    hub,
    processes,
    channels,
    count: 0,
    own: new Set(),
    told: [0, 0, 0],
    unheard: new Set(),
  };
}

function step(scene: Scene, told: Step): void {
  const { hub, processes, channels } = scene;
  switch (told.do) {
    case 'send': {
      const number = scene.count++;
      if (told.channel < 2) scene.own.add(number);
      if (told.channel === 1) processes[0]!.groupSend('g', number);
      else processes[0]!.send(channels[told.channel]!, number);
      break;
    }
    case 'read':
      read(processes[told.channel < 2 ? 1 : told.by]!, channels[told.channel]!);
      break;
    case 'up':
    case 'down':
      if (processes[told.by]!.connection !== undefined) processes[told.by]![told.do](told.count);
      if (told.do === 'up') heard(scene, told.by);
      break;
    case 'rejoin':
      lose(scene, told.by);
      processes[told.by]!.leave();
      processes[told.by]!.connect();
      processes[told.by]!.up(1);
      break;
    case 'straggle':
    case 'restart':
      hub[told.do]();
      break;
    case 'wait':
      hub.time.now += told.time;
      for (const { core, local } of processes) {
        core.sweep(hub.time.now);
        local.boxes.sweep(hub.time.now);
        core.idle(hub.time.now);
      }
      hub.sweep();
      break;
    default:
      if (told.do !== 'connect') lose(scene, told.by);
      processes[told.by]![told.do]();
  }
}

/** What is unread in a process that has no connection may have gone to others. */
function read(process: JoinedProcess, channel: string): void {
  const before = process.read.length;
  process.receive(channel);
  if (channel === 'jobs' && process.connection === undefined && process.read.length > before)
    throw new Error(`${process.read.at(-1)} was read without a connection`);
}

function heard({ processes, told }: Scene, by: number): void {
  const { connection, isDeaf, toHub, read } = processes[by]!;
  if (connection !== undefined && !isDeaf && toHub.length === 0) told[by] = read.length;
}

function lose({ processes, told, unheard }: Scene, by: number): void {
  for (const number of processes[by]!.read.slice(told[by])) unheard.add(number);
}

/** All arrive in the end, and are read. */
function end(scene: Scene): void {
  const { hub, processes, channels } = scene;
  for (const [n, process] of processes.entries()) {
    lose(scene, n);
    process.leave();
    process.connect();
  }
  for (let n = 0; n < 20; n++) hub.straggle();
  settleAll(hub);
  const all = (): number => processes.reduce((sum, { read }) => sum + read.length, 0);
  for (let before = -1; before < all(); ) {
    before = all();
    for (const each of channels) processes[1]!.receive(each);
    for (const each of [0, 2]) processes[each]!.receive('jobs', false);
    settleAll(hub);
  }
}

function play(steps: readonly Step[]): Scene {
  const scene = begin();
  settleAll(scene.hub);
  // Readers that come back at once are given more than they wait for.
  for (let n = 0; n < 12; n++) {
    step(scene, { do: 'send', channel: 2, by: 0 });
    step(scene, { do: 'read', channel: 2, by: 1 + (n % 2) });
    settleAll(scene.hub);
  }
  for (const told of steps) step(scene, told);
  end(scene);
  return scene;
}

/** Numbers that were read more than once. */
function twice({ processes }: Scene): number[] {
  const all = processes.flatMap(({ read }) => read);
  return all.filter((n, at) => all.indexOf(n) !== at);
}

const steps = (...more: fc.Arbitrary<Step>[]) =>
  fc.array(fc.oneof(...moves, ...more), { maxLength: 60, size: 'max' });
const RUNS = { numRuns: Number(process.env['RUNS'] ?? 300) };

t.test('processes that are back in time read everything once', async () => {
  fc.assert(
    fc.property(steps(), (told) => {
      const scene = play(told);
      const read = scene.processes.flatMap((each) => each.read);
      if (twice(scene).length > 0) throw new Error(`${twice(scene)} was read twice`);
      const { counters } = scene.hub.local;
      if (counters.undecodable > 0) throw new Error('the hub did not understand');
      if (read.length !== scene.count - counters.full) throw new Error(`${read} of ${scene.count}`);
    }),
    RUNS,
  );
});

t.test(
  'whatever happens, own channels and groups are read once, and memberships last',
  async () => {
    const restart = fc.record({ do: fc.constant('restart' as const) });
    const deafen = fc.record({ do: fc.constant('deafen' as const), by });
    fc.assert(
      fc.property(steps(restart, deafen, wait(3000), wait(70_000)), (told) => {
        const scene = play(told);
        const own = twice(scene).filter((n) => scene.own.has(n));
        if (own.length > 0) throw new Error(`${own} was read twice`);
        const [producer, member] = scene.processes as [JoinedProcess, JoinedProcess];
        producer.groupSend('g', -1);
        settleAll(scene.hub);
        member.receive(scene.channels[1]!);
        if (!member.read.includes(-1)) throw new Error('the membership is gone');
      }),
      RUNS,
    );
  },
);

t.test(
  'ordinary messages are read again only if their reader was cut off before it said so',
  async () => {
    const deafen = fc.record({ do: fc.constant('deafen' as const), by });
    fc.assert(
      fc.property(steps(deafen, wait(1000), wait(70_000)), (told) => {
        const scene = play(told);
        const again = twice(scene).filter((n) => !scene.unheard.has(n));
        if (again.length > 0) throw new Error(`${again} was read twice`);
      }),
      RUNS,
    );
  },
);
