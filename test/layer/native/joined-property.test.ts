/** Whatever is sent, read, cut, delayed and restarted: each message is in one account. */

import fc from 'fast-check';
import t from 'tap';
import { Letter } from '../../../src/layer/local/letter.ts';
import { JoinedHub, type JoinedProcess, settleAll } from '../../support/layer/joined-hub.ts';

const CHANNELS = 3;

interface Scene {
  hub: JoinedHub;
  processes: JoinedProcess[];
  /** Two own channels of process 1, and an ordinary one. */
  channels: string[];
  sentCount: number;
  /** The hub that the producer knows is gone. */
  orphaned: boolean;
}

type Step =
  | { do: 'send'; channel: number }
  | { do: 'read'; channel: number; by: number }
  | { do: 'up' | 'down'; by: number; count: number }
  | { do: 'cut' | 'connect'; by: number }
  | { do: 'wait'; time: number }
  | { do: 'restart' };

const by = fc.integer({ min: 0, max: 2 });
const channel = fc.integer({ min: 0, max: CHANNELS - 1 });
const count = fc.integer({ min: 1, max: 3 });
const base: fc.Arbitrary<Step>[] = [
  fc.record({ do: fc.constant('send'), channel }),
  fc.record({ do: fc.constant('send'), channel }),
  fc.record({ do: fc.constant('read'), channel, by }),
  fc.record({ do: fc.constantFrom('up', 'down'), by, count }),
  fc.record({ do: fc.constantFrom('up', 'down'), by, count }),
  fc.record({ do: fc.constantFrom('cut', 'connect'), by }),
];
const short = fc.record({
  do: fc.constant('wait' as const),
  time: fc.integer({ min: 1, max: 1500 }),
});
const long = fc.record({
  do: fc.constant('wait' as const),
  time: fc.integer({ min: 1, max: 70_000 }),
});

/** Numbers of the messages that were read, in all processes. */
function readBy({ processes }: Scene): number[] {
  return processes.flatMap(({ read }) => read);
}

function step(scene: Scene, told: Step): void {
  const { hub, processes, channels } = scene;
  switch (told.do) {
    case 'send':
      processes[0]!.send(channels[told.channel]!, scene.sentCount++);
      break;
    case 'read':
      // Its own channels are read by process 1 alone.
      processes[told.channel < 2 ? 1 : told.by]!.receive(channels[told.channel]!);
      break;
    case 'up':
    case 'down':
      if (processes[told.by]!.connection !== undefined) processes[told.by]![told.do](told.count);
      break;
    case 'cut':
    case 'connect':
      processes[told.by]![told.do]();
      break;
    case 'wait':
      hub.time.now += told.time;
      for (const process of processes) {
        process.core.sweep(hub.time.now);
        process.local.boxes.sweep(hub.time.now);
        process.core.idle(hub.time.now);
      }
      hub.sweep();
      break;
    case 'restart':
      // Its letters are gone with it.
      hub.local.boxes.clear();
      hub.restart();
      scene.orphaned = true;
      break;
    default:
      told satisfies never;
  }
}

async function play(steps: readonly Step[], check: (scene: Scene) => void): Promise<Scene> {
  held.clear();
  const hub = new JoinedHub({ now: 1000 });
  const processes = [0, 1, 2].map(() => hub.process({ capacity: 5 }));
  for (const process of processes) process.connect();
  settleAll(hub);
  const { local } = processes[1]!;
  const channels = [local.newChannel('a'), local.newChannel('b'), 'jobs'];
  const scene = { hub, processes, channels, sentCount: 0, orphaned: false };
  for (const told of steps) {
    step(scene, told);
    await settled();
    if (processes[0]!.core.joined) scene.orphaned = false;
    check(scene);
  }
  for (const process of processes) process.connect();
  settleAll(hub);
  await settled();
  scene.orphaned = false;
  check(scene);
  return scene;
}

/** Letters in any mailbox, and by how many they are held. */
const held = new Map<Letter, number>();
const { hold, letGo } = Letter.prototype;
Letter.prototype.hold = function (): void {
  held.set(this, (held.get(this) ?? 0) + 1);
  hold.call(this);
};
Letter.prototype.letGo = function (how): boolean {
  const count = held.get(this) ?? 0;
  if (count > 1) held.set(this, count - 1);
  else held.delete(this);
  return letGo.call(this, how);
};

/** What promises come to is known. */
async function settled(): Promise<void> {
  for (let n = 0; n < 5; n++) await Promise.resolve();
}

const numberIn = ({ payload }: Letter): number => Number(Buffer.from(payload).toString());

/** Messages that `send` has resolved for, and that are neither read nor in any mailbox or ledger. */
function missing(scene: Scene): number[] {
  const here = new Set([...readBy(scene), ...[...held.keys()].map(numberIn)]);
  for (const { ledger } of scene.hub.core.sessions.values()) {
    for (const { letter, settled } of ledger.entries()) {
      if (letter !== undefined && !settled) here.add(numberIn(letter));
    }
  }
  const { fates } = scene.processes[0]!;
  return [...fates].filter(([n, fate]) => fate === 'sent' && !here.has(n)).map(([n]) => n);
}

/** sent ≤ delivered + expired + lost + under way, where what a hub that is gone had is under way until its sender knows. */
function covered(scene: Scene): void {
  const gone = missing(scene);
  const { lost, expired } = accounts(scene);
  const unheard = scene.orphaned ? scene.processes[0]!.core.sends.held : 0;
  if (gone.length <= lost + expired + unheard) return;
  const accounted = JSON.stringify({ lost, expired, unheard });
  throw new Error(`message ${gone} is nowhere: ${accounted}`);
}

/** sent = delivered + under way, and each is read once. */
function exact(scene: Scene): void {
  const { read, lost, expired } = accounts(scene);
  const gone = missing(scene);
  const isExact = gone.length + lost + expired === 0 && new Set(read).size === read.length;
  if (!isExact) throw new Error(JSON.stringify({ gone, read, lost, expired }));
}

/** What is unread anywhere. */
function underWay({ hub, processes }: Scene): number {
  const here = processes.reduce((sum, { local }) => sum + local.boxes.letterCount, 0);
  return here + hub.local.boxes.letterCount;
}

function accounts(scene: Scene) {
  const fates = [...scene.processes[0]!.fates.values()];
  const of = (fate: string) => fates.filter((each) => each === fate).length;
  const counted = (what: 'lost' | 'expired') =>
    scene.processes.reduce((sum, { local }) => sum + local.counters[what], 0);
  return {
    fates: fates.length,
    sent: of('sent'),
    full: of('ERR_CHANNEL_FULL'),
    unconfirmed: of('ERR_UNCONFIRMED'),
    read: readBy(scene),
    lost: counted('lost') + scene.hub.lost,
    expired: counted('expired') + scene.hub.expired,
    underWay: underWay(scene),
  };
}

t.test('connections that break within the time that is waited for: exact', async (t) => {
  const steps = fc.array(fc.oneof(...base), { maxLength: 80, size: 'max' });
  await t.resolves(
    fc.assert(
      fc.asyncProperty(steps, async (told) => {
        const scene = await play(told, exact);
        const { fates, sent, full, read, lost, expired, underWay: waiting } = accounts(scene);
        const isExact =
          fates === scene.sentCount &&
          sent + full === fates &&
          lost === 0 &&
          expired === 0 &&
          new Set(read).size === read.length &&
          sent === read.length + waiting &&
          scene.hub.expelled.length === 0;
        if (!isExact) throw new Error(JSON.stringify(accounts(scene)));
      }),
      { numRuns: 500 },
    ),
  );
});

t.test('hubs that restart, clocks that go on: nothing is lost without a count', async (t) => {
  const restart = fc.record({ do: fc.constant('restart' as const) });
  const steps = fc.array(fc.oneof(...base, short, restart), { maxLength: 80, size: 'max' });
  await t.resolves(
    fc.assert(
      fc.asyncProperty(steps, async (told) => {
        const scene = await play(told, covered);
        const {
          fates,
          sent,
          full,
          unconfirmed,
          read,
          lost,
          expired,
          underWay: waiting,
        } = accounts(scene);
        const all = sent + full + unconfirmed === scene.sentCount && fates === scene.sentCount;
        // Lost is an upper bound: who does not know says so.
        const isCovered = sent <= new Set(read).size + waiting + lost + expired;
        if (!all || !isCovered) throw new Error(JSON.stringify(accounts(scene)));
      }),
      { numRuns: 500 },
    ),
  );
});

t.test('processes that are away for long: nothing is lost without a count', async (t) => {
  const steps = fc.array(fc.oneof(...base, long), { maxLength: 80, size: 'max' });
  await t.resolves(
    fc.assert(
      fc.asyncProperty(steps, async (told) => {
        const scene = await play(told, covered);
        const { fates, sent, read, lost, expired, underWay: waiting } = accounts(scene);
        const isCovered = sent <= new Set(read).size + waiting + lost + expired;
        if (fates !== scene.sentCount || !isCovered)
          throw new Error(JSON.stringify(accounts(scene)));
      }),
      { numRuns: 500 },
    ),
  );
});
