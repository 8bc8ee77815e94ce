/** Client: one open connection to a RabbitMQ broker. Only this file calls the client library. */

import { createRequire } from 'node:module';
import { clearTimeout, setImmediate, setTimeout } from 'node:timers';
import { setImmediate as turn } from 'node:timers/promises';
import type { Channel, Connection, ConnectionOptions } from 'rabbitmq-client';
import { LayerError } from '../errors.ts';
import { JoinedWrites } from './joined-writes.ts';
import type { Place } from './options.ts';

/** A message to publish. */
export interface Publication {
  /** Empty for the default exchange, which routes to the queue that `routingKey` names. */
  readonly exchange: string;
  /** The name of a group or a queue. */
  readonly routingKey: string;
  /** Whether the broker returns the message if it is routed to no queue. */
  readonly mandatory: boolean;
  /** Whether the message is written to disk, if the queue is durable. */
  readonly durable: boolean;
  /** Milliseconds that the message may wait in a queue. */
  readonly expiration: number;
  /** AMQP headers. */
  readonly headers: Readonly<Record<string, unknown>>;
  /** The octets of the message. */
  readonly body: Uint8Array;
}

/** A message that has arrived. */
export interface Delivery {
  /** Identifies it in `acknowledge` and `giveBack` of the channel by which it came. */
  readonly tag: number;
  /** The exchange by which it came; empty if it was sent to a queue. */
  readonly exchange: string;
  /** The name of the group or queue to which it was published. */
  readonly routingKey: string;
  /** AMQP headers, unchecked. */
  readonly headers: Readonly<Record<string, unknown>>;
  /** Its octets, unless the client library has decoded them to something else. */
  readonly body: unknown;
}

/** How to declare a queue. */
export interface QueueDeclaration {
  readonly queue: string;
  readonly exclusive?: boolean;
  readonly durable?: boolean;
  /** Whether to ask only if the queue exists. */
  readonly passive?: boolean;
  readonly arguments?: Readonly<Record<string, unknown>>;
}

/** One channel of AMQP. Any call that the broker refuses closes it, and rejects with an `AmqpError`. */
export interface AmqpChannel {
  readonly open: boolean;
  /** Messages for which `publish` has not settled. */
  readonly pendingCount: number;
  declareExchange(exchange: string, durable: boolean): Promise<void>;
  declareQueue(declaration: QueueDeclaration): Promise<void>;
  deleteQueue(queue: string): Promise<void>;
  bind(queue: string, exchange: string, routingKey: string): Promise<void>;
  unbind(queue: string, exchange: string, routingKey: string): Promise<void>;
  /** Resolves with the number of messages that were dropped. */
  purge(queue: string): Promise<number>;
  /** Takes messages from a queue, at most `prefetch` unacknowledged. Resolves with the name of the consumer. */
  consume(
    queue: string,
    prefetch: number,
    exclusive: boolean,
    deliver: (delivery: Delivery) => void,
  ): Promise<string>;
  cancel(consumer: string): Promise<void>;
  /** Acknowledges the message with `tag`; `upTo`: and all before it. */
  acknowledge(tag: number, upTo: boolean): void;
  /** Puts the message with `tag` back to its place in the queue. */
  giveBack(tag: number): void;
  /** Resolves when all messages that the broker has handed to this channel by now have arrived. */
  barrier(): Promise<void>;
  /** Resolves when the broker has the message; rejects with an `AmqpError`, `NACK` where a queue was full. */
  publish(publication: Publication): Promise<'routed' | 'unroutable'>;
  /** From now on `publish` waits for the broker's confirmation. */
  confirm(): Promise<void>;
  close(): Promise<void>;
}

/** A channel has ended. `consumer` is the one whose queue was deleted; undefined if it ended for another reason. */
export type ChannelEnded = (error: Error, consumer?: string) => void;

/** One connection. It does not reconnect: another one takes its place. */
export interface AmqpConnection {
  /** The connection of the library, for programs that need more than a layer does. */
  readonly raw: Connection;
  /** Opens an AMQP channel. `ended` is called once, when it has closed or a queue of its consumers was deleted. */
  openChannel(ended: ChannelEnded): Promise<AmqpChannel>;
  /** Closes the connection by the AMQP handshake, and resolves when it is closed. */
  close(): Promise<void>;
  destroy(): void;
}

/** The address of a broker, the credentials, and timeouts. */
export interface AmqpTarget extends Place {
  /** Milliseconds, sent as whole seconds. The connection is given up after twice that time of silence. */
  readonly heartbeatInterval: number;
  /** Milliseconds within which the handshake must finish. */
  readonly connectTimeout: number;
  readonly connectionName: string;
}

/** What a connection reports. */
export interface AmqpEvents {
  /** The connection is lost. Called once, and not after `close` or `destroy`. */
  ended(error: Error): void;
  /** The broker is short of memory or disk, and accepts no messages. */
  blocked(reason: string): void;
  unblocked(): void;
}

/** Opens connections. */
export interface AmqpClient {
  connect(target: AmqpTarget, events: AmqpEvents): Promise<AmqpConnection>;
}

/** The error of a call that the broker or the network has refused; `code` is one of AMQP or of Node. */
export interface AmqpError extends Error {
  readonly code?: string;
}

/**
 * Loads the client library.
 * @throws LayerError `ERR_UNSUPPORTED` when it is not installed
 */
export function loadClient(load: (name: string) => unknown = require): AmqpClient {
  let library: typeof import('rabbitmq-client');
  try {
    library = load('rabbitmq-client') as typeof import('rabbitmq-client');
  } catch (cause) {
    throw new LayerError(
      'ERR_UNSUPPORTED',
      'RabbitmqLayer needs the package rabbitmq-client: npm install rabbitmq-client',
      { cause },
    );
  }
  return {
    connect: (target, events) =>
      OpenConnection.open(new library.Connection(options(target)), events),
  };
}

const require = createRequire(import.meta.url);
function options(target: AmqpTarget): ConnectionOptions {
  const { host, port, username, password, vhost, tls, connectionName } = target;
  return {
    hostname: host,
    port,
    username,
    password,
    vhost,
    ...(tls !== undefined && { tls }),
    heartbeat: Math.max(1, Math.round(target.heartbeatInterval / 1000)),
    connectionTimeout: target.connectTimeout,
    acquireTimeout: target.connectTimeout,
    connectionName,
    frameMax: FRAME_MAX,
    // Without it a small message waits up to 40 ms for the acknowledgement of the one before.
    noDelay: true,
  };
}

class OpenConnection implements AmqpConnection {
  readonly raw: Connection;
  readonly #channels = new Set<OpenChannel>();
  readonly #writes: JoinedWrites;
  #finished = false;
  #ended: (() => void) | undefined;

  constructor(raw: Connection) {
    this.raw = raw;
    this.#writes = new JoinedWrites(raw);
  }

  static open(raw: Connection, events: AmqpEvents): Promise<AmqpConnection> {
    const connection = new OpenConnection(raw);
    return new Promise((resolve, reject) => {
      let established = false;
      raw.on('error', (error: Error) => {
        // An error of one channel: its caller gets it, and the channel reports that it is closed.
        if (established && error.name === 'AMQPChannelError') return;
        if (connection.#finished) {
          connection.#ended?.();
          return;
        }
        // The library would reconnect by itself, to the same host.
        connection.destroy();
        if (established) events.ended(error);
        else reject(error);
      });
      raw.once('connection', () => {
        established = true;
        resolve(connection);
      });
      raw.on('connection.blocked', (reason) => events.blocked(reason));
      raw.on('connection.unblocked', () => events.unblocked());
    });
  }

  async openChannel(ended: ChannelEnded): Promise<AmqpChannel> {
    const raw = await this.raw.acquire({ emitErrorsFromChannel: true });
    const channel = new OpenChannel(raw, this.#writes, ended);
    this.#channels.add(channel);
    return channel;
  }

  async close(): Promise<void> {
    if (this.#finished) return;
    this.#finished = true;
    // When the broker answers, acknowledgements sent before have reached it.
    const answered = [...this.#channels].map((channel) => channel.barrier().catch(() => {}));
    await within(CLOSE_TIMEOUT, Promise.all(answered));
    // The library may wait for ever for the end of a channel or socket.
    await within(FAREWELL_TIMEOUT, this.#closeInOrder());
    this.raw.unsafeDestroy();
  }

  destroy(): void {
    this.#finished = true;
    this.raw.unsafeDestroy();
  }

  async #closeInOrder(): Promise<void> {
    await Promise.all([...this.#channels].map((channel) => channel.close()));
    const ended = new Promise<void>((resolve) => {
      this.#ended = resolve;
    });
    await Promise.race([this.raw.close(), ended]);
  }
}

class OpenChannel implements AmqpChannel {
  readonly #channel: Channel;
  readonly #writes: JoinedWrites;
  /** Publications that wait for the broker's confirmation, by their message id. */
  readonly #published = new Map<string, Published>();
  #count = 0;
  #error: Error | undefined;

  constructor(channel: Channel, writes: JoinedWrites, ended: ChannelEnded) {
    this.#channel = channel;
    this.#writes = writes;
    let finished = false;
    const end = (error: Error, consumer?: string) => {
      if (finished) return;
      finished = true;
      this.#error = error;
      for (const { reject } of this.#published.values()) reject(error);
      this.#published.clear();
      ended(error, consumer);
    };
    channel.on('error', (error) => end(error));
    channel.on('basic.cancel', (consumer, error) => end(error, consumer));
    // On the next turn, when calls that failed for it have been rejected with the broker's reason.
    channel.on('close', () => setImmediate(end, new Error('the AMQP channel is closed')));
    channel.on('basic.return', ({ messageId }) => {
      const published = this.#published.get(messageId ?? '');
      if (published !== undefined) published.fate = 'unroutable';
    });
  }

  get open(): boolean {
    return this.#channel.active && this.#error === undefined;
  }

  get pendingCount(): number {
    return this.#published.size;
  }

  async declareExchange(exchange: string, durable: boolean): Promise<void> {
    await this.#channel.exchangeDeclare({ exchange, type: 'direct', durable });
  }

  async declareQueue(declaration: QueueDeclaration): Promise<void> {
    await this.#channel.queueDeclare({ ...declaration, arguments: { ...declaration.arguments } });
  }

  async deleteQueue(queue: string): Promise<void> {
    await this.#channel.queueDelete({ queue });
  }

  async bind(queue: string, exchange: string, routingKey: string): Promise<void> {
    await this.#channel.queueBind({ queue, exchange, routingKey });
  }

  async unbind(queue: string, exchange: string, routingKey: string): Promise<void> {
    await this.#channel.queueUnbind({ queue, exchange, routingKey });
  }

  async purge(queue: string): Promise<number> {
    return (await this.#channel.queuePurge({ queue })).messageCount;
  }

  async consume(
    queue: string,
    prefetch: number,
    exclusive: boolean,
    deliver: (delivery: Delivery) => void,
  ): Promise<string> {
    // Both are sent before any other call of this channel, so that the limit is that of this consumer.
    const limited = this.#channel.basicQos({ prefetchCount: prefetch });
    const consuming = this.#channel.basicConsume({ queue, exclusive }, (message) => {
      deliver({
        tag: message.deliveryTag,
        exchange: message.exchange,
        routingKey: message.routingKey,
        headers: message.headers ?? NO_HEADERS,
        body: message.body,
      });
    });
    // Both are awaited, whichever fails first: a rejection that nobody sees would end the process.
    const [{ consumerTag }] = await Promise.all([consuming, limited]);
    return consumerTag;
  }

  async cancel(consumer: string): Promise<void> {
    await this.#channel.basicCancel(consumer);
  }

  acknowledge(tag: number, upTo: boolean): void {
    if (this.open) this.#channel.basicAck({ deliveryTag: tag, multiple: upTo });
  }

  giveBack(tag: number): void {
    if (this.open) this.#channel.basicNack({ deliveryTag: tag, requeue: true });
  }

  async barrier(): Promise<void> {
    await this.#channel.basicQos({ prefetchCount: 0 });
    // The library calls consumers on the next turn of the event loop.
    await turn();
  }

  async confirm(): Promise<void> {
    await this.#channel.confirmSelect();
  }

  publish(publication: Publication): Promise<'routed' | 'unroutable'> {
    if (this.#error !== undefined) return Promise.reject(this.#error);
    const { exchange, routingKey, mandatory, durable, expiration, headers, body } = publication;
    const messageId = (++this.#count).toString(36);
    return new Promise((resolve, reject) => {
      const published: Published = { fate: 'routed', reject };
      this.#published.set(messageId, published);
      const settle = () => {
        if (this.#published.delete(messageId)) resolve(published.fate);
      };
      const octets = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
      const envelope = {
        exchange,
        routingKey,
        mandatory,
        durable,
        messageId,
        expiration: String(expiration),
        headers,
      };
      this.#writes.join();
      this.#channel.basicPublish(envelope, octets).then(
        // The library emits a returned message one turn of the event loop later than it settles this promise.
        () => (mandatory ? setImmediate(settle) : settle()),
        (error) => {
          if (this.#published.delete(messageId)) reject(error);
        },
      );
    });
  }

  close(): Promise<void> {
    return this.#channel.close();
  }
}

interface Published {
  fate: 'routed' | 'unroutable';
  readonly reject: (error: Error) => void;
}

const NO_HEADERS = {};
/** Octets; the default limit of brokers. */
const FRAME_MAX = 131_072;
/** Milliseconds for the broker to take in what was sent before `close`. */
const CLOSE_TIMEOUT = 2_000;
/** Milliseconds for a connection to end normally after that. */
const FAREWELL_TIMEOUT = 100;

async function within(time: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, time);
  });
  await Promise.race([work.catch(() => {}), late]);
  clearTimeout(timer);
}
