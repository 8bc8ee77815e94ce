/** QueueService: the hub on the wire of channels_zmq. It publishes the messages that processes push to it. */

import { setImmediate as turn } from 'node:timers/promises';
import { Publisher, Pull } from '../../sockets/index.ts';
import { type LayerSocketOptions, reportRefusals } from '../connection/socket-options.ts';
import type { LocalState } from '../local/local-state.ts';
import { readFrame } from './format.ts';

export class QueueService {
  readonly #local: LocalState;
  readonly #pull: Pull;
  readonly #publisher: Publisher;
  #pumping: Promise<void> = Promise.resolve();

  constructor(local: LocalState, options: LayerSocketOptions) {
    this.#local = local;
    this.#pull = new Pull({ ...options, receiveHighWaterMark: 10_000, linger: 0 });
    this.#publisher = new Publisher({ ...options, sendHighWaterMark: 100_000, linger: 2000 });
    reportRefusals(this.#pull, local);
    reportRefusals(this.#publisher, local);
  }

  /** The endpoint that processes push to, with the port that was bound; empty once it is closed. */
  get pull(): string {
    return this.#pull.closed ? '' : (this.#pull.lastEndpoint ?? '');
  }

  /** The endpoint that processes get messages from, with the port that was bound; empty once it is closed. */
  get pub(): string {
    return this.#publisher.closed ? '' : (this.#publisher.lastEndpoint ?? '');
  }

  get peerCount(): number {
    return this.#publisher.closed ? 0 : this.#publisher.stats().peers.length;
  }

  /** Listens at both endpoints. Rejects as `Socket.bind` does. */
  async bind(pull: string, pub: string): Promise<void> {
    try {
      await this.#publisher.bind(pub);
      await this.#pull.bind(pull);
    } catch (error) {
      this.#pull.close();
      this.#publisher.close();
      throw error;
    }
    this.#pumping = this.#pump();
  }

  /** Resolves when all messages that have arrived are published. */
  async close(): Promise<void> {
    // What has arrived is still handled; closing would discard it.
    await turn();
    if (!this.#pull.closed) {
      for (let parts = this.#pull.tryReceive(); parts; parts = this.#pull.tryReceive()) {
        this.#pass(parts);
      }
    }
    await this.#pull[Symbol.asyncDispose]();
    await this.#pumping;
    await this.#publisher[Symbol.asyncDispose]();
  }

  async #pump(): Promise<void> {
    for (;;) {
      let messages: Buffer[][];
      try {
        messages = await this.#pull.receiveMany();
      } catch {
        return;
      }
      for (const parts of messages) this.#pass(parts);
    }
  }

  #pass(parts: readonly Buffer[]): void {
    try {
      // Only the head is checked: the JSON is decoded by the reader.
      readFrame(parts[0]!);
    } catch (error) {
      this.#local.undecodable('', error as Error);
      return;
    }
    this.#local.counters.sent++;
    this.#publisher.trySend(parts);
  }
}
