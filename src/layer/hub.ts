/** Hub: the program that passes messages between the processes of a dedicated layer. */

import { EventEmitter } from 'node:events';
import { SocketError } from '../sockets/index.ts';
import { QueueService } from './channels-zmq/queue-service.ts';
import {
  type ConnectionOptions,
  type LayerSocketOptions,
  socketOptions,
} from './connection/socket-options.ts';
import { LayerError } from './errors.ts';
import type { LayerEvents } from './events.ts';
import { LocalState } from './local/local-state.ts';
import { type Authorize, HubRouter } from './native/hub-router.ts';
import { HUB_LIMITS, type HubLimits } from './native/limits.ts';
import { settle } from './options.ts';

/** Options of a hub. Capacities and expiry come with the messages of the layers. */
export interface HubOptions extends ConnectionOptions {
  /** Endpoint at which the hub listens for layers, such as `tcp://*:5570`; or several, of any transports. */
  bind?: string | readonly string[];
  /** Bounds of what processes may make the hub keep. A process that exceeds one is disconnected. */
  limits?: Partial<HubLimits>;
  /**
   * Whether a process may do `action` with `name`, a channel, a group or a prefix. If not, its `send`, `receive`, `groupAdd` and
   * `flush` reject with `ERR_REFUSED`, and its `groupSend` is dropped, counted and reported by the event `denied`. Default: every
   * process that is let in may do everything.
   */
  authorize?: Authorize;
  /** The wire format: `native` (default), or `channels_zmq`, to be the queue service of that Python package. */
  wire?: 'native' | 'channels_zmq';
  /** With `channels_zmq`, in place of `bind`: endpoint to bind that layers push messages to, `tcp://*:5570`. */
  pull?: string;
  /** With `channels_zmq`, in place of `bind`: endpoint to bind that layers get messages from, `tcp://*:5571`. */
  pub?: string;
  /** Octets of an encoded message; a process that sends a larger one is disconnected. Default 8 MiB. */
  maxMessageSize?: number;
  /** Unread messages in all channels together; beyond it `send` rejects with ChannelFull. Default no limit. */
  localCapacity?: number;
  /** Milliseconds that a membership kept by the hub lasts after its last `groupAdd`. Default 86 400 000, a day. */
  groupExpiry?: number;
  /** Milliseconds that only go forward, for tests. Default: `performance.now()`. */
  clock?: () => number;
}

/** The counters of a hub, and its present state. */
export interface HubStats {
  /** Identifies this run of the hub: 16 hexadecimal digits. */
  id: string;
  /** The endpoint at which the hub listens, with the port that was bound; the first of several; empty with `channels_zmq`. */
  bind: string;
  /** All endpoints at which the hub listens, with the ports that were bound, in the order of the option; none with `channels_zmq`. */
  endpoints: readonly string[];
  /** With `channels_zmq`: the endpoint that layers push to, with the port that was bound; empty otherwise. */
  pull: string;
  /** With `channels_zmq`: the endpoint that layers get messages from, with the port that was bound; empty otherwise. */
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
  /** Messages and other requests that `authorize` did not allow. */
  denied: number;
  /** Copies of group messages that were not put into full channels here. */
  skipped: number;
  /** Messages that expired here unread. */
  expired: number;
  /** The most messages that may be lost. */
  lost: number;
  /** Messages that arrived and could not be decoded. */
  undecodable: number;
  /** Messages in the hub that wait for a reader. */
  unread: number;
  /** Readers that wait in the hub for a message. */
  waiting: number;
  /** Messages handed to processes, there or on their way, and not read yet. */
  outstanding: number;
}

/**
 * The program between dedicated layers: it holds messages to channels until they are read, hands each to one reader, passes
 * group messages on to the processes with members, and refuses messages to full channels. It keeps everything in memory:
 * unread messages are lost when it stops.
 */
export class Hub {
  /** Emits the events of `LayerEvents`. */
  readonly events: EventEmitter<LayerEvents> = new EventEmitter();
  readonly #options: HubOptions;
  readonly #local: LocalState;
  readonly #sockets: LayerSocketOptions;
  #router: HubRouter | undefined;
  #service: QueueService | undefined;
  #state: 'new' | 'started' | 'closed' = 'new';
  #startedAt = 0;
  #closing: Promise<void> | undefined;

  /** @throws LayerError `ERR_INVALID_OPTION` */
  constructor(
    options: HubOptions &
      ({ bind: string | readonly string[] } | { wire: 'channels_zmq'; pull: string; pub: string }),
  ) {
    checkAddresses(options ?? {});
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

  /** Begins to listen. Rejects with `ERR_ADDRESS_IN_USE` if an address is in use, for example by another hub; then it listens nowhere. */
  async start(): Promise<void> {
    if (this.#state !== 'new')
      throw new LayerError('ERR_LAYER_CLOSED', `the hub is ${this.#state}`);
    this.#state = 'started';
    this.#startedAt = this.#local.now();
    try {
      await this.#listen();
    } catch (error) {
      this.#router = undefined;
      this.#service = undefined;
      this.#state = 'closed';
      throw inUse(error);
    }
    this.#local.startSweeping();
  }

  /**
   * Passes on the messages that have arrived, and stops. Messages that still wait for a reader are lost, and counted in the last
   * event `lost`.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Whether the hub is closed, or could not be started. */
  get closed(): boolean {
    return this.#state === 'closed';
  }

  /** The counters of this hub, and its present state. */
  stats(): HubStats {
    const { counters, boxes } = this.#local;
    return {
      id: this.#router?.core.id ?? this.#local.key,
      bind: this.#router?.addresses[0] ?? '',
      endpoints: this.#router?.addresses ?? [],
      pull: this.#service?.pull ?? '',
      pub: this.#service?.pub ?? '',
      uptime: this.#startedAt === 0 ? 0 : this.#local.now() - this.#startedAt,
      peers: this.#router?.core.peerCount ?? this.#service?.peerCount ?? 0,
      sent: counters.sent,
      groupSent: counters.groupSent,
      full: counters.full,
      denied: counters.denied,
      skipped: counters.skipped,
      expired: counters.expired,
      lost: counters.lost,
      undecodable: counters.undecodable,
      unread: boxes.letterCount,
      waiting: boxes.readerCount,
      outstanding: this.#router?.core.outstandingCount ?? 0,
    };
  }

  async #listen(): Promise<void> {
    const { wire, bind, pull, pub, limits, authorize } = this.#options;
    if (wire === 'channels_zmq') {
      this.#service = new QueueService(this.#local, this.#sockets);
      await this.#service.bind(pull!, pub!);
      return;
    }
    const all = { ...HUB_LIMITS, ...limits };
    this.#router = new HubRouter(this.#local, this.#sockets, all, authorize);
    this.#local.attach(this.#router);
    await this.#router.bind(typeof bind === 'string' ? [bind] : bind!);
  }

  async #close(): Promise<void> {
    await this.#service?.close();
    await this.#router?.close();
    this.#state = 'closed';
    this.#local.lost(this.#local.clearAll(), 'unread when the hub was closed');
    this.#local.end();
    this.events.emit('close');
  }
}

/** @throws LayerError `ERR_INVALID_OPTION` */
function checkAddresses(options: Partial<HubOptions>): void {
  const isPython = options.wire === 'channels_zmq';
  const needed = isPython ? (['pull', 'pub'] as const) : (['bind'] as const);
  for (const name of ['bind', 'pull', 'pub'] as const) {
    const value = options[name];
    if ((needed as readonly string[]).includes(name)) {
      const all = name === 'bind' && Array.isArray(value) ? value : [value];
      if (all.length > 0 && all.every((each) => typeof each === 'string' && each !== '')) continue;
      throw new LayerError('ERR_INVALID_OPTION', `a hub needs an address for ${name}`);
    }
    if (value === undefined) continue;
    const why = isPython ? 'not for channels_zmq' : 'for channels_zmq only';
    throw new LayerError('ERR_INVALID_OPTION', `${name} is ${why}`);
  }
}

function inUse(error: unknown): unknown {
  if (!(error instanceof SocketError) || error.code !== 'EADDRINUSE') return error;
  return new LayerError(
    'ERR_ADDRESS_IN_USE',
    `something listens at ${error.address} already: another hub? There can be one at an address`,
    { cause: error },
  );
}
