/** Upstream: what a SUB or XSUB is subscribed to, and the peers that are to know. */

import type { Message } from '../message.ts';
import type { Pipe } from './pipe.ts';
import { PrefixSet } from './prefix-set.ts';
import { CANCEL, isSubscription, SUBSCRIBE, subscriptionMessage } from './subscription.ts';

/**
 * Each peer is told all distinct prefixes when its handshake has finished, and from then on every change.
 * None of it is subject to the high-water mark: a lost subscription is not mended by anything.
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

  /** Count `prefix` once more; the peers are told each time, as libzmq does. */
  subscribe(prefix: Uint8Array): void {
    this.#prefixes.add(prefix);
    this.#tell(SUBSCRIBE, prefix);
  }

  /** Count `prefix` once less; the peers are told when none is left, or `always`. */
  unsubscribe(prefix: Uint8Array, always = false): void {
    if (this.#prefixes.remove(prefix) === 'last' || always) this.#tell(CANCEL, prefix);
  }

  /** The peer of `pipe` is there (again), and knows nothing. Call before anything of the pipe goes out. */
  establish(pipe: Pipe): void {
    // Subscriptions that an earlier connection did not get rid of may have been cancelled since, and
    // other messages have to come after the new ones: so the queue is made anew.
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

  /** The peer of `pipe` is gone. */
  lose(pipe: Pipe): void {
    this.#established.delete(pipe);
  }

  #tell(kind: typeof SUBSCRIBE | typeof CANCEL, prefix: Uint8Array): void {
    if (this.#established.size === 0) return;
    const message = subscriptionMessage(kind, prefix);
    for (const pipe of this.#established) pipe.force(message);
  }
}
