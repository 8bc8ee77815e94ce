/** Session: the state of a layer on one connection. Its queue, the groups bound to it, and the AMQP channels for them. */

import type { CarrierHost } from '../carrier/carrier-host.ts';
import { Acknowledgements } from './acknowledgements.ts';
import type { AmqpChannel, AmqpConnection, AmqpError, Delivery } from './client.ts';
import type { RabbitmqSettings } from './options.ts';

/** What a session calls. */
export interface SessionHost {
  /** A message to this process has arrived. */
  arrived(delivery: Delivery, session: Session): void;
  /** A control message of another layer has arrived. */
  told(delivery: Delivery): void;
  /** The queue was deleted, or something else has ended without which the session cannot go on. */
  broken(error: Error): void;
}

/** One session for each connection, with which it ends. */
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

  /** Messages that are here and not acknowledged. */
  get unsettledCount(): number {
    return this.#acknowledgements?.unsettledCount ?? 0;
  }

  /** Declares the queue, binds it to groups with members, and begins to take messages. `again`: there was a session before. */
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
    // No other process would get what is in this queue, so acknowledgements need not be sent immediately.
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

  /** Binds the queue to `group`; resolves when messages to the group reach it. */
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

  /** Unbinds the queue from `group`; resolves when messages to the group no longer reach it. */
  async unbind(group: string): Promise<void> {
    if (!this.#bindable || !this.#bound.delete(group)) return;
    const { queue, groupsExchange } = this.#settings;
    await this.control((channel) => channel.unbind(queue, groupsExchange, group));
  }

  /** Calls `work` with the AMQP channel for declarations, which the broker does in the order of the calls. */
  async control<T>(work: (channel: AmqpChannel) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      const channel = await this.#controlled();
      try {
        return await work(channel);
      } catch (error) {
        // Another declaration was refused, which has closed the channel.
        if (!isCollateral(error as AmqpError) || attempt === ATTEMPTS_MAX) throw error;
      }
    }
  }

  /** The message `tag` is done with. */
  done(tag: number): void {
    this.#acknowledgements?.done(tag);
  }

  /** Resolves when all messages that the broker has for this process by now have arrived. */
  async barrier(): Promise<void> {
    await this.#own?.barrier();
  }

  /** Acknowledges all messages that are done with. */
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

/** The queue for control messages to the layer with `queue`. */
export function controlQueueOf(queue: string): string {
  return `${queue}.control`;
}

/** The routing key that reaches all layers with a prefix. No group has such a name. */
export function everybody(prefix: string): string {
  return `${prefix}!everybody`;
}

/** Whether a call failed only because its AMQP channel was closed for another reason. */
export function isCollateral({ code, message }: AmqpError): boolean {
  return code === 'CH_CLOSE' || message === 'the AMQP channel is closed';
}

const CONTROL_PREFETCH = 100;
/** Milliseconds that a control queue outlives its process; while it exists, the broker has not been restarted. */
const CONTROL_EXPIRY = 300_000;
const ATTEMPTS_MAX = 20;
