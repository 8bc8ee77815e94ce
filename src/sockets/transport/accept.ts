/** Acceptor: a server of Node that listens on a TCP address, a path or a descriptor, also within one call. */

import net from 'node:net';
import { constants } from 'node:os';
import { getSystemErrorName } from 'node:util';
import { RUNTIME } from '../../base/runtime.ts';
import { SocketError, toSocketError } from '../errors.ts';
import { formatTcp } from './endpoint.ts';
import type { IpcPath } from './ipc-path.ts';

/** What an acceptor reports. */
export interface AcceptEvents {
  /** A connection came in; nothing has been read from it. */
  accepted(stream: net.Socket): void;
  /** A connection could not be accepted. */
  failed(error: unknown): void;
}

/** Where to listen; `fd`, a descriptor that listens already, comes alone. */
export interface ListenOptions extends net.ListenOptions {
  readonly fd?: number;
}

export class Acceptor {
  readonly #options: ListenOptions;
  readonly #text: string;
  /** The file of an ipc endpoint; undefined on TCP, and on a descriptor. */
  readonly #path: IpcPath | undefined;
  readonly #server: net.Server;
  #listening = false;

  /** `options`: where to listen; `text`: the address to blame; `path`: the file of `options.path`, for ipc. */
  constructor(options: ListenOptions, text: string, events: AcceptEvents, path?: IpcPath) {
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
    // Of a descriptor for ipc there is none.
    const { address, port } = (this.#server.address() ?? {}) as Partial<net.AddressInfo>;
    return address === undefined || port === undefined ? this.#text : formatTcp(address, port);
  }

  /** Rejects with a SocketError, everything closed. */
  async listen(): Promise<void> {
    // In a worker of node:cluster, Node would take the descriptor of this number from the primary process.
    if (this.#options.fd !== undefined && RUNTIME === 'node') {
      this.listenSync();
      return;
    }
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
    const { path, host = '', port = 0, fd, backlog } = this.#options;
    if (path !== undefined || RUNTIME === 'bun') {
      this.#path?.clearSync();
      // Of the handle of a path, a server would take the descriptor only: the file and the descriptor had two owners.
      this.#server.listen(this.#options);
    } else {
      const create = serverHandleMaker();
      const handle =
        fd === undefined ? create(host, port, host.includes(':') ? 6 : 4) : create('', 0, 4, fd);
      if (typeof handle === 'number') throw this.#failed(systemError(handle));
      this.#server.listen(handle, backlog);
    }
    if (!this.#server.listening) throw this.#failed(refusal(this.#options));
    this.#opened();
  }

  /** Calls `closed` when the address is free and all accepted connections have ended. */
  close(closed: () => void): void {
    const close = (): void => {
      this.#server.close(() => {
        this.#listening = false;
        closed();
      });
    };
    if (this.#path === undefined) close();
    else this.#path.closing(close);
  }

  /**
   * The process or thread ends within this tick: its file goes, but not that of somebody who has the path now. In a thread
   * that is terminated nothing of ours runs any more, and libuv removes whatever is at the path.
   */
  releasePath(): void {
    if (this.#listening) this.#path?.closing(() => this.#server.close());
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
    const error = this.#errorOf(cause);
    this.#server.close();
    this.#path?.release();
    return error;
  }

  #errorOf(cause: unknown): SocketError {
    const address = this.#text;
    const { fd } = this.#options;
    if (fd !== undefined) {
      const message = `Invalid argument: useFd is ${fd}, expected a listening socket that is not in use here`;
      return new SocketError('EINVAL', { message, address, cause });
    }
    if (this.#path?.missesDirectory) return new SocketError('ENOENT', { address, cause });
    // What Deno says of an address that no interface has. What could be wrong with the text has been looked at before.
    const elsewhere = RUNTIME === 'deno' && this.#path === undefined;
    if (elsewhere && (cause as { code?: string }).code === 'EINVAL') {
      return new SocketError('EADDRNOTAVAIL', { address, cause });
    }
    return toSocketError(cause, address);
  }
}

type MakeServerHandle = (
  address: string,
  port: number,
  family: 4 | 6 | -1,
  fd?: number,
) => number | (net.Server & { close(): void });

function serverHandleMaker(): MakeServerHandle {
  const { _createServerHandle: make } = net as unknown as {
    _createServerHandle?: MakeServerHandle;
  };
  if (make !== undefined) return make;
  throw new SocketError('ENOTSUP', {
    message: 'this Node cannot bind synchronously: use bind()',
  });
}

/** Why a server does not listen. It says so itself on the next tick, which is too late. */
function refusal({ host, port, path, fd }: ListenOptions): unknown {
  if (fd !== undefined) return systemError(-constants.errno.EINVAL);
  const { Bun: bun } = globalThis as { Bun?: { listen(options: object): { stop(): void } } };
  if (bun !== undefined) {
    try {
      const where = path === undefined ? { hostname: host, port } : { unix: path };
      bun.listen({ ...where, socket: { data() {} } }).stop();
    } catch (error) {
      return error;
    }
  } else if (path !== undefined) {
    const handle = serverHandleMaker()(path, -1, -1);
    if (typeof handle === 'number' && handle < 0) return systemError(handle);
    if (typeof handle !== 'number') handle.close();
  }
  // Two may bind a port, and only one listen.
  return systemError(-constants.errno.EADDRINUSE);
}

function systemError(errno: number): NodeJS.ErrnoException {
  const code = getSystemErrorName(errno);
  return Object.assign(new Error(code), { code, errno });
}
