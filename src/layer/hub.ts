/** Hub: the program between the processes of a dedicated layer. */

import { EventEmitter } from 'node:events';
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
import { HubSocket } from './native/hub-socket.ts';
import { Kind, readControl, readHeader, type ToHub } from './native/protocol.ts';
import { settle } from './options.ts';

/** What a hub is told; what concerns messages comes from the layers. */
export interface HubOptions extends ConnectionOptions {
  /** Where layers push messages to: `tcp://*:5570`. */
  pull: string;
  /** Where layers get them from: `tcp://*:5571`. */
  pub: string;
  /** `channels_zmq`: pass on the frames of the Python package, as its queue service. Default: our own protocol. */
  wire?: 'native' | 'channels_zmq';
  /** Octets in an encoded message; a process that sends a larger one is disconnected. Default 8 MiB. */
  maxMessageSize?: number;
  /** Messages that may wait in all channels together; then senders are told that channels are full. Default no limit. */
  localCapacity?: number;
  /** Milliseconds a membership lasts that a process holds for a channel of another. Default 86 400 000, a day. */
  groupExpiry?: number;
  /** Milliseconds that only go forward, for tests. Default: `performance.now()`. */
  clock?: () => number;
}

/** What a hub has counted, and what there is now. */
export interface HubStats {
  /** Identifies this run. */
  id: string;
  /** Where it really listens. */
  pull: string;
  pub: string;
  /** Milliseconds since `start`. */
  uptime: number;
  /** Processes that listen. */
  peers: number;
  /** Messages taken in for channels, and for groups. */
  sent: number;
  groupSent: number;
  /** Messages refused for a full channel. */
  full: number;
  skipped: number;
  expired: number;
  lost: number;
  undecodable: number;
  /** Messages that wait here for a reader. */
  unread: number;
  /** Readers that wait for a message. */
  waiting: number;
  /** Messages that were handed to the process that reads them, and have not been read. */
  outstanding: number;
}

/**
 * Holds what is sent to channels until somebody reads it, hands each message to one reader, passes group messages on to
 * the processes with members, and tells senders of full channels. All in memory: what waits is gone when it stops.
 */
export class Hub {
  readonly events: EventEmitter<LayerEvents> = new EventEmitter();
  readonly #options: HubOptions;
  readonly #local: LocalState;
  readonly #sockets: LayerSocketOptions;
  #pull: Pull | undefined;
  #hubSocket: HubSocket | undefined;
  /** With the Python format there is nothing to know, only to pass on. */
  #publisher: Publisher | undefined;
  #state: 'new' | 'started' | 'closed' = 'new';
  #startedAt = 0;
  #pumping: Promise<void> = Promise.resolve();
  #closing: Promise<void> | undefined;

  /** @throws LayerError `ERR_INVALID_OPTION` */
  constructor(options: HubOptions) {
    for (const name of ['pull', 'pub'] as const) {
      if (typeof options?.[name] !== 'string' || options[name] === '') {
        throw new LayerError('ERR_INVALID_OPTION', `a hub needs an address for ${name}`);
      }
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

  /** Listen. Rejects with `ERR_ADDRESS_IN_USE` where something, such as another hub, does so already. */
  async start(): Promise<void> {
    if (this.#state !== 'new')
      throw new LayerError('ERR_LAYER_CLOSED', `the hub is ${this.#state}`);
    this.#state = 'started';
    this.#startedAt = this.#local.now();
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
        await bind(this.#publisher, this.#options.pub);
      } else {
        this.#hubSocket = new HubSocket(this.#local, this.#sockets);
        await bind(this.#hubSocket, this.#options.pub);
      }
      await bind(pull, this.#options.pull);
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
   * Take in nothing more, publish what was taken in, and stop. What still waits for a reader is lost, and counted
   * in the last event `lost`.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  get closed(): boolean {
    return this.#state === 'closed';
  }

  stats(): HubStats {
    const { counters, boxes } = this.#local;
    return {
      id: this.#hubSocket?.exchange.id ?? this.#local.key,
      pull: this.#pull === undefined || this.#pull.closed ? '' : (this.#pull.lastEndpoint ?? ''),
      pub: this.#hubSocket?.address ?? address(this.#publisher),
      uptime: this.#startedAt === 0 ? 0 : this.#local.now() - this.#startedAt,
      peers: this.#hubSocket?.exchange.peerCount ?? peers(this.#publisher),
      sent: counters.sent,
      groupSent: counters.groupSent,
      full: counters.full,
      skipped: counters.skipped,
      expired: counters.expired,
      lost: counters.lost,
      undecodable: counters.undecodable,
      unread: boxes.letterCount,
      waiting: boxes.readerCount,
      outstanding: this.#hubSocket?.exchange.outstandingCount ?? 0,
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
    this.#local.lost(this.#local.clearAll(), 'unread when the hub was closed');
    this.#local.end();
    this.events.emit('close');
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
