/** Hub: the program between the processes of a dedicated layer. */

import { EventEmitter } from 'node:events';
import { clearInterval, setInterval } from 'node:timers';
import { Publisher, Pull, SocketError } from '../sockets/index.ts';
import { readFrame } from './channels-zmq/format.ts';
import {
  type ConnectionOptions,
  type LayerSocketOptions,
  reportRefusals,
  socketOptions,
} from './connection/socket-options.ts';
import { LayerError } from './errors.ts';
import type { LayerEvents } from './events.ts';
import { LocalState } from './local/local-state.ts';
import { turn } from './local/turn.ts';
import { type Authorize, HubRouter } from './native/hub-router.ts';
import { HubSocket } from './native/hub-socket.ts';
import { HUB_LIMITS, type HubLimits } from './native/limits.ts';
import { Kind, readControl, readHeader, type ToHub } from './native/protocol.ts';
import { settle } from './options.ts';

/** Options of a hub. Capacities and expiry come with the messages of the layers. */
export interface HubOptions extends ConnectionOptions {
  /** Where layers connect, with one connection for everything: `tcp://*:5570`. In place of `pull` and `pub`. */
  bind?: string;
  /** Bounds of what processes may make a hub with `bind` keep. A process that exceeds one is disconnected. */
  limits?: Partial<HubLimits>;
  /**
   * Whether a process may do that, for a hub with `bind`; `name` is of a channel or group, or a prefix. One that may not is
   * disconnected, and its `send` rejects as if the channel were full. Default: all who are let in may do everything.
   */
  authorize?: Authorize;
  /** Endpoint to bind that layers push messages to: `tcp://*:5570`. */
  pull?: string;
  /** Endpoint to bind that layers get messages from: `tcp://*:5571`. */
  pub?: string;
  /** The wire format: `native` (default), or `channels_zmq`, to be the queue service of that Python package. */
  wire?: 'native' | 'channels_zmq';
  /** Octets of an encoded message; a process that sends a larger one is disconnected. Default 8 MiB. */
  maxMessageSize?: number;
  /** Unread messages in all channels together; beyond it `send` rejects with ChannelFull. Default no limit. */
  localCapacity?: number;
  /** Milliseconds that the membership of a channel lasts which another process has added. Default 86 400 000, a day. */
  groupExpiry?: number;
  /** Milliseconds that only go forward, for tests. Default: `performance.now()`. */
  clock?: () => number;
}

/** The counters of a hub, and its present state. */
export interface HubStats {
  /** Identifies this run of the hub: 16 hexadecimal digits. */
  id: string;
  /** The endpoint of `bind`, with the real port; empty without. */
  bind: string;
  /** The endpoint that layers push to, with the real port. */
  pull: string;
  /** The endpoint that layers get messages from, with the real port. */
  pub: string;
  /** Milliseconds since `start`. */
  uptime: number;
  /** Processes that are connected. */
  peers: number;
  /** Messages accepted for channels. */
  sent: number;
  /** Messages accepted for groups. */
  groupSent: number;
  /** Messages refused because their channel is full. */
  full: number;
  /** Copies of group messages that were not put into full channels here. */
  skipped: number;
  /** Messages that expired here unread. */
  expired: number;
  /** Messages that are gone or may be, at most that many. */
  lost: number;
  /** Messages that arrived and could not be decoded. */
  undecodable: number;
  /** Messages here that wait for a reader. */
  unread: number;
  /** Readers that wait here for a message. */
  waiting: number;
  /** Messages that are in the process which reads them, or on the way there, and have not been read. */
  outstanding: number;
}

/**
 * The program between dedicated layers: it holds messages to channels until they are read, hands each to one reader, passes
 * group messages on to the processes with members, and refuses messages to full channels. It keeps everything in memory:
 * what is unread is gone when it stops.
 */
export class Hub {
  /** Emits the events of `LayerEvents`. */
  readonly events: EventEmitter<LayerEvents> = new EventEmitter();
  readonly #options: HubOptions;
  readonly #local: LocalState;
  readonly #sockets: LayerSocketOptions;
  #pull: Pull | undefined;
  #hubSocket: HubSocket | undefined;
  #router: HubRouter | undefined;
  /** With the Python format there is nothing to know, only to pass on. */
  #publisher: Publisher | undefined;
  #state: 'new' | 'started' | 'closed' = 'new';
  #startedAt = 0;
  #sweeper: NodeJS.Timeout | undefined;
  #pumping: Promise<void> = Promise.resolve();
  #closing: Promise<void> | undefined;

  /** @throws LayerError `ERR_INVALID_OPTION` */
  constructor(options: HubOptions) {
    const names = options?.bind === undefined ? (['pull', 'pub'] as const) : (['bind'] as const);
    for (const name of names) {
      if (typeof options?.[name] !== 'string' || options[name] === '') {
        throw new LayerError('ERR_INVALID_OPTION', `a hub needs an address for ${name}`);
      }
    }
    if (options.bind !== undefined && (options.pull ?? options.pub ?? options.wire) !== undefined) {
      throw new LayerError('ERR_INVALID_OPTION', 'a hub with bind has no pull, pub and wire');
    }
    this.#options = options;
    const { maxMessageSize, localCapacity, groupExpiry, clock } = options;
    const settings = settle({
      ...(maxMessageSize !== undefined && { maxMessageSize }),
      ...(localCapacity !== undefined && { localCapacity }),
      ...(groupExpiry !== undefined && { groupExpiry }),
      ...(clock !== undefined && { clock }),
    });
    this.#local = new LocalState(settings, this.events);
    this.#sockets = socketOptions(options, settings.maxMessageSize, 'server');
  }

  /** Binds both endpoints. Rejects with `ERR_ADDRESS_IN_USE` if one is in use, for example by another hub. */
  async start(): Promise<void> {
    if (this.#state !== 'new')
      throw new LayerError('ERR_LAYER_CLOSED', `the hub is ${this.#state}`);
    this.#state = 'started';
    this.#startedAt = this.#local.now();
    if (this.#options.bind !== undefined) {
      await this.#listen(this.#options.bind);
      return;
    }
    const pull = new Pull({ ...this.#sockets, receiveHighWaterMark: 10_000, linger: 0 });
    reportRefusals(pull, this.#local);
    try {
      if (this.#options.wire === 'channels_zmq') {
        this.#publisher = new Publisher({
          ...this.#sockets,
          sendHighWaterMark: 100_000,
          linger: 2000,
        });
        reportRefusals(this.#publisher, this.#local);
        await bind(this.#publisher, this.#options.pub!);
      } else {
        this.#hubSocket = new HubSocket(this.#local, this.#sockets);
        await bind(this.#hubSocket, this.#options.pub!);
      }
      await bind(pull, this.#options.pull!);
    } catch (error) {
      pull.close();
      this.#publisher?.close();
      await this.#hubSocket?.close();
      this.#state = 'closed';
      throw error;
    }
    this.#pull = pull;
    this.#pumping = this.#publisher === undefined ? this.#pump(pull) : this.#forward(pull);
    this.#local.startSweeping((now) => this.#hubSocket?.sweep(now));
  }

  /**
   * Accepts nothing more, publishes what was accepted, and stops. Messages that still wait for a reader are lost, and counted
   * in the last event `lost`.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Whether it has been closed, or could not be started. */
  get closed(): boolean {
    return this.#state === 'closed';
  }

  /** The counters of this hub, and its present state. */
  stats(): HubStats {
    const { counters, boxes } = this.#local;
    return {
      id: this.#router?.core.id ?? this.#hubSocket?.exchange.id ?? this.#local.key,
      bind: this.#router?.address ?? '',
      pull: this.#pull === undefined || this.#pull.closed ? '' : (this.#pull.lastEndpoint ?? ''),
      pub: this.#hubSocket?.address ?? address(this.#publisher),
      uptime: this.#startedAt === 0 ? 0 : this.#local.now() - this.#startedAt,
      peers:
        this.#router?.core.peerCount ??
        this.#hubSocket?.exchange.peerCount ??
        peers(this.#publisher),
      sent: counters.sent,
      groupSent: counters.groupSent,
      full: counters.full,
      skipped: counters.skipped,
      expired: counters.expired,
      lost: counters.lost,
      undecodable: counters.undecodable,
      unread: boxes.letterCount,
      waiting: boxes.readerCount,
      outstanding:
        this.#router?.core.outstandingCount ?? this.#hubSocket?.exchange.outstandingCount ?? 0,
    };
  }

  async #close(): Promise<void> {
    const pull = this.#pull;
    if (this.#state === 'started' && pull !== undefined) {
      // What has arrived is still handled; closing would discard it.
      await turn();
      this.#state = 'closed';
      for (let parts = pull.tryReceive(); parts; parts = pull.tryReceive()) this.#take(parts);
      this.#hubSocket?.exchange.confirm();
      await pull[Symbol.asyncDispose]();
      await this.#pumping;
    }
    this.#state = 'closed';
    await this.#publisher?.[Symbol.asyncDispose]();
    await this.#hubSocket?.close();
    clearInterval(this.#sweeper);
    await this.#router?.close();
    this.#local.lost(this.#local.clearAll(), 'unread when the hub was closed');
    this.#local.end();
    this.events.emit('close');
  }

  async #listen(address: string): Promise<void> {
    const limits = { ...HUB_LIMITS, ...this.#options.limits };
    const router = new HubRouter(this.#local, this.#sockets, limits, this.#options.authorize);
    this.#router = router;
    this.#local.attach(router);
    try {
      await bind(router, address);
    } catch (error) {
      this.#router = undefined;
      this.#state = 'closed';
      throw error;
    }
    this.#local.startSweeping();
    this.#sweeper = setInterval(() => router.sweep(this.#local.now()), SWEEP).unref();
  }

  async #pump(pull: Pull): Promise<void> {
    const hubSocket = this.#hubSocket!;
    for (;;) {
      let messages: Buffer[][];
      try {
        messages = await pull.receiveMany();
      } catch {
        return;
      }
      hubSocket.catchUp();
      for (const parts of messages) {
        this.#take(parts);
        if (!hubSocket.due) continue;
        hubSocket.exchange.confirm();
        await hubSocket.pace();
        hubSocket.catchUp();
      }
      hubSocket.exchange.confirm();
    }
  }

  async #forward(pull: Pull): Promise<void> {
    for (;;) {
      let messages: Buffer[][];
      try {
        messages = await pull.receiveMany();
      } catch {
        return;
      }
      for (const parts of messages) this.#take(parts);
    }
  }

  #take(parts: readonly Buffer[]): void {
    try {
      if (this.#publisher !== undefined) this.#pass(parts);
      else this.#push(parts);
    } catch (error) {
      this.#local.undecodable('', error as Error);
    }
  }

  #pass(parts: readonly Buffer[]): void {
    // Only the head is looked at: the rest is for the reader.
    readFrame(parts[0]!);
    this.#local.counters.sent++;
    this.#publisher!.trySend(parts);
  }

  #push(parts: readonly Buffer[]): void {
    const header = readHeader(parts[0]);
    if (typeof header === 'string') throw new LayerError('ERR_PROTOCOL', header);
    const { exchange } = this.#hubSocket!;
    const now = this.#local.now();
    switch (header.kind) {
      case Kind.send:
      case Kind.group:
      case Kind.mark:
        exchange.push(parts[0]!, header, parts.slice(1), now);
        break;
      case Kind.control: {
        const message = readControl<ToHub>(parts[1] ?? Buffer.alloc(0));
        if (message === undefined) throw new LayerError('ERR_PROTOCOL', 'no control message');
        exchange.control(header.from, message, now);
        break;
      }
      default:
        throw new LayerError('ERR_PROTOCOL', `a message of kind ${header.kind}`);
    }
  }
}

async function bind(socket: { bind(address: string): Promise<void> }, at: string): Promise<void> {
  try {
    await socket.bind(at);
  } catch (error) {
    if (!(error instanceof SocketError) || error.code !== 'EADDRINUSE') throw error;
    throw new LayerError(
      'ERR_ADDRESS_IN_USE',
      `something listens at ${at} already: another hub? There can be one at an address`,
      { cause: error },
    );
  }
}

function address(socket: Publisher | undefined): string {
  return socket === undefined || socket.closed ? '' : (socket.lastEndpoint ?? '');
}

function peers(socket: Publisher | undefined): number {
  return socket === undefined || socket.closed ? 0 : socket.stats().peers.length;
}

/** Milliseconds between looks at processes that are away. */
const SWEEP = 200;
