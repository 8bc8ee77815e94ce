/** Protocol: what a link drives between a byte stream and a pipe. ZMTP's Connection is one, RawStream the other. */

import type { Connection, ConnectionState, Message } from '../../zmtp/index.ts';
import type { PeerInfo } from '../routing/pipe.ts';

/** The part of {@link Connection} that a link needs; its doc comments hold. */
export type Protocol = Pick<
  Connection,
  | 'greeted'
  | 'deadline'
  | 'pending'
  | 'undecoded'
  | 'arrived'
  | 'place'
  | 'placed'
  | 'next'
  | 'send'
  | 'framed'
  | 'take'
  | 'written'
  | 'elapsed'
  | 'forgive'
  | 'end'
  | 'close'
  | 'reject'
  | 'asking'
  | 'judged'
  | 'error'
> & {
  readonly state: ConnectionState;
  readonly peer: Omit<PeerInfo, 'address'> | undefined;
};

/** No protocol at all, for STREAM: what arrives is a message of one part, what is sent goes out as it is. */
export class RawStream implements Protocol {
  state: ConnectionState = 'traffic';
  readonly peer: Protocol['peer'] = {
    socketType: 'STREAM',
    routingId: undefined,
    metadata: new Map(),
  };
  readonly greeted: boolean = true;
  readonly error: undefined = undefined;
  readonly asking: undefined = undefined;
  readonly place: undefined = undefined;
  readonly framed: undefined = undefined;
  readonly deadline: number = Number.POSITIVE_INFINITY;
  pending = 0;
  #incoming: Buffer[] = [];
  #outgoing: Buffer[] = [];

  get undecoded(): boolean {
    return this.#incoming.length > 0;
  }

  arrived(chunk: Buffer): void {
    if (this.state === 'traffic') this.#incoming.push(chunk);
  }

  next(): Message | undefined {
    const chunk = this.#incoming.shift();
    return chunk === undefined ? undefined : [chunk];
  }

  send(message: Message): void {
    for (const part of message) {
      // The caller may reuse its memory as soon as a driver has taken a small part.
      this.#outgoing.push(Buffer.from(part));
      this.pending += part.length;
    }
  }

  take(): Buffer[] {
    const taken = this.#outgoing;
    this.#outgoing = [];
    this.pending = 0;
    return taken;
  }

  close(): void {
    this.state = 'closed';
  }

  reject(): void {
    this.state = 'failed';
  }

  placed(): void {}
  end(): void {}
  judged(): void {}
  written(): void {}
  elapsed(): void {}
  forgive(): void {}
}
