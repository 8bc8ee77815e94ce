/** InprocEnd: what a bound and a connected name of inproc have in common. */

import type { OptionValues } from '../options/options.ts';
import type { Endpoint } from './endpoint.ts';
import { type Flushed, together } from './flushed.ts';
import type { InprocSide } from './inproc-side.ts';
import type { ThreadGreeting } from './thread-frame.ts';
import type { ThreadSide } from './thread-side.ts';
import type { OpenEndpoint, Opening, TransportHost } from './transport.ts';

/** `inproc://name`. */
export interface InprocEndpoint extends Endpoint {
  readonly transport: 'inproc';
  readonly name: string;
}

/** One connection of an end, in this thread or to another. */
type Side = InprocSide | ThreadSide;

/** The common part of both ends of an inproc connection. */
export abstract class InprocEnd implements OpenEndpoint {
  abstract readonly kind: 'bind' | 'connect';
  readonly reconnectCount = 0;
  abstract readonly spent: boolean;
  readonly text: string;
  readonly address: string;
  readonly name: string;
  readonly host: TransportHost;
  readonly values: OptionValues;
  readonly finished: Promise<void>;
  protected readonly sides: Set<Side> = new Set();
  protected closing: boolean = false;
  #resolveFinished!: () => void;

  constructor({ host, values, text, endpoint }: Opening<InprocEndpoint>) {
    this.host = host;
    this.values = values;
    this.text = text;
    this.address = text;
    this.name = endpoint.name;
    this.finished = new Promise((resolve) => {
      this.#resolveFinished = resolve;
    });
  }

  get unsentCount(): number {
    let count = 0;
    for (const side of this.sides) count += side.outgoingCount;
    return count;
  }

  get socketType(): string {
    return this.host.typeName;
  }

  /** What a peer in another thread is sent about this socket. */
  get greeting(): ThreadGreeting {
    const { address, socketType, values } = this;
    return { socketType, routingId: values.routingId || undefined, address };
  }

  flush(): Flushed {
    return together([...this.sides].map((side) => side.flush()));
  }

  finish(): void {
    this.closing = true;
    for (const side of [...this.sides]) side.finish();
    this.settle();
  }

  close(): Promise<void> {
    this.closing = true;
    for (const side of [...this.sides]) side.close();
    this.settle();
    return this.finished;
  }

  /** @internal */
  join(side: Side): void {
    this.sides.add(side);
  }

  /** @internal */
  leave(side: Side): void {
    this.sides.delete(side);
    if (this.closing) this.settle();
  }

  protected settle(): void {
    if (this.sides.size === 0) this.#resolveFinished();
  }
}
