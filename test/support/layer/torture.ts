/** Torture of hubs: producers, consumers and a hub in processes of their own, which are killed and stopped, and the sum of what became of each message. */

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as later } from 'node:timers/promises';
import { FaultProxy } from '../faults/proxy.ts';
import { generator } from '../random.ts';

/** What happens while a share of the messages is sent. */
export type Blow = 'nothing' | 'kill hub' | 'kill consumer' | 'stop consumer';

export interface TortureOptions {
  /** Messages in all. */
  readonly sends: number;
  /** One after the other; each has the same share of the messages. */
  readonly blows: readonly Blow[];
  /** Connections of one consumer go silent, one after the other, so many times. */
  readonly halfOpen?: number;
  /** Milliseconds that a message may stay unread. */
  readonly expiry: number;
  /** Milliseconds that a consumer is stopped, or up to two seconds more; 1000 by default. */
  readonly stopped?: number;
  /** Milliseconds after which a process that is away is given up. */
  readonly resumeTimeout: number;
  readonly seed?: number;
}

/** What became of the messages. */
export interface Account {
  /** What `send` came to; each message is in one of these. */
  readonly sent: number;
  readonly refused: number;
  readonly unconfirmed: number;
  /** Sends that settled another time, or never. */
  readonly unsettled: number;
  /** Messages that were read, and how often one was read again: those of consumers' own channels, and of the one for all. */
  readonly read: number;
  readonly ownTwice: number;
  readonly jobsTwice: number;
  /** Read, although `send` had been refused. */
  readonly refusedRead: number;
  /** Neither refused nor read. */
  readonly missing: number;
  /** What all processes together have counted as lost or expired. */
  readonly counted: number;
}

/** Runs it, for as long as it takes; rejects when nothing moves any more. `t` ends the processes. */
export async function torture(
  t: { teardown(fn: () => unknown): void },
  options: TortureOptions,
): Promise<Account> {
  const scene = new Scene(t, options);
  await scene.start();
  const share = Math.ceil(options.sends / options.blows.length / PRODUCERS);
  for (const blow of options.blows) await scene.round(blow, share);
  await scene.quiet();
  return scene.account();
}

/** Why it cannot run; false if it can. */
export const skipTorture: string | false = existsSync(
  join(import.meta.dirname, '../../../dist/layer/index.js'),
)
  ? false
  : 'dist/ is not built';

class Scene {
  readonly #t: { teardown(fn: () => unknown): void };
  readonly #options: TortureOptions;
  readonly #folder = mkdtempSync(join(tmpdir(), 'torture-'));
  readonly #address: string;
  readonly #random: () => number;
  #hub!: ChildProcess;
  readonly #producers: ChildProcess[] = [];
  readonly #consumers: { child: ChildProcess; channel: string }[] = [];
  #proxy: FaultProxy | undefined;
  #next = 0;
  #count = 0;

  constructor(t: { teardown(fn: () => unknown): void }, options: TortureOptions) {
    this.#t = t;
    this.#options = options;
    this.#address = `ipc://${join(this.#folder, 'hub')}`;
    this.#random = generator(options.seed ?? 1);
    t.teardown(() => rmSync(this.#folder, { recursive: true, force: true }));
  }

  async start(): Promise<void> {
    await this.#startHub();
    const { halfOpen = 0 } = this.#options;
    if (halfOpen > 0) {
      this.#proxy = await FaultProxy.open(this.#t, this.#address, {
        toxic: (n) => (n < halfOpen ? { kind: 'blackhole', after: 20_000 * (n + 1) } : undefined),
      });
    }
    for (let n = 0; n < CONSUMERS; n++) await this.#startConsumer(n);
    for (let n = 0; n < PRODUCERS; n++) {
      const [child] = await this.#begin('producer', { hub: this.#address, ...this.#layer });
      this.#producers.push(child);
    }
  }

  get #layer(): object {
    return { capacity: CAPACITY, expiry: this.#options.expiry };
  }

  /** Each producer sends `share` messages, and `blow` falls meanwhile. */
  async round(blow: Blow, share: number): Promise<void> {
    const channels = [...this.#consumers.map(({ channel }) => channel), JOBS, JOBS];
    const done = this.#producers.map((producer) => {
      const over = once(producer, 'message');
      producer.send({ from: this.#next, count: share, channels, under: UNDER });
      this.#next += share;
      return over;
    });
    await Promise.all([...done, later(50 + this.#random() * 400).then(() => this.#strike(blow))]);
  }

  async #strike(blow: Blow): Promise<void> {
    const which = Math.floor(this.#random() * CONSUMERS);
    const { child } = this.#consumers[which]!;
    if (blow === 'kill hub') {
      await kill(this.#hub);
      await later(this.#random() * 200);
      await this.#startHub();
    } else if (blow === 'stop consumer') {
      child.kill('SIGSTOP');
      await later((this.#options.stopped ?? 1000) + this.#random() * 2000);
      child.kill('SIGCONT');
    } else if (blow === 'kill consumer') {
      await kill(child);
      await this.#startConsumer(which);
      // Who dies next should not take with it what only the hub knew of this one.
      await later(this.#options.resumeTimeout + 1000);
    }
  }

  /** Settles when no message is anywhere any more; rejects when that takes too long. */
  async quiet(): Promise<void> {
    const until = performance.now() + QUIET_TIMEOUT;
    for (let calm = 0; calm < 3; ) {
      await later(300);
      const processes = [this.#hub, ...this.#consumers.map(({ child }) => child)];
      const all = await Promise.all(processes.map((child) => stats(child)));
      const left = all.reduce((sum, { unread, outstanding = 0 }) => sum + unread + outstanding, 0);
      calm = left === 0 ? calm + 1 : 0;
      if (performance.now() > until) throw new Error(`${left} messages are still under way`);
    }
  }

  account(): Account {
    const [fates, reads] = [new Map<number, string>(), new Map<number, number>()];
    let [unsettled, counted] = [0, 0];
    for (const file of readdirSync(this.#folder).filter((name) => name.endsWith('.log'))) {
      for (const line of readFileSync(join(this.#folder, file), 'latin1').split('\n')) {
        const [what = '', text] = line.split(' ');
        const number = Number(text);
        if (what === '') continue;
        if (what === 'lost' || what === 'expired') counted += number;
        else if (what === 'read') reads.set(number, (reads.get(number) ?? 0) + 1);
        else {
          if (fates.has(number)) unsettled++;
          fates.set(number, what);
        }
      }
    }
    unsettled += this.#next - fates.size;
    const of = (fate: string): number => [...fates.values()].filter((each) => each === fate).length;
    const kinds = CONSUMERS + 2;
    const twice = (isOwn: boolean): number =>
      [...reads]
        .filter(([n]) => n % kinds < CONSUMERS === isOwn)
        .reduce((sum, [, times]) => sum + times - 1, 0);
    const refused = of('ERR_CHANNEL_FULL');
    const refusedRead = [...reads.keys()].filter((n) => fates.get(n) === 'ERR_CHANNEL_FULL').length;
    return {
      sent: of('sent'),
      refused,
      unconfirmed: of('ERR_UNCONFIRMED'),
      unsettled,
      read: reads.size,
      ownTwice: twice(true),
      jobsTwice: twice(false),
      refusedRead,
      missing: this.#next - refused - (reads.size - refusedRead),
      counted,
    };
  }

  async #startHub(): Promise<void> {
    const limits = { putBackTimeout: 500, resumeTimeout: this.#options.resumeTimeout };
    [this.#hub] = await this.#begin('hub', { bind: this.#address, limits });
  }

  async #startConsumer(n: number): Promise<void> {
    const hub = n === 0 ? (this.#proxy?.endpoint ?? this.#address) : this.#address;
    const [child, { channel }] = await this.#begin('consumer', { hub, ...this.#layer });
    this.#consumers[n] = { child, channel: channel! };
  }

  /** Settles when it is ready. */
  async #begin(role: string, options: object): Promise<[ChildProcess, { channel?: string }]> {
    const log = join(this.#folder, `${++this.#count}.log`);
    const child = fork(FILE, [role, JSON.stringify(options), log], { execArgv: [] });
    this.#t.teardown(() => child.kill('SIGKILL'));
    const [told] = await once(child, 'message');
    return [child, told];
  }
}

async function stats(child: ChildProcess): Promise<{ unread: number; outstanding?: number }> {
  const answer = once(child, 'message');
  child.send('stats');
  return (await answer)[0].stats;
}

async function kill(child: ChildProcess): Promise<void> {
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
}

const FILE = join(import.meta.dirname, 'torture-process.mjs');
const PRODUCERS = 4;
const CONSUMERS = 4;
const JOBS = 'torture.jobs';
/** Sends of one producer at once: together more than fit a channel. */
const UNDER = 500;
const CAPACITY = 1000;
/** Milliseconds. */
const QUIET_TIMEOUT = 60_000;
