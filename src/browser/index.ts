/**
 * The door `zeromq-pure` of browsers: the exports that work in a page. scripts/browser.ts makes one file of it, in which the
 * files of this folder replace what only Node has.
 */

export type {
  CallOptions,
  Event,
  EventOfType,
  EventSubscriber,
  EventType,
  Message,
  MessageLike,
  OptionValues,
  Readable,
  Receiver,
  RouterConnectOptions,
  Sendable,
  Sender,
  SocketErrorCode,
  SocketOptions,
  SocketStats,
  WaitOptions,
  Writable,
} from '../sockets/index.ts';
export {
  Context,
  context,
  Dealer,
  Observer,
  Pair,
  Publisher,
  Pull,
  Push,
  Reply,
  Request,
  Router,
  Socket,
  SocketError,
  SocketType,
  Subscriber,
  XPublisher,
  XSubscriber,
} from '../sockets/index.ts';
export { packageVersion, version } from '../sockets/version.ts';

/** What works in a page: `true` for transports and mechanisms that do. */
export const capability: Readonly<
  Record<'ipc' | 'pgm' | 'tipc' | 'norm' | 'curve' | 'gssapi' | 'draft', boolean>
> = {
  ipc: false,
  pgm: false,
  tipc: false,
  norm: false,
  curve: false,
  gssapi: false,
  draft: true,
};
