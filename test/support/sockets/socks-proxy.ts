/** A SOCKS5 proxy for tests, which says exactly what it is told to: relays, refuses, lies or falls silent. */

import { once } from 'node:events';
import net from 'node:net';
import { RawPeer } from '../raw-peer.ts';

interface TearDown {
  teardown(fn: () => unknown): void;
}

/** What the proxy answers; octets in hexadecimal digits. */
export interface ProxyScript {
  /** To the offer of methods; null = nothing at all. Default: no authentication. */
  readonly method?: string | null;
  /** To a user name and password, when `method` asks for them. Default: accepted. */
  readonly verdict?: string;
  /** To the request to connect; default: connects to `target`, and relays. */
  readonly reply?: string;
  /** Hangs up after what it has answered last. */
  readonly hangsUp?: boolean;
}

export class FakeSocksProxy {
  /** `host:port`. */
  readonly address: string;
  /** Octets of each offer, credentials and request, in hexadecimal digits. */
  readonly heard: string[] = [];
  script: ProxyScript = {};
  readonly #target: number;
  readonly #open = new Set<net.Socket>();

  /** Whatever it is asked for, it connects to `target`, a port of 127.0.0.1. */
  constructor(server: net.Server, target: number) {
    this.#target = target;
    this.address = `127.0.0.1:${(server.address() as net.AddressInfo).port}`;
    server.on('connection', (stream: net.Socket) => {
      this.#serve(stream).catch(() => stream.destroy());
    });
  }

  /** Breaks all connections through it. */
  cut(): void {
    for (const stream of this.#open) stream.destroy();
  }

  async #serve(stream: net.Socket): Promise<void> {
    this.#open.add(stream);
    const client = new RawPeer(stream);
    const { method = '0500', verdict = '0100', reply, hangsUp = false } = this.script;
    await this.#next(client, (octets) => 2 + octets[1]!);
    if (method === null) return;
    client.write(method);
    if (method === '0502') {
      await this.#next(client, (octets) => 2 + octets[1]! + 1 + octets[2 + octets[1]!]!);
      client.write(verdict);
    }
    if (hangsUp && reply === undefined) stream.end();
    await this.#next(client, (octets) => 4 + addressSize(octets) + 2);
    if (reply !== undefined) {
      client.write(reply);
      if (hangsUp) stream.end();
      return;
    }
    const target = net.connect(this.#target, '127.0.0.1');
    target.on('error', () => stream.destroy());
    await once(target, 'connect');
    // One octet at a time: the reply and what follows it must not be taken for whole messages.
    for (const octet of ['05', '00', '00', '03', '01', '78', '00', '01']) client.write(octet);
    stream.removeAllListeners('data');
    target.on('close', () => stream.destroy());
    stream.on('close', () => target.destroy());
    stream.pipe(target).pipe(stream);
  }

  /** The next message of the client, which is as long as `size` says of its beginning. */
  async #next(client: RawPeer, size: (octets: Buffer) => number): Promise<void> {
    await client.until('message', (octets) => octets.length > 2 && octets.length >= size(octets));
    this.heard.push(client.received.toString('hex'));
    client.forget();
  }
}

/** A proxy in front of `endpoint`, until the test is over. */
export async function fakeSocksProxy(t: TearDown, endpoint: string): Promise<FakeSocksProxy> {
  const server = net.createServer({ noDelay: true }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const proxy = new FakeSocksProxy(server, Number(endpoint.slice(endpoint.lastIndexOf(':') + 1)));
  t.teardown(() => {
    server.close();
    proxy.cut();
  });
  return proxy;
}

function addressSize(octets: Buffer): number {
  if (octets[3] === 1) return 4;
  return octets[3] === 4 ? 16 : 1 + (octets[4] ?? 255);
}
