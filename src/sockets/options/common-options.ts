/** Common options: what every socket is configured by, whatever its type. How they are described is said in options.ts. */

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
