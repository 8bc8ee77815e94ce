/** What the sockets floor shows to those above it. */

export { Context, context } from './context.ts';
export type { WaitOptions } from './core.ts';
export { Dealer } from './dealer.ts';
export { Proxy } from './device/proxy.ts';
export type {
  Message,
  Readable,
  Receiver,
  Sendable,
  Sender,
  Writable,
} from './directed.ts';
export { SocketError, type SocketErrorCode } from './errors.ts';
export {
  type Event,
  type EventError,
  type EventOfType,
  type EventSource,
  type EventType,
  Observer,
} from './events.ts';
export type { MessageLike } from './message.ts';
export type { ContextOptions } from './options.ts';
export { Pair } from './pair.ts';
export { Publisher } from './publisher.ts';
export { Pull } from './pull.ts';
export { Push } from './push.ts';
export { Reply } from './reply.ts';
export { Request } from './request.ts';
export { Router, type RouterConnectOptions } from './router.ts';
export type {
  Authenticate,
  AuthenticationRequest,
  AuthenticationResult,
} from './security.ts';
export { Socket } from './socket.ts';
export type { SocketOptions } from './socket-options.ts';
export { SocketType } from './socket-type.ts';
export type { Flow, PeerStats, SocketStats } from './stats.ts';
export { Stream, type StreamConnectOptions } from './stream.ts';
export { Subscriber } from './subscriber.ts';
export type { CallOptions } from './waiter.ts';
export { XPublisher } from './xpublisher.ts';
export { XSubscriber } from './xsubscriber.ts';
