/** MemoryLayer: a channel layer inside one process, and the model for the others. */

import type { Capabilities, Carrier } from './carrier.ts';
import type { Message } from './codec/value.ts';
import { ChannelFull } from './errors.ts';
import { ChannelLayer } from './layer.ts';
import { Letter } from './local/letter.ts';
import type { Home } from './local/local-state.ts';
import type { LayerOptions } from './options.ts';

/** For tests, and for programs that are one process. Messages are encoded and decoded as elsewhere. */
export class MemoryLayer<M extends object = Message> extends ChannelLayer<M> {
  /** @throws LayerError `ERR_INVALID_OPTION` */
  constructor(options: LayerOptions = {}) {
    super(options, (home) => new MemoryCarrier(home));
  }
}

/** Everything is at home. */
class MemoryCarrier implements Carrier {
  readonly capabilities: Capabilities = {
    extensions: ['groups', 'flush'],
    delivery: 'one-reader',
    producers: 'this-process',
    lateReaders: true,
    confirmed: true,
    bytes: true,
    separateNames: true,
  };
  readonly peerCount = 0;
  readonly #home: Home;

  constructor(home: Home) {
    this.#home = home;
  }

  send(channel: string, payload: Uint8Array): Promise<void> {
    const { boxes, counters } = this.#home;
    const now = this.#home.now();
    const letter = new Letter(payload, this.#home.expiryOf(this.#home.settings.expiry, now));
    if (boxes.put(channel, letter, now) === 'full') {
      return Promise.reject(new ChannelFull(this.#home.bare(channel)));
    }
    counters.delivered++;
    return RESOLVED;
  }

  groupSend(
    group: string,
    payload: Uint8Array,
    except: ReadonlySet<string> | undefined,
  ): Promise<void> {
    const now = this.#home.now();
    const expiresAt = this.#home.expiryOf(this.#home.settings.expiry, now);
    this.#home.distribute(group, new Letter(payload, expiresAt, 0, '', group), now, except);
    return RESOLVED;
  }

  want(): void {}

  unwant(): void {}

  taken(): void {}

  join(group: string, channel: string): Promise<void> {
    this.#home.groups.add(group, channel, this.#home.now());
    return RESOLVED;
  }

  leave(group: string, channel: string): Promise<void> {
    this.#home.groups.discard(group, channel);
    return RESOLVED;
  }

  flush(): Promise<void> {
    this.#home.boxes.clear();
    this.#home.groups.clear();
    return RESOLVED;
  }

  ready(): Promise<void> {
    return RESOLVED;
  }

  sweep(): void {}

  close(): Promise<void> {
    return RESOLVED;
  }
}

const RESOLVED = Promise.resolve();
