/** Common options: the options of every socket, whatever its type. options.ts says how they are described. */

/** Options of every socket. */
export interface CommonOptions {
  /** `ZMQ_AFFINITY`. Bit map of I/O threads, default 0 = any. Accepted, without effect: there is one thread. */
  affinity: number;
  /** `ZMQ_RATE`. Multicast data rate, kbit/s, default 100. Accepted, without effect: no multicast. */
  rate: number;
  /** `ZMQ_RECOVERY_IVL`. Multicast recovery time, ms, default 10 000. Accepted, without effect: no multicast. */
  recoveryInterval: number;
  /**
   * `ZMQ_LINGER`. Milliseconds that queued messages get to leave after `close` or `disconnect`; then they are dropped. −1 = until
   * they are sent, 0 = none. Default −1; 0 on SUB, XSUB and DISH, and when the context is not `blocky`. Takes effect immediately.
   */
  linger: number;
  /**
   * `ZMQ_RECONNECT_IVL`. Milliseconds before a lost or failed connection is tried again, plus a random
   * part of up to as much. Default 100; −1 and 0 = never.
   */
  reconnectInterval: number;
  /** `ZMQ_BACKLOG`. Connections that the system queues until they are accepted, default 100; more are refused. */
  backlog: number;
  /**
   * `ZMQ_RECONNECT_IVL_MAX`. Milliseconds up to which `reconnectInterval` doubles from attempt to attempt. Default 0 = it does
   * not grow; values up to `reconnectInterval` have no effect, either.
   */
  reconnectMaxInterval: number;
  /**
   * `ZMQ_RECONNECT_STOP`. When a connecting socket makes no further attempt, as a sum: 1 = the connection was refused
   * (`ECONNREFUSED`), 2 = the handshake failed, 4 = after `disconnect`, even if messages are queued. Default 0 = never. Queued
   * messages are dropped then, and another `connect` begins anew.
   */
  reconnectStop: number;
  /**
   * `ZMQ_MAXMSGSIZE`. Octets in one frame from a peer, default −1 = no limit. A peer that announces a larger frame is
   * disconnected before any of it is stored.
   */
  maxMessageSize: number;
  /**
   * Not in libzmq. Frames in one message, default 65 536, less on most draft types; 0 and −1 = no limit. A peer that sends more
   * is disconnected: without a limit, one message of ever more small frames fills the memory. `send` refuses more with
   * `EMSGSIZE`; it counts frames on the wire: the envelopes of REQ and REP, not the routing id that a ROUTER is given.
   */
  maxMessageParts: number;
  /** `ZMQ_TCP_KEEPALIVE`. TCP keep-alive probes: 0 = off, 1 = on, default −1 = as the system has it (off). */
  tcpKeepalive: number;
  /**
   * `ZMQ_TCP_KEEPALIVE_CNT`. Unanswered probes before a connection is given up, default −1 = as the runtime has it. Acts only
   * with `tcpKeepalive` 1, on the latest Node 24 and later.
   */
  tcpKeepaliveCount: number;
  /**
   * `ZMQ_TCP_KEEPALIVE_IDLE`. Seconds of silence before the first probe, default −1 = as the system has it. Acts only with
   * `tcpKeepalive` 1.
   */
  tcpKeepaliveIdle: number;
  /**
   * `ZMQ_TCP_KEEPALIVE_INTVL`. Seconds between probes, default −1 = as the runtime has it. Acts only with `tcpKeepalive` 1, on
   * the latest Node 24 and later.
   */
  tcpKeepaliveInterval: number;
  /**
   * `ZMQ_TCP_ACCEPT_FILTER`. Addresses from which peers may connect to a bound tcp endpoint, as CIDR blocks (`10.0.0.0/8`,
   * `::1`), several with commas, default null = any. As in libzmq, setting it adds to the value before; null or an empty text
   * clears it. Other peers are disconnected before the greeting, with the event `accept:error` (`ERR_ACCEPT_FILTER`). `EINVAL`
   * for text that is no list of blocks.
   */
  tcpAcceptFilter: string | null;
  /**
   * `ZMQ_IMMEDIATE`. Default false: messages are queued for a peer from `connect` on. True: only once it is connected, and
   * messages that are queued when the connection is lost are dropped.
   */
  immediate: boolean;
  /**
   * `ZMQ_IPV6`. Default false (or the context's): IPv4 only. True: `tcp://*:port` listens on IPv4 and IPv6, and names resolve to
   * IPv6 first.
   */
  ipv6: boolean;
  /**
   * `ZMQ_PLAIN_SERVER`. Ask peers for user name and password (PLAIN), default false. All are refused unless an authenticator
   * admits them: see `authenticate`. The security option that is set last chooses the mechanism.
   */
  plainServer: boolean;
  /** `ZMQ_PLAIN_USERNAME`. User name to give to a PLAIN server, at most 255 octets, default null. */
  plainUsername: string | null;
  /** `ZMQ_PLAIN_PASSWORD`. Password to give to a PLAIN server, at most 255 octets, default null. */
  plainPassword: string | null;
  /** `ZMQ_CURVE_SERVER`. Encrypt by CURVE, in the role of the server, default false. Needs `curveSecretKey`. */
  curveServer: boolean;
  /** `ZMQ_CURVE_PUBLICKEY`. Our own public key, Z85 or 32 octets, default null; reads as Z85. */
  curvePublicKey: string | null;
  /** `ZMQ_CURVE_SECRETKEY`. Our own secret key, Z85 or 32 octets, default null; reads as Z85. */
  curveSecretKey: string | null;
  /** `ZMQ_CURVE_SERVERKEY`. The public key of the server to connect to, Z85 or 32 octets, default null; reads as Z85. */
  curveServerKey: string | null;
  /** `ZMQ_GSSAPI_SERVER`. Kerberos, in the role of the server, default false. Refused with `ENOTSUP`: no GSSAPI. */
  gssapiServer: boolean;
  /** `ZMQ_GSSAPI_PRINCIPAL`. Our principal, default null. Refused with `ENOTSUP`: no GSSAPI. */
  gssapiPrincipal: string | null;
  /** `ZMQ_GSSAPI_SERVICE_PRINCIPAL`. The server's principal, default null. Refused with `ENOTSUP`: no GSSAPI. */
  gssapiServicePrincipal: string | null;
  /** `ZMQ_GSSAPI_PLAINTEXT`. Authenticate without encrypting, default false. Refused with `ENOTSUP`: no GSSAPI. */
  gssapiPlainText: boolean;
  /** `ZMQ_GSSAPI_PRINCIPAL_NAMETYPE`. How `gssapiPrincipal` is named, default `hostBased`. Refused with `ENOTSUP`: no GSSAPI. */
  gssapiPrincipalNameType: GssapiNameType;
  /**
   * `ZMQ_GSSAPI_SERVICE_PRINCIPAL_NAMETYPE`. How `gssapiServicePrincipal` is named, default `hostBased`. Refused with `ENOTSUP`:
   * no GSSAPI.
   */
  gssapiServicePrincipalNameType: GssapiNameType;
  /**
   * `ZMQ_ZAP_DOMAIN`. Domain that the authenticator is given with each peer, default null = none. Without `authenticate`, NULL
   * peers are authenticated only if there is a domain.
   */
  zapDomain: string | null;
  /** `ZMQ_ZAP_ENFORCE_DOMAIN`. Refuse all peers if there is a `zapDomain` and no authenticator, default false. */
  zapEnforceDomain: boolean;
  /**
   * `ZMQ_TOS`. Type-of-service octet of IP packets over tcp, default 0. Acts on the latest Node 24 and later; elsewhere without
   * effect.
   */
  typeOfService: number;
  /**
   * `ZMQ_HANDSHAKE_IVL`. Milliseconds for greeting and handshake together, default 30 000; 0 = no limit.
   * After that the connection is closed; a connecting side tries again.
   */
  handshakeInterval: number;
  /**
   * Not in libzmq. Connections per second that one IPv4 address, or one /64 of IPv6, may begin at a bound tcp endpoint, default 0
   * = no limit. Others are closed before the greeting and before anything is computed for them, with the event `accept:error`
   * (`ERR_TOO_MANY_HANDSHAKES`), and counted in `stats().throttled`; an ordinary peer connects again. ipc has no addresses and no
   * limit.
   */
  maxHandshakesPerSecond: number;
  /**
   * Not in libzmq. The oldest major version of ZMTP that a peer over tcp or ipc may speak: 1 (libzmq 2), 2 (libzmq 3, JeroMQ 0.3)
   * or 3 (libzmq 4), default 1 as in libzmq. With 3 the handshake takes one round trip less. Older peers are disconnected, with
   * the event `handshake:error:protocol` (`ERR_ZMTP_VERSION_UNSUPPORTED`). Peers before version 3 have no heartbeats and cannot
   * authenticate: they are always disconnected where a mechanism other than NULL, `zapDomain` or `authenticate` is set.
   */
  minimumProtocolVersion: number;
  /**
   * `ZMQ_SOCKS_PROXY`. `host:port` of the SOCKS5 proxy through which tcp connections are made, default null = none. The proxy
   * resolves host names, and has to answer within `handshakeInterval`. Its refusals, and a text that is no `host:port`
   * (`EINVAL`), are the `error` of `connect:retry`.
   */
  socksProxy: string | null;
  /** `ZMQ_SOCKS_USERNAME`. User name for the SOCKS5 proxy, at most 255 octets, default null = none. */
  socksUsername: string | null;
  /** `ZMQ_SOCKS_PASSWORD`. Password for the SOCKS5 proxy, at most 255 octets, default null = none. It is sent unencrypted. */
  socksPassword: string | null;
  /**
   * `ZMQ_WSS_KEY_PEM`. The private key of a bound wss endpoint, as PEM, default null. Needs `wssCertPem`; `bind` fails with
   * `EINVAL` if the key does not belong to that certificate.
   */
  wssKeyPem: string | null;
  /**
   * `ZMQ_WSS_CERT_PEM`. The certificate of a bound wss endpoint, and intermediate certificates after it, as PEM, default null.
   */
  wssCertPem: string | null;
  /**
   * `ZMQ_WSS_TRUST_PEM`. Trusted certificates, as PEM: the certificate of a wss server must be one of them, or signed by one.
   * Default null; without this and `wssTrustSystem`, `connect` throws `EINVAL`.
   */
  wssTrustPem: string | null;
  /**
   * `ZMQ_WSS_HOSTNAME`. The name or IP address that the certificate of a wss server must be for, default null = the host
   * connected to.
   */
  wssHostname: string | null;
  /** `ZMQ_WSS_TRUST_SYSTEM`. Trust the certificate authorities that Node trusts, beside `wssTrustPem`, default false. */
  wssTrustSystem: boolean;
  /** `ZMQ_HEARTBEAT_IVL`. Milliseconds between PINGs to each peer, default 0 = none. */
  heartbeatInterval: number;
  /**
   * `ZMQ_HEARTBEAT_TTL`. Milliseconds of silence from us after which the *peer* closes the connection, default 0 = never. Rounded
   * down to 100; at most 6 553 599, and more than 65 500 is sent as 65 500.
   */
  heartbeatTimeToLive: number;
  /**
   * `ZMQ_HEARTBEAT_TIMEOUT`. Milliseconds that a peer may stay silent after a PING was sent, before the connection is closed;
   * default −1 = `heartbeatInterval`, 0 = for ever. A peer that still takes octets from us is not silent.
   */
  heartbeatTimeout: number;
  /** `ZMQ_CONNECT_TIMEOUT`. Milliseconds that one attempt to connect may take, default 0 = the system's limit. */
  connectTimeout: number;
  /** `ZMQ_TCP_MAXRT`. Milliseconds of TCP retransmission, default 0 = the system's limit. Accepted, without effect. */
  tcpMaxRetransmitTimeout: number;
  /** `ZMQ_MULTICAST_MAXTPDU`. Octets in a multicast packet, default 1500. Accepted, without effect. */
  multicastMaxTransportDataUnit: number;
  /**
   * `ZMQ_METADATA`. Properties that peers are sent beside those of ZMTP, as lines of `X-name:value`, default null = none. As in
   * libzmq, setting it adds to the value before; null clears it. Peers find them in `MessagePeer.metadata`. Not over inproc.
   * `EINVAL` for other text, and for more than 32 768 octets.
   */
  metadata: string | null;
  /**
   * `ZMQ_USE_FD`. The descriptor that `bind` listens on instead of one of its own, default −1 = none. Whoever started this process has
   * bound it and listens on it: systemd passes 3 and those that follow. For tcp, ws, wss and ipc; the address given to `bind` then only
   * says which of these it is, and `lastEndpoint` what the descriptor is bound to (over ipc: the address given). It is closed
   * with the endpoint; the file of an ipc endpoint stays. `bind` fails with `EINVAL` where it is no socket, or in use here already.
   */
  useFd: number;
  /** `ZMQ_PRIORITY`. `SO_PRIORITY` of connections, default 0. Accepted, without effect. */
  priority: number;
  /** `ZMQ_BUSY_POLL`. `SO_BUSY_POLL` of connections, default 0. Accepted, without effect; see `busyPoll` of the context. */
  busyPoll: number;
  /** `ZMQ_IN_BATCH_SIZE`. Octets per read, default 8192. Accepted, without effect: up to 64 KiB are read at once. */
  inBatchSize: number;
  /** `ZMQ_OUT_BATCH_SIZE`. Octets per write, default 8192. Accepted, without effect: up to 64 KiB are written at once. */
  outBatchSize: number;
  /** `ZMQ_VMCI_BUFFER_SIZE`. Octets, default 0. Refused with `EINVAL`, as in zeromq.js: no vmci. */
  vmciBufferSize: number;
  /** `ZMQ_VMCI_BUFFER_MIN_SIZE`. Octets, default 0. Refused with `EINVAL`: no vmci. */
  vmciBufferMinSize: number;
  /** `ZMQ_VMCI_BUFFER_MAX_SIZE`. Octets, default 0. Refused with `EINVAL`: no vmci. */
  vmciBufferMaxSize: number;
  /** `ZMQ_VMCI_CONNECT_TIMEOUT`. Milliseconds, default −1. Refused with `EINVAL`: no vmci. */
  vmciConnectTimeout: number;
  /** `ZMQ_BINDTODEVICE`. Network interface to use, default null = any. Accepted, without effect. */
  interface: string | null;
  /** `ZMQ_LOOPBACK_FASTPATH`. Faster loopback on Windows, default false. Accepted, without effect. */
  loopbackFastPath: boolean;
}

/** How a GSSAPI principal is named: `ZMQ_GSSAPI_NT_HOSTBASED`, `_USER_NAME` or `_KRB5_PRINCIPAL`. */
export type GssapiNameType = 'hostBased' | 'userName' | 'krb5Principal';
