/** MemoryLayer: a channel layer inside one process, and the reference for the others. */

import { Turns } from '../base/turns.ts';
import { type Capabilities, fullCapabilities } from './carrier/capabilities.ts';
import type { Carrier } from './carrier/carrier.ts';
import type { CarrierHost } from './carrier/carrier-host.ts';
import type { Message } from './codec/value.ts';
import { ChannelFull } from './errors.ts';
import { ChannelLayer } from './layer.ts';
import { Letter } from './local/letter.ts';
import type { LayerOptions } from './options.ts';

/** A layer for tests and for programs of one process. Messages are encoded and decoded as in the other layers. */
export class MemoryLayer<M extends object = Message> extends ChannelLayer<M> {
  /** @throws LayerError `ERR_INVALID_OPTION` */
  constructor(options: LayerOptions = {}) {
    super(options, (host) => new MemoryCarrier(host));
  }
}

/** Delivers each message within the call that sends it. */
class MemoryCarrier implements Carrier {
  readonly capabilities: Capabilities = fullCapabilities('this-process');
  readonly peerCount = 0;
  readonly #host: CarrierHost;
  readonly #turns = new Turns(true);

  constructor(host: CarrierHost) {
    this.#host = host;
  }

  send(channel: string, payload: Uint8Array): Promise<void> {
    const letter = new Letter(payload, this.#host.expiryOf(this.#host.settings.expiry));
    if (this.#host.deliver(channel, letter) !== 'full') return this.#soon();
    return Promise.reject(new ChannelFull(this.#host.bare(channel)));
  }

  groupSend(
    group: string,
    payload: Uint8Array,
    except: ReadonlySet<string> | undefined,
  ): Promise<void> {
    const expiresAt = this.#host.expiryOf(this.#host.settings.expiry);
    this.#host.deliverToGroup(group, new Letter(payload, expiresAt, 0, '', group), { except });
    return this.#host.busy ?? this.#soon();
  }

  join(group: string, channel: string): Promise<void> {
    this.#host.addMember(group, channel);
    return RESOLVED;
  }

  leave(group: string, channel: string): Promise<void> {
    this.#host.removeMember(group, channel);
    return RESOLVED;
  }

  flush(): Promise<void> {
    this.#host.clear();
    return RESOLVED;
  }

  ready(): Promise<void> {
    return RESOLVED;
  }

  close(): Promise<void> {
    return RESOLVED;
  }

  /** Resolves; on the next turn of the event loop if one is due (see Turns). */
  #soon(): Promise<void> {
    return this.#turns.due(1) ? this.#turns.later(undefined) : RESOLVED;
  }
}

const RESOLVED = Promise.resolve();
