/** What the sockets floor shows to those above it. */

export {
  type AllowedKeys,
  Authenticator,
  type KeyAnswer,
  type Passwords,
} from './authenticator.ts';
export { Certificate, type CertificateContent } from './certificate.ts';
export { Context, context } from './context.ts';
export type { WaitOptions } from './core.ts';
export { Dealer } from './dealer.ts';
export { Device, type DeviceOptions, type DeviceSides } from './device/device.ts';
export { Forwarder, type ForwarderOptions } from './device/forwarder.ts';
export type { DeviceEndpoints } from './device/inline.ts';
export { MonitoredQueue, type MonitoredQueueOptions } from './device/monitored-queue.ts';
export { Proxy, type ProxyOptions, proxy, type RunningProxy } from './device/proxy.ts';
export { type DeviceEnds, Queue } from './device/queue.ts';
export type { ProxyStatistics, SideStatistics } from './device/relay.ts';
export type { Side, SideEnds, SideSettings, SideType } from './device/side.ts';
export { Streamer } from './device/streamer.ts';
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
  type AcceptError,
  type AuthenticationError,
  type Event,
  type EventError,
  type EventOfType,
  type EventSource,
  type EventSubscriber,
  type EventType,
  Observer,
  type ProtocolError,
  type SystemError,
} from './events.ts';
export type { MessageLike } from './message.ts';
export { MessageEmitter, type MessageEvents } from './message-emitter.ts';
export type { MessagePeer } from './message-peer.ts';
export type { ContextOptions } from './options.ts';
export { Pair } from './pair.ts';
export { type Pollable, type Polled, Poller, type PollOptions, type Ready } from './poller.ts';
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
export {
  type StreamOptions,
  toReadable,
  toReadableStream,
  toWritable,
  toWritableStream,
} from './streams.ts';
export { Subscriber } from './subscriber.ts';
export type { CallOptions } from './waiter.ts';
export { XPublisher } from './xpublisher.ts';
export { XSubscriber } from './xsubscriber.ts';
