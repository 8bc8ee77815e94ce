/**
 * Options: the properties by which a socket or context is configured, under the names of zeromq.js and
 * grouped by who has them; those of every socket are in common-options.ts. First the libzmq name, then unit, default
 * and what happens at the limit. Durations are milliseconds; a number that is out of range throws `EINVAL`, a value of
 * another type a TypeError. Values, checks and defaults are in option-table.ts.
 *
 * An option is read when an endpoint is made, so it is set before `bind` or `connect`, unless its comment says that it
 * takes effect immediately. What Node cannot reach is *accepted, without effect*, so that programs run unchanged. What
 * would leave a user less protected than asked for is *refused*: setting anything but the default throws `ENOTSUP`.
 */

import type { CommonOptions } from './common-options.ts';

/** On sockets that can send. */
export interface SendOptions {
  /** `ZMQ_SNDBUF`. Octets in the kernel's send buffer, default −1 = system's. Has an effect with udp. */
  sendBufferSize: number;
  /**
   * `ZMQ_SNDHWM`. Messages held for one peer before `send` waits (or drops, on PUB). Default 1000; 0 = no
   * mark. Takes effect immediately.
   */
  sendHighWaterMark: number;
  /**
   * Ours. Octets held for one peer before `send` waits (or drops, on PUB). Default 0 = no mark; a message
   * is taken whole when there is any room. Takes effect immediately.
   */
  sendHighWaterMarkBytes: number;
  /**
   * `ZMQ_SNDTIMEO`. Milliseconds `send` waits for room before it rejects with `EAGAIN`. Default −1 = for
   * ever; 0 = does not wait. Takes effect immediately.
   */
  sendTimeout: number;
  /** `ZMQ_MULTICAST_HOPS`. Time-to-live of multicast packets, default 1, at most 255. Has an effect with udp. */
  multicastHops: number;
  /** `ZMQ_MULTICAST_LOOP`. Whether multicast packets also reach this machine, default true. Has an effect with udp. */
  multicastLoop: boolean;
}

/** On sockets that can receive. */
export interface ReceiveOptions {
  /** `ZMQ_RCVBUF`. Octets in the kernel's receive buffer, default −1 = system's. Has an effect with udp. */
  receiveBufferSize: number;
  /**
   * `ZMQ_RCVHWM`. Messages from one peer held unread before reading from it stops, so that the peer's own
   * queue fills. Default 1000; 0 = no mark. Takes effect immediately.
   */
  receiveHighWaterMark: number;
  /**
   * Ours. Octets held unread, of all peers together, before reading stops. Default 0 = no mark. A peer
   * with nothing unread may still deliver one message. Takes effect immediately.
   */
  receiveHighWaterMarkBytes: number;
  /**
   * `ZMQ_RCVTIMEO`. Milliseconds `receive` waits for a message before it rejects with `EAGAIN`. Default
   * −1 = for ever; 0 = does not wait. Takes effect immediately.
   */
  receiveTimeout: number;
}

/** On REQ, REP, DEALER and ROUTER. */
export interface RoutingIdOptions {
  /**
   * `ZMQ_ROUTING_ID`. 1–255 octets by which a ROUTER knows us, default null = the ROUTER generates an id. Reads as a
   * string up to the first NUL.
   */
  get routingId(): string | null;
  set routingId(value: string | Buffer | null);
}

/** On DEALER, ROUTER, CLIENT, SERVER and PEER. */
export interface HelloOptions {
  /**
   * `ZMQ_HELLO_MSG`. Message of one part that each new connection sends first, after a reconnection again, and before what waits. Default
   * null = none; reads as a string.
   */
  get helloMessage(): string | null;
  set helloMessage(value: string | Buffer | null);
}

/** On ROUTER, SERVER and PEER. */
export interface DisconnectOptions {
  /**
   * `ZMQ_DISCONNECT_MSG`. Message of one part that is received from a peer which had connected to us when it has gone, also by a missed
   * heartbeat. Default null = none; reads as a string. Received whatever the high-water mark.
   */
  get disconnectMessage(): string | null;
  set disconnectMessage(value: string | Buffer | null);
}

/** On DEALER, CLIENT and PEER. */
export interface HiccupOptions {
  /**
   * `ZMQ_HICCUP_MSG`. Message of one part that is received from a peer that we have connected to when the connection is lost, before it is
   * made again. Default null = none; reads as a string. Received whatever the high-water mark; not over inproc.
   */
  get hiccupMessage(): string | null;
  set hiccupMessage(value: string | Buffer | null);
}

/** On REQ, DEALER and ROUTER. */
export interface ProbeRouterOptions {
  /** `ZMQ_PROBE_ROUTER`. Send an empty message to each new peer, default false. Takes effect immediately. */
  probeRouter: boolean;
}

/** On PUSH, PULL, PUB, SUB and DEALER. */
export interface ConflateOptions {
  /**
   * `ZMQ_CONFLATE`. Keep only the newest message for or from a peer, default false. High-water marks do
   * not apply then.
   */
  conflate: boolean;
}

/** On REQ. */
export interface RequestOptions {
  /** `ZMQ_REQ_CORRELATE`. Number requests, and drop replies to earlier ones, default false. Takes effect immediately. */
  correlate: boolean;
  /**
   * `ZMQ_REQ_RELAXED`. Allow another request before the reply has come, which gives up the last one. Default false:
   * `send` fails with `EFSM`. Takes effect immediately.
   */
  relaxed: boolean;
}

/** On ROUTER. */
export interface RouterOptions {
  /**
   * `ZMQ_ROUTER_MANDATORY`. Default false: a message to an unknown peer, or one whose queue is full, is
   * dropped. True: `send` rejects with `EHOSTUNREACH`, or waits. Takes effect immediately.
   */
  mandatory: boolean;
  /** `ZMQ_ROUTER_HANDOVER`. A new peer takes over an id in use. Default false: it is refused. Takes effect immediately. */
  handover: boolean;
  /**
   * `ZMQ_ROUTER_NOTIFY`. Whether an empty message of a peer is received, its routing id in front: 1 = when it is connected, 2 = when the
   * connection is lost, 3 = both. Default 0 = neither. Not over inproc.
   */
  routerNotify: number;
}

/** On PUB and XPUB. */
export interface NoDropOptions {
  /** `ZMQ_XPUB_NODROP`. `send` waits while the queue of any subscriber is full. Default false: the message is dropped for that subscriber. */
  noDrop: boolean;
}

/** On XPUB. */
export interface XPublisherOptions {
  /** `ZMQ_XPUB_MANUAL`. Only the program subscribes peers, by `subscribe`, in answer to their requests. Default false: requests take effect. */
  manual: boolean;
  /**
   * `ZMQ_XPUB_MANUAL_LAST_VALUE`. As `manual`; and the next message after a request was received goes to the peer that made it alone,
   * if that is subscribed to it. So a cache can send it the last value that others have already. Default false. Takes effect immediately.
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

/** Which repeated requests an XPUB passes on: see `verbosity`. */
export type Verbosity = 'allSubs' | 'allSubsUnsubs' | null;

/** On XSUB. */
export interface XSubscriberOptions {
  /**
   * `ZMQ_XSUB_VERBOSE_UNSUBSCRIBE`. Every cancellation goes to the publishers, default false: only the last one of a prefix. Takes
   * effect immediately.
   */
  verboseUnsubscribe: boolean;
}

/** On XPUB and XSUB. */
export interface OnlyFirstSubscribeOptions {
  /**
   * `ZMQ_ONLY_FIRST_SUBSCRIBE`. Parts of a message that look like subscriptions are such only if its first part is one. Default false:
   * wherever they stand. Takes effect immediately.
   */
  onlyFirstSubscribe: boolean;
}

/** On PUB, XPUB and SUB. */
export interface InvertMatchingOptions {
  /** `ZMQ_INVERT_MATCHING`. Pass the messages that match no subscription, default false. Set it on both sides. */
  invertMatching: boolean;
}

/** On STREAM. */
export interface StreamOptions {
  /** `ZMQ_STREAM_NOTIFY`. Whether an empty message is received when a peer connects and when it leaves, default true. */
  notify: boolean;
}

/** On every socket, and not to be set. */
export interface ReadOnlyOptions {
  /** `ZMQ_TYPE`. The number of the socket type, see `SocketType`. */
  readonly type: number;
  /** `ZMQ_LAST_ENDPOINT`. The endpoint of the last `bind` (with the real port) or `connect`; null before. */
  readonly lastEndpoint: string | null;
  /** `ZMQ_MECHANISM`. The security mechanism that the options choose; null = none. */
  readonly securityMechanism: 'plain' | 'curve' | 'gssapi' | null;
  /** `ZMQ_THREAD_SAFE`. True for the draft types, which several threads may share in libzmq; here every socket belongs to one thread. */
  readonly threadSafe: boolean;
}

/** On a context. */
export interface ContextOptions {
  /** `ZMQ_IO_THREADS`. Default 1. Accepted, without effect: there is one thread. */
  ioThreads: number;
  /** `ZMQ_MAX_SOCKETS`. Open sockets in this context, default 1023; one more throws `EMFILE`. */
  maxSockets: number;
  /** `ZMQ_THREAD_PRIORITY`. Default −1. Accepted, without effect. */
  threadPriority: number;
  /** `ZMQ_THREAD_SCHED_POLICY`. Default −1. Accepted, without effect. */
  threadSchedulingPolicy: number;
  /** `ZMQ_MAX_MSGSZ`. Octets in one message, default 2 147 483 647. Accepted, without effect, as in zeromq.js. */
  maxMessageSize: number;
  /** `ZMQ_IPV6`. The default of `ipv6` for sockets made from now on, default false. */
  ipv6: boolean;
  /** `ZMQ_BLOCKY`. Whether sockets linger until all is sent. Default true; false: `linger` of sockets made from now on is 0. */
  blocky: boolean;
  /**
   * Microseconds, 0 to 1 000 000, default 50; 0 = never. How long the event loop stays awake after octets came by tcp or ipc,
   * on connections whose next octets use to come within that time. A lone round trip is quicker by what it costs to be
   * woken; one processor is busy meanwhile. Counts for connections made after it is set. Without effect on a machine with one
   * processor. Not in libzmq.
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
    StreamOptions {
  /** As set: the property reads as a string, but an id is octets. */
  routingId: Buffer | null;
  /** As set, though the property reads as a string. */
  welcomeMessage: Buffer | null;
  /** As set, though the property reads as a string. */
  helloMessage: Buffer | null;
  /** As set, though the property reads as a string. */
  disconnectMessage: Buffer | null;
  /** As set, though the property reads as a string. */
  hiccupMessage: Buffer | null;
}
