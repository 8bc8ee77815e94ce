/** What a socket offers its transports, and what it asks of the endpoints they open. */

import type { Credentials, Verdict } from '../../zmtp/index.ts';
import type { Event } from '../events.ts';
import type { OptionValues } from '../options/options.ts';
import type { Pattern } from '../pattern/pattern.ts';
import type { Pipe } from '../routing/pipe.ts';
import type { Protocol } from './protocol.ts';
import type { StreamLink } from './stream-link.ts';

/** The socket, as transports see it. */
export interface TransportHost {
  readonly pattern: Pattern;
  /** Socket type as in the handshake: `PUSH`. */
  readonly typeName: string;
  /** Times and chances come from here, so that tests can choose them. */
  readonly random: () => number;
  emit(event: Event): void;
  /** A connection was closed for `maxHandshakesPerSecond`: count it. */
  throttled(): void;
  /** A new pipe under the options of its endpoint, not yet in routing. */
  makePipe(values: OptionValues, connectRoutingId?: Buffer): Pipe;
  /** What must be loaded before `makeProtocol`, if anything. Rejects with the reason why it cannot be. */
  prepare(values: OptionValues): Promise<void> | undefined;
  /** May the peer at the other end of `link` come in? */
  judge(values: OptionValues, link: StreamLink, credentials: Credentials): Promise<Verdict>;
  /** The state machine for a new connection, `accepted` or made, under the options of its endpoint. */
  makeProtocol(values: OptionValues, accepted: boolean): Protocol;
  /** A handshake is over: count the peer, then tell the pattern. */
  established(pipe: Pipe, link: StreamLink | undefined): void;
  /** A peer that was established is gone. */
  departed(pipe: Pipe, link: StreamLink | undefined): void;
  /** Nothing will go through `pipe` any more. */
  forget(pipe: Pipe): void;
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
  /** Give the kernel what waits, as far as it takes it within this call. */
  flush(): void;
  /** Begin nothing new, deliver what waits, then end. */
  finish(): void;
  /** End now. Returns when the address is free again. */
  close(): Promise<void>;
  /** Settles when it has ended, one way or the other. */
  readonly over: Promise<void>;
}

/** Take `pipe` out of routing: nothing new goes into it, what waits in it can still be delivered. */
export function retire(host: TransportHost, pipe: Pipe): void {
  if (pipe.ended) return;
  pipe.ended = true;
  host.pattern.detach(pipe);
}

/** The peer behind `pipe` is gone for good: what waits for it is discarded, and counted as dropped. */
export function endPipe(host: TransportHost, pipe: Pipe): void {
  retire(host, pipe);
  pipe.discardOutgoing();
  host.forget(pipe);
}
