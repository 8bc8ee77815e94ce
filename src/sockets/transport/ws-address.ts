/** The address of a WebSocket: `ws://host:port/path`. */

import { afterScheme, type Endpoint, invalid, quoted } from './endpoint.ts';
import {
  parseTcpBind,
  parseTcpConnect,
  type TcpBindEndpoint,
  type TcpConnectEndpoint,
} from './tcp-address.ts';

/** `ws://*:8080`, `ws://127.0.0.1:8080/path`; to connect also `ws://source:port;host:port/path`. */
export interface WsEndpoint<T extends TcpBindEndpoint | TcpConnectEndpoint> extends Endpoint {
  /** Host and port, as in a tcp address. */
  readonly tcp: T;
  /** The path from its slash on; `/` where there is none. A bind to `/` serves all paths. */
  readonly path: string;
}

export type WsBindEndpoint = WsEndpoint<TcpBindEndpoint>;
export type WsConnectEndpoint = WsEndpoint<TcpConnectEndpoint>;

/** @throws SocketError `EINVAL` */
export function parseWsBind(text: string): WsBindEndpoint {
  const { transport, authority, path } = split(text);
  return { transport, tcp: parseTcpBind(authority, text), path };
}

/** @throws SocketError `EINVAL` */
export function parseWsConnect(text: string): WsConnectEndpoint {
  const { transport, authority, path } = split(text);
  return { transport, tcp: parseTcpConnect(authority, text), path };
}

/** @throws SocketError `EINVAL` for a path that no request can ask for */
function split(text: string): { transport: string; authority: string; path: string } {
  const rest = afterScheme(text);
  const slash = rest.indexOf('/');
  const end = slash === -1 ? rest.length : slash;
  const path = rest.slice(end) || '/';
  if (path.length > PATH_MAX) {
    throw invalid(text, `a path of ${path.length} characters, expected at most ${PATH_MAX}`);
  }
  if (!PATH.test(path)) {
    throw invalid(text, `path ${quoted(path)}, expected printable ASCII without # and spaces`);
  }
  const transport = text.slice(0, text.indexOf('://'));
  return { transport, authority: rest.slice(0, end), path };
}

const PATH = /^[!"$-~]*$/;
/** Characters; leaves room for the headers within the size of a request that servers accept. */
const PATH_MAX = 2048;
