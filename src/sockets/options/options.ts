/**
 * Options: the properties by which a socket or context is configured, under the names of zeromq.js and grouped by the
 * types that have them; those of every socket are in common-options.ts. Each comment has the libzmq name first, then unit,
 * default and what happens at the limit. Durations are milliseconds; setting a number that is out of range throws `EINVAL`,
 * a value of another type a TypeError. Values, checks and defaults are in option-table.ts.
 *
 * An option is read when an endpoint is opened, so set it before `bind` or `connect`, unless its comment says that it takes
 * effect immediately. Options out of reach of Node are *accepted, without effect*, so that programs run unchanged. Options
 * whose lack would leave a user less protected are *refused*: setting anything but the default throws `ENOTSUP`.
 */

import type { CommonOptions } from './common-options.ts';

/** Options of sockets that can send. */
export interface SendOptions {
  /** `ZMQ_SNDBUF`. Octets in the kernel's send buffer, default −1 = as the system has it. Has an effect with udp only. */
  sendBufferSize: number;
  /**
   * `ZMQ_SNDHWM`. Messages queued for one peer before `send` waits (or drops, on PUB). Default 1000; 0 = no mark. Takes effect
   * immediately.
   */
  sendHighWaterMark: number;
  /**
   * Not in libzmq. Octets queued for one peer before `send` waits (or drops, on PUB). Default 0 = no mark; a message is taken
   * whole when there is any room. Takes effect immediately.
   */
  sendHighWaterMarkBytes: number;
  /**
   * `ZMQ_SNDTIMEO`. Milliseconds that `send` waits for room before it rejects with `EAGAIN`. Default −1 = for ever; 0 = does not
   * wait. Takes effect immediately.
   */
  sendTimeout: number;
  /** `ZMQ_MULTICAST_HOPS`. Time-to-live of multicast packets, default 1, at most 255. Has an effect with udp only. */
  multicastHops: number;
  /** `ZMQ_MULTICAST_LOOP`. Whether multicast packets also reach this machine, default true. Has an effect with udp only. */
  multicastLoop: boolean;
}

/** Options of sockets that can receive. */
export interface ReceiveOptions {
  /** `ZMQ_RCVBUF`. Octets in the kernel's receive buffer, default −1 = as the system has it. Has an effect with udp only. */
  receiveBufferSize: number;
  /**
   * `ZMQ_RCVHWM`. Unread messages of one peer before this socket stops reading from it, so that the peer's own queue fills.
   * Default 1000; 0 = no mark. Takes effect immediately.
   */
  receiveHighWaterMark: number;
  /**
   * Not in libzmq. Octets of unread messages, of all peers together, before this socket stops reading. Default 0 = no mark. A
   * peer with nothing unread may still deliver one message. Takes effect immediately.
   */
  receiveHighWaterMarkBytes: number;
  /**
   * `ZMQ_RCVTIMEO`. Milliseconds that `receive` waits for a message before it rejects with `EAGAIN`. Default −1 = for ever; 0 =
   * does not wait. Takes effect immediately.
   */
  receiveTimeout: number;
}

/** Options of REQ, REP, DEALER and ROUTER. */
export interface RoutingIdOptions {
  /**
   * `ZMQ_ROUTING_ID`. 1–255 octets by which a ROUTER knows us, default null = the ROUTER generates an id. Reads as a
   * string up to the first NUL.
   */
  get routingId(): string | null;
  set routingId(value: string | Buffer | null);
}

/** Options of DEALER, ROUTER, CLIENT, SERVER and PEER. */
export interface HelloOptions {
  /**
   * `ZMQ_HELLO_MSG`. Message of one part that is sent first on each new connection, also after a reconnection, before messages
   * that are queued. Default null = none; reads as a string.
   */
  get helloMessage(): string | null;
  set helloMessage(value: string | Buffer | null);
}

/** Options of ROUTER, SERVER and PEER. */
export interface DisconnectOptions {
  /**
   * `ZMQ_DISCONNECT_MSG`. Message of one part that is received from a peer that had connected to us when its connection has
   * ended, also by a missed heartbeat. Default null = none; reads as a string. Received whatever the high-water mark.
   */
  get disconnectMessage(): string | null;
  set disconnectMessage(value: string | Buffer | null);
}

/** Options of DEALER, CLIENT and PEER. */
export interface HiccupOptions {
  /**
   * `ZMQ_HICCUP_MSG`. Message of one part that is received from a peer that we have connected to when the connection is lost,
   * before a reconnection. Default null = none; reads as a string. Received whatever the high-water mark; not over inproc.
   */
  get hiccupMessage(): string | null;
  set hiccupMessage(value: string | Buffer | null);
}

/** Options of REQ, DEALER and ROUTER. */
export interface ProbeRouterOptions {
  /** `ZMQ_PROBE_ROUTER`. Send an empty message to each new peer, default false. Takes effect immediately. */
  probeRouter: boolean;
}

/** Options of PUSH, PULL, PUB, SUB and DEALER. */
export interface ConflateOptions {
  /**
   * `ZMQ_CONFLATE`. Keep only the newest message for or from a peer, default false. High-water marks do
   * not apply then.
   */
  conflate: boolean;
}

/** Options of REQ. */
export interface RequestOptions {
  /** `ZMQ_REQ_CORRELATE`. Number requests, and drop replies to earlier requests, default false. Takes effect immediately. */
  correlate: boolean;
  /**
   * `ZMQ_REQ_RELAXED`. Allow another request before the reply has come; the earlier request is then given up. Default false:
   * `send` waits for the reply to be received, and fails with `EFSM` after its timeout. Takes effect immediately.
   */
  relaxed: boolean;
}

/** Options of ROUTER. */
export interface RouterOptions {
  /**
   * `ZMQ_ROUTER_MANDATORY`. Default false: a message to an unknown peer, or one whose queue is full, is
   * dropped. True: `send` rejects with `EHOSTUNREACH`, or waits. Takes effect immediately.
   */
  mandatory: boolean;
  /** `ZMQ_ROUTER_HANDOVER`. A new peer takes over a routing id in use. Default false: it is refused. Takes effect immediately. */
  handover: boolean;
  /**
   * `ZMQ_ROUTER_NOTIFY`. When an empty message is received from a peer, after its routing id: 1 = when it is connected, 2 = when
   * the connection is lost, 3 = both. Default 0 = never. Not over inproc.
   */
  routerNotify: number;
}

/** Options of PUB and XPUB. */
export interface NoDropOptions {
  /**
   * `ZMQ_XPUB_NODROP`. `send` waits while the queue of any subscriber is full. Default false: the message is dropped for that
   * subscriber.
   */
  noDrop: boolean;
}

/** Options of XPUB. */
export interface XPublisherOptions {
  /**
   * `ZMQ_XPUB_MANUAL`. Subscriptions that peers request do not take effect: the program subscribes them, by `subscribe`, in
   * answer to their requests. Default false.
   */
  manual: boolean;
  /**
   * `ZMQ_XPUB_MANUAL_LAST_VALUE`. As `manual`; and the next message sent after a request was received goes only to the peer that
   * made it, if that is subscribed to it. So a cache can send it the last value, which others have already. Default false. Takes
   * effect immediately.
   */
  manualLastValue: boolean;
  /** `ZMQ_XPUB_WELCOME_MSG`. Message sent to each new subscriber, default null = none. */
  get welcomeMessage(): string | null;
  set welcomeMessage(value: string | Buffer | null);
  /**
   * `ZMQ_XPUB_VERBOSE`, `ZMQ_XPUB_VERBOSER`. Whether repeated subscriptions (`allSubs`), and repeated
   * unsubscriptions too (`allSubsUnsubs`), are passed to `receive`. Default null: neither. Takes effect immediately.
   */
  verbosity: Verbosity;
}

/** Which repeated requests an XPUB passes to `receive`: see `verbosity`. */
export type Verbosity = 'allSubs' | 'allSubsUnsubs' | null;

/** Options of XSUB. */
export interface XSubscriberOptions {
  /**
   * `ZMQ_XSUB_VERBOSE_UNSUBSCRIBE`. Send every cancellation to the publishers. Default false: only the last one of a prefix.
   * Takes effect immediately.
   */
  verboseUnsubscribe: boolean;
}

/** Options of XPUB and XSUB. */
export interface OnlyFirstSubscribeOptions {
  /**
   * `ZMQ_ONLY_FIRST_SUBSCRIBE`. Parts of a message that look like subscriptions count as such only if its first part is one.
   * Default false: any part does. Takes effect immediately.
   */
  onlyFirstSubscribe: boolean;
}

/** Options of PUB, XPUB and SUB. */
export interface InvertMatchingOptions {
  /** `ZMQ_INVERT_MATCHING`. Pass the messages that match no subscription, default false. Set it on both sides. */
  invertMatching: boolean;
}

/** Options of STREAM. */
export interface StreamSocketOptions {
  /** `ZMQ_STREAM_NOTIFY`. Whether an empty message is received when a peer connects and when it leaves, default true. */
  notify: boolean;
}

/** Read-only properties of every socket. */
export interface ReadOnlyOptions {
  /** `ZMQ_TYPE`. The number of the socket type, see `SocketType`. */
  readonly type: number;
  /** `ZMQ_LAST_ENDPOINT`. The endpoint of the last `bind` (with the real port) or `connect`; null before. */
  readonly lastEndpoint: string | null;
  /** `ZMQ_MECHANISM`. The security mechanism that the options choose; null = none. */
  readonly securityMechanism: 'plain' | 'curve' | 'gssapi' | null;
  /**
   * `ZMQ_THREAD_SAFE`. True for the draft types, which several threads may share in libzmq; here every socket belongs to one
   * thread.
   */
  readonly threadSafe: boolean;
}

/** Options of a context. */
export interface ContextOptions {
  /** `ZMQ_IO_THREADS`. Default 1. Accepted, without effect: there is one thread. */
  ioThreads: number;
  /** `ZMQ_MAX_SOCKETS`. Open sockets in this context, in all threads together for the default one. Default 1023; one more throws `EMFILE`. */
  maxSockets: number;
  /** `ZMQ_THREAD_PRIORITY`. Default −1. Accepted, without effect. */
  threadPriority: number;
  /** `ZMQ_THREAD_SCHED_POLICY`. Default −1. Accepted, without effect. */
  threadSchedulingPolicy: number;
  /** `ZMQ_MAX_MSGSZ`. Octets in one message, default 2 147 483 647. Accepted, without effect, as in zeromq.js. */
  maxMessageSize: number;
  /** `ZMQ_IPV6`. The default of `ipv6` for sockets created from now on, default false. */
  ipv6: boolean;
  /**
   * `ZMQ_BLOCKY`. Default true: sockets linger until all is sent. False: `linger` of sockets created from now on is 0 by default.
   */
  blocky: boolean;
  /**
   * Not in libzmq. Microseconds that the event loop stays awake after octets came by tcp or ipc, where both sides talk and the
   * next octets usually come within that time; 0 to 1 000 000, default 100, 0 = never. Spares a round trip the cost of waking up;
   * one processor is busy meanwhile. For connections made after it is set; without effect where there is one processor.
   */
  busyPoll: number;
}

/** The options of sockets of all types, with the values that a socket holds. */
export interface OptionValues
  extends CommonOptions,
    SendOptions,
    ReceiveOptions,
    ProbeRouterOptions,
    ConflateOptions,
    RequestOptions,
    RouterOptions,
    NoDropOptions,
    Omit<XPublisherOptions, 'welcomeMessage'>,
    XSubscriberOptions,
    OnlyFirstSubscribeOptions,
    InvertMatchingOptions,
    StreamSocketOptions {
  /** The octets that were set; the property reads as a string. */
  routingId: Buffer | null;
  /** The octets that were set; the property reads as a string. */
  welcomeMessage: Buffer | null;
  /** The octets that were set; the property reads as a string. */
  helloMessage: Buffer | null;
  /** The octets that were set; the property reads as a string. */
  disconnectMessage: Buffer | null;
  /** The octets that were set; the property reads as a string. */
  hiccupMessage: Buffer | null;
}
