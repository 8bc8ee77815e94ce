/** RouterPattern: receives with the sender's routing id in front, sends to the peer that the first part names (RFC 28). */

import type { SocketErrorCode } from '../errors.ts';
import { SocketError } from '../errors.ts';
import type { Message } from '../message.ts';
import { FairQueue } from '../routing/fair-queue.ts';
import { IdGenerator } from '../routing/id-generator.ts';
import type { Pipe } from '../routing/pipe.ts';
import { RouteTable } from '../routing/route-table.ts';
import type { Pattern, PatternHost } from './pattern.ts';
import { PROBE } from './probe.ts';

/** Options of a ROUTER; read at each use, since they may change. */
export interface RouterOptions {
  /** `ZMQ_ROUTER_MANDATORY`: an unroutable message is refused, not dropped, and `send` waits for a peer whose queue is full. */
  readonly mandatory: boolean;
  /** `ZMQ_ROUTER_HANDOVER`: a peer that announces a routing id in use takes it over. */
  readonly handover: boolean;
  /** `ZMQ_PROBE_ROUTER`: one empty message to each peer when its handshake has finished. */
  readonly probeRouter: boolean;
}

/**
 * A peer's routing id is the one given to its `connect`, else the one that it announces, else a generated one.
 * Only the first is known before the handshake: then messages can be queued from `connect` on.
 */
export class RouterPattern implements Pattern {
  readonly #host: PatternHost;
  readonly #options: RouterOptions;
  readonly #queue = new FairQueue();
  readonly #routes: RouteTable;
  /** Pipes that were refused because their routing id is in use, while they are connected. */
  readonly #refused = new Set<Pipe>();

  /** `random`, as `Math.random`, gives the first generated routing id. */
  constructor(host: PatternHost, options: RouterOptions, random: () => number) {
    this.#host = host;
    this.#options = options;
    this.#routes = new RouteTable(random);
  }

  attach(pipe: Pipe): void {
    if (pipe.connectRoutingId !== undefined) this.#admit(pipe, pipe.connectRoutingId);
  }

  established(pipe: Pipe): void {
    const announced = pipe.connectRoutingId ?? pipe.peer?.routingId;
    if (!this.#admit(pipe, announced ?? this.#anonymousId(pipe))) return;
    if (this.#options.probeRouter) pipe.write(PROBE);
  }

  lost(pipe: Pipe): void {
    // The route stays: what is sent meanwhile waits in the pipe for the next connection.
    if (this.#refused.delete(pipe)) pipe.discardIncoming();
  }

  detach(pipe: Pipe): void {
    if (this.#refused.delete(pipe)) pipe.discardIncoming();
    this.#routes.remove(pipe);
    this.#queue.detach(pipe);
    // A mandatory send that waited for this peer is now refused.
    this.#host.writable();
  }

  readable(pipe: Pipe): void {
    if (this.#refused.size > 0 && this.#refused.has(pipe)) {
      pipe.discardIncoming();
      return;
    }
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

  /** @throws SocketError `EHOSTUNREACH` when mandatory, if no peer has that id but another one could be sent to. */
  accept(message: Message): boolean {
    // After a routing id alone there is nothing to send.
    if (message.length < 2) return true;
    const pipe = this.#routes.find(message[0]!);
    if (pipe === undefined) {
      if (!this.#options.mandatory) {
        this.#host.dropped?.();
        return true;
      }
      if (!this.#routes.canWrite()) return false;
      throw new SocketError('EHOSTUNREACH');
    }
    if (pipe.write(message.slice(1))) return true;
    if (this.#options.mandatory) return false;
    pipe.dropped();
    return true;
  }

  receive(): Message | undefined {
    const message = this.#queue.receive();
    if (message === undefined) return undefined;
    // Only pipes with an id are in the queue.
    return addressed(this.#queue.last!.routingId!, message);
  }

  canSend(): boolean {
    return !this.#options.mandatory || this.#routes.canWrite();
  }

  canReceive(): boolean {
    return this.#queue.canReceive();
  }

  sendRefusal(message: Message): SocketErrorCode {
    return this.knows(message[0]!) ? 'EAGAIN' : 'EHOSTUNREACH';
  }

  receiveRefusal(): SocketErrorCode {
    return 'EAGAIN';
  }

  /** Whether a peer has this routing id. */
  knows(routingId: Buffer): boolean {
    return this.#routes.find(routingId) !== undefined;
  }

  /** Closes the connection of the peer that has this routing id; false if there is none. */
  disconnect(routingId: Buffer, reason: string): boolean {
    const pipe = this.#routes.find(routingId);
    if (pipe === undefined) return false;
    pipe.discardIncoming();
    pipe.disconnect(reason);
    return true;
  }

  /** Gives `pipe` the routing id `id` and reads from it; false when another peer has that id. */
  #admit(pipe: Pipe, id: Buffer): boolean {
    const holder = this.#routes.find(id);
    if (holder !== undefined && holder !== pipe) {
      if (!this.#options.handover) {
        this.#refuse(pipe, 'its routing id is in use');
        return false;
      }
      this.#host.note(holder, 'its routing id was taken over');
      holder.disconnect('routing id taken over by another peer');
    }
    if (this.#refused.delete(pipe)) pipe.discardIncoming();
    this.#routes.add(pipe, id);
    this.#queue.attach(pipe);
    if (pipe.readableCount > 0) this.#host.readable();
    if (pipe.canWrite()) this.#host.writable();
    return true;
  }

  #refuse(pipe: Pipe, reason: string): void {
    // It may have been known by another id until its connection was lost.
    this.#routes.remove(pipe);
    pipe.discardIncoming();
    this.#queue.detach(pipe);
    this.#refused.add(pipe);
    this.#host.note(pipe, reason);
    pipe.disconnect(reason);
  }

  /** The id of a peer that announces none: the one generated before a reconnection, or a new one. */
  #anonymousId(pipe: Pipe): Buffer {
    const former = pipe.routingId;
    const keeps =
      former !== undefined && IdGenerator.made(former) && this.#routes.isFree(former, pipe);
    return keeps ? former : this.#routes.freeId();
  }
}

/** `message` with `id` in front. */
function addressed(id: Buffer, message: Message): Message {
  const parts: Buffer[] = new Array(message.length + 1);
  parts[0] = id;
  for (let i = 0; i < message.length; i++) parts[i + 1] = message[i]!;
  return parts;
}
