/** DealerPattern: sends to its peers in turn, receives from them fairly, adds and removes no parts (RFC 28). */

import type { SocketErrorCode } from '../errors.ts';
import type { Message } from '../message.ts';
import { FairQueue } from '../routing/fair-queue.ts';
import { LoadBalancer } from '../routing/load-balancer.ts';
import type { Pipe } from '../routing/pipe.ts';
import type { Pattern, PatternHost } from './pattern.ts';
import { PROBE } from './probe.ts';

/** Options of a DEALER; read at each use, since they may change. */
export interface DealerOptions {
  /** `ZMQ_PROBE_ROUTER`: one empty message to each peer when its handshake has finished. */
  readonly probeRouter: boolean;
}

/** To talk to a REP, the application itself puts the empty delimiter in front. */
export class DealerPattern implements Pattern {
  readonly #host: PatternHost;
  readonly #options: DealerOptions;
  readonly #balancer = new LoadBalancer();
  readonly #queue = new FairQueue();

  constructor(host: PatternHost, options: DealerOptions) {
    this.#host = host;
    this.#options = options;
  }

  attach(pipe: Pipe): void {
    this.#balancer.attach(pipe);
    this.#queue.attach(pipe);
    if (pipe.readableCount > 0) this.#host.readable();
    if (this.#balancer.canSend()) this.#host.writable();
  }

  established(pipe: Pipe): void {
    // A full pipe refuses the probe: the messages that wait there do as well.
    if (this.#options.probeRouter) pipe.write(PROBE);
  }

  lost(_pipe: Pipe): void {}

  detach(pipe: Pipe): void {
    this.#balancer.detach(pipe);
    this.#queue.detach(pipe);
  }

  readable(pipe: Pipe): void {
    this.#queue.activate(pipe);
    this.#host.readable();
  }

  writable(pipe: Pipe): void {
    this.#balancer.activate(pipe);
    this.#host.writable();
  }

  accept(message: Message): boolean {
    return this.#balancer.send(message);
  }

  receive(): Message | undefined {
    return this.#queue.receive();
  }

  canSend(): boolean {
    return this.#balancer.canSend();
  }

  canReceive(): boolean {
    return this.#queue.canReceive();
  }

  sendRefusal(_message: Message): SocketErrorCode {
    return 'EAGAIN';
  }

  receiveRefusal(): SocketErrorCode {
    return 'EAGAIN';
  }
}
