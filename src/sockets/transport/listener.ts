/** Listener: a bound tcp or ipc endpoint, and the peers that came in by it. */

import { mkdtempSync, rmSync } from 'node:fs';
import { rm, unlink } from 'node:fs/promises';
import net from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { bindAddress, formatTcp, type IpcBindEndpoint, type TcpBindEndpoint } from '../endpoint.ts';
import { SocketError, toSocketError } from '../errors.ts';
import type { OptionValues } from '../options.ts';
import type { Pipe } from '../pipe.ts';
import { handshakeFailure } from './handshake-failure.ts';
import { type LinkOwner, StreamLink } from './stream-link.ts';
import { endPipe, type OpenEndpoint, retire, type TransportHost } from './transport.ts';

export class StreamListener implements OpenEndpoint, LinkOwner {
  readonly kind = 'bind';
  readonly text: string;
  readonly over: Promise<void>;
  address: string;

  readonly #host: TransportHost;
  readonly #values: OptionValues;
  readonly #server: net.Server;
  readonly #links = new Set<StreamLink>();
  #resolveOver!: () => void;
  #listening = false;
  #closing = false;
  #finishing = false;
  /** A directory that we made for `ipc://*`. */
  #directory: string | undefined;

  constructor(host: TransportHost, values: OptionValues, text: string) {
    this.#host = host;
    this.#values = values;
    this.text = text;
    this.address = text;
    this.over = new Promise((resolve) => {
      this.#resolveOver = resolve;
    });
    this.#server = net.createServer((stream) => this.#accept(stream));
    this.#server.on('error', (error) => {
      if (!this.#listening) return;
      const address = this.address;
      host.emit({ type: 'accept:error', address, error: toSocketError(error, address) });
    });
  }

  get unsentCount(): number {
    let count = 0;
    for (const link of this.#links) count += link.pipe?.outgoingCount ?? 0;
    return count;
  }

  /**
   * Begin to listen.
   * @throws SocketError (as rejection) `EADDRINUSE`, `EADDRNOTAVAIL`, `EACCES`, `ENODEV`, `ENOENT`
   */
  async listen(endpoint: TcpBindEndpoint | IpcBindEndpoint): Promise<void> {
    const options = this.#options(endpoint);
    try {
      await this.#tryListen(options);
    } catch (error) {
      const stale =
        options.path !== undefined && (error as { code?: string }).code === 'EADDRINUSE';
      if (!stale || (await answers(options.path!))) throw this.#bindFailed(error);
      // A socket file that nobody listens on, left behind by a process that died: libzmq removes any.
      await unlink(options.path!).catch(() => {});
      await this.#tryListen(options).catch((failure) => {
        throw this.#bindFailed(failure);
      });
    }
    this.#opened(endpoint);
  }

  /**
   * Likewise, at once. Node has no documented way to bind a TCP address in this very call, only the one that its
   * own cluster module uses.
   */
  listenSync(endpoint: TcpBindEndpoint | IpcBindEndpoint): void {
    const options = this.#options(endpoint);
    if (options.path !== undefined) {
      if (!options.path.startsWith('\0')) rmSync(options.path, { force: true });
      this.#server.listen(options);
    } else {
      const { host, port } = options as { host: string; port: number };
      const handle = createServerHandle(host, port, net.isIPv6(host) ? 6 : 4);
      if (typeof handle === 'number') throw this.#bindFailed(systemError(handle));
      this.#server.listen(handle, options.backlog);
    }
    // `listening` is false where the system refused, and the error follows on the next tick: too late for this call.
    if (!this.#server.listening) throw this.#bindFailed(systemError(-98));
    this.#opened(endpoint);
  }

  close(): Promise<void> {
    this.#closing = true;
    for (const link of [...this.#links]) link.close();
    this.#stopListening();
    return this.over;
  }

  finish(): void {
    this.#finishing = true;
    for (const link of [...this.#links]) {
      if (link.pipe === undefined) {
        link.close();
      } else {
        retire(this.#host, link.pipe);
        link.finish();
      }
    }
    this.#stopListening();
  }

  established(link: StreamLink): Pipe {
    const host = this.#host;
    const pipe = host.makePipe();
    pipe.peer = { ...link.protocol.peer!, address: link.address };
    pipe.drive(link);
    host.emit({ type: 'handshake', address: this.address });
    host.pattern.attach(pipe);
    if (!link.stream.destroyed) host.established(pipe, link);
    return pipe;
  }

  ended(link: StreamLink, error: Error | undefined): void {
    this.#links.delete(link);
    const host = this.#host;
    if (!this.#closing && !this.#finishing) {
      const { address } = this;
      if (link.protocol.peer === undefined) host.emit(handshakeFailure(address, error));
      host.emit({ type: 'disconnect', address, ...(error && { error: toSocketError(error) }) });
    }
    if (link.pipe !== undefined) {
      endPipe(host, link.pipe);
      host.departed(link.pipe, link);
    }
    this.#settle();
  }

  #accept(stream: net.Socket): void {
    if (this.#closing || this.#finishing) {
      stream.destroy();
      return;
    }
    this.#host.emit({ type: 'accept', address: this.address });
    const values = this.#values;
    if (values.tcpKeepalive === 1) stream.setKeepAlive(true, keepAliveDelay(values));
    const { remoteAddress, remotePort } = stream;
    const peer = remoteAddress === undefined ? this.address : formatTcp(remoteAddress, remotePort!);
    this.#links.add(new StreamLink(stream, this.#host.makeProtocol(values), peer, this));
  }

  #options(endpoint: TcpBindEndpoint | IpcBindEndpoint): net.ListenOptions {
    const values = this.#values;
    const backlog = values.backlog;
    if (endpoint.transport === 'tcp') {
      const host = bindAddress(endpoint.host, values.ipv6, networkInterfaces(), this.text);
      return { host, port: endpoint.port, backlog, ipv6Only: false };
    }
    if (endpoint.wildcard) {
      this.#directory = mkdtempSync(join(tmpdir(), 'zmq-'));
      return { path: join(this.#directory, 'socket'), backlog };
    }
    return { path: endpoint.abstract ? `\0${endpoint.path}` : endpoint.path, backlog };
  }

  #tryListen(options: net.ListenOptions): Promise<void> {
    const server = this.#server;
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(options, () => {
        server.off('error', reject);
        resolve();
      });
    });
  }

  #opened(endpoint: TcpBindEndpoint | IpcBindEndpoint): void {
    this.#listening = true;
    this.#server.unref();
    const bound = this.#server.address();
    if (typeof bound === 'string') {
      const abstract = endpoint.transport === 'ipc' && endpoint.abstract;
      this.address = abstract ? `ipc://@${endpoint.path}` : `ipc://${bound}`;
    } else if (bound !== null) {
      this.address = formatTcp(bound.address, bound.port);
    }
    this.#host.emit({ type: 'bind', address: this.address });
  }

  #bindFailed(cause: unknown): SocketError {
    const error = toSocketError(cause, this.text);
    // zeromq.js reports this address without its scheme, and programs compare it.
    const address = this.text.replace(/^tcp:\/\//, '');
    this.#host.emit({ type: 'bind:error', address, error });
    this.#server.close();
    this.#removeDirectory();
    this.#resolveOver();
    return error;
  }

  #stopListening(): void {
    if (!this.#listening) {
      this.#settle();
      return;
    }
    this.#server.close(() => {
      this.#listening = false;
      this.#host.emit({ type: 'close', address: this.address });
      this.#removeDirectory();
      this.#settle();
    });
  }

  #settle(): void {
    if (!this.#listening && this.#links.size === 0) this.#resolveOver();
  }

  #removeDirectory(): void {
    if (this.#directory !== undefined) void rm(this.#directory, { recursive: true, force: true });
  }
}

/** `ZMQ_TCP_KEEPALIVE_IDLE` is in seconds, Node wants milliseconds; 0 leaves the system's own. */
export function keepAliveDelay({ tcpKeepaliveIdle }: OptionValues): number {
  return tcpKeepaliveIdle > 0 ? tcpKeepaliveIdle * 1000 : 0;
}

/** Does somebody listen on this socket file? */
function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = net.connect(path);
    probe.once('connect', () => {
      probe.destroy();
      resolve(true);
    });
    probe.once('error', () => resolve(false));
  });
}

function createServerHandle(host: string, port: number, family: 4 | 6): number | net.Server {
  const create = (net as unknown as { _createServerHandle?: typeof createServerHandle })
    ._createServerHandle;
  if (create === undefined) {
    throw new SocketError('ENOTSUP', {
      message: 'this Node cannot bind synchronously: use bind()',
    });
  }
  return create(host, port, family);
}

function systemError(errno: number): NodeJS.ErrnoException {
  const code = Object.entries(SYSTEM).find(([, value]) => value === -errno)?.[0] ?? 'EIO';
  return Object.assign(new Error(code), { code, errno });
}

const SYSTEM = { EACCES: 13, EINVAL: 22, EADDRINUSE: 98, EADDRNOTAVAIL: 99 };
