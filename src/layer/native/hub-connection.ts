/** HubConnection: the DEALER of a process, and its ProcessCore. Each connection has a new DEALER, whose queue is empty. */

import { clearInterval, clearTimeout, setImmediate, setInterval, setTimeout } from 'node:timers';
import { Dealer } from '../../sockets/index.ts';
import {
  type LayerSocketOptions,
  reportRefusals,
  toConnect,
} from '../connection/socket-options.ts';
import type { LocalState } from '../local/local-state.ts';
import type { When } from './inbound.ts';
import { ProcessCore } from './process-core.ts';
import { PARTS } from './records.ts';

export class HubConnection {
  readonly core: ProcessCore;
  readonly #local: LocalState;
  readonly #address: string;
  readonly #options: LayerSocketOptions;
  #socket: Dealer | undefined;
  #retry: NodeJS.Timeout | undefined;
  #later: NodeJS.Timeout | undefined;
  readonly #idle: NodeJS.Timeout;
  #due = false;
  #flushedAt = 0;
  #closed = false;

  constructor(
    local: LocalState,
    address: string,
    options: LayerSocketOptions,
    levels: () => void,
    mine: (name: string) => boolean = () => true,
  ) {
    this.#local = local;
    this.#address = address;
    this.#options = options;
    this.core = new ProcessCore(
      local,
      {
        address,
        transmit: (message) => this.#socket?.trySend(message),
        wake: (when) => this.#wake(when),
        levels,
        expel: () => this.#again(EXPELLED),
      },
      mine,
    );
    this.#idle = setInterval(() => this.core.idle(local.now()), IDLE).unref();
    try {
      this.#open();
    } catch (error) {
      this.retire();
      throw error;
    }
  }

  /** Closes when the hub has confirmed all messages, or after 2 seconds. */
  async close(): Promise<void> {
    if (this.#closed) return;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, CLOSE_TIMEOUT);
    });
    await Promise.race([this.core.sends.idle(), late]);
    clearTimeout(timer);
    this.core.close();
    await this.#end();
  }

  /** Closes without telling the hub. */
  retire(): void {
    this.core.retire();
    void this.#end();
  }

  async #end(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#retry);
    clearTimeout(this.#later);
    clearInterval(this.#idle);
    const socket = this.#socket;
    this.#socket = undefined;
    if (socket !== undefined && !socket.closed) await socket[Symbol.asyncDispose]();
  }

  #open(): void {
    const socket = new Dealer({
      ...this.#options,
      linger: LINGER,
      sendHighWaterMark: 0,
      receiveHighWaterMark: 1000,
      receiveHighWaterMarkBytes: RECEIVE_OCTETS,
      maxMessageParts: PARTS,
      reconnectInterval: RECONNECT,
      reconnectMaxInterval: 8 * RECONNECT,
    });
    this.#socket = socket;
    const { events } = socket;
    events.on('handshake', () => this.core.connected());
    events.on('connect:retry', () => this.core.absent());
    events.on('disconnect', () => {
      if (this.#socket !== socket || this.#closed) return;
      this.core.lost();
      this.#again();
    });
    reportRefusals(socket, this.#local);
    socket.connect(toConnect(this.#address));
    void this.#listen(socket);
  }

  /** Connects anew after `pause` milliseconds. */
  #again(pause: number = RECONNECT): void {
    if (this.#closed || this.#retry !== undefined) return;
    const socket = this.#socket;
    this.#socket = undefined;
    if (socket !== undefined) {
      socket.linger = 0;
      socket.close();
    }
    this.#retry = setTimeout(() => {
      this.#retry = undefined;
      if (!this.#closed) this.#open();
    }, pause);
  }

  async #listen(socket: Dealer): Promise<void> {
    while (this.#socket === socket) {
      let messages: Buffer[][];
      try {
        messages = await socket.receiveMany();
      } catch {
        return;
      }
      for (const parts of messages) {
        if (this.#socket !== socket) return;
        this.core.heard(parts);
        const pace = this.#local.pace();
        if (pace !== undefined) {
          this.core.flushOut();
          await pace;
        } else if (parts !== messages.at(-1)) await readersAreServed();
      }
    }
  }

  #wake(when: When): void {
    if (this.#due) return;
    if (when === 'tick') {
      this.#due = true;
      process.nextTick(() => this.#flushOut());
    } else if (when === 'turn' && performance.now() - this.#flushedAt >= LATER) {
      this.#due = true;
      setImmediate(() => this.#flushOut());
    } else this.#later ??= setTimeout(() => this.#flushOut(), LATER).unref();
  }

  #flushOut(): void {
    this.#due = false;
    clearTimeout(this.#later);
    this.#later = undefined;
    this.#flushedAt = performance.now();
    this.core.flushOut();
  }
}

/**
 * Settles when all that waits for promises has run: readers take what one message has brought, some hundred letters, before the next is
 * taken in. Letters that wait are moved by the garbage collector: 3 to 8 % of the processor time of a consumer.
 */
function readersAreServed(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve));
}

/** Milliseconds. */
const LINGER = 200;
const CLOSE_TIMEOUT = 2000;
const RECONNECT = 50;
/** Milliseconds until the next attempt after a hub of another version, or one that broke the protocol. */
const EXPELLED = 500;
const IDLE = 25;
/** Milliseconds within which the hub is told what was read. */
const LATER = 3;
const RECEIVE_OCTETS = 67_108_864;
