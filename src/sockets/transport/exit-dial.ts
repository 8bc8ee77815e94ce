/** ExitDial: the attempts of a connecter to connect once the event loop does not turn any more, step by step within calls. */

import type { OpenStream } from './dial.ts';
import type { DiallingNow } from './dial-now.ts';
import type { Endpoint } from './endpoint.ts';
import type { Flushed } from './flushed.ts';
import type { StreamCarrier } from './stream-carrier.ts';
import type { StreamLink } from './stream-link.ts';
import type { Opening } from './transport.ts';

export class ExitDial<C extends Endpoint> {
  readonly #carrier: Pick<StreamCarrier<Endpoint, C>, 'dialNow'>;
  readonly #opening: Opening<C>;
  /** The attempt under way. */
  #dialling: DiallingNow | undefined;
  /** When the next attempt may begin, in milliseconds of `performance.now()`. */
  #next = 0;
  /** An attempt before this one has come to nothing. */
  #again = false;

  constructor(carrier: Pick<StreamCarrier<Endpoint, C>, 'dialNow'>, opening: Opening<C>) {
    this.#carrier = carrier;
    this.#opening = opening;
  }

  /**
   * Begins a connection, and closes `before`, which came to nothing; or goes on with it. `moved` = something has come, `stuck` = is
   * waited for, or not possible now, `done` = not any more.
   */
  dial(before: StreamLink | undefined): OpenStream | Flushed {
    const { host, values } = this.#opening;
    const { reconnectInterval } = values;
    if (this.#dialling === undefined) {
      if (before !== undefined) this.#again = true;
      // A peer that has sent something and then left does not want this connection.
      if (before && before.bytesReceived > 0) return 'done';
      if (this.#again && reconnectInterval < 0) return 'done';
      if (host.linger === 0 || host.prepare(values) !== undefined) return 'done';
      if (performance.now() < this.#next) return 'stuck';
      before?.close();
      this.#dialling = this.#carrier.dialNow?.(this.#opening);
      if (this.#dialling === undefined) return 'done';
    }
    try {
      const { done, value } = this.#dialling.next();
      // Who answers and refuses, time and again, must not hold up the end of the process.
      if (!done) return this.#again ? 'stuck' : value;
      this.#dialling = undefined;
      if (value === undefined) return 'done';
      this.#next = performance.now() + reconnectInterval;
      return value;
    } catch {
      this.#dialling = undefined;
      this.#again = true;
      this.#next = performance.now() + reconnectInterval;
      return 'stuck';
    }
  }
}
