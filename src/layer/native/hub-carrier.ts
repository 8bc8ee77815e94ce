/** HubCarrier: a dedicated layer over one connection to each of its hubs. */

import { Turns } from '../../base/turns.ts';
import { type Capabilities, fullCapabilities } from '../carrier/capabilities.ts';
import type { Carrier } from '../carrier/carrier.ts';
import type { CarrierHost } from '../carrier/carrier-host.ts';
import { type ConnectionOptions, socketOptions } from '../connection/socket-options.ts';
import { LayerError } from '../errors.ts';
import type { Letter } from '../local/letter.ts';
import type { LocalState } from '../local/local-state.ts';
import { routeOf } from '../local/names.ts';
import { NAMES_MAX } from './fields.ts';
import { HashRing } from './hash-ring.ts';
import { HubConnection } from './hub-connection.ts';
import { ProcessCore } from './process-core.ts';

export class HubCarrier implements Carrier {
  readonly capabilities: Capabilities = fullCapabilities('many-processes');
  readonly peerCount = 0;
  readonly #local: LocalState;
  readonly #hubs: readonly HubConnection[];
  readonly #ring: HashRing;
  readonly #turns = new Turns(true);

  constructor(host: CarrierHost, hubs: readonly string[], connection: ConnectionOptions) {
    // This wire uses more of the layer than CarrierHost declares.
    const local = host as LocalState;
    this.#local = local;
    const ring = new HashRing(hubs);
    this.#ring = ring;
    const options = socketOptions(connection, local.settings.maxMessageSize, 'client');
    const open: HubConnection[] = [];
    this.#hubs = open;
    try {
      for (const [index, address] of hubs.entries()) {
        const mine = (name: string) => ring.of(routeOf(name)) === index;
        open.push(new HubConnection(local, address, options, () => this.#levels(), mine));
      }
    } catch (error) {
      for (const hub of open) hub.retire();
      throw error;
    }
  }

  send(channel: string, payload: Uint8Array): Promise<void> {
    return this.#of(channel).sends.send(channel, payload);
  }

  groupSend(
    group: string,
    payload: Uint8Array,
    except: ReadonlySet<string> | undefined,
  ): Promise<void> {
    const names = except === undefined ? [] : [...except];
    if (names.length > NAMES_MAX) {
      const why = `except has ${names.length} channels, at most ${NAMES_MAX} are supported`;
      return Promise.reject(new LayerError('ERR_UNSUPPORTED', why));
    }
    const sent = this.#of(group).sends.groupSend(group, payload, names);
    if (!this.#turns.due(1)) return sent;
    const turn = this.#turns.later(undefined);
    return sent.then(() => turn);
  }

  want(channel: string): void {
    this.#of(channel).want(channel);
  }

  unwant(channel: string): void {
    this.#of(channel).unwant(channel);
  }

  settled(letter: Letter): void {
    ProcessCore.settled(letter);
  }

  levelsChanged(): void {
    for (const { core } of this.#hubs) core.levelsChanged();
  }

  join(group: string, channel: string): Promise<void> {
    const core = this.#of(group);
    if (!this.#local.isOwn(channel) && this.#of(channel) !== core) {
      return Promise.reject(atAnotherHub(this.#local, group, channel));
    }
    return core.join(group, channel, false);
  }

  leave(group: string, channel: string): Promise<void> {
    return this.#of(group).leave(group, channel, false);
  }

  emptied(group: string): void {
    this.#of(group).emptied(group);
  }

  async flush(): Promise<void> {
    const { prefix } = this.#local.settings;
    await Promise.all(this.#hubs.map(({ core }) => core.flush(prefix)));
  }

  async ready(): Promise<void> {
    await Promise.all(this.#hubs.map(({ core }) => core.sync(false)));
  }

  sweep(now: number): void {
    for (const { core } of this.#hubs) core.sweep(now);
  }

  async close(): Promise<void> {
    await Promise.all(this.#hubs.map((hub) => hub.close()));
  }

  #levels(): void {
    for (const { name, count } of this.#local.takeLevels()) {
      for (const { core } of this.#hubs) core.level(name, count);
    }
  }

  #of(name: string): ProcessCore {
    return this.#hubs[this.#ring.of(routeOf(name))]!.core;
  }
}

/** The error of a join where one hub has the group, and another hub the channel, which is not of this process. */
export function atAnotherHub(local: LocalState, group: string, channel: string): LayerError {
  const bare = local.bare(channel);
  const message =
    `group ${local.bare(group)} is at another hub than channel ` +
    `${bare}, which is not of this process`;
  return new LayerError('ERR_UNSUPPORTED', message, { channel: bare });
}
