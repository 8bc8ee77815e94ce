/** RabbitmqLayer: a channel layer over a RabbitMQ broker, which may be shared with the Python package channels_rabbitmq. */

import type { Connection } from 'rabbitmq-client';
import type { WaitOptions } from '../carrier/carrier.ts';
import type { Message } from '../codec/value.ts';
import { InvalidName, LayerClosed } from '../errors.ts';
import { ChannelLayer } from '../layer.ts';
import { queueOfKey, RabbitmqCarrier, type RabbitmqObserver } from './carrier.ts';
import { loadClient } from './client.ts';
import { letters, type RabbitmqLayerOptions, settleRabbitmq } from './options.ts';

/**
 * Connects when it is constructed, and reconnects until it is closed; while it is open it keeps the process alive. Needs the
 * package `rabbitmq-client`.
 */
export class RabbitmqLayer<M extends object = Message> extends ChannelLayer<M> {
  readonly #open: Opening;
  /** The queue with whose name those of `newChannel` begin; undefined: names are as in other layers. */
  readonly #queue: string | undefined;

  /** @throws LayerError `ERR_INVALID_OPTION`, and `ERR_UNSUPPORTED` where `rabbitmq-client` is not installed */
  constructor(options: RabbitmqLayerOptions = {}) {
    const client = loadClient();
    const settings = settleRabbitmq(options);
    const named = options.queue !== undefined || options.wire === 'channels_rabbitmq';
    const open = new Opening();
    const observer: RabbitmqObserver = {
      connection: (connection) => open.set(connection?.raw),
      blocked: (reason) => {
        if (reason === undefined) this?.events.emit('unblocked');
        else this?.events.emit('blocked', { reason });
      },
      pressed: (channels) => this?.events.emit('backpressure', { channels }),
    };
    // `localCapacity` counts a message once, in however many channels it waits: the carrier keeps to it.
    super({ ...options, localCapacity: Number.POSITIVE_INFINITY }, (host) => {
      const queue = named ? settings.queue : queueOfKey(host.settings.prefix, host.key);
      return new RabbitmqCarrier(host, { ...settings, queue }, client, observer);
    });
    this.#open = open;
    const prefix =
      options.prefix === undefined || options.prefix === '' ? 0 : options.prefix.length + 1;
    this.#queue = named ? settings.queue.slice(prefix) : undefined;
  }

  /**
   * The open connection of `rabbitmq-client`, for queues of your own beside the layer. Another promise after each time the
   * connection broke: ask for it again. Rejects with LayerClosed.
   */
  get connection(): Promise<Connection> {
    return this.closed ? Promise.reject(new LayerClosed()) : this.#open.promise;
  }

  override newChannel(prefix?: string): Promise<string> {
    if (this.#queue === undefined) return super.newChannel(prefix);
    const name = `${this.#queue}!${letters(12)}`;
    return super.newChannel(prefix).then(() => name);
  }

  override receive(channel: string, options?: WaitOptions): Promise<M> {
    const carrier = this.carrier as RabbitmqCarrier;
    if (typeof channel === 'string' && channel.indexOf('!') > 0 && !carrier.reads(channel)) {
      const why = 'another process has made it, and reads it alone';
      return Promise.reject(
        this.closed ? new LayerClosed() : new InvalidName('channel', channel, why),
      );
    }
    return super.receive(channel, options);
  }

  override async close(): Promise<void> {
    this.#open.close();
    await super.close();
  }
}

/** A promise of a connection, which is replaced when the connection is lost. */
class Opening {
  promise!: Promise<Connection>;
  #resolve!: (connection: Connection) => void;
  #reject!: (error: Error) => void;

  constructor() {
    this.#renew();
  }

  set(connection: Connection | undefined): void {
    if (connection === undefined) this.#renew();
    else this.#resolve(connection);
  }

  close(): void {
    this.#reject(new LayerClosed());
  }

  #renew(): void {
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.promise.catch(() => {});
  }
}
