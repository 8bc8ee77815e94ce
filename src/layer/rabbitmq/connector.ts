/** Connector: keeps one connection to a broker open until it is closed: tries address by address, with growing, random pauses. */

import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { clearTimeout, setTimeout } from 'node:timers';
import type { AmqpClient, AmqpConnection, AmqpTarget } from './client.ts';
import type { Place, RabbitmqSettings } from './options.ts';

/** What a connector calls. */
export interface ConnectorHost {
  /** Prepares a new connection: its queues, bindings and consumers. If that rejects, the connection is given up. */
  prepare(connection: AmqpConnection): Promise<void>;
  /** `prepare` is done, and `connection` is the one to use. */
  opened(connection: AmqpConnection, address: string): void;
  /** The connection to `address` is lost, after `opened`; another attempt follows. */
  closed(address: string, error: Error): void;
  /** No connection to `address` could be made, or `prepare` has failed. */
  refused(address: string, error: Error): void;
  /** The broker accepts no messages, for `reason`; undefined: it does again. */
  blocked(reason: string | undefined): void;
}

/** Works from `start` to `close`. */
export class Connector {
  readonly #client: AmqpClient;
  readonly #settings: RabbitmqSettings;
  readonly #host: ConnectorHost;
  readonly #resolve: Resolve;
  readonly #stop = new AbortController();
  #connection: AmqpConnection | undefined;
  /** Ends the connection that is open, or is being prepared. */
  #end: ((error: Error) => void) | undefined;
  #wake: (() => void) | undefined;
  #failureCount = 0;

  /** @param resolve looks up the addresses of a host name */
  constructor(
    client: AmqpClient,
    settings: RabbitmqSettings,
    host: ConnectorHost,
    resolve: Resolve = (name) => lookup(name, { all: true }),
  ) {
    this.#client = client;
    this.#settings = settings;
    this.#host = host;
    this.#resolve = resolve;
  }

  start(): void {
    void this.#run();
  }

  /** Gives up the connection because of `error`, and connects again. */
  reconnect(error: Error): void {
    this.#end?.(error);
  }

  async close(): Promise<void> {
    this.#stop.abort();
    this.#wake?.();
    await this.#connection?.close().catch(() => {});
    this.#end?.(new Error('the layer is closed'));
  }

  async #run(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      for (const target of await this.#targets()) {
        if (this.#stop.signal.aborted) return;
        await this.#use(target);
        if (this.#stop.signal.aborted) return;
        await this.#pause();
      }
    }
  }

  /** Connects to `target`; settles when the connection has ended, or could not be made. */
  async #use(target: AmqpTarget): Promise<void> {
    const address = `${target.host}:${target.port}`;
    const ended = new Promise<Error>((resolve) => {
      this.#end = resolve;
    });
    const failed = ended.then((error) => Promise.reject(error));
    failed.catch(() => {});
    let opened = false;
    try {
      const connection = await this.#client.connect(target, {
        ended: (error) => this.#end?.(error),
        blocked: (reason) => this.#host.blocked(reason),
        unblocked: () => this.#host.blocked(undefined),
      });
      this.#connection = connection;
      await Promise.race([this.#host.prepare(connection), failed]);
      if (this.#stop.signal.aborted) return;
      this.#failureCount = 0;
      opened = true;
      this.#host.opened(connection, address);
      await failed;
    } catch (error) {
      this.#connection?.destroy();
      this.#connection = undefined;
      if (this.#stop.signal.aborted) return;
      if (opened) this.#host.closed(address, error as Error);
      else this.#host.refused(address, error as Error);
    }
  }

  /** Waits before the next attempt. */
  async #pause(): Promise<void> {
    const time = pauseOf(this.#failureCount++, this.#settings);
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, time);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  async #targets(): Promise<AmqpTarget[]> {
    const { heartbeatInterval, connectTimeout, queue } = this.#settings;
    const places = await Promise.all(
      this.#settings.places.map((place) => addressesOf(place, this.#resolve)),
    );
    return places
      .flat()
      .map((place) => ({ ...place, heartbeatInterval, connectTimeout, connectionName: queue }));
  }
}

/**
 * Milliseconds before the next attempt after `failureCount` in a row: longer after each, and at random, so that processes do not
 * all reconnect at once. `chance`: from 0 to 1.
 */
export function pauseOf(
  failureCount: number,
  settings: Pick<RabbitmqSettings, 'reconnectInterval' | 'reconnectMaxInterval'>,
  chance: number = Math.random(),
): number {
  const { reconnectInterval, reconnectMaxInterval } = settings;
  const longest = Math.min(reconnectMaxInterval, reconnectInterval * 2 ** failureCount);
  return longest * (0.5 + chance / 2);
}

type Resolve = (name: string) => Promise<readonly { readonly address: string }[]>;

/** A place for each address of its name, in random order. If there is none, the attempt to connect tells the error. */
async function addressesOf(place: Place, resolve: Resolve): Promise<Place[]> {
  if (isIP(place.host) !== 0) return [place];
  const found = await resolve(place.host).catch(() => []);
  if (found.length === 0) return [place];
  return found
    .map(({ address }) => ({ place: { ...place, host: address }, order: Math.random() }))
    .sort((a, b) => a.order - b.order)
    .map((each) => each.place);
}
