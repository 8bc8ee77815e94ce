/** Upstream: the prefixes that a SUB, XSUB or DISH is subscribed to, and the peers that are sent them. */

import type { Message } from '../message.ts';
import type { Pipe } from './pipe.ts';
import { PrefixSet } from './prefix-set.ts';
import { CANCEL, isSubscription, SUBSCRIBE, subscriptionMessage } from './subscription.ts';

/**
 * Each peer is sent all distinct prefixes when its handshake has finished, and from then on every change.
 * None of this is subject to the high-water mark: a lost subscription would never be repeated.
 */
export class Upstream {
  readonly #prefixes = new PrefixSet();
  readonly #established = new Set<Pipe>();

  /** How many distinct prefixes there are. */
  get size(): number {
    return this.#prefixes.size;
  }

  /** Whether `topic` begins with a prefix that is subscribed to. Hot. */
  matches(topic: Uint8Array): boolean {
    return this.#prefixes.matches(topic);
  }

  /** Raises the count of `prefix` by one; the peers are sent the subscription each time, as in libzmq. */
  subscribe(prefix: Uint8Array): void {
    this.#prefixes.add(prefix);
    this.#tell(SUBSCRIBE, prefix);
  }

  /** Lowers the count of `prefix` by one; the peers are sent the cancellation when it reaches zero, or if `always`. */
  unsubscribe(prefix: Uint8Array, always = false): void {
    if (this.#prefixes.remove(prefix) === 'last' || always) this.#tell(CANCEL, prefix);
  }

  /** Sends all prefixes to the peer of `pipe`, which has connected (again). Call before anything else of the pipe is sent. */
  establish(pipe: Pipe): void {
    // Queued subscriptions that an earlier connection did not send may have been cancelled since, and
    // other messages have to follow the new ones: so the queue is rebuilt.
    const waiting: Message[] = [];
    for (let message = pipe.next(); message !== undefined; message = pipe.next()) {
      pipe.sentCount--;
      if (message.length > 1 || !isSubscription(message[0]!)) waiting.push(message);
    }
    for (const prefix of this.#prefixes) pipe.force(subscriptionMessage(SUBSCRIBE, prefix));
    for (const message of waiting) pipe.force(message);
    pipe.drained();
    this.#established.add(pipe);
  }

  /** The connection of `pipe` is lost: its peer is sent no more changes. */
  lose(pipe: Pipe): void {
    this.#established.delete(pipe);
  }

  #tell(kind: typeof SUBSCRIBE | typeof CANCEL, prefix: Uint8Array): void {
    if (this.#established.size === 0) return;
    const message = subscriptionMessage(kind, prefix);
    for (const pipe of this.#established) pipe.force(message);
  }
}
