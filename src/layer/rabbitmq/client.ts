/** Client: one open connection to a RabbitMQ broker. All that this layer asks of a client library stands here. */

import { createRequire } from 'node:module';
import { clearTimeout, setImmediate, setTimeout } from 'node:timers';
import { setImmediate as turn } from 'node:timers/promises';
import type { Channel, Connection, ConnectionOptions } from 'rabbitmq-client';
import { LayerError } from '../errors.ts';
import { JoinedWrites } from './joined-writes.ts';
import type { Place } from './options.ts';

/** A message as it is published. */
export interface Publication {
  /** Empty for the default exchange, which routes to the queue that `routingKey` names. */
  readonly exchange: string;
  /** The group, or the name of a queue. */
  readonly routingKey: string;
  /** Whether the broker says so when no queue is there for it. */
  readonly mandatory: boolean;
  /** Whether it is written to disk, where the queue is. */
  readonly durable: boolean;
  /** Milliseconds that it may wait in a queue. */
  readonly expiration: number;
  /** AMQP headers. */
  readonly headers: Readonly<Record<string, unknown>>;
  /** What it holds. */
  readonly body: Uint8Array;
}

/** A message as it arrives. */
export interface Delivery {
  /** Identifies it in `acknowledge` and `giveBack`, on the channel that it came by. */
  readonly tag: number;
  /** Empty where the message had been sent to a queue. */
  readonly exchange: string;
  /** As it was published: the group or the queue. */
  readonly routingKey: string;
  /** AMQP headers; whatever a stranger has put there. */
  readonly headers: Readonly<Record<string, unknown>>;
  /** What it holds; not octets only where the client has made something else of it. */
  readonly body: unknown;
}

/** How a queue is made. */
export interface QueueDeclaration {
  readonly queue: string;
  readonly exclusive?: boolean;
  readonly durable?: boolean;
  /** Only ask whether there is one. */
  readonly passive?: boolean;
  readonly arguments?: Readonly<Record<string, unknown>>;
}

/** One channel of AMQP. Any call that the broker refuses closes it, and rejects with an `AmqpError`. */
export interface AmqpChannel {
  readonly open: boolean;
  /** Messages that `publish` has not settled for. */
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
  /** `upTo`: and all before it. */
  acknowledge(tag: number, upTo: boolean): void;
  /** Puts a message back to its place in the queue. */
  giveBack(tag: number): void;
  /** Resolves when everything has arrived here that the broker had handed to this channel before. */
  barrier(): Promise<void>;
  /** Resolves when the broker has the message; rejects with an `AmqpError`, `NACK` where a queue was full. */
  publish(publication: Publication): Promise<'routed' | 'unroutable'>;
  /** From now on `publish` waits for the broker. */
  confirm(): Promise<void>;
  close(): Promise<void>;
}

/** A channel has closed. `consumer` is the name of the one whose queue was deleted; undefined: it closed for another reason. */
export type ChannelEnded = (error: Error, consumer?: string) => void;

/** One connection. It does not come back: another one is made. */
export interface AmqpConnection {
  /** What the library has, for programs that need more than a layer does. */
  readonly raw: Connection;
  /** `ended` is called once, when it closed, or a queue was taken from it. */
  openChannel(ended: ChannelEnded): Promise<AmqpChannel>;
  /** Closes the connection with a farewell to the broker, and resolves when it is closed. */
  close(): Promise<void>;
  destroy(): void;
}

/** Where a broker is, and as whom to come. */
export interface AmqpTarget extends Place {
  /** Milliseconds; sent as whole seconds. After twice the time of silence the connection is given up. */
  readonly heartbeatInterval: number;
  /** Milliseconds within which the handshake must finish. */
  readonly connectTimeout: number;
  readonly connectionName: string;
}

/** What a connection reports. */
export interface AmqpEvents {
  /** It is gone. Called once, and not after `close` or `destroy`. */
  ended(error: Error): void;
  /** The broker is short of memory or disk, and takes no messages. */
  blocked(reason: string): void;
  unblocked(): void;
}

/** Opens connections. */
export interface AmqpClient {
  connect(target: AmqpTarget, events: AmqpEvents): Promise<AmqpConnection>;
}

/** What the broker, or the way to it, has refused: `code` is as in the AMQP specification, or of Node. */
export interface AmqpError extends Error {
  readonly code?: string;
}

/**
 * The library, loaded now.
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
    // Without it a small message waits up to 40 ms for the answer to the one before.
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
        // Of one channel only: who called has the error, and the channel says that it is closed.
        if (established && error.name === 'AMQPChannelError') return;
        if (connection.#finished) {
          connection.#ended?.();
          return;
        }
        // The library would try again by itself, with the same host.
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
    // What was acknowledged has reached the broker when it answers.
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
  /** Publications that wait for the broker's word, by the id that they carry. */
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
    // On the next turn: calls that failed for it have been rejected by then, with what the broker said.
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
    // Both are on their way before anything else of this channel: the limit is that of this consumer.
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
        // The library tells of a returned message one turn of the event loop later than that the broker has dealt with it.
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
/** Octets; what brokers allow unless they are told otherwise. */
const FRAME_MAX = 131_072;
/** Milliseconds for the broker to take what it was sent before. */
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
