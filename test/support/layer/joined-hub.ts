/** JoinedHub: a hub and processes without sockets, in one process. What is said waits in lines until a test moves it. */

import type { Carrier } from '../../../src/layer/carrier/carrier.ts';
import { LayerError } from '../../../src/layer/errors.ts';
import type { Letter } from '../../../src/layer/local/letter.ts';
import { LocalState } from '../../../src/layer/local/local-state.ts';
import { HubCore, type HubCoreHost } from '../../../src/layer/native/hub-core.ts';
import { HUB_LIMITS, type HubLimits } from '../../../src/layer/native/limits.ts';
import { ProcessCore } from '../../../src/layer/native/process-core.ts';
import { type LayerOptions, settle } from '../../../src/layer/options.ts';
import { OneReader } from './one-reader.ts';

/** What both sides show, moved by the test. */
export interface Time {
  now: number;
}

/** A hub and two processes connected to it, the first with `options[0]`, the second with `options[1]`. */
export function pair(
  time: Time,
  options: readonly [LayerOptions?, LayerOptions?] = [],
): { hub: JoinedHub; one: JoinedProcess; two: JoinedProcess } {
  const hub = new JoinedHub(time);
  const [one, two] = [hub.process(options[0]), hub.process(options[1])];
  one.connect();
  two.connect();
  settleAll(hub);
  return { hub, one, two };
}

export class JoinedHub {
  readonly time: Time;
  readonly limits: HubLimits;
  readonly processes: JoinedProcess[] = [];
  readonly #allows: HubCoreHost['allows'];
  readonly expelled: string[] = [];
  /** Connections that take everything and read nothing. */
  readonly mute: Set<string> = new Set();
  /** What processes said on connections that they have lost, and the hub has not. */
  readonly #loose: { readonly connection: string; readonly toHub: Buffer[][] }[] = [];
  local!: LocalState;
  core!: HubCore;
  /** Messages lost, expired and refused by hubs before this one. */
  lostBefore = 0;
  expiredBefore = 0;

  constructor(time: Time, limits: Partial<HubLimits> = {}, allows?: HubCoreHost['allows']) {
    this.#allows = allows;
    this.time = time;
    this.limits = { ...HUB_LIMITS, ...limits };
    this.#start();
  }

  get lost(): number {
    return this.lostBefore + this.local.counters.lost;
  }

  get expired(): number {
    return this.expiredBefore + this.local.counters.expired;
  }

  /** It is gone with all it has, and another one in its place. */
  restart(): void {
    for (const process of this.processes) process.cut();
    this.#loose.length = 0;
    this.lostBefore += this.local.counters.lost;
    this.expiredBefore += this.local.counters.expired;
    this.#start();
  }

  /** A connection that its process has lost: what it said last is still on its way here, and then comes the end. */
  loosen(connection: string, toHub: readonly Buffer[][]): void {
    this.mute.add(connection);
    this.#loose.push({ connection, toHub: [...toHub] });
  }

  /** Hear one message of each of these, or their end. */
  straggle(): void {
    for (const line of this.#loose.splice(0)) {
      const message = line.toHub.shift();
      if (message !== undefined && !this.expelled.includes(line.connection)) {
        this.core.heard(line.connection, message);
        this.#loose.push(line);
        continue;
      }
      this.mute.delete(line.connection);
      this.core.gone(line.connection);
    }
    this.core.flushOut();
  }

  process(options: LayerOptions = {}): JoinedProcess {
    const process = new JoinedProcess(this, options);
    this.processes.push(process);
    return process;
  }

  sweep(): void {
    this.local.boxes.sweep(this.time.now);
    this.core.sweep(this.time.now);
    this.core.flushOut();
  }

  #start(): void {
    const local = new LocalState(settle({ clock: () => this.time.now }));
    const core = new HubCore(
      local,
      {
        transmit: (connection, message) => {
          const process = this.processes.find((each) => each.connection === connection);
          process?.fromHub.push(message);
          return process !== undefined || this.mute.has(connection);
        },
        expel: (connection) => {
          this.expelled.push(connection);
          this.processes.find((each) => each.connection === connection)?.cut();
        },
        wake: () => {},
        ...(this.#allows !== undefined && { allows: this.#allows }),
      },
      this.limits,
    );
    local.attach({
      capabilities: { groupExpiry: true },
      settled: (letter: Letter) => core.settled(letter),
    } as unknown as Carrier);
    this.local = local;
    this.core = core;
  }
}

export class JoinedProcess {
  readonly hub: JoinedHub;
  readonly local: LocalState;
  readonly core: ProcessCore;
  connection: string | undefined;
  /** See `deafen`. */
  isDeaf = false;
  readonly toHub: Buffer[][] = [];
  readonly fromHub: Buffer[][] = [];
  /** What `send` came to, by what was sent. */
  readonly fates = new Map<number, string>();
  readonly read: number[] = [];
  readonly #readers: OneReader[] = [];

  constructor(hub: JoinedHub, options: LayerOptions) {
    this.hub = hub;
    this.local = new LocalState(settle({ clock: () => hub.time.now, ...options }));
    this.core = new ProcessCore(
      this.local,
      {
        address: 'here',
        transmit: (message) => this.toHub.push(message),
        wake: () => {},
        expel: () => this.cut(),
      },
      () => true,
    );
    this.local.attach({
      capabilities: { groupExpiry: true },
      settled: (letter: Letter) => ProcessCore.settled(letter),
      levelsChanged: () => {
        for (const { name, count } of this.local.takeLevels()) this.core.level(name, count);
      },
      emptied: (group: string) => this.core.emptied(group),
    } as unknown as Carrier);
  }

  connect(): void {
    if (this.connection !== undefined) return;
    connectionCount++;
    this.connection = `c${connectionCount}`;
    this.core.connected();
  }

  /** The connection breaks; what is on its way is gone. */
  cut(): void {
    const { connection } = this;
    if (connection === undefined) return;
    this.connection = undefined;
    this.isDeaf = false;
    this.toHub.length = 0;
    this.fromHub.length = 0;
    this.core.lost();
    this.hub.core.gone(connection);
  }

  /** As `cut`, but the hub hears of it later: `JoinedHub.straggle`. */
  leave(): void {
    const { connection } = this;
    if (connection === undefined) return;
    this.connection = undefined;
    if (!this.isDeaf) this.hub.loosen(connection, this.toHub);
    this.isDeaf = false;
    this.toHub.length = 0;
    this.fromHub.length = 0;
    this.core.lost();
  }

  /** The hub takes the connection for lost, and the process does not know: what it says is heard by nobody. */
  deafen(): void {
    if (this.connection === undefined || this.isDeaf) return;
    this.isDeaf = true;
    this.toHub.length = 0;
    this.hub.core.gone(this.connection);
  }

  /** Move up to `count` messages to the hub; returns how many. */
  up(count = Number.POSITIVE_INFINITY): number {
    this.core.flushOut();
    if (this.isDeaf) this.toHub.length = 0;
    let moved = 0;
    for (; moved < count && this.toHub.length > 0; moved++) {
      this.hub.core.heard(this.connection!, this.toHub.shift()!);
    }
    this.hub.core.flushOut();
    return moved;
  }

  /** Move up to `count` messages from the hub; returns how many. */
  down(count = Number.POSITIVE_INFINITY): number {
    this.hub.core.flushOut();
    let moved = 0;
    for (; moved < count && this.fromHub.length > 0; moved++) {
      this.core.heard(this.fromHub.shift()!);
    }
    this.core.flushOut();
    return moved;
  }

  send(channel: string, n: number): void {
    this.core.sends.send(channel, Buffer.from(String(n))).then(
      () => this.fates.set(n, 'sent'),
      (error) => this.fates.set(n, error instanceof LayerError ? error.code : String(error)),
    );
  }

  groupSend(group: string, n: number): void {
    void this.core.sends.groupSend(group, Buffer.from(String(n)), []);
  }

  /** Read what is here; with `wait`, the next one when it comes. */
  receive(channel: string, wait = true): void {
    const letter = this.local.boxes.take(channel, this.local.now());
    if (letter !== undefined) {
      this.read.push(Number(Buffer.from(letter.payload).toString()));
      return;
    }
    if (!wait) return;
    const reader = new OneReader((taken) => {
      this.read.push(Number(Buffer.from(taken.payload).toString()));
    });
    this.#readers.push(reader);
    this.local.boxes.wait(channel, reader);
    this.core.want(channel);
  }

  /** Nobody waits at `channel` any more, which the hub hears of later. */
  stopReading(channel: string): void {
    for (const reader of this.#readers) this.local.boxes.cancel(channel, reader);
  }
}

let connectionCount = 0;

/** Move everything there is, until nothing moves. */
export function settleAll(hub: JoinedHub): void {
  for (let calm = 0; calm < 3; calm++) {
    for (const process of hub.processes) {
      if (process.connection === undefined) continue;
      if (process.up() + process.down() > 0) calm = 0;
    }
  }
}
