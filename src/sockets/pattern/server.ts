/** ServerPattern: talks to many clients, each with a routing id of its own (RFC 41). */

import { SocketError, type SocketErrorCode } from '../errors.ts';
import type { Message } from '../message.ts';
import { FairQueue } from '../routing/fair-queue.ts';
import { randomUint32 } from '../routing/id-generator.ts';
import type { Pipe } from '../routing/pipe.ts';
import type { Pattern, PatternHost } from './pattern.ts';

/**
 * Messages are sent and received as two parts, of which the second is not on the wire:
 *
 *     [body] [routing id: 4 octets, big-endian, never 0]
 */
export class ServerPattern implements Pattern {
  readonly #host: PatternHost;
  readonly #queue = new FairQueue();
  readonly #routes = new Map<number, Pipe>();
  #next: number;

  /** `random`, as `Math.random`, gives the first routing id. */
  constructor(host: PatternHost, random: () => number) {
    this.#host = host;
    this.#next = randomUint32(random);
  }

  attach(pipe: Pipe): void {
    this.#queue.attach(pipe);
    if (pipe.readableCount > 0) this.#host.readable();
  }

  established(pipe: Pipe): void {
    this.number(pipe);
    if (pipe.canWrite()) this.#host.writable();
  }

  lost(_pipe: Pipe): void {}

  detach(pipe: Pipe): void {
    this.#queue.detach(pipe);
    if (pipe.routingId !== undefined) this.#routes.delete(pipe.routingId.readUInt32BE());
  }

  readable(pipe: Pipe): void {
    this.#queue.activate(pipe);
    this.#host.readable();
  }

  writable(_pipe: Pipe): void {
    this.#host.writable();
  }

  /** The routing id is not sent. */
  get addedParts(): number {
    return -1;
  }

  /** @throws SocketError `EHOSTUNREACH` when no client has that id. */
  accept(message: Message): boolean {
    const pipe = this.#routeOf(message);
    if (pipe === undefined) throw new SocketError('EHOSTUNREACH');
    return pipe.write([message[0]!]);
  }

  receive(): Message | undefined {
    const message = this.#queue.receive();
    return message && [message[0]!, this.#queue.last!.routingId!];
  }

  canSend(): boolean {
    for (const pipe of this.#routes.values()) if (pipe.canWrite()) return true;
    return false;
  }

  canReceive(): boolean {
    return this.#queue.canReceive();
  }

  sendRefusal(message: Message): SocketErrorCode {
    return this.#routeOf(message) === undefined ? 'EHOSTUNREACH' : 'EAGAIN';
  }

  receiveRefusal(): SocketErrorCode {
    return 'EAGAIN';
  }

  /** Gives `pipe` its routing id, which a pipe of our `connect` keeps when it reconnects. */
  protected number(pipe: Pipe): Buffer {
    if (pipe.routingId !== undefined) return pipe.routingId;
    do this.#next = (this.#next + 1) >>> 0;
    while (this.#next === 0 || this.#routes.has(this.#next));
    const id = Buffer.alloc(4);
    id.writeUInt32BE(this.#next);
    pipe.routingId = id;
    this.#routes.set(this.#next, pipe);
    return id;
  }

  #routeOf(message: Message): Pipe | undefined {
    return this.#routes.get(message[1]!.readUInt32BE());
  }
}
