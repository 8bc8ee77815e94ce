/** BroadcastLayer: a channel layer of one's own, between the threads of a process, over a BroadcastChannel. */

import { BroadcastChannel } from 'node:worker_threads';
import {
  type Capabilities,
  type Carrier,
  type CarrierHost,
  ChannelFull,
  ChannelLayer,
  LayerClosed,
  LayerError,
  type LayerOptions,
  Letter,
} from 'zeromq-pure/layer/carrier';

/** Layers with the same `name`, in any thread, belong together. */
export class BroadcastLayer extends ChannelLayer {
  constructor({ name = 'layer', ...options }: LayerOptions & { name?: string } = {}) {
    super(options, (host) => new BroadcastCarrier(host, name));
  }
}

/** A message as all threads receive it. With an `id` its sender waits for an Answer. */
interface Sent {
  readonly from: string;
  readonly id?: number;
  readonly channel?: string;
  readonly group?: string;
  readonly except?: ReadonlySet<string> | undefined;
  readonly payload: Uint8Array;
  readonly sentAt: number;
}

/** What the thread of a channel answers to the sender of message `id`: whether the channel was full. */
interface Answer {
  readonly to: string;
  readonly id: number;
  readonly full: boolean;
}

type Said = Sent | Answer;

interface Asked {
  readonly channel: string;
  readonly expiresAt: number;
  settle(error?: LayerError): void;
}

class BroadcastCarrier implements Carrier {
  readonly capabilities: Capabilities = CAPABILITIES;
  readonly peerCount = 0;
  readonly #host: CarrierHost;
  readonly #broadcast: BroadcastChannel;
  /** Each `send` that waits for an answer. */
  readonly #asked = new Map<number, Asked>();
  #count = 0;

  constructor(host: CarrierHost, name: string) {
    this.#host = host;
    this.#broadcast = new BroadcastChannel(name);
    this.#broadcast.onmessage = (event) => this.#heard((event as { data: Said }).data);
  }

  send(channel: string, payload: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      const id = ++this.#count;
      const settle = (error?: LayerError) => (error === undefined ? resolve() : reject(error));
      const expiresAt = this.#host.now() + this.#host.settings.expiry;
      this.#asked.set(id, { channel: this.#host.bare(channel), expiresAt, settle });
      this.#say({ from: this.#host.key, id, channel, payload, sentAt: clock() });
    });
  }

  async groupSend(group: string, payload: Uint8Array, except?: ReadonlySet<string>): Promise<void> {
    this.#say({ from: this.#host.key, group, except, payload, sentAt: clock() });
  }

  /** Every thread receives every message, so that none has to know the members of others. */
  async join(group: string, channel: string): Promise<void> {
    this.#host.addMember(group, channel);
  }

  async leave(group: string, channel: string): Promise<void> {
    this.#host.removeMember(group, channel);
  }

  async ready(): Promise<void> {}

  sweep(now: number): void {
    for (const [id, { channel, expiresAt }] of this.#asked) {
      if (expiresAt > now) break;
      this.#answered(id, new LayerError('ERR_UNCONFIRMED', `no thread has ${channel}`));
    }
  }

  async close(): Promise<void> {
    for (const id of this.#asked.keys()) this.#answered(id, new LayerClosed());
    this.#broadcast.close();
  }

  /** Posts to all threads, this one first. A view of a large block of memory would be posted with the whole block. */
  #say(said: Said): void {
    this.#heard(said);
    this.#broadcast.postMessage(
      'payload' in said ? { ...said, payload: Uint8Array.from(said.payload) } : said,
    );
  }

  #heard(said: Said): void {
    if ('payload' in said) this.#arrived(said);
    else if (said.to === this.#host.key) {
      const channel = this.#asked.get(said.id)?.channel ?? '';
      this.#answered(said.id, said.full ? new ChannelFull(channel) : undefined);
    }
  }

  #arrived({ from, id, channel, group, except, payload, sentAt }: Sent): void {
    const { key, settings } = this.#host;
    const expiresAt = this.#host.expiryOf(settings.expiry, clock() - sentAt);
    const letter = new Letter(payload, expiresAt, 0, from, group);
    if (group !== undefined) this.#host.deliverToGroup(group, letter, { except });
    else if (channel !== undefined && id !== undefined && this.#host.processOf(channel) === key) {
      this.#say({ to: from, id, full: this.#host.deliver(channel, letter) === 'full' });
    }
  }

  #answered(id: number, error?: LayerError): void {
    this.#asked.get(id)?.settle(error);
    this.#asked.delete(id);
  }
}

/** Milliseconds on a clock that all threads of a process share. */
function clock(): number {
  return performance.timeOrigin + performance.now();
}

const CAPABILITIES: Capabilities = {
  extensions: ['groups'],
  ordinaryChannels: 'none',
  producers: 'many-processes',
  lateReaders: true,
  confirmed: true,
  capacity: 'route',
  groupOverflow: 'skipped',
  groupExpiry: true,
  foreignMembers: false,
  except: true,
  bytes: true,
  separateNames: true,
};
