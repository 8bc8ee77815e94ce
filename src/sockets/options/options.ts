/**
 * Options: the properties by which a socket or context is configured, under the names of zeromq.js and
 * grouped by who has them. First the libzmq name, then unit, default and what happens at the limit.
 * Durations are milliseconds; a number that is out of range throws `EINVAL`, a value of another type a
 * TypeError. Values, checks and defaults are in option-table.ts.
 *
 * An option is read when an endpoint is made, so it is set before `bind` or `connect`, unless its comment says that it
 * takes effect immediately. What Node cannot reach is *accepted, without effect*, so that programs run unchanged. What
 * would leave a user less protected than asked for is *refused*: setting anything but the default throws `ENOTSUP`.
 */

/** On every socket. */
export interface CommonOptions {
  /** `ZMQ_AFFINITY`. Bit map of I/O threads, default 0 = any. Accepted, without effect: there is one thread. */
  affinity: number;
  /** `ZMQ_RATE`. Multicast data rate, kbit/s, default 100. Accepted, without effect: no multicast. */
  rate: number;
  /** `ZMQ_RECOVERY_IVL`. Multicast recovery, ms, default 10 000. Accepted, without effect: no multicast. */
  recoveryInterval: number;
  /**
   * `ZMQ_LINGER`. Milliseconds that messages not yet sent are kept after `close` or `disconnect`. Default
   * −1 = until they are sent (0 when the context is not `blocky`); 0 = not at all. Then they are dropped. Takes effect
   * immediately.
   */
  linger: number;
  /**
   * `ZMQ_RECONNECT_IVL`. Milliseconds before a lost or failed connection is tried again, plus a random
   * part of up to as much. Default 100; −1 and 0 = never.
   */
  reconnectInterval: number;
  /** `ZMQ_BACKLOG`. Connections the system holds before they are accepted, default 100; more are refused. */
  backlog: number;
  /**
   * `ZMQ_RECONNECT_IVL_MAX`. Milliseconds up to which `reconnectInterval` doubles from attempt to attempt.
   * Default 0 = it does not grow; nor does it for values not above `reconnectInterval`.
   */
  reconnectMaxInterval: number;
  /**
   * `ZMQ_RECONNECT_STOP`. When a connecting socket does not try again, as a sum: 1 = the connection is refused (`ECONNREFUSED`), 2 = the
   * handshake fails, 4 = after `disconnect`, whatever waits. Default 0 = never. What waits is dropped then, and `connect` begins anew.
   */
  reconnectStop: number;
  /**
   * `ZMQ_MAXMSGSIZE`. Octets in one frame from a peer, default −1 = no limit. A peer that announces more
   * is disconnected before anything is stored.
   */
  maxMessageSize: number;
  /**
   * Ours. Frames in one message, default 65 536; 0 and −1 = no limit. A peer that sends more is disconnected: without a
   * limit, one message of ever more small frames fills the memory. So `send` refuses more, with `EMSGSIZE`; it counts
   * what goes over the wire: the envelopes of REQ and REP, not the routing id that a ROUTER is given.
   */
  maxMessageParts: number;
  /** `ZMQ_TCP_KEEPALIVE`. Default −1 = as the system has it (off); 0 = off, 1 = on. */
  tcpKeepalive: number;
  /** `ZMQ_TCP_KEEPALIVE_CNT`. Unanswered probes, default −1 = as the runtime has it. Acts with `tcpKeepalive` 1 on the latest Node 24 and later. */
  tcpKeepaliveCount: number;
  /**
   * `ZMQ_TCP_KEEPALIVE_IDLE`. Seconds of silence before the first probe, default −1 = system's. Acts only
   * with `tcpKeepalive` 1.
   */
  tcpKeepaliveIdle: number;
  /** `ZMQ_TCP_KEEPALIVE_INTVL`. Seconds between probes, default −1 = as the runtime has it. Acts where `tcpKeepaliveCount` does. */
  tcpKeepaliveInterval: number;
  /**
   * `ZMQ_TCP_ACCEPT_FILTER`. Addresses from which peers may connect to a bound tcp endpoint, as blocks of CIDR (`10.0.0.0/8`, `::1`),
   * several with commas, default null = any. As in libzmq, setting it adds to what is there, and null or an empty text takes all away.
   * Others are disconnected before anything is said to them, with the event `accept:error` (`ERR_ACCEPT_FILTER`). `EINVAL` for other text.
   */
  tcpAcceptFilter: string | null;
  /**
   * `ZMQ_IMMEDIATE`. Default false: messages queue for a peer from `connect` on. True: only once it is
   * connected, and what is queued when the connection is lost is dropped.
   */
  immediate: boolean;
  /**
   * `ZMQ_IPV6`. Default false (or the context's): IPv4 only. True: `tcp://*:port` listens on both, and
   * names resolve to IPv6 first.
   */
  ipv6: boolean;
  /**
   * `ZMQ_PLAIN_SERVER`. Ask peers for user name and password, default false. All are refused unless an
   * authenticator admits them: see `authenticate`. The option set last chooses the mechanism.
   */
  plainServer: boolean;
  /** `ZMQ_PLAIN_USERNAME`. User name to give to a PLAIN server, at most 255 octets, default null. */
  plainUsername: string | null;
  /** `ZMQ_PLAIN_PASSWORD`. Password to give to a PLAIN server, at most 255 octets, default null. */
  plainPassword: string | null;
  /** `ZMQ_CURVE_SERVER`. Encrypt, in the role of the server, default false. Needs `curveSecretKey`. */
  curveServer: boolean;
  /** `ZMQ_CURVE_PUBLICKEY`. Our own key, Z85 or 32 octets, default null; read as Z85. */
  curvePublicKey: string | null;
  /** `ZMQ_CURVE_SECRETKEY`. Our own secret key, Z85 or 32 octets, default null; read as Z85. */
  curveSecretKey: string | null;
  /** `ZMQ_CURVE_SERVERKEY`. The public key of the server to connect to, Z85 or 32 octets, default null. */
  curveServerKey: string | null;
  /** `ZMQ_GSSAPI_SERVER`. Kerberos, as server, default false. Refused. */
  gssapiServer: boolean;
  /** `ZMQ_GSSAPI_PRINCIPAL`. Our principal, default null. Refused. */
  gssapiPrincipal: string | null;
  /** `ZMQ_GSSAPI_SERVICE_PRINCIPAL`. The server's principal, default null. Refused. */
  gssapiServicePrincipal: string | null;
  /** `ZMQ_GSSAPI_PLAINTEXT`. Authenticate without encrypting, default false. Refused. */
  gssapiPlainText: boolean;
  /** `ZMQ_GSSAPI_PRINCIPAL_NAMETYPE`. Default `hostBased`. Refused. */
  gssapiPrincipalNameType: GssapiNameType;
  /** `ZMQ_GSSAPI_SERVICE_PRINCIPAL_NAMETYPE`. Default `hostBased`. Refused. */
  gssapiServicePrincipalNameType: GssapiNameType;
  /** `ZMQ_ZAP_DOMAIN`. Domain that the authenticator is given with each peer, default null. Without `authenticate`, NULL peers are judged only
   * in a domain. */
  zapDomain: string | null;
  /** `ZMQ_ZAP_ENFORCE_DOMAIN`. In a domain without an authenticator, refuse all peers, default false. */
  zapEnforceDomain: boolean;
  /** `ZMQ_TOS`. Type-of-service octet of IP packets over tcp, default 0. Acts on the latest Node 24 and later; elsewhere without effect. */
  typeOfService: number;
  /**
   * `ZMQ_HANDSHAKE_IVL`. Milliseconds for greeting and handshake together, default 30 000; 0 = no limit.
   * After that the connection is closed; a connecting side tries again.
   */
  handshakeInterval: number;
  /**
   * Ours. Connections that one IPv4 address, or one /64 of IPv6, may begin within a second at a bound tcp endpoint, default 0 = no
   * limit. Others are closed before the greeting and before anything is computed for them, with the event `accept:error`
   * (`ERR_TOO_MANY_HANDSHAKES`), and counted in `stats().throttled`; an ordinary peer connects again. ipc has no address and no limit.
   */
  maxHandshakesPerSecond: number;
  /**
   * Ours. The oldest major version of ZMTP that a peer over tcp or ipc may speak: 1 (libzmq 2), 2 (libzmq 3, JeroMQ 0.3) or 3
   * (libzmq 4), default 1 as in libzmq. With 3 the handshake takes one round trip less. Older peers are disconnected, with
   * the event `handshake:error:protocol` (`ERR_ZMTP_VERSION_UNSUPPORTED`); always where a mechanism other than NULL,
   * `zapDomain` or `authenticate` is set, as they cannot prove who they are. They have no heartbeats.
   */
  minimumProtocolVersion: number;
  /**
   * `ZMQ_SOCKS_PROXY`. `host:port` of the SOCKS5 proxy that tcp connections are made by, default null = directly. The proxy
   * resolves host names, and has `handshakeInterval` for its answers. Its refusals, and a text that is no `host:port`
   * (`EINVAL`), are the `error` of `connect:retry`.
   */
  socksProxy: string | null;
  /** `ZMQ_SOCKS_USERNAME`. User name for the SOCKS5 proxy, at most 255 octets, default null = none. */
  socksUsername: string | null;
  /** `ZMQ_SOCKS_PASSWORD`. Password for the SOCKS5 proxy, at most 255 octets, default null = none. Not encrypted on its way. */
  socksPassword: string | null;
  /** `ZMQ_WSS_KEY_PEM`. The private key of a bound wss endpoint, as PEM, default null. Needs `wssCertPem`; bind throws `EINVAL` where it is not its key. */
  wssKeyPem: string | null;
  /** `ZMQ_WSS_CERT_PEM`. The certificate of a bound wss endpoint and those between it and its authority, as PEM, default null. */
  wssCertPem: string | null;
  /**
   * `ZMQ_WSS_TRUST_PEM`. Certificates, as PEM, that a wss server must have one of, or one that is signed by them, default
   * null. Without this and `wssTrustSystem` connect throws `EINVAL`.
   */
  wssTrustPem: string | null;
  /** `ZMQ_WSS_HOSTNAME`. The name or IP address that the certificate of a wss server must be of, default null = the host connected to. */
  wssHostname: string | null;
  /** `ZMQ_WSS_TRUST_SYSTEM`. Trust the certificate authorities that Node trusts, beside `wssTrustPem`, default false. */
  wssTrustSystem: boolean;
  /** `ZMQ_HEARTBEAT_IVL`. Milliseconds between PINGs to each peer, default 0 = none. */
  heartbeatInterval: number;
  /**
   * `ZMQ_HEARTBEAT_TTL`. Milliseconds of silence from us after which the *peer* closes the connection, default 0 =
   * never. Rounded down to 100; at most 6 553 599.
   */
  heartbeatTimeToLive: number;
  /**
   * `ZMQ_HEARTBEAT_TIMEOUT`. Milliseconds a peer may stay silent, after a PING has left, before the connection is
   * closed, default −1 = as `heartbeatInterval`; 0 = for ever. A peer that still takes octets of ours is not silent.
   */
  heartbeatTimeout: number;
  /** `ZMQ_CONNECT_TIMEOUT`. Milliseconds for one attempt to connect, default 0 = the system's limit. */
  connectTimeout: number;
  /** `ZMQ_TCP_MAXRT`. Milliseconds of retransmission, default 0 = system's. Accepted, without effect. */
  tcpMaxRetransmitTimeout: number;
  /** `ZMQ_MULTICAST_MAXTPDU`. Octets in a multicast packet, default 1500. Accepted, without effect. */
  multicastMaxTransportDataUnit: number;
  /**
   * `ZMQ_METADATA`. What peers are told of us beside the properties of ZMTP, as lines of `X-name:value`, default null = nothing. As in
   * libzmq, setting it adds to what is there; null takes all away. Peers find it in `MessagePeer.metadata`. Not over inproc. `EINVAL` for
   * other text, and for more than 32 768 octets.
   */
  metadata: string | null;
  /** `ZMQ_PRIORITY`. `SO_PRIORITY` of connections, default 0. Accepted, without effect. */
  priority: number;
  /** `ZMQ_BUSY_POLL`. `SO_BUSY_POLL` of connections, default 0. Accepted, without effect; see `busyPoll` of the context. */
  busyPoll: number;
  /** `ZMQ_IN_BATCH_SIZE`. Octets that are read at once, default 8192. Accepted, without effect: up to 64 KiB are. */
  inBatchSize: number;
  /** `ZMQ_OUT_BATCH_SIZE`. Octets that are written at once, default 8192. Accepted, without effect: up to 64 KiB are. */
  outBatchSize: number;
  /** `ZMQ_VMCI_BUFFER_SIZE`. Octets, default 0. Refused, with `EINVAL` as zeromq.js: no vmci. */
  vmciBufferSize: number;
  /** `ZMQ_VMCI_BUFFER_MIN_SIZE`. Octets, default 0. Refused, with `EINVAL`. */
  vmciBufferMinSize: number;
  /** `ZMQ_VMCI_BUFFER_MAX_SIZE`. Octets, default 0. Refused, with `EINVAL`. */
  vmciBufferMaxSize: number;
  /** `ZMQ_VMCI_CONNECT_TIMEOUT`. Milliseconds, default −1. Refused, with `EINVAL`. */
  vmciConnectTimeout: number;
  /** `ZMQ_BINDTODEVICE`. Interface to use, default null = any. Accepted, without effect. */
  interface: string | null;
  /** `ZMQ_LOOPBACK_FASTPATH`. A Windows shortcut, default false. Accepted, without effect. */
  loopbackFastPath: boolean;
}

/** How a GSSAPI principal is named: `ZMQ_GSSAPI_NT_HOSTBASED`, `_USER_NAME` or `_KRB5_PRINCIPAL`. */
export type GssapiNameType = 'hostBased' | 'userName' | 'krb5Principal';

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
