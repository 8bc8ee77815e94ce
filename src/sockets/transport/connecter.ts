/** Connecter: a connected tcp or ipc endpoint. It tries until it is told to stop, and keeps one pipe meanwhile. */

import dns from 'node:dns';
import net from 'node:net';
import { networkInterfaces } from 'node:os';
import { type Credentials, type Verdict, ZmtpError } from '../../zmtp/index.ts';
import { SocketError } from '../errors.ts';
import type { EventError } from '../events.ts';
import type { OptionValues } from '../options/options.ts';
import type { Pipe } from '../routing/pipe.ts';
import { bindAddress, type IpcEndpoint, type TcpConnectEndpoint } from './endpoint.ts';
import { handshakeFailure } from './handshake-failure.ts';
import { Inlet } from './inlet.ts';
import { keepAliveDelay } from './listener.ts';
import { penaltyDelay, reconnectDelay } from './reconnect.ts';
import { type LinkOwner, peerOf, StreamLink } from './stream-link.ts';
import { endPipe, type OpenEndpoint, retire, type TransportHost } from './transport.ts';

export class StreamConnecter implements OpenEndpoint, LinkOwner {
  readonly kind = 'connect';
  readonly text: string;
  readonly address: string;
  readonly over: Promise<void>;
  /** Connections made after the first. */
  reconnectCount = 0;

  readonly #host: TransportHost;
  readonly #values: OptionValues;
  readonly #endpoint: TcpConnectEndpoint | IpcEndpoint;
  readonly #connectRoutingId: Buffer | undefined;
  #resolveOver!: () => void;
  /** Undefined only before the first handshake under `immediate`, and after a loss under it. */
  #pipe: Pipe | undefined;
  #link: StreamLink | undefined;
  #stream: net.Socket | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** Failed attempts since the last finished handshake. */
  #attempt = 0;
  /** Times that the peer has said no with a status, likewise. */
  #refusalCount = 0;
  #establishedOnce = false;
  #finishing = false;
  #closed = false;

  constructor(
    host: TransportHost,
    values: OptionValues,
    text: string,
    endpoint: TcpConnectEndpoint | IpcEndpoint,
    connectRoutingId?: Buffer,
  ) {
    this.#host = host;
    this.#values = values;
    this.text = text;
    this.address = text;
    this.#endpoint = endpoint;
    this.#connectRoutingId = connectRoutingId;
    this.over = new Promise((resolve) => {
      this.#resolveOver = resolve;
    });
    if (!values.immediate) this.#attach();
    // In this tick a caller may still add listeners, and set options that act late.
    process.nextTick(() => this.#begin());
  }

  get unsentCount(): number {
    const link = this.#link;
    if (link?.pipe !== undefined) return link.unsentCount;
    return this.#pipe?.outgoingCount ?? 0;
  }

  finish(): void {
    this.#finishing = true;
    const pipe = this.#pipe;
    if (pipe !== undefined) {
      retire(this.#host, pipe);
      pipe.discardIncoming();
    }
    if (this.#link?.pipe !== undefined) this.#link.finish();
    else if (this.unsentCount === 0) void this.close();
  }

  close(): Promise<void> {
    if (this.#closed) return this.over;
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#link?.close();
    this.#stream?.destroy();
    // Told to disconnect, or closing: what came in and was not read is given up, as in libzmq.
    this.#pipe?.discardIncoming();
    this.#endPipe();
    this.#resolveOver();
    return this.over;
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
    host.emit({ type: 'handshake', address: this.address });
    if (this.#finishing) link.finish();
    else host.established(pipe, link);
    return pipe;
  }

  judge(link: StreamLink, credentials: Credentials): Promise<Verdict> {
    return this.#host.judge(this.#values, link, credentials);
  }

  ended(link: StreamLink, error: Error | undefined): void {
    this.#link = undefined;
    this.#stream = undefined;
    const host = this.#host;
    const { address } = this;
    const pipe = link.pipe;
    if (!this.#closed && !this.#finishing) {
      if (link.protocol.peer === undefined) {
        // A CURVE server hangs up without a word on a client that does not know its key.
        const hint = link.protocol.greeted && this.#values.curveServerKey !== null;
        host.emit(handshakeFailure(address, error, hint ? CURVE_HINT : undefined));
      }
      const reason = error as EventError | undefined;
      host.emit({ type: 'disconnect', address, ...(reason && { error: reason }) });
    }
    if (pipe !== undefined) {
      // Under `immediate` there is no pipe without a connection; what was queued in it is lost, as in libzmq.
      if (!this.#closed && this.#values.immediate) this.#endPipe();
      else if (!this.#closed && !this.#finishing) host.pattern.lost(pipe);
      host.departed(pipe, link);
    }
    if (this.#closed || (this.#finishing && this.unsentCount === 0)) {
      void this.close();
      return;
    }
    if (isRefusal(error)) this.#refusalCount++;
    this.#retry(error instanceof ZmtpError && error.fault === 'peer' && !isTimeout(error), error);
  }

  #attach(): Pipe {
    const pipe = this.#host.makePipe(this.#values, this.#connectRoutingId);
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
    const { address } = this;
    const values = this.#values;
    const host = this.#host;
    host.emit({ type: 'connect:delay', address });
    const inlet = new Inlet();
    let stream: net.Socket;
    try {
      stream = net.connect({ ...this.#options(), onread: inlet.onread });
    } catch (error) {
      // The interface named as the source is not there now.
      this.#retry(false, error as EventError);
      return;
    }
    this.#stream = stream;
    stream.unref();
    const failed = (error?: Error): void => {
      clearTimeout(timer);
      stream.destroy();
      if (this.#closed || this.#stream !== stream) return;
      this.#stream = undefined;
      host.emit({ type: 'close', address });
      this.#retry(false, error ?? new SocketError('ETIMEDOUT', { address }));
    };
    const timer =
      values.connectTimeout > 0
        ? setTimeout(() => failed(), values.connectTimeout).unref()
        : undefined;
    stream.once('error', failed);
    stream.once('connect', () => {
      clearTimeout(timer);
      stream.off('error', failed);
      if (values.tcpKeepalive === 1) stream.setKeepAlive(true, keepAliveDelay(values));
      host.emit({ type: 'connect', address });
      this.#link = new StreamLink(stream, inlet, host.makeProtocol(values, false), address, this);
    });
  }

  /** `error`: why there is no connection, where that is known. */
  #retry(penalty: boolean, error: Error | undefined): void {
    const { reconnectInterval, reconnectMaxInterval: maxInterval } = this.#values;
    // Who was turned away for what he is will be so again: each time he waits twice as long, whatever the maximum.
    const interval = reconnectInterval * 2 ** Math.min(this.#refusalCount, REFUSALS_MAX);
    const { random } = this.#host;
    const delay = penalty
      ? penaltyDelay({ interval, maxInterval, random })
      : reconnectDelay({ interval, maxInterval, random, attempt: this.#attempt });
    this.#attempt++;
    if (delay === undefined) {
      // Never again: nobody shall send to it, and a closing socket not wait for it.
      const pipe = this.#pipe;
      this.#endPipe();
      if (pipe !== undefined) this.#host.departed(pipe, undefined);
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

  #options(): net.NetConnectOpts {
    const endpoint = this.#endpoint;
    if (endpoint.transport === 'ipc') {
      return { path: endpoint.abstract ? `\0${endpoint.path}` : endpoint.path };
    }
    const { ipv6 } = this.#values;
    const { host, port, source } = endpoint;
    return {
      host,
      port,
      // The first address only, as libzmq: AAAA or else a mapped A with `ipv6`, A without.
      autoSelectFamily: false,
      ...(net.isIP(host) === 0 && (ipv6 ? { family: 6, hints: dns.V4MAPPED } : { family: 4 })),
      ...(source && {
        localAddress: bindAddress(source.host, ipv6, networkInterfaces(), this.text),
        ...(source.port > 0 && { localPort: source.port }),
      }),
    };
  }
}

/** The peer has judged us and said no, with the status 400 or 500. libzmq does not come back at all. */
function isRefusal(error: Error | undefined): boolean {
  return error instanceof ZmtpError && error.code === 'ERR_ZMTP_REFUSED_BY_PEER' && !!error.status;
}

function isTimeout(error: ZmtpError): boolean {
  return error.code === 'ERR_ZMTP_HANDSHAKE_TIMEOUT' || error.code === 'ERR_ZMTP_HEARTBEAT_TIMEOUT';
}

const CURVE_HINT =
  'in the CURVE handshake; is curveServerKey the key of this server, and does it let our key in?';

/** Up to this many refusals the delay doubles: 64 times `reconnectInterval`, 6.4 s by default. */
const REFUSALS_MAX = 6;
