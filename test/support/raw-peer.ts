/** A peer made of octets: a TCP or ipc connection that says exactly what a test wants said. */

import { once } from 'node:events';
import net from 'node:net';
import { PATIENCE } from './patience.ts';

interface TearDown {
  teardown(fn: () => unknown): void;
}

/** One end of a connection under the control of a test. It keeps what it receives. */
export class RawPeer {
  readonly stream: net.Socket;
  /** When the other side closed the connection, or it broke. */
  readonly closed: Promise<void>;
  isClosed = false;
  #received = Buffer.alloc(0);
  #receivedCount = 0;
  readonly #watchers = new Set<() => void>();

  /** Keeps received octets only as long as `keep` says. */
  constructor(stream: net.Socket, keep = true) {
    this.stream = stream;
    stream.on('error', () => {});
    stream.on('data', (chunk: Buffer) => {
      this.#receivedCount += chunk.length;
      if (keep) this.#received = Buffer.concat([this.#received, chunk]);
      for (const check of [...this.#watchers]) check();
    });
    this.closed = new Promise((resolve) => {
      stream.on('close', () => {
        this.isClosed = true;
        resolve();
        for (const check of [...this.#watchers]) check();
      });
    });
  }

  get received(): Buffer {
    return this.#received;
  }

  get receivedCount(): number {
    return this.#receivedCount;
  }

  /** Writes octets; text stands for hexadecimal digits. */
  write(...pieces: (Buffer | string)[]): boolean {
    return this.stream.write(Buffer.concat(pieces.map(octets)));
  }

  /** Resolves when `done` says of the octets received that they are enough. */
  until(what: string, done: (received: Buffer) => boolean, patience = PATIENCE): Promise<void> {
    return new Promise((resolve, reject) => {
      const finish = (error?: Error): void => {
        clearTimeout(timer);
        this.#watchers.delete(check);
        if (error === undefined) resolve();
        else reject(error);
      };
      const check = (): void => {
        if (done(this.#received)) finish();
        else if (this.isClosed) finish(new Error(`closed before ${what}`));
      };
      const timer = setTimeout(() => finish(new Error(`no ${what} in ${patience} ms`)), patience);
      this.#watchers.add(check);
      check();
    });
  }

  /** Resolves when these octets have come, anywhere. */
  sees(wanted: Buffer | string, patience?: number): Promise<void> {
    const needle = octets(wanted);
    return this.until(JSON.stringify(wanted), (received) => received.includes(needle), patience);
  }

  /** Greets and says READY as a socket of this type, and waits for the other side's READY. */
  async shakeHands(type: string, properties: Record<string, string> = {}): Promise<void> {
    this.write(greeting(), ready(type, properties));
    await this.sees(Buffer.from('\x05READY'));
  }

  /** Forgets what was received so far. */
  forget(): void {
    this.#received = Buffer.alloc(0);
  }

  destroy(): void {
    this.stream.destroy();
  }

  /** Breaks the connection with a reset. */
  reset(): void {
    this.stream.resetAndDestroy();
  }
}

/** Connects to `endpoint`; the connection ends with the test. */
export async function connectRaw(
  t: TearDown,
  endpoint: string,
  options: { readonly keep?: boolean; readonly from?: string } = {},
): Promise<RawPeer> {
  const source = options.from === undefined ? {} : { localAddress: options.from };
  const stream = net.connect({ ...addressOf(endpoint), ...source });
  const peer = new RawPeer(stream, options.keep);
  t.teardown(() => peer.destroy());
  await Promise.race([
    once(stream, 'connect'),
    once(stream, 'error').then(([e]) => Promise.reject(e)),
  ]);
  return peer;
}

/** Connects and shakes hands as a socket of this type. */
export async function connectPeer(
  t: TearDown,
  endpoint: string,
  type: string,
  properties: Record<string, string> = {},
): Promise<RawPeer> {
  const peer = await connectRaw(t, endpoint);
  await peer.shakeHands(type, properties);
  return peer;
}

/** A server whose connections are raw peers, in the order they come. */
export class RawServer {
  readonly endpoint: string;
  readonly peers: RawPeer[] = [];
  readonly #server: net.Server;
  readonly #watchers = new Set<() => void>();

  constructor(server: net.Server) {
    this.#server = server;
    const address = server.address();
    this.endpoint =
      typeof address === 'string' ? `ipc://${address}` : `tcp://127.0.0.1:${address!.port}`;
    server.on('connection', (stream) => {
      this.peers.push(new RawPeer(stream));
      for (const check of [...this.#watchers]) check();
    });
  }

  /** The connection number `index`, counted from 0, when it has come. */
  peer(index: number, patience = PATIENCE): Promise<RawPeer> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#watchers.delete(check);
        reject(new Error(`no connection ${index} in ${patience} ms`));
      }, patience);
      const check = (): void => {
        const peer = this.peers[index];
        if (peer === undefined) return;
        clearTimeout(timer);
        this.#watchers.delete(check);
        resolve(peer);
      };
      this.#watchers.add(check);
      check();
    });
  }

  /** Stops listening and breaks all connections. */
  async close(): Promise<void> {
    for (const peer of this.peers) peer.destroy();
    if (!this.#server.listening) return;
    this.#server.close();
    await once(this.#server, 'close');
  }
}

/** Listens on a free port of 127.0.0.1, or on `where`. */
export async function listenRaw(
  t: TearDown,
  where: net.ListenOptions = { host: '127.0.0.1', port: 0 },
): Promise<RawServer> {
  const server = net.createServer({ noDelay: true }).listen(where);
  await once(server, 'listening');
  const raw = new RawServer(server);
  t.teardown(() => raw.close());
  return raw;
}

/** Where `endpoint` is, for node:net. */
export function addressOf(endpoint: string): net.NetConnectOpts {
  if (endpoint.startsWith('ipc://')) return { path: endpoint.slice('ipc://'.length) };
  const colon = endpoint.lastIndexOf(':');
  const host = endpoint.slice('tcp://'.length, colon).replace(/^\[|\]$/g, '');
  return { host, port: Number(endpoint.slice(colon + 1)), noDelay: true } as net.NetConnectOpts;
}

/** The 64 octets of a greeting. */
export function greeting(mechanism = 'NULL', major = 3, minor = 1): Buffer {
  const all = Buffer.alloc(64);
  all[0] = 0xff;
  all[9] = 0x7f;
  all[10] = major;
  all[11] = minor;
  all.write(mechanism, 12, 'latin1');
  return all;
}

/** READY of a socket of this type. */
export function ready(type: string, properties: Record<string, string> = {}): Buffer {
  const all = Object.entries({ 'Socket-Type': type, ...properties });
  return command('READY', ...all.map(([name, value]) => property(name, value)));
}

/** One property of a READY. */
export function property(name: string, value: string | Buffer): Buffer {
  const octetsOfValue = Buffer.from(value as string, 'latin1');
  const length = Buffer.alloc(4);
  length.writeUInt32BE(octetsOfValue.length);
  const head = Buffer.from([name.length, ...Buffer.from(name, 'latin1')]);
  return Buffer.concat([head, length, octetsOfValue]);
}

/** A command frame. */
export function command(name: string, ...data: Buffer[]): Buffer {
  const body = [Buffer.from([name.length]), Buffer.from(name, 'latin1'), ...data];
  return frame(Buffer.concat(body), 0x04);
}

/** A message, framed. */
export function message(...parts: (string | Buffer)[]): Buffer {
  return Buffer.concat(
    parts.map((part, i) => frame(Buffer.from(part as string), i < parts.length - 1 ? 0x01 : 0)),
  );
}

/** A frame with these flags; LONG is added where needed. */
export function frame(body: Buffer, flags = 0): Buffer {
  if (body.length < 256) return Buffer.concat([Buffer.from([flags, body.length]), body]);
  return Buffer.concat([frameHeader(BigInt(body.length), flags), body]);
}

/** The header of a long frame, of any size that 64 bits can hold. */
export function frameHeader(size: bigint, flags = 0): Buffer {
  const header = Buffer.alloc(9);
  header[0] = flags | 0x02;
  header.writeBigUInt64BE(size, 1);
  return header;
}

function octets(piece: Buffer | string): Buffer {
  return typeof piece === 'string' ? Buffer.from(piece.replace(/\s/g, ''), 'hex') : piece;
}
