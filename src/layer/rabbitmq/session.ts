/** Session: what a layer has on one connection. Its queue, the groups bound to it, and the AMQP channels for them. */

import type { CarrierHost } from '../carrier/carrier-host.ts';
import { Acknowledgements } from './acknowledgements.ts';
import type { AmqpChannel, AmqpConnection, AmqpError, Delivery } from './client.ts';
import type { RabbitmqSettings } from './options.ts';

/** Takes what arrives from the broker. */
export interface SessionHost {
  /** A message to this process. */
  arrived(delivery: Delivery, session: Session): void;
  /** What another layer says to all, or answers. */
  told(delivery: Delivery): void;
  /** The queue was deleted, or something else ended that the session cannot be without. */
  broken(error: Error): void;
}

/** Everything here is gone with the connection. */
export class Session {
  readonly connection: AmqpConnection;
  /** Whether the broker knew nothing of this process, though it was connected before. */
  restarted = false;
  readonly #layer: CarrierHost;
  readonly #settings: RabbitmqSettings;
  readonly #host: SessionHost;
  readonly #bound = new Map<string, Promise<void>>();
  #control: Promise<AmqpChannel> | undefined;
  #controlChannel: AmqpChannel | undefined;
  #own: AmqpChannel | undefined;
  #acknowledgements: Acknowledgements | undefined;
  #bindable = false;

  constructor(
    connection: AmqpConnection,
    settings: RabbitmqSettings,
    layer: CarrierHost,
    host: SessionHost,
  ) {
    this.connection = connection;
    this.#settings = settings;
    this.#layer = layer;
    this.#host = host;
  }

  /** Messages that are here and not done with. */
  get unsettledCount(): number {
    return this.#acknowledgements?.unsettledCount ?? 0;
  }

  /** Makes the queue, binds it to all groups that have members, and begins to take messages. */
  async begin(again: boolean): Promise<void> {
    const { queue, groupsExchange, localCapacity, remoteCapacity } = this.#settings;
    const { expiry, prefix } = this.#layer.settings;
    const control = controlQueueOf(queue);
    if (again) {
      // An exclusive queue outlives its connection for a moment where the broker is a cluster; declaring it then can succeed,
      // and the queue vanish afterwards.
      if (await this.#exists(queue)) throw new Error(`queue ${queue} still exists`);
      this.restarted = !(await this.#exists(control));
    }
    await this.control((channel) => channel.declareExchange(groupsExchange, false));
    await this.control((channel) =>
      channel.declareQueue({
        queue,
        exclusive: true,
        arguments: {
          'x-max-length': remoteCapacity,
          'x-overflow': 'reject-publish',
          'x-message-ttl': Math.ceil(expiry),
        },
      }),
    );
    await this.control((channel) =>
      channel.declareQueue({ queue: control, arguments: { 'x-expires': CONTROL_EXPIRY } }),
    );
    this.#bindable = true;
    await Promise.all([
      this.control((channel) => channel.bind(control, groupsExchange, everybody(prefix))),
      ...[...this.#layer.groupNames()].map((group) => this.bind(group)),
    ]);
    const own = await this.connection.openChannel((error) => this.#host.broken(error));
    // Nobody else would be given what is in this queue, so that the broker need not know of each message immediately.
    const acknowledgements = new Acknowledgements(own, localCapacity / 2);
    this.#own = own;
    this.#acknowledgements = acknowledgements;
    await own.consume(control, CONTROL_PREFETCH, false, (delivery) => {
      acknowledgements.arrived();
      acknowledgements.done(delivery.tag);
      this.#host.told(delivery);
    });
    await own.consume(queue, localCapacity, true, (delivery) => {
      acknowledgements.arrived();
      this.#host.arrived(delivery, this);
    });
  }

  /** Resolves when messages to `group` reach the queue. */
  bind(group: string): Promise<void> {
    const known = this.#bound.get(group);
    if (known !== undefined) return known;
    const { queue, groupsExchange } = this.#settings;
    const bound = this.control((channel) => channel.bind(queue, groupsExchange, group));
    this.#bound.set(group, bound);
    bound.catch(() => {
      if (this.#bound.get(group) === bound) this.#bound.delete(group);
    });
    return bound;
  }

  /** Resolves when they do not any more. */
  async unbind(group: string): Promise<void> {
    if (!this.#bindable || !this.#bound.delete(group)) return;
    const { queue, groupsExchange } = this.#settings;
    await this.control((channel) => channel.unbind(queue, groupsExchange, group));
  }

  /** Calls `work` with a channel for declarations, which are done in the order they are asked for. */
  async control<T>(work: (channel: AmqpChannel) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      const channel = await this.#controlled();
      try {
        return await work(channel);
      } catch (error) {
        // Another one was refused, and has taken the channel with it.
        if (!isCollateral(error as AmqpError) || attempt === ATTEMPTS_MAX) throw error;
      }
    }
  }

  /** The message `tag` is done with. */
  done(tag: number): void {
    this.#acknowledgements?.done(tag);
  }

  /** Resolves when everything that the broker had for this process by now has arrived. */
  async barrier(): Promise<void> {
    await this.#own?.barrier();
  }

  /** Tells the broker what is done with. */
  flush(): void {
    this.#acknowledgements?.flush();
  }

  async #exists(queue: string): Promise<boolean> {
    try {
      await this.control((channel) => channel.declareQueue({ queue, passive: true }));
      return true;
    } catch (error) {
      if ((error as AmqpError).code === 'NOT_FOUND') return false;
      if ((error as AmqpError).code === 'RESOURCE_LOCKED') return true;
      throw error;
    }
  }

  #controlled(): Promise<AmqpChannel> {
    if (this.#control !== undefined && this.#controlChannel?.open !== false) return this.#control;
    this.#controlChannel = undefined;
    const opening = this.connection.openChannel(() => {});
    this.#control = opening;
    opening.then(
      (channel) => {
        this.#controlChannel = channel;
      },
      () => {
        this.#control = undefined;
      },
    );
    return opening;
  }
}

/** The queue by which other layers speak to the one with `queue`. */
export function controlQueueOf(queue: string): string {
  return `${queue}.control`;
}

/** What is published with this key reaches all layers of a prefix. No group has such a name. */
export function everybody(prefix: string): string {
  return `${prefix}!everybody`;
}

/** Whether a call failed only because its AMQP channel was closed for something else. */
export function isCollateral({ code, message }: AmqpError): boolean {
  return code === 'CH_CLOSE' || message === 'the AMQP channel is closed';
}

const CONTROL_PREFETCH = 100;
/** Milliseconds that it outlives its process; while it is there, the broker has not been started anew. */
const CONTROL_EXPIRY = 300_000;
const ATTEMPTS_MAX = 20;
