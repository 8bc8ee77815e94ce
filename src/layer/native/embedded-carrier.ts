/** EmbeddedCarrier: connects an embedded layer to the producer, or, once this process sends, makes it the producer with a hub. */

import { type Capabilities, fullCapabilities } from '../carrier/capabilities.ts';
import type { Carrier, WaitOptions } from '../carrier/carrier.ts';
import type { CarrierHost } from '../carrier/carrier-host.ts';
import {
  addressInUse,
  type ConnectionOptions,
  socketOptions,
} from '../connection/socket-options.ts';
import { ChannelFull, LayerClosed } from '../errors.ts';
import type { Letter } from '../local/letter.ts';
import type { LocalState } from '../local/local-state.ts';
import { HubConnection } from './hub-connection.ts';
import { HubRouter } from './hub-router.ts';
import { HUB_LIMITS } from './limits.ts';
import { ProcessCore } from './process-core.ts';

export class EmbeddedCarrier implements Carrier {
  readonly capabilities: Capabilities = fullCapabilities('one-process');
  readonly #local: LocalState;
  readonly #at: string;
  readonly #connection: ConnectionOptions;
  #client: HubConnection | undefined;
  #router: HubRouter | undefined;
  #binding: Promise<HubRouter> | undefined;
  #closed = false;

  constructor(host: CarrierHost, at: string, connection: ConnectionOptions) {
    // This wire uses more of the layer than CarrierHost declares.
    this.#local = host as LocalState;
    this.#at = at;
    this.#connection = connection;
  }

  get peerCount(): number {
    return this.#router?.core.peerCount ?? 0;
  }

  get address(): string | undefined {
    return this.#router?.addresses[0];
  }

  async bind(): Promise<void> {
    await this.#produce();
  }

  send(channel: string, payload: Uint8Array): Promise<void> {
    const router = this.#router;
    if (router === undefined) return this.#produce().then(() => this.send(channel, payload));
    router.catchUp();
    const expiresAt = this.#local.now() + this.#local.settings.expiry;
    const isTaken = router.core.send(channel, payload, expiresAt, this.#local.capacityOf(channel));
    if (!isTaken) return Promise.reject(new ChannelFull(this.#local.bare(channel)));
    return router.pace() ?? RESOLVED;
  }

  groupSend(
    group: string,
    payload: Uint8Array,
    except: ReadonlySet<string> | undefined,
  ): Promise<void> {
    const router = this.#router;
    if (router === undefined) {
      return this.#produce().then(() => this.groupSend(group, payload, except));
    }
    const expiresAt = this.#local.now() + this.#local.settings.expiry;
    router.core.groupSend(group, payload, expiresAt, except);
    return router.pace() ?? RESOLVED;
  }

  want(channel: string): void {
    if (this.#router !== undefined) this.#router.core.want(channel);
    else this.#connected().want(channel);
  }

  unwant(channel: string): void {
    this.#client?.core.unwant(channel);
  }

  settled(letter: Letter): void {
    this.#router?.core.settled(letter);
    ProcessCore.settled(letter);
  }

  levelsChanged(): void {
    this.#client?.core.levelsChanged();
  }

  join(group: string, channel: string): Promise<void> {
    if (this.#router === undefined) return this.#connected().join(group, channel, true);
    this.#router.core.join(group, channel, this.#local.capacityOf(channel));
    return RESOLVED;
  }

  leave(group: string, channel: string): Promise<void> {
    if (this.#router === undefined) {
      return this.#client?.core.leave(group, channel, true) ?? RESOLVED;
    }
    this.#router.core.leave(group, channel);
    return RESOLVED;
  }

  flush(): Promise<void> {
    const { prefix } = this.#local.settings;
    const router = this.#router;
    if (router !== undefined) return new Promise((done) => router.core.flush(prefix, done));
    if (this.#client?.core.joined) return this.#client.core.flush(prefix);
    this.#local.clear();
    return RESOLVED;
  }

  async ready(_options: WaitOptions): Promise<void> {
    if (this.#binding !== undefined) await this.#binding;
    else await this.#client?.core.sync(false);
  }

  sweep(now: number): void {
    this.#client?.core.sweep(now);
  }

  emptied(group: string): void {
    this.#client?.core.emptied(group);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#client?.close();
    await this.#binding?.catch(() => {});
    await this.#router?.close();
  }

  #connected(): ProcessCore {
    if (this.#client === undefined) {
      const { maxMessageSize } = this.#local.settings;
      const options = socketOptions(this.#connection, maxMessageSize, 'client');
      const client = new HubConnection(this.#local, this.#at, options, () => {
        for (const { name, count } of this.#local.takeLevels()) client.core.level(name, count);
      });
      this.#client = client;
    }
    return this.#client.core;
  }

  #produce(): Promise<HubRouter> {
    this.#binding ??= this.#bind().catch((error) => {
      this.#binding = undefined;
      throw error;
    });
    return this.#binding;
  }

  async #bind(): Promise<HubRouter> {
    const { maxMessageSize } = this.#local.settings;
    const options = socketOptions(this.#connection, maxMessageSize, 'server');
    const router = new HubRouter(this.#local, options, HUB_LIMITS);
    try {
      await router.bind([this.#at]);
    } catch (error) {
      throw addressInUse(error, this.#at);
    }
    if (this.#closed) {
      await router.close();
      throw new LayerClosed();
    }
    const client = this.#client;
    this.#client = undefined;
    this.#router = router;
    if (client !== undefined) {
      // The hub finds this process's own members and readers in LocalState; it has yet to learn of the other memberships.
      for (const membership of client.core.foreignMembers()) router.core.join(...membership);
      client.retire();
    }
    return router;
  }
}

const RESOLVED = Promise.resolve();
