/** UdpPort: a bound or connected udp endpoint, which drives one pipe: each message is sent as one packet, and received as one. */

import dgram from 'node:dgram';
import dns from 'node:dns';
import { isIP, isIPv6 } from 'node:net';
import { clearTimeout, setTimeout } from 'node:timers';
import { SocketError, toSocketError } from '../errors.ts';
import type { EventError, SystemError } from '../events.ts';
import type { Message } from '../message.ts';
import type { OptionValues } from '../options/options.ts';
import { datagramAddress, parseDatagramAddress } from '../pattern/datagram.ts';
import type { Pipe, PipeDriver } from '../routing/pipe.ts';
import { formatTcp, plainAddress } from './endpoint.ts';
import type { Flushed } from './flushed.ts';
import { reconnectDelay } from './reconnect.ts';
import { localAddress } from './tcp-stream.ts';
import {
  detachPipe,
  endPipe,
  type ListeningEndpoint,
  type OpenEndpoint,
  type Opening,
  type PeerConnection,
  type TransportHost,
} from './transport.ts';
import { isMulticast, multicastInterface, type UdpEndpoint } from './udp-address.ts';
import { decodeGrouped, encodeGrouped } from './udp-datagram.ts';

/** The common part of both kinds of endpoint. There is no handshake: one peer is there as soon as the udp socket is open. */
abstract class UdpPort implements OpenEndpoint, PipeDriver, PeerConnection {
  abstract readonly kind: 'bind' | 'connect';
  readonly text: string;
  address: string;
  readonly reconnectCount = 0;
  spent = false;
  readonly finished: Promise<void>;
  readonly remoteAddress = '';
  bytesSent = 0;
  bytesReceived = 0;
  protected readonly host: TransportHost;
  protected readonly values: OptionValues;
  protected readonly endpoint: UdpEndpoint;
  protected readonly pipe: Pipe;
  protected socket: dgram.Socket | undefined;
  protected closed = false;
  #finishing = false;
  /** The address to which messages go that have none of their own. */
  #target = '';
  /** Octets that the kernel has not taken yet. */
  #waiting = 0;
  #resolveFinished!: () => void;

  constructor({ host, endpoint, values, text }: Opening<UdpEndpoint>) {
    this.host = host;
    this.values = values;
    this.endpoint = endpoint;
    this.text = text;
    this.address = text;
    this.finished = new Promise((resolve) => {
      this.#resolveFinished = resolve;
    });
    this.pipe = host.makePipe(values);
  }

  get unsentCount(): number {
    return this.pipe.outgoingCount + (this.#waiting > 0 ? 1 : 0);
  }

  flush(): Flushed {
    // Packets that the kernel does not take within the call are not known to be lost: udp confirms nothing.
    return 'done';
  }

  finish(): void {
    this.#finishing = true;
    detachPipe(this.host, this.pipe);
    this.pipe.discardIncoming();
    this.#closeIfDone();
  }

  close(): Promise<void> {
    if (this.closed) return this.finished;
    this.closed = true;
    const { host, pipe, socket } = this;
    pipe.drive(undefined);
    endPipe(host, pipe);
    host.disconnected(pipe, socket === undefined ? undefined : this);
    if (socket === undefined) {
      this.#resolveFinished();
    } else {
      socket.close(() => {
        host.emit({ type: 'close', address: this.address });
        this.#resolveFinished();
      });
    }
    return this.finished;
  }

  /** Opens a udp socket at `local`, whose packets go to `target` if any. Calls `opened` or `failed`, perhaps within the call. */
  protected open(
    [local, port]: readonly [address: string, port: number],
    target: string,
    opened: (socket: dgram.Socket) => void,
    failed: (error: Error) => void,
  ): void {
    const { endpoint, values, text } = this;
    const family = isIPv6(local) ? 6 : 4;
    const { sendBufferSize, receiveBufferSize } = values;
    const socket = dgram.createSocket({
      type: family === 6 ? 'udp6' : 'udp4',
      // All sockets of a machine receive what is sent to a group; any other address belongs to one socket.
      reuseAddr: this.kind === 'bind' && isMulticast(endpoint.host),
      // Addresses are resolved already: without a lookup all happens within the call, and in order.
      lookup: (address, _options, found) => found(null, address, family),
      ...(sendBufferSize > 0 && { sendBufferSize }),
      ...(receiveBufferSize > 0 && { recvBufferSize: receiveBufferSize }),
    });
    socket.unref();
    let settled = false;
    const fail = (error: Error): void => {
      if (settled) return;
      settled = true;
      socket.close();
      failed(error);
    };
    socket.on('error', fail);
    socket.on('message', (packet, from) => this.#received(packet, from));
    socket.once('listening', () => {
      if (settled) return;
      try {
        this.#setUp(socket, multicastInterface(endpoint, text));
      } catch (error) {
        fail(error as Error);
        return;
      }
      settled = true;
      this.socket = socket;
      this.#target = target;
      opened(socket);
    });
    try {
      socket.bind({ address: local, port, exclusive: true });
    } catch (error) {
      fail(error as Error);
    }
  }

  /** The udp socket is open: attaches it to the pipe, so that messages move. */
  protected start(): void {
    const { host, pipe } = this;
    pipe.peer = {
      socketType: PARTNERS[host.typeName] ?? host.typeName,
      routingId: undefined,
      address: this.address,
      metadata: new Map(),
    };
    pipe.drive(this);
    host.established(pipe, this);
    this.#drain();
  }

  // — PipeDriver —

  offer(message: Message): boolean {
    const { socket, host } = this;
    if (socket === undefined || this.#waiting >= WAITING_MAX) return false;
    // A DISH writes its subscriptions, but there is no peer to send them to.
    if (this.kind === 'bind' && !host.raw) return true;
    const to = host.raw
      ? parseDatagramAddress(message[0]!)
      : { host: this.#target, port: this.endpoint.port };
    const packet = host.raw ? Buffer.from(message[1]!) : encodeGrouped(message);
    if (packet === undefined || to === undefined) this.pipe.dropped();
    else this.#send(socket, packet, to);
    return true;
  }

  wake(): void {
    this.#drain();
  }

  room(): void {}

  fail(): void {
    // One bad packet says nothing about the next.
  }

  disconnect(): void {
    void this.close();
  }

  #send(socket: dgram.Socket, packet: Buffer, to: { host: string; port: number }): void {
    this.bytesSent += packet.length;
    this.#waiting += packet.length;
    socket.send(packet, to.port, to.host, (error) => {
      if (error !== null) this.pipe.dropped();
      this.#waiting -= packet.length;
      if (this.closed) return;
      this.#drain();
    });
  }

  #drain(): void {
    if (this.socket !== undefined && !this.closed) {
      while (this.#waiting < WAITING_MAX) {
        const message = this.pipe.next();
        if (message === undefined) break;
        this.offer(message);
      }
      this.pipe.drained();
    }
    this.#closeIfDone();
  }

  #received(packet: Buffer, from: dgram.RemoteInfo): void {
    const { host, pipe } = this;
    // A datagram can arrive before the pipe is in routing, and after it has left that.
    if (this.socket === undefined || this.closed || this.#finishing) return;
    this.bytesReceived += packet.length;
    const message: Message | undefined = host.raw
      ? [datagramAddress(plainAddress(from.address), from.port), packet]
      : decodeGrouped(packet);
    const { maxMessageSize } = this.values;
    const tooLarge =
      maxMessageSize >= 0 && message !== undefined && message[1]!.length > maxMessageSize;
    // A receiver that does not keep up cannot hold the sender back.
    if (message === undefined || tooLarge || pipe.isFull()) pipe.dropped();
    else pipe.deliver(message);
  }

  #setUp(socket: dgram.Socket, source: string | undefined): void {
    const { host } = this.endpoint;
    const { multicastHops, multicastLoop } = this.values;
    if (this.kind === 'bind' && isMulticast(host)) socket.addMembership(host, source);
    if (this.kind === 'bind' && !this.host.raw) return;
    socket.setMulticastTTL(Math.min(multicastHops, HOPS_MAX));
    socket.setMulticastLoopback(multicastLoop);
    if (source !== undefined) socket.setMulticastInterface(source);
  }

  #closeIfDone(): void {
    if (this.#finishing && !this.closed && this.unsentCount === 0) void this.close();
  }
}

/** A bound udp endpoint. */
export class UdpListener extends UdpPort implements ListeningEndpoint {
  readonly kind = 'bind';

  listen(): Promise<void> {
    return new Promise((resolve, reject) => this.#bind(resolve, reject));
  }

  listenSync(): void {
    let failure: unknown = new SocketError('ENOTSUP', { address: this.text });
    this.#bind(
      () => {
        failure = undefined;
      },
      (error) => {
        failure = error;
      },
    );
    if (failure === undefined) return;
    void this.close();
    throw failure;
  }

  #bind(done: () => void, failed: (error: unknown) => void): void {
    const { endpoint, values, host, text } = this;
    const fail = (cause: unknown): void => {
      const error = toSocketError(cause, text);
      host.emit({ type: 'bind:error', address: text, error: error as SystemError });
      void this.close();
      failed(error);
    };
    try {
      const group = isMulticast(endpoint.host);
      const any = isIPv6(endpoint.host) ? '::' : '0.0.0.0';
      const local = group ? any : localAddress(endpoint.host, values, text);
      const opened = (socket: dgram.Socket): void => {
        const { port } = socket.address();
        const shown = formatTcp(group ? endpoint.host : local, port, 'udp');
        const { source } = endpoint;
        this.address = source === undefined ? shown : shown.replace('//', `//${source};`);
        host.pattern.attach(this.pipe);
        this.start();
        if (this.closed) {
          fail(new SocketError('EINVAL', { message: ONE_ENDPOINT, address: text }));
          return;
        }
        host.emit({ type: 'bind', address: this.address });
        done();
      };
      this.open([local, endpoint.port], '', opened, fail);
    } catch (error) {
      fail(error);
    }
  }
}

/** A connected udp endpoint. Its host is resolved again, after `reconnectInterval`, until that succeeds. */
export class UdpConnecter extends UdpPort {
  readonly kind = 'connect';
  #timer: NodeJS.Timeout | undefined;
  #attempt = 0;
  #begun = false;

  constructor(opening: Opening<UdpEndpoint>) {
    super(opening);
    this.pipe.takesAll = true;
    opening.host.pattern.attach(this.pipe);
    // In this tick a caller may still add listeners.
    process.nextTick(() => this.#begin());
  }

  override flush(): Flushed {
    this.#begin();
    return super.flush();
  }

  override close(): Promise<void> {
    clearTimeout(this.#timer);
    return super.close();
  }

  #begin(): void {
    if (this.#begun || this.closed) return;
    this.#begun = true;
    const { host, endpoint, values, address } = this;
    host.emit({ type: 'connect:delay', address });
    if (isIP(endpoint.host) !== 0) {
      this.#open(endpoint.host);
      return;
    }
    dns.lookup(endpoint.host, { family: values.ipv6 ? 0 : 4 }, (error, found) => {
      if (this.closed) return;
      if (error === null) this.#open(found);
      else this.#retry(error);
    });
  }

  #open(target: string): void {
    const opened = (): void => {
      this.host.emit({ type: 'connect', address: this.address });
      if (!this.closed) this.start();
    };
    const local = isIPv6(target) ? '::' : '0.0.0.0';
    this.open([local, 0], target, opened, (error) => this.#retry(error));
  }

  #retry(error: Error): void {
    if (this.closed) return;
    const { reconnectInterval: interval, reconnectMaxInterval: maxInterval } = this.values;
    const { random } = this.host;
    const delay = reconnectDelay({ interval, maxInterval, random, attempt: this.#attempt++ });
    if (delay === undefined) {
      this.spent = true;
      void this.close();
      return;
    }
    const { address } = this;
    this.host.emit({ type: 'connect:retry', address, interval: delay, error: error as EventError });
    this.#begun = false;
    this.#timer = setTimeout(() => this.#begin(), delay).unref();
  }
}

const PARTNERS: Readonly<Record<string, string>> = { RADIO: 'DISH', DISH: 'RADIO' };
const ONE_ENDPOINT = 'Invalid argument: a DGRAM socket has one endpoint, and is bound already';
/** Octets that may wait for the kernel; beyond that, messages wait in the pipe, up to its mark. */
const WAITING_MAX = 262_144;
/** The largest number of hops that fits into an IP header. */
const HOPS_MAX = 255;
