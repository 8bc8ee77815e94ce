/** Connecter: a connected endpoint over streams. It tries until it is told to stop, and keeps one pipe meanwhile. */

import { clearTimeout, setTimeout } from 'node:timers';
import { type Credentials, type Verdict, ZmtpError } from '../../zmtp/index.ts';
import { SocketError } from '../errors.ts';
import type { ConnectionEnds, EventError } from '../events.ts';
import type { OptionValues } from '../options/options.ts';
import { noteEnd } from '../routing/notices.ts';
import type { Pipe } from '../routing/pipe.ts';
import type { BusyPoll } from './busy-poll.ts';
import type { OpenStream } from './dial.ts';
import type { Endpoint } from './endpoint.ts';
import { dialledEnds } from './ends.ts';
import { ExitDial } from './exit-dial.ts';
import { turnsNoMore } from './flush-turn.ts';
import type { Flushed } from './flushed.ts';
import { handshakeFailure, isTimeout } from './handshake-failure.ts';
import type { LinkOwner } from './link-owner.ts';
import { peerOf } from './link-peer.ts';
import { penaltyDelay, reconnectDelay } from './reconnect.ts';
import type { StreamCarrier } from './stream-carrier.ts';
import { StreamLink } from './stream-link.ts';
import {
  detachPipe,
  endPipe,
  type OpenEndpoint,
  type Opening,
  type TransportHost,
} from './transport.ts';

/** The connecting half of a carrier. */
type Dials<C extends Endpoint> = Pick<StreamCarrier<Endpoint, C>, 'dial' | 'dialNow'>;

export class StreamConnecter<C extends Endpoint> implements OpenEndpoint, LinkOwner<StreamLink> {
  readonly kind = 'connect';
  readonly text: string;
  readonly address: string;
  readonly finished: Promise<void>;
  /** It does not try again (`reconnectInterval` −1). */
  spent = false;
  /** Connections made after the first. */
  reconnectCount = 0;

  readonly #host: TransportHost;
  readonly #values: OptionValues;
  readonly #carrier: Dials<C>;
  readonly #opening: Opening<C>;
  #resolveFinished!: () => void;
  /** Undefined only before the first handshake under `immediate`, and after a loss under it. */
  #pipe: Pipe | undefined;
  #link: StreamLink | undefined;
  /** Ends the attempt that is under way. */
  #dialling: AbortController | undefined;
  #timer: NodeJS.Timeout | undefined;
  #exitDial: ExitDial<C> | undefined;
  /** Failed attempts since the last finished handshake. */
  #attempt = 0;
  /** Times that the peer has refused us with a status, since the last finished handshake. */
  #refusalCount = 0;
  #establishedOnce = false;
  /** Reasons of `reconnectStop` that hold for good. */
  #reasons = 0;
  #finishing = false;
  #closed = false;

  constructor(carrier: Dials<C>, opening: Opening<C>) {
    const { host, values, text } = opening;
    this.#carrier = carrier;
    this.#opening = opening;
    this.#host = host;
    this.#values = values;
    this.text = text;
    this.address = text;
    this.finished = new Promise((resolve) => {
      this.#resolveFinished = resolve;
    });
    if (!values.immediate) this.#attach();
    // In this tick a caller may still add listeners, and set options that act late.
    process.nextTick(() => this.#begin());
  }

  get busyPoll(): BusyPoll | undefined {
    return this.#host.busyPoll;
  }

  get unsentCount(): number {
    const link = this.#link;
    if (link?.pipe !== undefined) return link.unsentCount;
    return this.#pipe?.outgoingCount ?? 0;
  }

  flush(): Flushed {
    const link = this.#link;
    if (link?.pipe !== undefined) return link.flush();
    if (this.unsentCount === 0) return 'done';
    return link?.direct ? link.greetNow() : this.#dialNow(link);
  }

  disconnecting(): void {
    this.#reasons = DISCONNECTED;
  }

  finish(): void {
    this.#finishing = true;
    const pipe = this.#pipe;
    if (pipe !== undefined) {
      detachPipe(this.#host, pipe);
      pipe.discardIncoming();
    }
    if (this.#link?.pipe !== undefined) this.#link.finish();
    else if (this.unsentCount === 0 || this.#stops(0)) void this.close();
  }

  close(): Promise<void> {
    if (this.#closed) return this.finished;
    this.#closed = true;
    clearTimeout(this.#timer);
    if (this.#pipe !== undefined) detachPipe(this.#host, this.#pipe);
    this.#link?.endNow();
    this.#dialling?.abort();
    // Told to disconnect, or closing: what came in and was not read is given up, as in libzmq.
    this.#pipe?.discardIncoming();
    this.#endPipe();
    this.#resolveFinished();
    return this.finished;
  }

  established(link: StreamLink): Pipe {
    const host = this.#host;
    if (this.#establishedOnce) this.reconnectCount++;
    this.#establishedOnce = true;
    this.#attempt = 0;
    this.#refusalCount = 0;
    const pipe = this.#pipe ?? this.#attach();
    pipe.peer = peerOf(link);
    pipe.drive(link);
    host.emit({ type: 'handshake', address: this.address, ...link.ends });
    if (this.#finishing) link.finish();
    else host.established(pipe, link);
    return pipe;
  }

  judge(link: StreamLink, credentials: Credentials, signal: AbortSignal): Promise<Verdict> {
    return this.#host.judge(this.#values, link, credentials, signal);
  }

  ended(link: StreamLink, error: Error | undefined): void {
    this.#link = undefined;
    const host = this.#host;
    const { address } = this;
    const pipe = link.pipe;
    if (!this.#closed && !this.#finishing) {
      if (link.protocol.peer === undefined) {
        // A CURVE server hangs up without a word on a client that does not know its key.
        const hint = link.protocol.greeted && this.#values.curveServerKey !== null;
        const failure = handshakeFailure(address, error, hint ? CURVE_HINT : undefined);
        host.emit({ ...failure, ...link.ends });
      }
      const reason = error as EventError | undefined;
      host.emit({ type: 'disconnect', address, ...link.ends, ...(reason && { error: reason }) });
    }
    if (pipe !== undefined) {
      if (!this.#closed && !this.#finishing) noteEnd(pipe, false);
      // Under `immediate` there is no pipe without a connection; what was queued in it is lost, as in libzmq.
      if (!this.#closed && this.#values.immediate) this.#endPipe();
      else if (!this.#closed && !this.#finishing) host.pattern.lost(pipe);
      host.disconnected(pipe, link);
    }
    if (this.#closed || (this.#finishing && this.unsentCount === 0)) {
      void this.close();
      return;
    }
    if (isRefusal(error)) this.#refusalCount++;
    const penalty = error instanceof ZmtpError && error.fault === 'peer' && !isTimeout(error);
    this.#retry(penalty, error, link.protocol.peer === undefined ? HANDSHAKE_FAILED : 0);
  }

  #attach(): Pipe {
    const pipe = this.#host.makePipe(this.#values, this.#opening.connectRoutingId);
    this.#pipe = pipe;
    this.#host.pattern.attach(pipe);
    return pipe;
  }

  #endPipe(): void {
    const pipe = this.#pipe;
    this.#pipe = undefined;
    if (pipe !== undefined) endPipe(this.#host, pipe);
  }

  /** The first attempt, once what it needs is loaded. */
  #begin(): void {
    const ready = this.#host.prepare(this.#values);
    if (ready === undefined) {
      this.#connect();
      return;
    }
    ready.then(
      () => this.#connect(),
      (error: EventError) => {
        const { address } = this;
        this.#host.emit({ type: 'handshake:error:other', address, error });
        if (this.#finishing) void this.close();
      },
    );
  }

  #connect(): void {
    if (this.#closed) return;
    const { connectTimeout } = this.#values;
    this.#host.emit({ type: 'connect:delay', address: this.address });
    const dialling = new AbortController();
    this.#dialling = dialling;
    const timer =
      connectTimeout > 0 ? setTimeout(() => dialling.abort(), connectTimeout).unref() : undefined;
    this.#carrier.dial(this.#opening, dialling.signal).then(
      (open) => {
        clearTimeout(timer);
        this.#dialling = undefined;
        if (this.#closed) open.stream.destroy();
        else this.#connected(open);
      },
      (error: Error) => {
        clearTimeout(timer);
        this.#dialling = undefined;
        if (this.#closed) return;
        // A peer that does not speak the language of the transport will not do so soon.
        const broken = error instanceof ZmtpError;
        if (broken) this.#host.emit(handshakeFailure(this.address, error));
        // Nothing was opened where the interface named as the source is not there now.
        const opened = !(error instanceof SocketError);
        if (opened) this.#host.emit({ type: 'close', address: this.address });
        const late = dialling.signal.aborted;
        const refused = (error as EventError).code === 'ECONNREFUSED' ? REFUSED : 0;
        this.#retry(
          broken,
          late ? new SocketError('ETIMEDOUT', { address: this.text }) : error,
          broken ? HANDSHAKE_FAILED : refused,
        );
      },
    );
  }

  #connected(open: OpenStream): void {
    const { address } = this;
    const ends = dialledEnds(open.stream, address);
    this.#host.emit({ type: 'connect', address, ...ends });
    this.#linked(open, ends);
  }

  #linked({ stream, inlet, framing }: OpenStream, ends: ConnectionEnds): void {
    const protocol = this.#host.makeProtocol(this.#values, false, framing);
    this.#link = new StreamLink(stream, inlet, protocol, ends, this);
  }

  /** Where the event loop does not turn any more: begin the connection, again where `before` came to nothing. */
  #dialNow(before: StreamLink | undefined): Flushed {
    if (!turnsNoMore || this.#closed || this.spent) return 'done';
    this.#exitDial ??= new ExitDial(this.#carrier, this.#opening);
    const open = this.#exitDial.dial(before);
    if (typeof open === 'string') return open;
    this.#linked(open, { remote: this.address });
    open.inlet.catchUp();
    return 'stuck';
  }

  /** Whether `reconnectStop` tells to try no more, for `reason` or for one that there was before. */
  #stops(reason: number): boolean {
    return (this.#values.reconnectStop & (this.#reasons | reason)) !== 0;
  }

  /** `error`: why there is no connection, where that is known; `cause`: its number in `reconnectStop`, or 0. */
  #retry(penalty: boolean, error: Error | undefined, cause: number): void {
    const { reconnectInterval, reconnectMaxInterval: maxInterval } = this.#values;
    // Who was turned away for what he is will be so again: each time he waits twice as long, whatever the maximum.
    const interval = reconnectInterval * 2 ** Math.min(this.#refusalCount, REFUSALS_MAX);
    const { random } = this.#host;
    const delay = penalty
      ? penaltyDelay({ interval, maxInterval, random })
      : reconnectDelay({ interval, maxInterval, random, attempt: this.#attempt });
    this.#attempt++;
    if (delay === undefined || this.#stops(cause)) {
      // Never again: nobody shall send to it, and a closing socket not wait for it.
      this.spent = true;
      const pipe = this.#pipe;
      this.#endPipe();
      if (pipe !== undefined) this.#host.disconnected(pipe, undefined);
      if (this.#finishing) void this.close();
      return;
    }
    const { address } = this;
    const reason = error as EventError | undefined;
    this.#host.emit({
      type: 'connect:retry',
      address,
      interval: delay,
      ...(reason && { error: reason }),
    });
    this.#timer = setTimeout(() => this.#connect(), delay).unref();
  }
}

/** The peer has judged us and said no, with the status 400 or 500. libzmq does not come back at all. */
function isRefusal(error: Error | undefined): boolean {
  return error instanceof ZmtpError && error.code === 'ERR_ZMTP_REFUSED_BY_PEER' && !!error.status;
}

const CURVE_HINT =
  'in the CURVE handshake; is curveServerKey the key of this server, and does it let our key in?';

/** `ZMQ_RECONNECT_STOP_CONN_REFUSED`, `_HANDSHAKE_FAILED` and `_AFTER_DISCONNECT`. */
const REFUSED = 1;
const HANDSHAKE_FAILED = 2;
const DISCONNECTED = 4;

/** Up to this many refusals the delay doubles: 64 times `reconnectInterval`, 6.4 s by default. */
const REFUSALS_MAX = 6;
