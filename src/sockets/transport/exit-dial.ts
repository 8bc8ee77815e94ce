/** ExitDial: the attempts of a connecter to connect once the event loop does not turn any more. Each is begun within a call. */

import type { OpenStream } from './dial.ts';
import type { Endpoint } from './endpoint.ts';
import type { Flushed } from './flushed.ts';
import type { StreamCarrier } from './stream-carrier.ts';
import type { StreamLink } from './stream-link.ts';
import type { Opening } from './transport.ts';

export class ExitDial<C extends Endpoint> {
  readonly #carrier: Pick<StreamCarrier<Endpoint, C>, 'dialNow'>;
  readonly #opening: Opening<C>;
  /** When the next attempt may begin, in milliseconds of `performance.now()`. */
  #next = 0;
  #looksUp = false;

  constructor(carrier: Pick<StreamCarrier<Endpoint, C>, 'dialNow'>, opening: Opening<C>) {
    this.#carrier = carrier;
    this.#opening = opening;
  }

  /**
   * Begins a connection, and closes `before`, which came to nothing. `moved` = its name is being looked up, `stuck` = not possible
   * now, `done` = not any more.
   */
  dial(before: StreamLink | undefined): OpenStream | Flushed {
    const { host, values } = this.#opening;
    const { reconnectInterval } = values;
    // A peer that has sent something and then left does not want this connection.
    if (before && (before.bytesReceived > 0 || reconnectInterval < 0)) return 'done';
    if (host.linger === 0 || host.prepare(values) !== undefined) return 'done';
    const now = performance.now();
    if (now < this.#next) return 'stuck';
    const open = this.#carrier.dialNow?.(this.#opening) ?? 'never';
    if (open === 'later') {
      const waits = this.#looksUp;
      this.#looksUp = true;
      return waits ? 'stuck' : 'moved';
    }
    before?.close();
    if (open === 'never') return 'done';
    this.#next = now + reconnectInterval;
    return open;
  }
}
