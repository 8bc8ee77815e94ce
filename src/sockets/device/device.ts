/** Device: two sockets and what moves between them, run in this thread, in another, or in a process of its own. */

import { listed } from '../api/open.ts';
import type { Context } from '../core/context.ts';
import { SocketError } from '../errors.ts';
import { type RunningDevice, startInline } from './inline.ts';
import type { ProxyStatistics } from './relay.ts';
import type {
  DeviceEndpoints,
  DevicePlan,
  Side,
  SideEnds,
  SideSettings,
  SideType,
} from './side.ts';

/** What all devices take. */
export interface DeviceOptions {
  /**
   * `inline`: in this thread; it keeps the process alive while it runs. `thread`, `process`: elsewhere; it ends with this
   * process and does not keep it alive unless `join` waits for it. Default `inline`.
   */
  where?: 'inline' | 'thread' | 'process';
  /**
   * The program of a device in a thread or process. Default: the one of this package. A program that was bundled into one file has to
   * bring its own: an entry of the bundle that says `import 'zeromq-pure/device-host'`, named here.
   */
  host?: string | URL;
  /** Takes the commands of libzmq's steerable proxy: REP, PAIR, PULL, SUB or ROUTER. */
  control?: Side;
  /** `inline` only: where its sockets live. Default: `context`. */
  context?: Context;
}

/** A device of any two types: each given whole, or by its type alone and completed by `bindIn` and so on. */
export interface DeviceSides {
  /** Takes requests, or whatever comes. */
  in: Side | SideType;
  /** Where they go, and answers come from. */
  out: Side | SideType;
  /** Is sent a copy of every message: `pub`, `push`, `pair`, `dealer` or `xpub`. */
  monitor?: Side | SideType | undefined;
  /** What is put in front of each copy: of messages from `in`, of messages from `out`. */
  prefixes?: readonly [front: string, back: string] | undefined;
}

/** Where a device of two fixed types listens and connects; an endpoint alone is one to listen on. */
export interface DeviceEnds {
  /** Takes requests, or whatever comes: where it listens, or more. */
  in?: SideEnds | string;
  /** Where they go, and answers come from: where it listens, or more. */
  out?: SideEnds | string;
}

/**
 * `new Device({ in: 'pull', out: 'push', where: 'thread' }).bindIn('tcp://*:5557').bindOut('tcp://*:5558')`, then
 * `await device.start()`. Messages wait in the sockets' queues, and when those of one side are full the other is not read.
 */
export class Device {
  /** Where it runs. */
  readonly where: 'inline' | 'thread' | 'process';
  readonly #plan: DevicePlan;
  readonly #context: Context | undefined;
  readonly #host: string | URL | undefined;
  #running: RunningDevice | undefined;
  #starting: Promise<void> | undefined;

  constructor({ where = 'inline', context, control, host, ...sides }: DeviceOptions & DeviceSides) {
    this.where = where;
    this.#host = host;
    this.#context = context;
    if (where !== 'inline' && context !== undefined) {
      throw new SocketError('EINVAL', { message: 'A context cannot be used in another thread' });
    }
    this.#plan = {
      in: whole(sides.in),
      out: whole(sides.out),
      monitor: sides.monitor === undefined ? undefined : whole(sides.monitor),
      prefixes: sides.prefixes,
      control,
    };
  }

  /** Listen on `address` at the side that takes requests. Call it before `start`. */
  bindIn(address: string): this {
    return this.#add('in', 'bind', address);
  }

  /** Listen on `address` at the side that takes what comes out. Call it before `start`. */
  bindOut(address: string): this {
    return this.#add('out', 'bind', address);
  }

  /** Listen on `address` at the monitor. Call it before `start`. */
  bindMonitor(address: string): this {
    return this.#add('monitor', 'bind', address);
  }

  /** Connect the side that takes requests to `address`. Call it before `start`. */
  connectIn(address: string): this {
    return this.#add('in', 'connect', address);
  }

  /** Connect the side that takes what comes out to `address`. Call it before `start`. */
  connectOut(address: string): this {
    return this.#add('out', 'connect', address);
  }

  /** Connect the monitor to `address`. Call it before `start`. */
  connectMonitor(address: string): this {
    return this.#add('monitor', 'connect', address);
  }

  /** Options of the socket that takes requests, by their names: `{ routingId: 'a', receiveHighWaterMark: 1 }`. Call it before `start`. */
  optionsIn(options: SideSettings): this {
    return this.#set('in', options);
  }

  /** Options of the socket that takes what comes out, by their names. Call it before `start`. */
  optionsOut(options: SideSettings): this {
    return this.#set('out', options);
  }

  /** Options of the monitor, by their names. Call it before `start`. */
  optionsMonitor(options: SideSettings): this {
    return this.#set('monitor', options);
  }

  /** Open its sockets and begin. Rejects with what the sockets refuse; then it may be started again. */
  start(): Promise<void> {
    this.#checkNew();
    this.#starting = this.#start().catch((error) => {
      this.#starting = undefined;
      throw error;
    });
    return this.#starting;
  }

  /** End it; resolves when its sockets, and its thread or process, are gone. A second call does nothing. */
  async stop(): Promise<void> {
    await this.#starting?.catch(() => {});
    await this.#running?.stop();
  }

  /** Resolves when it has ended: by `stop`, or by the command `TERMINATE`. Rejects when it failed. */
  async join(): Promise<void> {
    const running = await this.#started();
    running.hold(true);
    await running.finished;
  }

  /** Leave messages in the sockets' queues until `resume`. */
  async pause(): Promise<void> {
    await (await this.#started()).pause();
  }

  /** Go on after `pause`. */
  async resume(): Promise<void> {
    await (await this.#started()).resume();
  }

  /** What went through so far; `front` is the side `in`. */
  async statistics(): Promise<ProxyStatistics> {
    return (await this.#started()).statistics();
  }

  /**
   * Where it really listens, and what it connects to: in the order in which that was asked for, `bind` first.
   * @throws SocketError `EBADF` before it is started
   */
  get endpoints(): DeviceEndpoints {
    if (this.#running === undefined) throw notStarted();
    return this.#running.endpoints;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #start(): Promise<void> {
    const plan = this.#plan;
    if (this.where === 'inline') {
      this.#running = await startInline(plan, this.#context);
      return;
    }
    for (const side of [plan.in, plan.out, plan.monitor, plan.control]) refuseInproc(side);
    // Threads and processes cost their loading only where they are wanted.
    const { startRemote } = await import('./remote.ts');
    this.#running = await startRemote(plan, this.where, this.#host);
  }

  async #started(): Promise<RunningDevice> {
    await this.#starting;
    if (this.#running === undefined) throw notStarted();
    return this.#running;
  }

  #add(which: 'in' | 'out' | 'monitor', how: 'bind' | 'connect', address: string): this {
    const side = this.#side(which);
    side[how] = [...listed(side[how]), address];
    return this;
  }

  #set(which: 'in' | 'out' | 'monitor', options: SideSettings): this {
    const side = this.#side(which);
    side.options = { ...side.options, ...options };
    return this;
  }

  #side(which: 'in' | 'out' | 'monitor'): Side {
    this.#checkNew();
    const side = this.#plan[which];
    if (side === undefined) throw new SocketError('EINVAL', { message: `No ${which} socket here` });
    return side;
  }

  #checkNew(): void {
    if (this.#starting !== undefined) {
      throw new SocketError('EBUSY', { message: 'The device has been started' });
    }
  }
}

/** A side of one fixed type, with an endpoint alone to listen on for short. */
export function sideOf(type: SideType, ends: SideEnds | string | undefined): Side {
  return { ...(typeof ends === 'string' ? { bind: ends } : ends), type };
}

function whole(side: Side | SideType): Side {
  return typeof side === 'string' ? { type: side } : { ...side };
}

function refuseInproc(side: Side | undefined): void {
  for (const address of [...listed(side?.bind), ...listed(side?.connect)]) {
    if (!address.startsWith('inproc:')) continue;
    throw new SocketError('EINVAL', { address, message: 'inproc does not reach another thread' });
  }
}

function notStarted(): SocketError {
  return new SocketError('EBADF', { message: 'The device has not been started' });
}
