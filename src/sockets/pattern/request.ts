/** RequestPattern: sends a request to one peer and receives its reply, in turns (RFC 28). */

import type { SocketErrorCode } from '../errors.ts';
import type { Message } from '../message.ts';
import { FairQueue } from '../routing/fair-queue.ts';
import { randomUint32 } from '../routing/id-generator.ts';
import { LoadBalancer } from '../routing/load-balancer.ts';
import type { Pipe } from '../routing/pipe.ts';
import type { Pattern, PatternHost } from './pattern.ts';
import { isProbe, PROBE } from './probe.ts';

/** Options of a REQ; read at each use, since they may change. */
export interface RequestOptions {
  /** `ZMQ_REQ_RELAXED`: a new request may be sent while the reply to the last is awaited. */
  readonly relaxed: boolean;
  /** `ZMQ_REQ_CORRELATE`: an id before the delimiter, which the reply has to repeat. */
  readonly correlate: boolean;
  /** `ZMQ_PROBE_ROUTER`: one empty message to each peer when its handshake has finished. */
  readonly probeRouter: boolean;
}

/**
 * ready → (send) → waiting → (receive) → ready.
 *
 *     on the wire   [id, 4 octets, if correlate] [empty] [body] …
 *
 * Only the peer that was asked may answer. A request is not sent again when that peer is lost: after a reconnection of the
 * connecting side it may still answer, otherwise only a relaxed socket can go on.
 */
export class RequestPattern implements Pattern {
  readonly #host: PatternHost;
  readonly #options: RequestOptions;
  readonly #balancer = new LoadBalancer();
  readonly #queue = new FairQueue();
  #counter: number;
  #waiting = false;
  /** While waiting: the pipe that took the request, the id in the request, and the reply once it was found. */
  #asked: Pipe | undefined;
  #id: Buffer | undefined;
  #reply: Message | undefined;

  /** `random`, as `Math.random`, gives the first request id. */
  constructor(host: PatternHost, options: RequestOptions, random: () => number) {
    this.#host = host;
    this.#options = options;
    this.#counter = randomUint32(random);
  }

  attach(pipe: Pipe): void {
    this.#balancer.attach(pipe);
    this.#queue.attach(pipe);
    if (this.#waiting && pipe.readableCount > 0) this.#host.readable();
    if (this.canSend()) this.#host.writable();
  }

  established(pipe: Pipe): void {
    if (this.#options.probeRouter) pipe.write(PROBE);
  }

  lost(_pipe: Pipe): void {}

  detach(pipe: Pipe): void {
    this.#balancer.detach(pipe);
    this.#queue.detach(pipe);
  }

  readable(pipe: Pipe): void {
    this.#queue.activate(pipe);
    if (this.#waiting) this.#host.readable();
  }

  writable(pipe: Pipe): void {
    this.#balancer.activate(pipe);
    if (!this.#waiting || this.#options.relaxed) this.#host.writable();
  }

  /** The delimiter and, with `correlate`, the id in front of it. */
  get addedParts(): number {
    return this.#options.correlate ? 2 : 1;
  }

  accept(message: Message): boolean {
    if (!this.canSend()) return false;
    // What has arrived before the request is sent cannot be its reply.
    this.#queue.discard();
    const id = this.#options.correlate ? this.#nextId() : undefined;
    if (!this.#balancer.send(wrap(message, id))) return false;
    this.#waiting = true;
    this.#asked = this.#balancer.last;
    this.#id = id;
    this.#reply = undefined;
    return true;
  }

  receive(): Message | undefined {
    if (!this.#waiting) return undefined;
    const reply = this.#reply ?? this.#nextReply();
    if (reply === undefined) return undefined;
    this.#waiting = false;
    this.#asked = undefined;
    this.#id = undefined;
    this.#reply = undefined;
    return reply;
  }

  canSend(): boolean {
    return (!this.#waiting || this.#options.relaxed) && this.#balancer.canSend();
  }

  canReceive(): boolean {
    if (!this.#waiting) return false;
    this.#reply ??= this.#nextReply();
    return this.#reply !== undefined;
  }

  sendRefusal(_message: Message): SocketErrorCode {
    return this.#waiting && !this.#options.relaxed ? 'EFSM' : 'EAGAIN';
  }

  receiveRefusal(): SocketErrorCode {
    return this.#waiting ? 'EAGAIN' : 'EFSM';
  }

  /** The body of the awaited reply; drops all messages before it. */
  #nextReply(): Message | undefined {
    for (;;) {
      const message = this.#queue.receive();
      if (message === undefined) return undefined;
      const pipe = this.#queue.last!;
      if (isProbe(message)) continue;
      if (pipe === this.#asked) {
        const id = this.#id;
        if (id !== undefined) {
          if (message.length > 2 && message[0]!.equals(id) && message[1]!.length === 0) {
            return message.slice(2);
          }
        } else if (message.length > 1 && message[0]!.length === 0) {
          return message.slice(1);
        } else {
          pipe.fail('reply without an empty delimiter frame in front');
        }
      }
      pipe.dropped();
    }
  }

  #nextId(): Buffer {
    this.#counter = (this.#counter + 1) >>> 0;
    const id = Buffer.allocUnsafe(4);
    id.writeUInt32LE(this.#counter);
    return id;
  }
}

/** `message` with the delimiter in front, and the id in front of that. */
function wrap(message: Message, id: Buffer | undefined): Message {
  const offset = id === undefined ? 1 : 2;
  const wrapped: Buffer[] = new Array(message.length + offset);
  if (id !== undefined) wrapped[0] = id;
  wrapped[offset - 1] = EMPTY;
  for (let i = 0; i < message.length; i++) wrapped[i + offset] = message[i]!;
  return wrapped;
}

const EMPTY = Buffer.alloc(0);
