/** Listener: a bound endpoint over streams, and the peers that came in by it. */

import type { Socket as Stream } from 'node:net';
import { constants } from 'node:os';
import { clearTimeout, setTimeout } from 'node:timers';
import { type Credentials, type Verdict, ZmtpError } from '../../zmtp/index.ts';
import { SocketError, toSocketError } from '../errors.ts';
import type { AcceptError, ConnectionEnds, EventError, SystemError } from '../events.ts';
import { AcceptFilter } from '../options/accept-filter.ts';
import type { OptionValues } from '../options/options.ts';
import { noteEnd } from '../routing/notices.ts';
import type { Pipe } from '../routing/pipe.ts';
import type { BusyPoll } from './busy-poll.ts';
import type { OpenStream } from './dial.ts';
import { type Endpoint, plainAddress } from './endpoint.ts';
import { acceptedEnds } from './ends.ts';
import { type Flushed, together } from './flushed.ts';
import { handshakeFailure } from './handshake-failure.ts';
import { HandshakeLimit } from './handshake-limit.ts';
import type { LinkOwner } from './link-owner.ts';
import { peerOf } from './link-peer.ts';
import type { Accepting, StreamCarrier } from './stream-carrier.ts';
import { StreamLink } from './stream-link.ts';
import {
  detachPipe,
  endPipe,
  type ListeningEndpoint,
  type Opening,
  type TransportHost,
} from './transport.ts';

/** The accepting half of a carrier. */
type Accepts<B extends Endpoint> = Pick<
  StreamCarrier<B, Endpoint>,
  'hasAddresses' | 'accept' | 'admit'
>;

export class StreamListener<B extends Endpoint>
  implements ListeningEndpoint, LinkOwner<StreamLink>
{
  readonly kind = 'bind';
  readonly reconnectCount = 0;
  readonly spent = false;
  readonly text: string;
  readonly finished: Promise<void>;
  address: string;

  readonly #host: TransportHost;
  readonly #values: OptionValues;
  readonly #opening: Opening<B>;
  readonly #carrier: Accepts<B>;
  readonly #acceptor: Accepting;
  readonly #links = new Set<StreamLink>();
  /** Ends the negotiations of streams that are not connections yet. */
  readonly #negotiating = new Set<AbortController>();
  /** Where they are asked for, and peers have addresses. */
  readonly #limit: HandshakeLimit | undefined;
  readonly #filter: AcceptFilter | undefined;
  #resolveFinished!: () => void;
  #listening = false;
  #closing = false;
  #finishing = false;
  #stopping = false;

  constructor(carrier: Accepts<B>, opening: Opening<B>) {
    const { host, values, text } = opening;
    this.#host = host;
    this.#values = values;
    this.#opening = opening;
    this.#carrier = carrier;
    this.text = text;
    this.address = text;
    this.finished = new Promise((resolve) => {
      this.#resolveFinished = resolve;
    });
    const { maxHandshakesPerSecond: limit, tcpAcceptFilter: filter } = values;
    if (filter !== null && carrier.hasAddresses) this.#filter = new AcceptFilter(filter);
    if (limit > 0 && carrier.hasAddresses) this.#limit = new HandshakeLimit(limit);
    this.#acceptor = carrier.accept(opening, {
      accepted: (stream) => this.#accept(stream),
      failed: (cause) => {
        const { address } = this;
        host.emit({ type: 'accept:error', address, error: toSocketError(cause, address) });
      },
    });
  }

  get busyPoll(): BusyPoll | undefined {
    return this.#host.busyPoll;
  }

  get unsentCount(): number {
    let count = 0;
    for (const link of this.#links) if (link.pipe !== undefined) count += link.unsentCount;
    return count;
  }

  async listen(): Promise<void> {
    try {
      await this.#acceptor.listen();
    } catch (error) {
      throw this.#bindFailed(error);
    }
    this.#opened();
  }

  listenSync(): void {
    try {
      this.#acceptor.listenSync();
    } catch (error) {
      throw this.#bindFailed(error);
    }
    this.#opened();
  }

  close(): Promise<void> {
    this.#closing = true;
    for (const link of [...this.#links]) {
      if (link.pipe !== undefined) detachPipe(this.#host, link.pipe);
      link.endNow();
    }
    for (const negotiation of this.#negotiating) negotiation.abort();
    this.#stopListening();
    return this.finished;
  }

  flush(): Flushed {
    return together([...this.#links].map((link) => link.flush()));
  }

  releasePath(): void {
    if (this.#listening && !this.#stopping) this.#acceptor.releasePath();
  }

  finish(): void {
    this.#finishing = true;
    for (const link of [...this.#links]) {
      if (link.pipe === undefined) {
        link.close();
      } else {
        detachPipe(this.#host, link.pipe);
        link.finish();
      }
    }
    for (const negotiation of this.#negotiating) negotiation.abort();
    this.#stopListening();
  }

  established(link: StreamLink): Pipe {
    const host = this.#host;
    const pipe = host.makePipe(this.#values);
    pipe.peer = peerOf(link);
    pipe.drive(link);
    host.emit({ type: 'handshake', address: this.address, ...link.ends });
    host.pattern.attach(pipe);
    if (!link.stream.destroyed) host.established(pipe, link);
    return pipe;
  }

  judge(link: StreamLink, credentials: Credentials, signal: AbortSignal): Promise<Verdict> {
    return this.#host.judge(this.#values, link, credentials, signal);
  }

  ended(link: StreamLink, error: Error | undefined): void {
    this.#links.delete(link);
    const host = this.#host;
    if (!this.#closing && !this.#finishing) {
      const { address } = this;
      if (link.protocol.peer === undefined)
        host.emit({ ...handshakeFailure(address, error), ...link.ends });
      const reason = error as EventError | undefined;
      const routingId = link.pipe?.routingId;
      host.emit({
        type: 'disconnect',
        address,
        ...link.ends,
        ...(reason && { error: reason }),
        ...(routingId && { routingId }),
      });
    }
    if (link.pipe !== undefined) {
      if (!this.#closing && !this.#finishing) noteEnd(link.pipe, true);
      endPipe(host, link.pipe);
      host.disconnected(link.pipe, link);
    }
    this.#settle();
  }

  #accept(stream: Stream): void {
    if (this.#closing || this.#finishing) {
      stream.destroy();
      return;
    }
    if (this.#filter !== undefined) {
      const peer = plainAddress(stream.remoteAddress);
      if (!this.#filter.admits(peer)) {
        stream.destroy();
        this.#host.emit({ type: 'accept:error', address: this.address, error: filteredOut(peer) });
        return;
      }
    }
    if (this.#limit !== undefined) {
      // Who has broken the connection already has none left: all those count as one.
      const peer = plainAddress(stream.remoteAddress);
      if (!this.#limit.admits(peer, performance.now())) {
        stream.destroy();
        this.#host.throttled();
        const error = tooMany(peer, this.#values.maxHandshakesPerSecond);
        this.#host.emit({ type: 'accept:error', address: this.address, error });
        return;
      }
    }
    const ends = acceptedEnds(stream, this.address);
    this.#host.emit({ type: 'accept', address: this.address, ...ends });
    // A listener of the event may have closed the socket.
    if (this.#closing || this.#finishing) {
      stream.destroy();
      return;
    }
    const ready = this.#host.prepare(this.#values);
    if (ready === undefined) {
      this.#admit(stream, ends);
    } else {
      // Only after a synchronous bind. What the peer sends meanwhile waits in the stream.
      stream.on('error', () => {});
      ready.then(
        () => this.#admit(stream, ends),
        (error: EventError) => {
          const { address } = this;
          this.#host.emit({ type: 'handshake:error:other', address, error, ...ends });
          stream.destroy();
        },
      );
    }
  }

  #admit(accepted: Stream, ends: ConnectionEnds): void {
    if (this.#closing || this.#finishing || accepted.destroyed) {
      accepted.destroy();
      return;
    }
    const negotiation = new AbortController();
    const open = this.#carrier.admit(accepted, this.#opening, negotiation.signal);
    if (open instanceof Promise) this.#negotiate(open, negotiation, ends);
    else this.#connected(open, ends);
  }

  #negotiate(open: Promise<OpenStream>, negotiation: AbortController, ends: ConnectionEnds): void {
    const { handshakeInterval } = this.#values;
    const timer =
      handshakeInterval > 0
        ? setTimeout(() => negotiation.abort(tooSlow(handshakeInterval)), handshakeInterval).unref()
        : undefined;
    this.#negotiating.add(negotiation);
    open
      .finally(() => {
        clearTimeout(timer);
        this.#negotiating.delete(negotiation);
      })
      .then(
        (ready) => {
          if (this.#closing || this.#finishing) ready.stream.destroy();
          else this.#connected(ready, ends);
        },
        (error: Error) => {
          if (this.#closing || this.#finishing) return;
          this.#host.emit({ ...handshakeFailure(this.address, error), ...ends });
        },
      );
  }

  #connected({ stream, inlet, framing }: OpenStream, ends: ConnectionEnds): void {
    const protocol = this.#host.makeProtocol(this.#values, true, framing);
    this.#links.add(new StreamLink(stream, inlet, protocol, ends, this));
  }

  #opened(): void {
    this.#listening = true;
    this.address = this.#acceptor.address;
    this.#host.emit({ type: 'bind', address: this.address });
  }

  /** `error` itself, reported. */
  #bindFailed(error: unknown): unknown {
    // zeromq.js reports this address without its scheme, and programs compare it.
    const address = this.text.replace(/^tcp:\/\//, '');
    this.#host.emit({ type: 'bind:error', address, error: error as SystemError });
    this.#resolveFinished();
    return withAddress(toSocketError(error, this.text), this.text);
  }

  #stopListening(): void {
    if (!this.#listening) {
      this.#settle();
      return;
    }
    if (this.#stopping) return;
    this.#stopping = true;
    this.#acceptor.close(() => {
      this.#listening = false;
      this.#host.emit({ type: 'close', address: this.address });
      this.#settle();
    });
  }

  #settle(): void {
    if (!this.#listening && this.#links.size === 0) this.#resolveFinished();
  }
}

/** `error` with `text` in its message; the event has the text of zeromq.js, which programs compare. */
function withAddress(error: SocketError, text: string): SocketError {
  const { code, message } = error;
  const full = message.includes(text) ? message : `${message}: ${text}`;
  return new SocketError(code, { message: full, address: text, cause: error.cause ?? error });
}

function tooSlow(handshakeInterval: number): ZmtpError {
  const text = `handshake not begun within ${handshakeInterval} ms`;
  return new ZmtpError('ERR_ZMTP_HANDSHAKE_TIMEOUT', text);
}

function tooMany(remoteAddress: string, limit: number): AcceptError {
  const peer = remoteAddress || 'peers that have left already';
  const told = `More than ${limit} handshakes in a second from ${peer}`;
  return turnedAway('ERR_TOO_MANY_HANDSHAKES', told, remoteAddress);
}

function filteredOut(remoteAddress: string): AcceptError {
  const peer = remoteAddress || 'a peer that has left already';
  return turnedAway('ERR_ACCEPT_FILTER', `tcpAcceptFilter does not admit ${peer}`, remoteAddress);
}

function turnedAway(code: string, told: string, remoteAddress: string): AcceptError {
  const { ECONNABORTED: errno } = constants.errno;
  return Object.assign(new Error(told), { code, errno, remoteAddress });
}
