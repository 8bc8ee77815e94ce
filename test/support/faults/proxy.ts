/** A proxy between two peers that does to their octets what networks do: late, slow, in crumbs, changed, or not at all. */

import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as later } from 'node:timers/promises';
import { generator } from '../random.ts';
import { addressOf } from '../raw-peer.ts';

/** What is done to a connection. Octets are counted in both directions together, times are milliseconds. */
export type Toxic =
  | { readonly kind: 'latency'; readonly delay: number; readonly jitter: number }
  /** Octets a second, in each direction. */
  | { readonly kind: 'bandwidth'; readonly rate: number }
  /** One octet at a time. */
  | { readonly kind: 'slicer' }
  /** The end of one side is told to the other late. */
  | { readonly kind: 'slow close'; readonly delay: number }
  /** A reset on both sides. */
  | { readonly kind: 'reset'; readonly after: number }
  /** An end in good order on both sides, in the middle of what is said. */
  | { readonly kind: 'limit'; readonly after: number }
  /** Half-open: the connections stay, and nothing passes any more, in neither direction. */
  | { readonly kind: 'blackhole'; readonly after: number }
  /** One bit is flipped. */
  | { readonly kind: 'corrupt'; readonly after: number };

interface Options {
  readonly seed?: number;
  /** The toxic of connection `n`, counted from 0; undefined = none. */
  readonly toxic?: (n: number, random: () => number) => Toxic | undefined;
}

/** Stands before one endpoint, and is another of the same transport. */
export class FaultProxy {
  readonly endpoint: string;
  /** Connections that have come. */
  connectionCount = 0;
  /** Connections whose toxic has struck: reset, limit, blackhole, corrupt. */
  struckCount = 0;
  readonly #server: net.Server;
  readonly #streams = new Set<net.Socket>();
  readonly #passages = new Set<Passage>();
  readonly #upstream: string;
  readonly #toxic: (n: number, random: () => number) => Toxic | undefined;
  readonly #random: () => number;

  constructor(server: net.Server, upstream: string, endpoint: string, options: Options) {
    this.#server = server;
    this.endpoint = endpoint;
    this.#upstream = upstream;
    this.#toxic = options.toxic ?? (() => undefined);
    this.#random = generator(options.seed ?? 1);
    server.on('connection', (stream) => this.#join(stream));
  }

  /** Before `upstream`, a tcp or ipc endpoint. It ends with the test. */
  static async open(
    t: { teardown(fn: () => unknown): void },
    upstream: string,
    options: Options = {},
  ): Promise<FaultProxy> {
    const server = net.createServer({ allowHalfOpen: true, noDelay: true });
    const ipc = upstream.startsWith('ipc://');
    const folder = ipc ? mkdtempSync(join(tmpdir(), 'fault-')) : undefined;
    if (folder === undefined) server.listen(0, '127.0.0.1');
    else server.listen(join(folder, 'proxy'));
    await once(server, 'listening');
    const address = server.address()!;
    const endpoint =
      typeof address === 'string' ? `ipc://${address}` : `tcp://127.0.0.1:${address.port}`;
    const proxy = new FaultProxy(server, upstream, endpoint, options);
    t.teardown(() => {
      proxy.close();
      if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
    });
    return proxy;
  }

  /** Breaks all connections that there are, as when a cable is pulled and the machine is told. */
  reset(): void {
    for (const stream of this.#streams) breakOff(stream);
  }

  /** From now on nothing passes any more, and nobody is told: a blackhole for all connections that there are. */
  silence(): void {
    for (const passage of this.#passages) passage.die();
  }

  close(): void {
    this.#server.close();
    for (const stream of this.#streams) stream.destroy();
  }

  #join(client: net.Socket): void {
    const toxic = this.#toxic(this.connectionCount++, this.#random);
    const server = net.connect({ ...addressOf(this.#upstream), allowHalfOpen: true });
    const both = [client, server];
    for (const stream of both) {
      this.#streams.add(stream);
      stream.on('error', () => {});
      stream.on('close', () => this.#streams.delete(stream));
    }
    const passage = new Passage(both, toxic, this.#random, () => {
      this.struckCount++;
    });
    this.#passages.add(passage);
    client.on('close', () => this.#passages.delete(passage));
    void passage.run(client, server);
    void passage.run(server, client);
  }
}

/** The two directions of one connection. */
class Passage {
  readonly #both: readonly net.Socket[];
  readonly #toxic: Toxic | undefined;
  readonly #random: () => number;
  readonly #struck: () => void;
  #count = 0;
  /** Nothing passes any more. */
  #dead = false;

  constructor(
    both: readonly net.Socket[],
    toxic: Toxic | undefined,
    random: () => number,
    struck: () => void,
  ) {
    this.#both = both;
    this.#toxic = toxic;
    this.#random = random;
    this.#struck = struck;
  }

  /** Let nothing pass any more. */
  die(): void {
    this.#dead = true;
  }

  /** What `from` says goes to `to`; so does its end. One chunk at a time, so that a slow way is felt at its start. */
  async run(from: net.Socket, to: net.Socket): Promise<void> {
    try {
      for await (const chunk of from) {
        await this.#pass(chunk as Buffer, to);
      }
      if (this.#dead) return;
      if (this.#toxic?.kind === 'slow close') await later(this.#toxic.delay);
      to.end();
    } catch {
      // A side that was reset resets the other, unless nobody hears of anything.
      if (!this.#dead) breakOff(to);
    }
  }

  async #pass(chunk: Buffer, to: net.Socket): Promise<void> {
    const toxic = this.#toxic;
    const before = this.#count;
    this.#count += chunk.length;
    if (this.#dead) return;
    switch (toxic?.kind) {
      case 'latency':
        await later(toxic.delay + this.#random() * toxic.jitter);
        break;
      case 'bandwidth':
        await later((chunk.length / toxic.rate) * 1_000);
        break;
      case 'slicer':
        for (let i = 0; i < chunk.length && !to.destroyed; i++) {
          to.write(chunk.subarray(i, i + 1));
          await new Promise(setImmediate);
        }
        return;
      case 'reset':
      case 'limit':
      case 'blackhole':
        if (this.#count <= toxic.after) break;
        this.#dead = true;
        this.#struck();
        to.write(chunk.subarray(0, Math.max(0, toxic.after - before)));
        if (toxic.kind === 'reset') for (const stream of this.#both) breakOff(stream);
        if (toxic.kind === 'limit') for (const stream of this.#both) stream.end();
        return;
      case 'corrupt':
        if (before <= toxic.after && this.#count > toxic.after) {
          chunk[toxic.after - before]! ^= 1 << Math.floor(this.#random() * 8);
          this.#struck();
        }
        break;
      default:
    }
    if (!to.write(chunk)) await Promise.race([once(to, 'drain'), once(to, 'close')]);
  }
}

/** Ends `stream` with a reset, where its transport has one. */
function breakOff(stream: net.Socket): void {
  if (stream.destroyed) return;
  // A pipe has no reset; its end without notice is what comes nearest.
  if (stream.remoteAddress === undefined) stream.destroy();
  else stream.resetAndDestroy();
}
