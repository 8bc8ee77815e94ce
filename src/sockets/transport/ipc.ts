/** ipc: `ipc:///path` and, on Linux, `ipc://@name` (zmq_ipc(7)). */

import { SocketError } from '../errors.ts';
import { Acceptor } from './accept.ts';
import { dial, readAccepted } from './dial.ts';
import { dialNow } from './dial-now.ts';
import { afterScheme, type Endpoint, invalid } from './endpoint.ts';
import { IpcPath } from './ipc-path.ts';
import type { StreamCarrier } from './stream-carrier.ts';
import { streamTransport } from './stream-transport.ts';
import type { Transport } from './transport.ts';

/** `ipc:///path/to/socket`, or `ipc://@name` in Linux's abstract namespace. */
export interface IpcEndpoint extends Endpoint {
  readonly transport: 'ipc';
  /** As written; for an abstract name without the `@`. */
  readonly path: string;
  readonly abstract: boolean;
}

export interface IpcBindEndpoint extends IpcEndpoint {
  /** `ipc://*`: the transport makes up a path in a temporary directory. `path` is then `*`. */
  readonly wildcard: boolean;
}

const carrier: StreamCarrier<IpcBindEndpoint, IpcEndpoint> = {
  scheme: 'ipc',
  hasAddresses: false,
  carriesRaw: true,

  parseBind: (text) => ({ ...parseIpc(text), wildcard: afterScheme(text) === '*' }),

  parseConnect(text) {
    if (afterScheme(text) === '*') {
      throw invalid(text, 'ipc://* is for bind, connect needs a path');
    }
    return parseIpc(text);
  },

  dial: ({ endpoint }, signal) => dial({ path: systemPath(endpoint) }, signal),
  dialNow: ({ endpoint }) => dialNow({ path: systemPath(endpoint) }),

  accept({ endpoint, values, text }, events) {
    const { backlog, useFd: fd } = values;
    // The file is whoever's who made it.
    if (fd >= 0) return new Acceptor({ fd, backlog }, text, events);
    const path = new IpcPath(endpoint.wildcard ? undefined : systemPath(endpoint));
    return new Acceptor({ path: path.text, backlog }, text, events, path);
  },

  admit: (accepted) => readAccepted(accepted),
};

export const ipc: Transport<IpcBindEndpoint, IpcEndpoint> = streamTransport(carrier);

function parseIpc(text: string): IpcEndpoint {
  const path = afterScheme(text);
  const abstract = path.startsWith('@');
  if (abstract && path.length === 1) throw invalid(text, 'no name behind ipc://@');
  const size = Buffer.byteLength(path);
  if (size > IPC_PATH_LIMIT) {
    const message = `File name too long: a path of ${size} octets, expected at most ${IPC_PATH_LIMIT}`;
    throw new SocketError('ENAMETOOLONG', { message, address: text });
  }
  return { transport: 'ipc', path: abstract ? path.slice(1) : path, abstract };
}

function systemPath({ path, abstract }: IpcEndpoint): string {
  return abstract ? `\0${path}` : path;
}

/** `sun_path` holds 108 octets with its NUL. */
const IPC_PATH_LIMIT = 107;
