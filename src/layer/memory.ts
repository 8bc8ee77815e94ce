/** MemoryLayer: a channel layer inside one process, and the model for the others. */

import type { Capabilities, Carrier } from './carrier.ts';
import type { Message } from './codec/value.ts';
import { ChannelFull } from './errors.ts';
import { ChannelLayer } from './layer.ts';
import { Letter } from './local/letter.ts';
import type { LocalState } from './local/local-state.ts';
import type { LayerOptions } from './options.ts';

/** For tests, and for programs that are one process. Messages are encoded and decoded as elsewhere. */
export class MemoryLayer<M extends object = Message> extends ChannelLayer<M> {
  /** @throws LayerError `ERR_INVALID_OPTION` */
  constructor(options: LayerOptions = {}) {
    super(options, (local) => new MemoryCarrier(local));
  }
}

/** Everything is local. */
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
  readonly #local: LocalState;

  constructor(local: LocalState) {
    this.#local = local;
  }

  send(channel: string, payload: Uint8Array): Promise<void> {
    const { boxes, counters } = this.#local;
    const now = this.#local.now();
    const letter = new Letter(payload, this.#local.expiryOf(this.#local.settings.expiry, now));
    if (boxes.put(channel, letter, now) === 'full') {
      return Promise.reject(new ChannelFull(this.#local.bare(channel)));
    }
    counters.delivered++;
    return RESOLVED;
  }

  groupSend(
    group: string,
    payload: Uint8Array,
    except: ReadonlySet<string> | undefined,
  ): Promise<void> {
    const now = this.#local.now();
    const expiresAt = this.#local.expiryOf(this.#local.settings.expiry, now);
    this.#local.distribute(group, new Letter(payload, expiresAt, 0, '', group), now, except);
    return RESOLVED;
  }

  want(): void {}

  unwant(): void {}

  taken(): void {}

  join(group: string, channel: string): Promise<void> {
    this.#local.groups.add(group, channel, this.#local.now());
    return RESOLVED;
  }

  leave(group: string, channel: string): Promise<void> {
    this.#local.groups.discard(group, channel);
    return RESOLVED;
  }

  flush(): Promise<void> {
    this.#local.boxes.clear();
    this.#local.groups.clear();
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
