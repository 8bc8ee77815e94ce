/** HubRouter: the ROUTER of a hub or producer, and its HubCore. Each process has one connection. */

import { clearInterval, setImmediate, setInterval } from 'node:timers';
import { setImmediate as turn } from 'node:timers/promises';
import { Turns } from '../../base/turns.ts';
import { Router, SocketError } from '../../sockets/index.ts';
import type { Capabilities } from '../carrier/capabilities.ts';
import type { Carrier } from '../carrier/carrier.ts';
import { type LayerSocketOptions, reportRefusals } from '../connection/socket-options.ts';
import type { HubAction } from '../events.ts';
import type { Letter } from '../local/letter.ts';
import type { LocalState } from '../local/local-state.ts';
import { HubCore } from './hub-core.ts';
import type { HubLimits } from './limits.ts';
import { PARTS } from './records.ts';

/** Returns whether a process may do `action` with `name`. `userId` is the User-Id that the authenticator gave it. */
export type Authorize = (request: {
  userId: string | undefined;
  action: HubAction;
  name: string;
}) => boolean;

export class HubRouter implements Pick<Carrier, 'capabilities' | 'settled'> {
  readonly capabilities = { groupExpiry: true } as Capabilities;
  readonly core: HubCore;
  readonly #socket: Router;
  readonly #addresses: string[] = [];
  /** User-Id by connection, where there is an `authorize`. */
  readonly #users = new Map<string, string | undefined>();
  readonly #keepsUsers: boolean;
  readonly #local: LocalState;
  #sweeper: NodeJS.Timeout | undefined;
  #closed = false;
  #due = false;
  /** Connections that were ended, whose messages received before are ignored. */
  readonly #expelled = new Set<string>();
  readonly #turns = new Turns(true);

  constructor(
    local: LocalState,
    options: LayerSocketOptions,
    limits: HubLimits,
    authorize?: Authorize,
  ) {
    this.#local = local;
    this.#keepsUsers = authorize !== undefined;
    this.#socket = new Router({
      ...options,
      mandatory: true,
      sendHighWaterMark: 0,
      receiveHighWaterMark: 1000,
      sendHighWaterMarkBytes: limits.octetsPerProcess,
      receiveHighWaterMarkBytes: RECEIVE_OCTETS,
      maxMessageParts: PARTS,
      linger: LINGER,
    });
    this.#socket.keepPeers = this.#keepsUsers;
    reportRefusals(this.#socket, local);
    this.core = new HubCore(
      local,
      {
        transmit: (connection, message) => this.#transmit(connection, message),
        expel: (connection) => {
          this.#expelled.add(connection);
          if (!this.#socket.closed) this.#socket.disconnectPeer(Buffer.from(connection, 'latin1'));
        },
        wake: () => this.#wake(),
        ...(authorize !== undefined && {
          allows: (connection, action, name) =>
            authorize({ userId: this.#users.get(connection), action, name }),
        }),
      },
      limits,
    );
    this.#socket.events.on('disconnect', ({ routingId }) => {
      if (routingId === undefined) return;
      const connection = routingId.toString('latin1');
      this.#users.delete(connection);
      this.core.gone(connection);
    });
  }

  /** The endpoints at which it listens, with the ports that were bound; none once it is closed. */
  get addresses(): readonly string[] {
    return this.#socket.closed ? [] : this.#addresses;
  }

  /** Listens at all `addresses`, or at none of them. Rejects as `Socket.bind` does. */
  async bind(addresses: readonly string[]): Promise<void> {
    try {
      for (const address of addresses) {
        await this.#socket.bind(address);
        this.#addresses.push(this.#socket.lastEndpoint!);
      }
    } catch (error) {
      this.#socket.close();
      throw error;
    }
    this.#sweeper = setInterval(() => this.core.sweep(this.#local.now()), SWEEP).unref();
    void this.#listen();
  }

  /** Called after each message that this process sends: awaited before the next one, so that others get a turn. Hot. */
  pace(): Promise<void> | undefined {
    if (!this.#turns.due(1)) return this.core.busy;
    this.#flushOut();
    return this.#turns.later(undefined).then(() => this.core.busy);
  }

  /** Takes in what processes have sent by now: whether a channel is full may depend on it. */
  catchUp(): void {
    for (let parts = this.#socket.tryReceive(); parts; parts = this.#socket.tryReceive()) {
      this.#heard(parts);
    }
  }

  settled(letter: Letter): void {
    this.core.settled(letter);
  }

  /** Resolves when all records have been sent, or after 2 seconds. */
  async close(): Promise<void> {
    // What has arrived is still handled; closing would discard it.
    await turn();
    if (!this.#socket.closed) this.catchUp();
    this.core.flushOut();
    this.#closed = true;
    clearInterval(this.#sweeper);
    await this.#socket[Symbol.asyncDispose]();
  }

  /** Takes in messages for a slice of time, and the rest in later turns of the event loop. */
  async #listen(): Promise<void> {
    while (!this.#closed) {
      let messages: Buffer[][];
      try {
        messages = await this.#socket.receiveMany();
      } catch {
        return;
      }
      this.#expelled.clear();
      let since = performance.now();
      // What gathers is sent at the end of this loop: an immediate for it would cost a round of the event loop.
      this.#due = true;
      for (const parts of messages) {
        if (this.#closed) return;
        this.#heard(parts);
        const { busy } = this.core;
        if (busy === undefined && performance.now() - since < SLICE) continue;
        this.#flushOut();
        await (busy ?? turn());
        this.#due = true;
        since = performance.now();
      }
      this.#flushOut();
    }
  }

  /** Sends records for a slice of time, and the rest in a later turn. */
  #flushOut(): void {
    this.#due = false;
    const since = performance.now();
    this.core.flushOut(() => performance.now() - since >= SLICE);
  }

  #heard(parts: readonly Buffer[]): void {
    const connection = parts[0]!.toString('latin1');
    if (this.#expelled.has(connection)) return;
    if (this.#keepsUsers && !this.#users.has(connection)) {
      this.#users.set(connection, this.#socket.peerOf(parts)?.userId);
    }
    this.core.heard(connection, parts.slice(1));
  }

  #transmit(connection: string, message: Buffer[]): boolean {
    if (this.#socket.closed) return true;
    try {
      return this.#socket.trySend([Buffer.from(connection, 'latin1'), ...message]);
    } catch (error) {
      if (error instanceof SocketError) return false;
      throw error;
    }
  }

  #wake(): void {
    if (this.#due) return;
    this.#due = true;
    setImmediate(() => {
      if (!this.#closed) this.#flushOut();
    });
  }
}

/** Milliseconds for records to be sent when the hub is closed. */
const LINGER = 2000;
/** Milliseconds for which messages are taken in, or records sent, in one turn. */
const SLICE = 5;
/** Milliseconds between sweeps of processes that are away. */
const SWEEP = 200;
/** Octets received from all processes and not taken in yet. */
const RECEIVE_OCTETS = 67_108_864;
