/**
 * Transport: what carries the connections of a scheme (`tcp://`), what a socket offers it, and what is asked of the
 * endpoints that it opens. The transports there are stand in registry.ts.
 */

import type { Credentials, Framing, Verdict } from '../../zmtp/index.ts';
import type { Event } from '../events.ts';
import type { OptionValues } from '../options/options.ts';
import type { Pattern } from '../pattern/pattern.ts';
import type { Pipe } from '../routing/pipe.ts';
import type { BusyPoll } from './busy-poll.ts';
import type { Endpoint } from './endpoint.ts';
import type { Flushed } from './flushed.ts';
import type { InprocNames } from './inproc-names.ts';
import type { Protocol } from './protocol.ts';

/** One scheme. `B` and `C` are what it parses the addresses of binds and connects into. */
export interface Transport<B extends Endpoint = Endpoint, C extends Endpoint = Endpoint> {
  /** What stands before `://`. */
  readonly scheme: string;
  /** Whether connections begin with a handshake, under the mechanism that the options ask for. */
  readonly handshakes: boolean;
  /**
   * Messages leave the machine with neither encryption nor a handshake in which peers are judged: bind and connect throw `EINVAL`
   * where the options ask for one or the other.
   */
  readonly exposed?: boolean;
  /** Whether sockets of this type can bind or connect by it; otherwise that throws `ENOCOMPATPROTO`. */
  serves(host: TransportHost, kind: OpenEndpoint['kind']): boolean;
  /** @throws SocketError `EINVAL`, `ENAMETOOLONG`, with `address`; `text` begins with the scheme and goes on after it */
  parseBind(text: string): B;
  /** As `parseBind`. Names are not resolved here: one that does not exist is tried again and again. */
  parseConnect(text: string): C;
  /** An endpoint that is bound by its `listen` or `listenSync`. */
  listen(opening: Opening<B>): ListeningEndpoint;
  /** An endpoint that connects, and connects again after a loss, from the next tick on. */
  connect(opening: Opening<C>): OpenEndpoint;
}

/** Everything that an endpoint is opened with. */
export interface Opening<E extends Endpoint> {
  readonly host: TransportHost;
  readonly endpoint: E;
  /** The options as they were then. */
  readonly values: OptionValues;
  /** The address as the user wrote it. */
  readonly text: string;
  /** `ZMQ_CONNECT_ROUTING_ID`, for a connect. */
  readonly connectRoutingId?: Buffer | undefined;
}

/** The socket, as transports see it. */
export interface TransportHost {
  readonly pattern: Pattern;
  /** Socket type as in the handshake: `PUSH`. */
  readonly typeName: string;
  /** Whether the octets of a connection are messages as they are, without ZMTP (STREAM). */
  readonly raw: boolean;
  /** The inproc names of the socket's context. */
  readonly names: InprocNames;
  /** Told of octets that came, where the context has a `busyPoll`. */
  readonly busyPoll: BusyPoll | undefined;
  /** Milliseconds that what was accepted may wait at the end; −1 = for ever. */
  readonly linger: number;
  /** Source of chance, so that tests can choose it. */
  readonly random: () => number;
  emit(event: Event): void;
  /** Counts a connection that was closed for `maxHandshakesPerSecond`. */
  throttled(): void;
  /** A new pipe under the options of its endpoint, not yet in routing. */
  makePipe(values: OptionValues, connectRoutingId?: Buffer): Pipe;
  /** What must be loaded before `makeProtocol`, if anything. Rejects with the reason why it cannot be. */
  prepare(values: OptionValues): Promise<void> | undefined;
  /** The name of the mechanism that a connection needs, once that is loaded. */
  mechanismOf(values: OptionValues): string;
  /** Decides whether the peer of `connection` may come in; `signal` aborts when it is gone. */
  judge(
    values: OptionValues,
    connection: PeerConnection,
    credentials: Credentials,
    signal: AbortSignal,
  ): Promise<Verdict>;
  /**
   * The state machine for a new connection, `accepted` or made, under the options of its endpoint. `framing` is that of
   * ZMTP 3.1 by default.
   */
  makeProtocol(values: OptionValues, accepted: boolean, framing?: Framing): Protocol;
  /** The handshake is finished: counts the peer, then tells the pattern. */
  established(pipe: Pipe, connection: PeerConnection): void;
  /** A peer is gone: with its connection, or undefined when it had none. */
  disconnected(pipe: Pipe, connection: PeerConnection | undefined): void;
  /** Nothing will go through `pipe` any more. */
  forget(pipe: Pipe): void;
}

/** What the statistics and the authenticator want to know of a connection. */
export interface PeerConnection {
  /** The peer's IP address; empty where it has none. */
  readonly remoteAddress: string;
  /** Octets so far, framing included; 0 where messages stay in the process. */
  readonly bytesSent: number;
  readonly bytesReceived: number;
}

/** Something that a socket has bound or connected. */
export interface OpenEndpoint {
  /** As `lastEndpoint` shows it: for a bind with the address and port it really has. */
  readonly address: string;
  /** As the user wrote it. */
  readonly text: string;
  readonly kind: 'bind' | 'connect';
  /** Nothing will come or go by it any more, though nobody has told it to end. */
  readonly spent: boolean;
  /** Messages accepted by the socket that have not left this process. */
  readonly unsentCount: number;
  /** Connections made after the first; 0 for a bind. */
  readonly reconnectCount: number;
  /** Give the kernel what waits, as far as it takes it within this call. */
  flush(): Flushed;
  /** The process or thread ends within this tick: leave nothing of the address behind. */
  releasePath?(): void;
  /** `disconnect` ends it, and not the end of its socket. */
  disconnecting?(): void;
  /** Begin nothing new, deliver what waits, then end. */
  finish(): void;
  /** End now. Returns when the address is free again. */
  close(): Promise<void>;
  /** Settles when it has ended, one way or the other. */
  readonly finished: Promise<void>;
}

/** A bind, which takes effect when one of the two is called. */
export interface ListeningEndpoint extends OpenEndpoint {
  /**
   * Starts listening. Undefined when it does so already on return.
   * @throws SocketError (or rejects with it) `EADDRINUSE`, `EADDRNOTAVAIL`, `EACCES`, `ENODEV`, `ENOENT`
   */
  listen(): Promise<void> | undefined;
  /** Starts listening before it returns. Throws as `listen`, and `ENOTSUP`. */
  listenSync(): void;
}

/** Take `pipe` out of routing: nothing new goes into it, what waits in it can still be delivered. */
export function detachPipe(host: TransportHost, pipe: Pipe): void {
  if (pipe.ended) return;
  pipe.ended = true;
  host.pattern.detach(pipe);
}

/** The peer behind `pipe` is gone for good: what waits for it is discarded, and counted as dropped. */
export function endPipe(host: TransportHost, pipe: Pipe): void {
  detachPipe(host, pipe);
  pipe.discardOutgoing();
  host.forget(pipe);
}
