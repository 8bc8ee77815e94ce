/** Listener: a bound tcp or ipc endpoint, and the peers that came in by it. */

import { existsSync, lstatSync, mkdtempSync, rmSync } from 'node:fs';
import { lstat, rm, unlink } from 'node:fs/promises';
import net from 'node:net';
import { constants, networkInterfaces, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { getSystemErrorName } from 'node:util';
import type { Credentials, Verdict } from '../../zmtp/index.ts';
import { SocketError, toSocketError } from '../errors.ts';
import type { AcceptError, EventError } from '../events.ts';
import type { OptionValues } from '../options/options.ts';
import type { Pipe } from '../routing/pipe.ts';
import { plainAddress } from '../security/choice.ts';
import { bindAddress, formatTcp, type IpcBindEndpoint, type TcpBindEndpoint } from './endpoint.ts';
import { handshakeFailure } from './handshake-failure.ts';
import { HandshakeLimit } from './handshake-limit.ts';
import { Inlet } from './inlet.ts';
import { type LinkOwner, peerOf, StreamLink } from './stream-link.ts';
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
  /** On tcp, where it is asked for: other peers have no address. */
  #limit: HandshakeLimit | undefined;
  #resolveOver!: () => void;
  #listening = false;
  #closing = false;
  #finishing = false;
  #stopping = false;
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
    this.#server = net.createServer({ pauseOnConnect: true }, (stream) => this.#accept(stream));
    this.#server.on('error', (error) => {
      if (!this.#listening) return;
      const address = this.address;
      host.emit({ type: 'accept:error', address, error: toSocketError(error, address) });
    });
  }

  get unsentCount(): number {
    let count = 0;
    for (const link of this.#links) if (link.pipe !== undefined) count += link.unsentCount;
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
      const { path } = options;
      const taken = path !== undefined && (error as { code?: string }).code === 'EADDRINUSE';
      if (!taken || !(await isStale(path))) throw this.#bindFailed(error, path);
      // Left behind by a process that died. libzmq removes any file, even one in use.
      await unlink(path).catch(() => {});
      await this.#tryListen(options).catch((failure) => {
        throw this.#bindFailed(failure, path);
      });
    }
    this.#opened(endpoint, options.path);
  }

  /**
   * Likewise, at once. Node has no documented way to bind a TCP address in this very call, only the one that its
   * own cluster module uses.
   */
  listenSync(endpoint: TcpBindEndpoint | IpcBindEndpoint): void {
    const options = this.#options(endpoint);
    const { path, host = '', port = 0 } = options;
    // Whether somebody listens there cannot be asked in this call; what is no socket is left alone.
    if (path !== undefined && !path.startsWith('\0')) {
      if (lstatSync(path, { throwIfNoEntry: false })?.isSocket()) rmSync(path, { force: true });
    }
    const handle =
      path === undefined
        ? createServerHandle(host, port, net.isIPv6(host) ? 6 : 4)
        : createServerHandle(path, -1, -1);
    if (typeof handle === 'number') throw this.#bindFailed(systemError(handle), path);
    this.#server.listen(handle, options.backlog);
    // Two may bind a port, and only one listen. The error comes on the next tick: too late for this call.
    if (!this.#server.listening) {
      throw this.#bindFailed(systemError(-constants.errno.EADDRINUSE), path);
    }
    this.#opened(endpoint, path);
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
    const pipe = host.makePipe(this.#values);
    pipe.peer = peerOf(link);
    pipe.drive(link);
    host.emit({ type: 'handshake', address: this.address });
    host.pattern.attach(pipe);
    if (!link.stream.destroyed) host.established(pipe, link);
    return pipe;
  }

  judge(link: StreamLink, credentials: Credentials): Promise<Verdict> {
    return this.#host.judge(this.#values, link, credentials);
  }

  ended(link: StreamLink, error: Error | undefined): void {
    this.#links.delete(link);
    const host = this.#host;
    if (!this.#closing && !this.#finishing) {
      const { address } = this;
      if (link.protocol.peer === undefined) host.emit(handshakeFailure(address, error));
      const reason = error as EventError | undefined;
      host.emit({ type: 'disconnect', address, ...(reason && { error: reason }) });
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
    if (this.#limit !== undefined) {
      // Who has broken the connection already has none left: all those count as one.
      const peer = plainAddress(stream.remoteAddress);
      if (!this.#limit.admits(peer, performance.now())) {
        stream.destroy();
        this.#host.throttled();
        const error = tooMany(peer, this.#values.maxHandshakesPerSecond);
        this.#host.emit({ type: 'accept:error', address: this.address, error });
        return;
      }
    }
    this.#host.emit({ type: 'accept', address: this.address });
    // A listener of the event may have closed the socket.
    if (this.#closing || this.#finishing) {
      stream.destroy();
      return;
    }
    const ready = this.#host.prepare(this.#values);
    if (ready === undefined) {
      this.#admit(stream);
    } else {
      // Only after a synchronous bind. What the peer sends meanwhile waits in the stream.
      stream.on('error', () => {});
      ready.then(
        () => this.#admit(stream),
        (error: EventError) => {
          const { address } = this;
          this.#host.emit({ type: 'handshake:error:other', address, error });
          stream.destroy();
        },
      );
    }
  }

  #admit(accepted: net.Socket): void {
    if (this.#closing || this.#finishing || accepted.destroyed) {
      accepted.destroy();
      return;
    }
    const inlet = new Inlet();
    const stream = inlet.adopt(accepted);
    const values = this.#values;
    if (values.tcpKeepalive === 1) stream.setKeepAlive(true, keepAliveDelay(values));
    const { remoteAddress, remotePort } = stream;
    const peer = remoteAddress === undefined ? this.address : formatTcp(remoteAddress, remotePort!);
    const protocol = this.#host.makeProtocol(values, true);
    this.#links.add(new StreamLink(stream, inlet, protocol, peer, this));
  }

  #options(endpoint: TcpBindEndpoint | IpcBindEndpoint): net.ListenOptions {
    const values = this.#values;
    const backlog = values.backlog;
    if (endpoint.transport === 'tcp') {
      const { maxHandshakesPerSecond: limit } = values;
      if (limit > 0) this.#limit = new HandshakeLimit(limit);
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

  #opened(endpoint: TcpBindEndpoint | IpcBindEndpoint, path: string | undefined): void {
    this.#listening = true;
    this.#server.unref();
    if (endpoint.transport === 'ipc') {
      this.address = endpoint.abstract ? `ipc://@${endpoint.path}` : `ipc://${path}`;
    } else {
      const { address, port } = this.#server.address() as net.AddressInfo;
      this.address = formatTcp(address, port);
    }
    this.#host.emit({ type: 'bind', address: this.address });
  }

  #bindFailed(cause: unknown, path: string | undefined): SocketError {
    // libuv says EACCES for a directory that is not there.
    const missing = path !== undefined && !path.startsWith('\0') && !existsSync(dirname(path));
    const error = missing
      ? new SocketError('ENOENT', { address: this.text, cause })
      : toSocketError(cause, this.text);
    // zeromq.js reports this address without its scheme, and programs compare it.
    const address = this.text.replace(/^tcp:\/\//, '');
    this.#host.emit({ type: 'bind:error', address, error });
    this.#server.close();
    this.#removeDirectory();
    this.#resolveOver();
    return withAddress(error, this.text);
  }

  #stopListening(): void {
    if (!this.#listening) {
      this.#settle();
      return;
    }
    if (this.#stopping) return;
    this.#stopping = true;
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

/** `error` with `text` in its message; the event has the text of zeromq.js, which programs compare. */
function withAddress(error: SocketError, text: string): SocketError {
  const { code, message } = error;
  const full = message.includes(text) ? message : `${message}: ${text}`;
  return new SocketError(code, { message: full, address: text, cause: error.cause ?? error });
}

function tooMany(remoteAddress: string, limit: number): AcceptError {
  const peer = remoteAddress || 'peers that have left already';
  return Object.assign(new Error(`More than ${limit} handshakes in a second from ${peer}`), {
    code: 'ERR_TOO_MANY_HANDSHAKES',
    errno: constants.errno.ECONNABORTED,
    remoteAddress,
  });
}

/** `ZMQ_TCP_KEEPALIVE_IDLE` is in seconds, Node wants milliseconds; 0 leaves the system's own. */
export function keepAliveDelay({ tcpKeepaliveIdle }: OptionValues): number {
  return tcpKeepaliveIdle > 0 ? tcpKeepaliveIdle * 1000 : 0;
}

/** Is this a socket file that nobody listens on? */
async function isStale(path: string): Promise<boolean> {
  if (!path.startsWith('\0')) {
    const found = await lstat(path).catch(() => undefined);
    // Gone meanwhile, or a file that is none of our business.
    if (found !== undefined && !found.isSocket()) return false;
  }
  return new Promise((resolve) => {
    const probe = net.connect(path);
    probe.once('connect', () => {
      probe.destroy();
      resolve(false);
    });
    // Any other refusal, such as a full backlog, does not mean that nobody is there.
    probe.once('error', ({ code }: NodeJS.ErrnoException) => {
      resolve(code === 'ECONNREFUSED' || code === 'ENOENT');
    });
  });
}

function createServerHandle(
  address: string,
  port: number,
  family: 4 | 6 | -1,
): number | net.Server {
  const create = (net as unknown as { _createServerHandle?: typeof createServerHandle })
    ._createServerHandle;
  if (create === undefined) {
    throw new SocketError('ENOTSUP', {
      message: 'this Node cannot bind synchronously: use bind()',
    });
  }
  return create(address, port, family);
}

function systemError(errno: number): NodeJS.ErrnoException {
  const code = getSystemErrorName(errno);
  return Object.assign(new Error(code), { code, errno });
}
