/** HubSocket: the XPUB of a hub or producer, and the exchange behind it. */

import { XPublisher } from '../../sockets/index.ts';
import { type LayerSocketOptions, reportRefusals } from '../connection/socket-options.ts';
import type { LocalState } from '../local/local-state.ts';
import { turn } from '../local/turn.ts';
import { Exchange } from './exchange.ts';
import { inboxOwner, Kind, readControl, readHeader, type ToHub, unpackBack } from './protocol.ts';

export class HubSocket {
  readonly exchange: Exchange;
  readonly #local: LocalState;
  readonly #socket: XPublisher;
  #closed = false;
  /** Messages published since the queues were looked at. */
  #published = 0;
  /** Until then nobody is waited for: somebody did not move. */
  #impatientUntil = 0;
  #droppedCount = 0;

  constructor(local: LocalState, options: LayerSocketOptions) {
    this.#local = local;
    this.#socket = new XPublisher({
      ...options,
      sendHighWaterMark: PEER_QUEUE,
      receiveHighWaterMark: 0,
      linger: LINGER,
    });
    const socket = this.#socket;
    reportRefusals(socket, local);
    this.exchange = new Exchange(local, {
      publish: (parts) => {
        this.#published++;
        socket.trySend(parts);
      },
    });
  }

  /** Where it listens, with the real port. */
  get address(): string {
    return this.#socket.closed ? '' : (this.#socket.lastEndpoint ?? '');
  }

  /** Messages that peers who do not read have not got. */
  get droppedCount(): number {
    return this.#droppedCount;
  }

  /** Rejects as `Socket.bind`. */
  async bind(address: string): Promise<void> {
    try {
      await this.#socket.bind(address);
    } catch (error) {
      this.#socket.close();
      throw error;
    }
    void this.#listen();
  }

  /** Take what peers have said by now: what they push later may build on it. */
  catchUp(): void {
    for (let parts = this.#socket.tryReceive(); parts; parts = this.#socket.tryReceive()) {
      this.#heard(parts);
    }
  }

  /** Whether so much has been published that `pace` should be awaited. Hot. */
  get due(): boolean {
    return this.#published >= PACE_COUNT;
  }

  /** Wait for peers to read, but not for one who does not move. */
  async pace(): Promise<void> {
    this.#published = 0;
    await turn();
    if (this.#closed || this.#local.now() < this.#impatientUntil) return;
    const queued = () => (this.#closed ? 0 : this.#socket.stats().queued.out);
    let before = queued();
    if (before < PACE_HIGH) return;
    let patience = this.#local.now() + PATIENCE;
    for (;;) {
      await turn();
      const now = this.#local.now();
      const length = queued();
      if (length < PACE_HIGH / 2) return;
      if (length < before) {
        before = length;
        patience = now + PATIENCE;
      } else if (now > patience) {
        this.#impatientUntil = now + IMPATIENCE;
        return;
      }
    }
  }

  /** Report what was dropped. */
  sweep(now: number): void {
    this.exchange.sweep(now);
    if (this.#closed) return;
    const { dropped } = this.#socket.stats();
    this.#local.lost(dropped - this.#droppedCount, 'dropped for processes that do not read');
    this.#droppedCount = dropped;
  }

  /** Settles when what was published has gone out, or the time for that is over. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#socket[Symbol.asyncDispose]();
  }

  async #listen(): Promise<void> {
    while (!this.#closed) {
      try {
        for (const parts of await this.#socket.receiveMany()) this.#heard(parts);
      } catch (error) {
        if (this.#closed || this.#socket.closed) return;
        this.#local.undecodable('', error as Error);
      }
    }
  }

  #heard(parts: readonly Buffer[]): void {
    const part = parts[0];
    if (part === undefined || part.length === 0 || part[0] === 1) return;
    if (part[0] === 0) {
      const key = inboxOwner(part.toString('latin1', 1));
      if (key !== undefined) this.exchange.gone(key);
      return;
    }
    const header = readHeader(part);
    if (typeof header === 'string') {
      this.#local.undecodable('', new Error(header));
      return;
    }
    try {
      const now = this.#local.now();
      if (header.kind === Kind.back) {
        const back = unpackBack(part);
        if (back === undefined) throw new Error('too short');
        this.exchange.back(back.address, back.payload, header, now);
        return;
      }
      const message = readControl<ToHub>(part.subarray(26));
      if (header.kind !== Kind.control || message === undefined) throw new Error('no sense');
      this.exchange.control(header.from, message, now);
    } catch (error) {
      this.#local.undecodable(header.from, error as Error);
    }
  }
}

/** Messages that may wait for one process. */
const PEER_QUEUE = 200_000;
/** Milliseconds. */
const LINGER = 2000;
const PACE_COUNT = 512;
const PACE_HIGH = 20_000;
/** Milliseconds. */
const PATIENCE = 300;
const IMPATIENCE = 5000;
