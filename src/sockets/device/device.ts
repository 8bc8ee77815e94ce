/** Device: forwards messages between two sockets, in this thread, in another, or in a process of its own. */

import { listed } from '../api/open.ts';
import type { Context } from '../core/context.ts';
import { SocketError } from '../errors.ts';
import { type RunningDevice, startInline } from './inline.ts';
import type { ProxyStatistics } from './relay.ts';
import { startRemote } from './remote.ts';
import type {
  DeviceEndpoints,
  DevicePlan,
  Side,
  SideEnds,
  SideSettings,
  SideType,
} from './side.ts';

/** Options of all devices. */
export interface DeviceOptions {
  /**
   * Where the device runs. `inline`: in this thread; it keeps the process alive while it runs. `thread`, `process`: in a thread
   * or process of its own; it ends with this process, and keeps this process alive only while `join` waits for it. Default
   * `inline`.
   */
  where?: 'inline' | 'thread' | 'process';
  /**
   * The program of a device in a thread or process. Default: the one of this package. A program that was bundled into one file
   * has to bring its own: an entry of the bundle with `import 'zeromq-pure/device-host'`, named here.
   */
  host?: string | URL;
  /** Socket that receives the commands of `zmq_proxy_steerable`: REP, PAIR, PULL, SUB or ROUTER. Default none. */
  control?: Side;
  /** `inline` only: the context of the device's sockets. Default: `context`. */
  context?: Context;
}

/**
 * The sockets of a device of any two types: each described in full, or by its type alone, with endpoints added by `bindIn` and
 * the like.
 */
export interface DeviceSides {
  /** The front side: receives requests, or whatever is to be forwarded. */
  in: Side | SideType;
  /** The back side: sends on what the front receives, and receives the replies. */
  out: Side | SideType;
  /** Socket that sends a copy of every message: `pub`, `push`, `pair`, `dealer` or `xpub`. Default none. */
  monitor?: Side | SideType | undefined;
  /** Part put in front of each copy: of messages from `in`, of messages from `out`. Default none. */
  prefixes?: readonly [front: string, back: string] | undefined;
}

/** The two sides of a device of fixed types; a string is an endpoint to bind. */
export interface DeviceEnds {
  /** Endpoints and options of the front side, which receives requests, or whatever is to be forwarded. */
  in?: SideEnds | string;
  /** Endpoints and options of the back side, which sends on what the front receives, and receives the replies. */
  out?: SideEnds | string;
}

/**
 * `new Device({ in: 'pull', out: 'push', where: 'thread' }).bindIn('tcp://*:5557').bindOut('tcp://*:5558')`, then
 * `await device.start()`. Messages wait in the sockets' queues; while those of one side are full, the other side is not read.
 */
export class Device {
  /** Where the device runs. */
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

  /** Bind the front side (`in`) to `address`. Call it before `start`. */
  bindIn(address: string): this {
    return this.#add('in', 'bind', address);
  }

  /** Bind the back side (`out`) to `address`. Call it before `start`. */
  bindOut(address: string): this {
    return this.#add('out', 'bind', address);
  }

  /** Bind the monitor to `address`. Call it before `start`. */
  bindMonitor(address: string): this {
    return this.#add('monitor', 'bind', address);
  }

  /** Connect the front side (`in`) to `address`. Call it before `start`. */
  connectIn(address: string): this {
    return this.#add('in', 'connect', address);
  }

  /** Connect the back side (`out`) to `address`. Call it before `start`. */
  connectOut(address: string): this {
    return this.#add('out', 'connect', address);
  }

  /** Connect the monitor to `address`. Call it before `start`. */
  connectMonitor(address: string): this {
    return this.#add('monitor', 'connect', address);
  }

  /** Set options of the front side's socket, by property name: `{ receiveHighWaterMark: 1 }`. Call it before `start`. */
  optionsIn(options: SideSettings): this {
    return this.#set('in', options);
  }

  /** Set options of the back side's socket, by property name. Call it before `start`. */
  optionsOut(options: SideSettings): this {
    return this.#set('out', options);
  }

  /** Set options of the monitor's socket, by property name. Call it before `start`. */
  optionsMonitor(options: SideSettings): this {
    return this.#set('monitor', options);
  }

  /** Open the sockets and begin to forward. Rejects with the error of a socket; then `start` may be called again. */
  start(): Promise<void> {
    this.#checkNew();
    this.#starting = this.#start().catch((error) => {
      this.#starting = undefined;
      throw error;
    });
    return this.#starting;
  }

  /** Stop the device; resolves when its sockets are closed, and its thread or process has ended. A second call does nothing. */
  async stop(): Promise<void> {
    await this.#starting?.catch(() => {});
    await this.#running?.stop();
  }

  /** Resolves when the device has ended: by `stop`, or by the command `TERMINATE`. Rejects if it failed. */
  async join(): Promise<void> {
    const running = await this.#started();
    running.hold(true);
    await running.finished;
  }

  /** Leave messages in the sockets' queues until `resume`. */
  async pause(): Promise<void> {
    await (await this.#started()).pause();
  }

  /** Forward messages again after `pause`. */
  async resume(): Promise<void> {
    await (await this.#started()).resume();
  }

  /** Messages and octets forwarded so far; `front` is the side `in`. */
  async statistics(): Promise<ProxyStatistics> {
    return (await this.#started()).statistics();
  }

  /**
   * The endpoints that each socket has bound, with actual ports, then those that it connects to, in the order in which they were
   * added.
   * @throws SocketError `EBADF` before the device is started
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

/** A side of one fixed type; `ends` as a string is an endpoint to bind. */
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
