/** XPublishPattern: XPUB (RFC 29). A PUB whose application receives the peers' subscriptions and other upstream messages. */

import { SocketError, type SocketErrorCode } from '../errors.ts';
import { type Message, messageSize } from '../message.ts';
import { Distributor } from '../routing/distributor.ts';
import type { Pipe } from '../routing/pipe.ts';
import { PrefixIndex } from '../routing/prefix-index.ts';
import { purge } from '../routing/purge.ts';
import { Ring } from '../routing/ring.ts';
import { CANCEL, isSubscription, SUBSCRIBE, subscriptionMessage } from '../routing/subscription.ts';
import type { Pattern, PatternHost } from './pattern.ts';
import type { PublishOptions } from './publish.ts';

/** Options of an XPUB; read at each use, since they may be set late. */
export interface XPublishOptions extends PublishOptions {
  /**
   * `ZMQ_XPUB_VERBOSE` = `allSubs`: every subscription is passed up, not just a topic's first.
   * `ZMQ_XPUB_VERBOSER` = `allSubsUnsubs`: also every cancellation, not just a topic's last.
   */
  readonly verbosity: null | 'allSubs' | 'allSubsUnsubs';
  /** `ZMQ_XPUB_MANUAL`. Peers' subscriptions are passed up without effect; the application subscribes peers by `subscribe`. */
  readonly manual: boolean;
  /** `ZMQ_XPUB_MANUAL_LAST_VALUE`. As `manual`; the message sent after a subscription was received goes to its peer alone. */
  readonly manualLastValue: boolean;
  /** `ZMQ_ONLY_FIRST_SUBSCRIBE`. A message whose first part is not a subscription contains none. */
  readonly onlyFirstSubscribe: boolean;
  /** `ZMQ_XPUB_WELCOME_MSG`. The first message sent to every peer; null, undefined or empty = none. */
  readonly welcomeMessage: Buffer | null | undefined;
}

export class XPublishPattern implements Pattern {
  readonly #host: PatternHost;
  readonly #options: XPublishOptions;
  /** The subscriptions by which messages are sent. */
  readonly #subscriptions = new PrefixIndex<Pipe>();
  /** `manual` only: the prefixes that peers have asked for; their cancellations are received when the peer leaves. */
  readonly #requests = new PrefixIndex<Pipe>();
  readonly #distributor = new Distributor();
  readonly #notices = new Ring<Notice>();
  /** Octets of the upstream messages among the notices, for each pipe that has any. */
  readonly #held = new Map<Pipe, number>();
  /** The pipe of the message that `receive` returned last. */
  #last: Pipe | undefined = undefined;
  /** The same, until a message is sent: with `manualLastValue` that message goes to this pipe alone. */
  #asking: Pipe | undefined = undefined;

  constructor(host: PatternHost, options: XPublishOptions) {
    this.#host = host;
    this.#options = options;
  }

  /** `ZMQ_TOPICS_COUNT`. Distinct prefixes by which messages are sent. */
  get topicCount(): number {
    return this.#subscriptions.size;
  }

  /**
   * `ZMQ_SUBSCRIBE` with `manual`: subscribe the peer of the message received last to `prefix`.
   * Does nothing when that peer is gone. Throws `EINVAL` without `manual`.
   */
  subscribe(prefix: Uint8Array): void {
    const pipe = this.#answered();
    if (pipe === undefined || this.#subscriptions.add(prefix, pipe) === 'known') return;
    this.#host.subscribed?.(pipe, this.#subscriptions.countOf(pipe));
  }

  /** `ZMQ_UNSUBSCRIBE` with `manual`: cancel the subscription of that peer to `prefix`. Throws as `subscribe`. */
  unsubscribe(prefix: Uint8Array): void {
    const pipe = this.#answered();
    if (pipe === undefined || this.#subscriptions.remove(prefix, pipe) === 'unknown') return;
    this.#host.subscribed?.(pipe, this.#subscriptions.countOf(pipe));
    this.#unblock();
  }

  attach(pipe: Pipe): void {
    this.#distributor.attach(pipe);
    if (pipe.readableCount > 0) this.readable(pipe);
  }

  established(pipe: Pipe): void {
    const welcome = this.#options.welcomeMessage;
    if (!welcome || welcome.length === 0) return;
    pipe.writeOrDrop([welcome]);
  }

  lost(pipe: Pipe): void {
    const before = this.#notices.length;
    this.#drain(pipe, Number.POSITIVE_INFINITY);
    this.#forget(pipe);
    if (this.#notices.length > before) this.#host.readable();
    this.#unblock();
  }

  detach(pipe: Pipe): void {
    this.#distributor.detach(pipe);
    this.lost(pipe);
  }

  /** Subscriptions take effect as they arrive, not when the application receives them. */
  readable(pipe: Pipe): void {
    const before = this.#notices.length;
    this.#drain(pipe, HELD_OCTETS);
    if (this.#notices.length > before) this.#host.readable();
  }

  writable(_pipe: Pipe): void {
    this.#unblock();
  }

  accept(message: Message): boolean {
    const { noDrop, invertMatching, manualLastValue } = this.#options;
    const asking = this.#asking;
    if (manualLastValue && asking !== undefined && this.#distributor.has(asking)) {
      return this.#sendTo(asking, message);
    }
    return this.#distributor.sendToMatching(message, this.#subscriptions, noDrop, invertMatching);
  }

  receive(): Message | undefined {
    const notice = this.#notices.shift();
    if (notice === undefined) return undefined;
    this.#last = notice.pipe;
    this.#asking = notice.pipe;
    if (notice.octets > 0) this.#release(notice.pipe, notice.octets);
    return notice.message;
  }

  canSend(): boolean {
    return !this.#options.noDrop || !this.#distributor.blocked;
  }

  canReceive(): boolean {
    return this.#notices.length > 0;
  }

  sendRefusal(_message: Message): SocketErrorCode {
    return 'EAGAIN';
  }

  receiveRefusal(): SocketErrorCode {
    return 'EAGAIN';
  }

  /** Reads `pipe` until it is empty, or `mark` octets of its messages wait for the application: the rest is held back. */
  #drain(pipe: Pipe, mark: number): void {
    const before = this.#subscriptions.countOf(pipe);
    while ((this.#held.get(pipe) ?? 0) < mark) {
      const message = pipe.read();
      if (message === undefined) break;
      this.#take(pipe, message);
    }
    const count = this.#subscriptions.countOf(pipe);
    if (count !== before) this.#host.subscribed?.(pipe, count);
    if (count < before) this.#unblock();
  }

  /** Sends `message` to the peer of `pipe` alone, if it is subscribed to that. */
  #sendTo(pipe: Pipe, message: Message): boolean {
    const { noDrop, invertMatching } = this.#options;
    const found: Pipe[] = [];
    this.#subscriptions.match(message[0]!, found);
    if (found.includes(pipe) !== invertMatching) {
      if (!noDrop) pipe.writeOrDrop(message);
      else if (!this.#distributor.sendTo(pipe, message)) return false;
    }
    this.#asking = undefined;
    return true;
  }

  /** Applies every part that looks like a subscription, as libzmq does; the other parts stay together. */
  #take(pipe: Pipe, message: Message): void {
    const none = this.#options.onlyFirstSubscribe && !isSubscription(message[0]!);
    let others: Buffer[] | undefined;
    for (let i = 0; i < message.length; i++) {
      const part = message[i]!;
      if (none || !isSubscription(part)) {
        others ??= [];
        others.push(part);
      } else if (!pipe.ended) {
        const kind = part[0] === SUBSCRIBE ? SUBSCRIBE : CANCEL;
        const prefix = part.subarray(1);
        if (this.#change(pipe, kind, prefix, i === 0)) this.#notify(pipe, kind, prefix);
      }
    }
    if (others === undefined) return;
    const octets = messageSize(others) + MESSAGE_OCTETS;
    this.#held.set(pipe, (this.#held.get(pipe) ?? 0) + octets);
    this.#notices.push({ pipe, message: pipe.signed(others), octets });
  }

  /** Applies a subscription or cancellation; true when the application should receive it. `given` as in `PrefixIndex.add`. */
  #change(
    pipe: Pipe,
    kind: typeof SUBSCRIBE | typeof CANCEL,
    prefix: Buffer,
    given: boolean,
  ): boolean {
    const { verbosity } = this.#options;
    if (this.#manual) {
      if (kind === SUBSCRIBE) this.#requests.add(prefix, pipe, given);
      else this.#requests.remove(prefix, pipe);
      return true;
    }
    if (kind === SUBSCRIBE) {
      return this.#subscriptions.add(prefix, pipe, given) === 'first' || verbosity !== null;
    }
    // libzmq also passes up the cancellation of a subscription that this peer never had, which through a
    // proxy cuts off peers that do have it.
    return this.#subscriptions.remove(prefix, pipe) === 'last' || verbosity === 'allSubsUnsubs';
  }

  /** Removes all subscriptions of the peer of `pipe`; the application receives the cancellations. */
  #forget(pipe: Pipe): void {
    const { verbosity } = this.#options;
    const manual = this.#manual;
    const had = this.#subscriptions.countOf(pipe);
    const later = (work: () => void): void => this.#host.later(work);
    const told = (): void => this.#host.readable();
    purge(this.#requests, pipe, later, (prefix) => this.#notify(pipe, CANCEL, prefix), told);
    const gone = (prefix: Uint8Array, last: boolean): void => {
      if (manual) return;
      if (last || verbosity === 'allSubsUnsubs') this.#notify(pipe, CANCEL, prefix);
    };
    purge(this.#subscriptions, pipe, later, gone, told);
    if (had > 0) this.#host.subscribed?.(pipe, 0);
  }

  #notify(pipe: Pipe, kind: typeof SUBSCRIBE | typeof CANCEL, prefix: Uint8Array): void {
    const message = pipe.signed(subscriptionMessage(kind, prefix));
    this.#notices.push({ pipe, message, octets: 0 });
  }

  /** Uncounts messages of a pipe that the application has received: goes on reading the pipe, if it was held back. */
  #release(pipe: Pipe, octets: number): void {
    const left = (this.#held.get(pipe) ?? 0) - octets;
    if (left > 0) this.#held.set(pipe, left);
    else this.#held.delete(pipe);
    if (pipe.readableCount > 0 && left <= HELD_OCTETS >> 1) this.#drain(pipe, HELD_OCTETS);
  }

  #answered(): Pipe | undefined {
    if (!this.#manual) throw new SocketError('EINVAL');
    const pipe = this.#last;
    return pipe !== undefined && this.#distributor.has(pipe) ? pipe : undefined;
  }

  get #manual(): boolean {
    return this.#options.manual || this.#options.manualLastValue;
  }

  #unblock(): void {
    if (this.#distributor.unblock()) this.#host.writable();
  }
}

/** A message that `receive` will return, and the pipe that it came from. */
interface Notice {
  readonly pipe: Pipe;
  readonly message: Message;
  /** What the message counts against `HELD_OCTETS` of its pipe; 0 for a subscription. */
  readonly octets: number;
}

/**
 * Octets of messages of one peer that may wait here for an application that does not receive, so that subscriptions behind them
 * take effect. Further messages stay in the pipe, whose mark then holds the peer back.
 */
const HELD_OCTETS = 262_144;
/** Octets that each message counts besides its own, so that at most about a thousand empty ones wait. */
const MESSAGE_OCTETS = 256;
