/** Acceptor: a server of Node that listens on a TCP address or a path, also within one call. */

import net from 'node:net';
import { constants } from 'node:os';
import { getSystemErrorName } from 'node:util';
import { SocketError, toSocketError } from '../errors.ts';
import { formatTcp } from './endpoint.ts';
import type { IpcPath } from './ipc-path.ts';

/** What an acceptor reports. */
export interface AcceptEvents {
  /** A connection came in; nothing has been read from it. */
  accepted(stream: net.Socket): void;
  /** One could not be taken in. */
  failed(error: unknown): void;
}

export class Acceptor {
  readonly #options: net.ListenOptions;
  readonly #text: string;
  /** The file of an ipc endpoint; undefined on TCP. */
  readonly #path: IpcPath | undefined;
  readonly #server: net.Server;
  #listening = false;

  /** `options`: where to listen; `text`: the address to blame; `path`: the file of `options.path`, for ipc. */
  constructor(options: net.ListenOptions, text: string, events: AcceptEvents, path?: IpcPath) {
    // Of ours alone: in a worker of node:cluster it would be shared with all the others.
    this.#options = { ...options, exclusive: true };
    this.#text = text;
    this.#path = path;
    this.#server = net.createServer({ pauseOnConnect: true }, (stream) => events.accepted(stream));
    this.#server.on('error', (error) => {
      if (this.#listening) events.failed(error);
    });
  }

  /** Where it listens, as an endpoint text. */
  get address(): string {
    if (this.#path !== undefined) return this.#path.address;
    const { address, port } = this.#server.address() as net.AddressInfo;
    return formatTcp(address, port);
  }

  /** Rejects with a SocketError, everything closed. */
  async listen(): Promise<void> {
    try {
      await this.#listen();
    } catch (error) {
      const taken = (error as { code?: string }).code === 'EADDRINUSE';
      if (!taken || this.#path === undefined || !(await this.#path.clear()))
        throw this.#failed(error);
      await this.#listen().catch((failure) => {
        throw this.#failed(failure);
      });
    }
    this.#opened();
  }

  /**
   * As `listen`, before it returns. Node has no documented way to bind a TCP address in this very call, only the one that
   * its own cluster module uses.
   */
  listenSync(): void {
    const { path, host = '', port = 0, backlog } = this.#options;
    this.#path?.clearSync();
    const handle =
      path === undefined
        ? createServerHandle(host, port, net.isIPv6(host) ? 6 : 4)
        : createServerHandle(path, -1, -1);
    if (typeof handle === 'number') throw this.#failed(systemError(handle));
    this.#server.listen(handle, backlog);
    // Two may bind a port, and only one listen. The error comes on the next tick: too late for this call.
    if (!this.#server.listening) throw this.#failed(systemError(-constants.errno.EADDRINUSE));
    this.#opened();
  }

  /** Calls `closed` when the address is free and all accepted connections are over. */
  close(closed: () => void): void {
    const close = (): void => {
      this.#server.close(() => {
        this.#listening = false;
        this.#path?.release();
        closed();
      });
    };
    if (this.#path === undefined) close();
    else this.#path.closing(close);
  }

  #listen(): Promise<void> {
    const server = this.#server;
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.#options, () => {
        server.off('error', reject);
        resolve();
      });
    });
  }

  #opened(): void {
    this.#listening = true;
    this.#server.unref();
    this.#path?.bound();
  }

  #failed(cause: unknown): SocketError {
    const error = this.#path?.missesDirectory
      ? new SocketError('ENOENT', { address: this.#text, cause })
      : toSocketError(cause, this.#text);
    this.#server.close();
    this.#path?.release();
    return error;
  }
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
