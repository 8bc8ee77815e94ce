/** Daemon: a long-running program made of named sockets and the methods that take their messages. */

import { monitorEventLoopDelay } from 'node:perf_hooks';
import { clearInterval, setInterval } from 'node:timers';
import { setImmediate as turn } from 'node:timers/promises';
import { ProcessHold } from '../base/process-hold.ts';
import type { Flow } from '../sockets/index.ts';
import {
  type Channel,
  type ChannelDeclaration,
  type ChannelDeclarations,
  type Channels,
  type Handler,
  type Handlers,
  handlerName,
  openChannel,
} from './channel.ts';
import { type Config, configured } from './config.ts';
import { Control } from './control.ts';
import type { FlagDeclarations } from './flags.ts';
import { Logger } from './log.ts';
import { Pump } from './pump.ts';
import { Throttle } from './throttle.ts';

/** Arguments of a daemon's constructor, which `run` usually supplies. */
export interface DaemonSetup {
  /** Title of the process and of its log records. Default: that of the class. */
  readonly title?: string | undefined;
  /** The configuration. */
  readonly config: Config;
  /** Values of the daemon's own flags. Default none. */
  readonly flags?: DaemonFlags;
  /** Seconds that the event loop may be blocked before a warning is logged; 0 = no warnings. Default 0; 5 under `run`. */
  readonly blockingLogThreshold?: number;
  /** Reads the configuration again, for the command RELOAD and SIGHUP. Default: these do nothing. */
  readonly reread?: (() => Config) | undefined;
}

/** Values of a daemon's own flags, by name. */
export type DaemonFlags = Readonly<
  Record<string, string | boolean | readonly (string | boolean)[]>
>;

/** The current counters of a daemon. */
export interface DaemonStats {
  /** Its title. */
  readonly title: string;
  /** Id of its process. */
  readonly pid: number;
  /** Milliseconds since it was constructed. */
  readonly uptime: number;
  /** Counters of its channels, by name. */
  readonly channels: Readonly<Record<string, ChannelStats>>;
}

/** The current counters of one channel. */
export interface ChannelStats {
  /** The endpoints it has bound, with real ports, and then those it connects to. */
  readonly endpoints: readonly string[];
  /** Messages passed to the handler. */
  readonly handled: number;
  /** Messages for which the handler threw or rejected. */
  readonly failed: number;
  /** Messages that wait to be sent. */
  readonly buffered: number;
  /** Messages and octets that the socket has sent. */
  readonly sent: Flow;
  /** Messages and octets that the socket has received. */
  readonly received: Flow;
  /** Messages that the socket has dropped. */
  readonly dropped: number;
}

/** The class that `daemon` returns, to be extended. */
export interface DaemonBase<C extends ChannelDeclarations> {
  new (setup: DaemonSetup): Daemon<C>;
  /** The declarations of its channels, by name. */
  readonly channels: C;
  /** Name of its section in the configuration, and prefix of its environment variables. Default: the name of the class. */
  appName: string | undefined;
  /** Title of its processes and log records: `(my:worker)`. Default: the name of the class. */
  title: string | undefined;
  /** Its own flags, as `parseArgs` of `node:util` takes them. Default none. */
  flags: FlagDeclarations;
}

/** A daemon class that can run: it has a handler for every channel that receives. */
export interface DaemonClass<C extends ChannelDeclarations> extends DaemonBase<C> {
  new (setup: DaemonSetup): Daemon<C> & Handlers<C>;
}

/**
 * Returns a class to extend, whose daemons have these channels:
 *
 * ```ts
 * class Worker extends daemon({ job: { type: 'pull', connect: 'tcp://localhost:9090' } }) {
 *   onJob([body]: Buffer[]) { this.log.info('job: %s', body); }
 * }
 * process.exitCode = await run(Worker);
 * ```
 */
export function daemon<const C extends ChannelDeclarations>(channels: C): DaemonBase<C> {
  return class extends Daemon<C> {
    static readonly channels: C = channels;
    static appName: string | undefined;
    static title: string | undefined;
    static flags: FlagDeclarations = {};
  };
}

/** The base of every daemon; extend the class that `daemon` returns. */
export class Daemon<C extends ChannelDeclarations = ChannelDeclarations> {
  /** Title of the process and of its log records. */
  readonly title: string;
  /** Its logger. */
  readonly log: Logger;
  /** Values of its own flags, by name. */
  readonly flags: DaemonFlags;
  #config: Config;
  readonly #setup: DaemonSetup;
  readonly #channels = new Map<string, Channel>();
  readonly #byName: Record<string, Channel> = {};
  readonly #stop = new AbortController();
  readonly #began = performance.now();
  #control: Control | undefined;
  #finished: Promise<void> | undefined;

  constructor(setup: DaemonSetup) {
    const { name, title } = this.constructor as unknown as DaemonBase<C> & { name: string };
    this.#setup = setup;
    this.#config = setup.config;
    this.title = setup.title ?? title ?? name;
    this.flags = setup.flags ?? {};
    this.log = new Logger(name, this.title, setup.config.log);
  }

  /** The open channels, by name; empty until `begin` has opened them. */
  get channels(): Channels<C> {
    return this.#byName as unknown as Channels<C>;
  }

  /** The configuration, as it was last read. */
  get config(): Config {
    return this.#config;
  }

  /** Aborts when the daemon is told to terminate. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  /** Endpoints at which it takes commands, with real ports. */
  get controlEndpoints(): readonly string[] {
    return this.#control?.endpoints ?? [];
  }

  /**
   * Opens the channels and passes messages to their handlers until `terminate`; then handles what has arrived, sends what is
   * waiting, and closes. Rejects when a channel cannot be opened, or `begin` fails.
   */
  run(): Promise<void> {
    this.#finished = this.#run();
    return this.#finished;
  }

  async #run(): Promise<void> {
    const { name } = this.constructor;
    const watch = watchLoop(this.#setup.blockingLogThreshold ?? 0, this.log);
    // Sockets that only send do not keep the process alive.
    const alive = new ProcessHold();
    alive.hold();
    try {
      const pumps = await this.#open();
      this.log.info('%s has begun processing messages', name);
      await this.begin();
      await Promise.all(pumps.map((pump) => pump.run()));
      await this.#terminated();
      await this.#drain(pumps);
      await this.end();
    } finally {
      this.#stop.abort();
      alive.release();
      clearInterval(watch);
      await this.#close();
      await this.log.close();
    }
  }

  /** Ends `run`: messages that have arrived are handled, and those that wait to be sent have 10 000 ms to leave. */
  terminate(): void {
    if (this.signal.aborted) return;
    this.log.info('%s is terminating', this.constructor.name);
    this.#stop.abort();
  }

  /** Calls `terminate` and resolves when `run` has ended, also if it has failed. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.terminate();
    await this.#finished?.catch(() => {});
  }

  /**
   * Reads the configuration again, if it was read from somewhere, and applies its log settings; `reloaded` may apply the others.
   * Returns false, and changes nothing, if there is a mistake in it, which is logged.
   */
  reload(): boolean {
    if (this.#setup.reread === undefined) return true;
    try {
      this.#config = this.#setup.reread();
    } catch (error) {
      this.log.error('Configuration not reloaded: %s', (error as Error).message);
      return false;
    }
    this.log.configure(this.#config.log);
    this.log.info('%s has reloaded its configuration', this.constructor.name);
    this.reloaded();
    return true;
  }

  /** The current counters of the daemon and its channels. */
  stats(): DaemonStats {
    const channels: Record<string, ChannelStats> = {};
    for (const [name, channel] of this.#channels) {
      const { sent, received, dropped } = channel.socket.stats();
      const { endpoints, handledCount: handled, failedCount: failed } = channel;
      const buffered = channel.bufferedCount;
      channels[name] = { endpoints, handled, failed, buffered, sent, received, dropped };
    }
    const uptime = Math.round(performance.now() - this.#began);
    return { title: this.title, pid: process.pid, uptime, channels };
  }

  /** Called when the channels are open, before the first message. */
  protected begin(): void | Promise<void> {}

  /** Called when the last message has been handled; the channels are still open. */
  protected end(): void | Promise<void> {}

  /** Called when the configuration was read again. */
  protected reloaded(): void {}

  async #open(): Promise<Pump[]> {
    const { channels, name } = this.constructor as unknown as DaemonBase<C> & { name: string };
    const pumps: Pump[] = [];
    const handlers = new Map<string, Handler>();
    for (const [own, declaration] of Object.entries(channels)) {
      const handler = this.#handler(own, declaration);
      if (handler !== undefined) handlers.set(own, handler);
    }
    for (const [own, declaration] of Object.entries(channels)) {
      const final = configured(declaration, this.#config, name, own);
      const channel = await openChannel(own, final);
      this.#channels.set(own, channel);
      this.#byName[own] = channel;
    }
    for (const [own, handler] of handlers) {
      const { drainedBy, highWaterMark = 1_000 } = channels[own]!;
      const drain = drainedBy === undefined ? undefined : this.#channels.get(drainedBy);
      if (drainedBy !== undefined && drain === undefined) {
        throw new TypeError(`${name}: channel ${own} is drained by ${drainedBy}, which is none`);
      }
      const channel = this.#channels.get(own)!;
      const { log, signal } = this;
      const throttle = drain && { by: drain, gate: new Throttle(highWaterMark) };
      pumps.push(new Pump({ channel, handler, throttle, log, signal }));
    }
    this.#control = new Control(this.title, (command) => this.#obey(command));
    await this.#control.open(this.#config.control);
    return pumps;
  }

  #handler(name: string, declaration: ChannelDeclaration): Handler | undefined {
    const { type, handler = handlerName(name) } = declaration;
    if (type === 'push' || type === 'pub' || handler === false) return undefined;
    if (typeof handler === 'function') return handler.bind(this);
    const method = (this as unknown as Record<string, unknown>)[handler];
    if (typeof method === 'function') return method.bind(this) as Handler;
    throw new TypeError(`${this.constructor.name} has no method ${handler} for channel ${name}`);
  }

  #obey(command: string): string {
    switch (command) {
      case 'PING':
        return 'PONG';
      case 'STATS':
        return JSON.stringify(this.stats());
      case 'RELOAD':
        return this.reload() ? 'OK' : 'ERROR configuration not reloaded';
      case 'TERM':
        this.log.warning('%s was told to terminate', this.constructor.name);
        this.terminate();
        return 'OK';
      default:
        return `ERROR no command ${command}`;
    }
  }

  #terminated(): Promise<void> {
    return new Promise((resolve) => {
      if (this.signal.aborted) resolve();
      else this.signal.addEventListener('abort', () => resolve(), { once: true });
    });
  }

  /** Handles what has arrived by now, so that messages sent before the command to terminate are not lost. */
  async #drain(pumps: readonly Pump[]): Promise<void> {
    // The kernel may hold more than the sockets have read: give them turns to read it.
    for (let i = 0; i < DRAIN_TURNS; i++) {
      await turn();
      for (const pump of pumps) await pump.drain();
    }
  }

  async #close(): Promise<void> {
    const channels = [...this.#channels.values()];
    const waiting = channels.reduce((sum, { bufferedCount }) => sum + bufferedCount, 0);
    if (waiting > 0) this.log.debug('Flushing %d messages', waiting);
    const unsent = await Promise.all(channels.map((channel) => channel.close(FLUSH_TIMEOUT)));
    await this.#control?.close();
    const left = unsent.reduce((sum, count) => sum + count, 0);
    if (left > 0) this.log.error('%d messages were left unsent', left);
  }
}

/** Logs a warning whenever the event loop was blocked for longer than `threshold` seconds. */
function watchLoop(threshold: number, log: Logger): NodeJS.Timeout | undefined {
  if (threshold === 0) return undefined;
  const delays = monitorEventLoopDelay({ resolution: 20 });
  delays.enable();
  return setInterval(() => {
    const seconds = delays.max / 1e9;
    delays.reset();
    if (seconds > threshold) log.warning('The event loop was blocked for %s s', seconds.toFixed(2));
  }, WATCH_INTERVAL).unref();
}

const DRAIN_TURNS = 3;
const WATCH_INTERVAL = 500;
/** Milliseconds that messages waiting to be sent have to leave when the daemon ends. */
const FLUSH_TIMEOUT = 10_000;
