/** The exports of the sockets floor, for the floors above it. */

export { MessageEmitter, type MessageEvents } from './adapter/message-emitter.ts';
export {
  type NodeStreamOptions as StreamOptions,
  toReadable,
  toReadableStream,
  toWritable,
  toWritableStream,
} from './adapter/node-streams.ts';
export {
  type Pollable,
  type Polled,
  Poller,
  type PollOptions,
  type Ready,
} from './adapter/poller.ts';
export { Dealer } from './api/dealer.ts';
export {
  type OpenSocket,
  openSocket,
  SOCKET_NAMES,
  type SocketDescription,
  type SocketName,
  type SocketsByName,
} from './api/open.ts';
export { Pair } from './api/pair.ts';
export { Publisher } from './api/publisher.ts';
export { Pull } from './api/pull.ts';
export { Push } from './api/push.ts';
export { Reply } from './api/reply.ts';
export { Request } from './api/request.ts';
export { Router, type RouterConnectOptions } from './api/router.ts';
export type {
  Part as Message,
  Readable,
  Receiver,
  Sendable,
  Sender,
  Writable,
} from './api/sending-receiving.ts';
export { Socket } from './api/socket.ts';
export type { AnyOptions, OptionInput, SocketOptions } from './api/socket-options.ts';
export { Stream, type StreamConnectOptions } from './api/stream.ts';
export { Subscriber } from './api/subscriber.ts';
export { XPublisher } from './api/xpublisher.ts';
export { XSubscriber } from './api/xsubscriber.ts';
export { Context, context } from './core/context.ts';
export type { MessagePeer } from './core/message-peer.ts';
export { SocketType } from './core/socket-type.ts';
export type { CallOptions } from './core/waiter.ts';
export type { WaitOptions } from './core/watching.ts';
export { Device, type DeviceEnds, type DeviceOptions, type DeviceSides } from './device/device.ts';
export { Forwarder, type ForwarderOptions } from './device/forwarder.ts';
export { MonitoredQueue, type MonitoredQueueOptions } from './device/monitored-queue.ts';
export { Proxy, proxy, type RunningProxy } from './device/proxy.ts';
export { Queue } from './device/queue.ts';
export type { ProxyOptions, ProxyStatistics, SideStatistics } from './device/relay.ts';
export type { DeviceEndpoints, Side, SideEnds, SideSettings, SideType } from './device/side.ts';
export { Streamer } from './device/streamer.ts';
export { SocketError, type SocketErrorCode, type SocketErrorDetail } from './errors.ts';
export {
  type AcceptError,
  type AddressEvent,
  type AuthenticationError,
  type ConnectionEnds,
  type ConnectionErrorEvent,
  type ConnectionEvent,
  type ErrorEvent,
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
export type { GssapiNameType } from './options/common-options.ts';
export type {
  ContextOptions,
  OptionValues,
  ReadOnlyOptions,
  Verbosity,
} from './options/options.ts';
export {
  type AllowedKeys,
  Authenticator,
  type KeyAnswer,
  type Passwords,
} from './security/authenticator.ts';
export { Certificate, type CertificateContent } from './security/certificate.ts';
export type {
  Authenticate,
  AuthenticationRequest,
  AuthenticationResult,
  MechanismName,
} from './security/choice.ts';
export type { Flow, PeerStats, SocketStats } from './stats.ts';
