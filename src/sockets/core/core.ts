/**
 * SocketCore: what stands behind a public socket. It joins the pattern, the pipes, the endpoints and those who listen
 * to events, and closes them all with `linger`.
 */

import { setImmediate } from 'node:timers';
import { Calls } from '../../base/process-hold.ts';
import {
  Connection,
  type Credentials,
  type Framing,
  type Verdict,
  type SocketType as ZmtpType,
} from '../../zmtp/index.ts';
import { SocketError } from '../errors.ts';
import type { Event, EventSource, EventType } from '../events.ts';
import type { Message } from '../message.ts';
import { createValues } from '../options/option-table.ts';
import type { OptionValues } from '../options/options.ts';
import type { Pattern, PatternHost } from '../pattern/pattern.ts';
import { type PeerInfo, Pipe, type PipeLimits, ReceiveBudget } from '../routing/pipe.ts';
import type { Zap } from '../security/zap.ts';
import type { SocketStats } from '../stats.ts';
import type { BusyPoll } from '../transport/busy-poll.ts';
import { type Flushed, together } from '../transport/flushed.ts';
import type { InprocNames } from '../transport/inproc-names.ts';
import { type Protocol, RawStream } from '../transport/protocol.ts';
import { transportOf } from '../transport/registry.ts';
import type {
  ListeningEndpoint,
  OpenEndpoint,
  PeerConnection,
  Transport,
  TransportHost,
} from '../transport/transport.ts';
import type { Context, Member } from './context.ts';
import { Counters } from './counters.ts';
import { Ending } from './ending.ts';
import { EndpointSecurity } from './endpoint-security.ts';
import { Incoming } from './incoming.ts';
import { Outgoing } from './outgoing.ts';
import type { SocketTypeSpec } from './socket-type.ts';
import { type Lifetime, type WaitOptions, Watching } from './watching.ts';

export class SocketCore implements TransportHost, PatternHost, Member, Lifetime {
  readonly context: Context;
  readonly values: OptionValues;
  readonly pattern: Pattern;
  readonly outgoing: Outgoing;
  readonly incoming: Incoming;
  readonly typeName: string;
  readonly raw: boolean;
  readonly random: () => number = Math.random;
  readonly security: EndpointSecurity;
  closed = false;
  lastEndpoint: string | null = null;
  /** A bind or unbind is under way: other calls are refused. */
  busy = false;

  readonly #spec: SocketTypeSpec;
  readonly #limits: { -readonly [K in keyof PipeLimits]: PipeLimits[K] };
  readonly #budget: ReceiveBudget;
  readonly #endpoints: OpenEndpoint[] = [];
  readonly #counters = new Counters();
  readonly #calls: Calls;
  readonly #watching: Watching;
  readonly #ending: Ending;
  #closeWhenFree = false;
  /** Set when the public socket is garbage: what to call before this one closes. */
  #abandoned: (() => void) | undefined;

  /** `zapOf`: the way to the handler of RFC 27, where the context has one. */
  constructor(
    context: Context,
    spec: SocketTypeSpec,
    zapOf: (context: Context) => Zap | undefined,
  ) {
    this.context = context;
    this.#spec = spec;
    this.typeName = spec.name;
    this.raw = spec.raw ?? false;
    this.values = createValues({
      ipv6: context.ipv6,
      ...spec.defaults,
      ...(!context.blocky && { linger: 0 }),
    });
    this.security = new EndpointSecurity(context, this.raw, zapOf);
    this.#budget = new ReceiveBudget(0);
    this.#limits = {
      sendHighWaterMark: 0,
      receiveHighWaterMark: 0,
      sendHighWaterMarkBytes: 0,
      receiveBudget: undefined,
      conflate: false,
      peers: undefined,
    };
    this.applyLimits();
    this.#calls = new Calls(context.keepAlive, () => this.#closeIfAbandoned());
    this.#watching = new Watching(this.#calls, this.#counters, this);
    this.#ending = new Ending(() => {
      this.emit({ type: 'end' });
      this.#watching.end();
      context.dismiss(this);
    });
    this.pattern = spec.makePattern(this, this.values, this.random);
    const free = (): boolean => !this.busy;
    const parts = [this.pattern, this.values, this.#calls] as const;
    const { sendingHold } = context;
    const wake = (): void => this.incoming.wake();
    const wakeAndHold = (): void => {
      sendingHold?.sent();
      wake();
    };
    this.outgoing = new Outgoing(...parts, sendingHold === undefined ? wake : wakeAndHold, free);
    this.incoming = new Incoming(...parts, () => this.outgoing.wake(), free);
    context.admit(this);
  }

  // — options —

  /** Applies the high-water marks and caps to the pipes, also to those that exist. */
  applyLimits(): void {
    const limits = this.#limits;
    const { values } = this;
    limits.sendHighWaterMark = values.sendHighWaterMark;
    limits.receiveHighWaterMark = values.receiveHighWaterMark;
    limits.sendHighWaterMarkBytes = values.sendHighWaterMarkBytes;
    this.#budget.cap = values.receiveHighWaterMarkBytes;
    // Once there, it stays: messages that were counted in are counted out.
    if (this.#budget.cap > 0) limits.receiveBudget = this.#budget;
  }

  /** @throws SocketError `EINVAL` for an option that protects, when an endpoint is open without it */
  refuseLate(name: keyof OptionValues, value: unknown): void {
    this.security.refuseLate(name, value, this.#endpoints);
  }

  /** Keep who sent each message that comes from now on, for `peerOf`; or no longer. */
  set keepPeers(keep: boolean) {
    if (keep) this.#limits.peers ??= new WeakMap();
    else this.#limits.peers = undefined;
  }

  get keepPeers(): boolean {
    return this.#limits.peers !== undefined;
  }

  /** Who sent `message`, if that was kept. */
  peerOf(message: Message): PeerInfo | undefined {
    const last = message.at(-1);
    return last === undefined ? undefined : this.#limits.peers?.get(last);
  }

  get names(): InprocNames {
    return this.context.inproc;
  }

  get busyPoll(): BusyPoll | undefined {
    return this.context.poll;
  }

  get endpointCount(): number {
    return this.#endpoints.length;
  }

  // — endpoints —

  bind(text: string): Promise<void> {
    return this.#blocked(async () => {
      const transport = this.#transportOf(text);
      const endpoint = transport.parseBind(text);
      this.#refuseForeign(transport, 'bind', text);
      const values = this.#valuesFor(transport, 'bind');
      if (transport.handshakes) this.security.binding(values);
      const preparing = this.prepare(values);
      if (preparing !== undefined) await preparing;
      const listener = transport.listen({ host: this, endpoint, values, text });
      const listening = listener.listen();
      if (listening !== undefined) await listening;
      this.#bound(listener, transport, values);
    });
  }

  bindSync(text: string): void {
    const transport = this.#transportOf(text);
    const endpoint = transport.parseBind(text);
    this.#refuseForeign(transport, 'bind', text);
    const values = this.#valuesFor(transport, 'bind');
    const listener = transport.listen({ host: this, endpoint, values, text });
    listener.listenSync();
    this.#bound(listener, transport, values);
  }

  unbind(text: string): Promise<void> {
    return this.#blocked(async () => {
      const endpoint = this.#find('bind', text);
      this.#forget(endpoint);
      await endpoint.close();
    });
  }

  /** As `unbind`, without a promise: the address is free on the next turn of the event loop. */
  unbindSync(text: string): void {
    const endpoint = this.#find('bind', text);
    this.#forget(endpoint);
    this.#ending.lingerOver(endpoint, 0);
  }

  connect(text: string, connectRoutingId?: Buffer): void {
    const transport = this.#transportOf(text);
    const endpoint = transport.parseConnect(text);
    this.#refuseForeign(transport, 'connect', text);
    this.lastEndpoint = text;
    for (const each of this.#endpoints.filter((each) => isConnect(each, text))) {
      if (each.spent) {
        this.#forget(each);
        void each.close();
      } else if (this.#spec.connectsOnce) {
        return;
      }
    }
    const values = this.#valuesFor(transport, 'connect');
    const opened = transport.connect({ host: this, endpoint, values, text, connectRoutingId });
    if (transport.handshakes) this.security.opened(opened, values);
    this.#endpoints.push(opened);
  }

  /**
   * Disconnects every endpoint that was connected with exactly this address. Queued messages get `linger` ms to leave,
   * unread ones are discarded.
   */
  disconnect(text: string): void {
    let endpoint: OpenEndpoint | undefined = this.#find('connect', text);
    while (endpoint !== undefined) {
      this.#forget(endpoint);
      this.#ending.lingerOver(endpoint, this.values.linger);
      endpoint = this.#endpoints.find((each) => isConnect(each, text));
    }
  }

  /** Starts closing: rejects pending calls, closes listeners, gives queued messages `linger` ms to leave. */
  close(): void {
    if (this.closed) return;
    if (this.busy) {
      this.#closeWhenFree = true;
      return;
    }
    this.outgoing.close();
    this.incoming.close();
    this.closed = true;
    this.#ending.close(this.#endpoints.splice(0), this.values.linger);
    this.context.sendingHold?.sent();
    this.#watching.look();
  }

  /** Settles when everything is delivered or given up after `close`. */
  get over(): Promise<void> {
    return this.#ending.over;
  }

  get ended(): boolean {
    return this.#ending.ended;
  }

  /**
   * The public socket was garbage-collected: closes once no call or event reader is pending, and calls `closing` just
   * before.
   */
  abandon(closing: () => void): void {
    this.#abandoned = closing;
    if (this.#calls.count === 0) this.#closeIfAbandoned();
  }

  get undeliveredCount(): number {
    if (this.values.linger === 0) return 0;
    let count = this.#ending.unsentCount;
    for (const endpoint of this.#endpoints) count += endpoint.unsentCount;
    return count;
  }

  get linger(): number {
    return this.values.linger;
  }

  flush(): Flushed {
    return together([...this.#endpoints.map((each) => each.flush()), this.#ending.flush()]);
  }

  vacate(): void {
    for (const endpoint of this.#endpoints) endpoint.vacate?.();
  }

  // — PatternHost —

  readable(): void {
    this.incoming.wake();
  }

  writable(): void {
    this.outgoing.wake();
  }

  note(pipe: Pipe, reason: string): void {
    const address = pipe.peer?.address ?? '';
    const error = Object.assign(new Error(reason), { code: 'ERR_PEER_REFUSED' });
    this.emit({ type: 'peer:refused', address, error });
  }

  later(work: () => void): void {
    // One that is unreferenced would wait until something else wakes the event loop.
    setImmediate(() => {
      if (!this.closed) work();
    });
  }

  dropped(): void {
    this.#counters.droppedBefore++;
  }

  subscribed(pipe: Pipe, count: number): void {
    this.#counters.subscribed(pipe, count);
    this.emit({ type: 'subscription', address: pipe.peer?.address ?? '', count });
  }

  // — TransportHost —

  makePipe({ conflate }: OptionValues, connectRoutingId?: Buffer): Pipe {
    // The endpoint's, unlike the marks, which act at once.
    this.#limits.conflate = conflate;
    const pipe = new Pipe(this.#limits, this.pattern, connectRoutingId);
    this.#counters.opened(pipe);
    return pipe;
  }

  prepare(values: OptionValues): Promise<void> | undefined {
    return this.security.prepare(values);
  }

  mechanismOf(values: OptionValues): string {
    return this.security.mechanism(values).name;
  }

  judge(
    values: OptionValues,
    connection: PeerConnection,
    credentials: Credentials,
    signal: AbortSignal,
  ): Promise<Verdict> {
    return this.security.judge(values, connection, credentials, signal);
  }

  makeProtocol(values: OptionValues, accepted: boolean, framing?: Framing): Protocol {
    if (this.raw) return new RawStream();
    const options = {
      socketType: this.#spec.name as ZmtpType,
      routingId: values.routingId ?? undefined,
      mechanism: this.security.mechanism(values),
      judgesAll: this.security.judgesAll(values, accepted),
      minimumProtocolVersion: this.security.minimumVersion(values),
      maxMessageSize: values.maxMessageSize,
      maxMessageParts: values.maxMessageParts,
      handshakeInterval: values.handshakeInterval,
      heartbeatInterval: values.heartbeatInterval,
      heartbeatTimeToLive: values.heartbeatTimeToLive,
      heartbeatTimeout: values.heartbeatTimeout,
      framing,
    };
    return new Connection(options, performance.now());
  }

  established(pipe: Pipe, connection: PeerConnection): void {
    this.#counters.established(pipe, connection);
    this.pattern.established(pipe);
    this.#watching.look();
  }

  departed(pipe: Pipe, connection: PeerConnection | undefined): void {
    this.#counters.departed(pipe, connection);
    this.#watching.look();
  }

  throttled(): void {
    this.#counters.throttledCount++;
  }

  forget(pipe: Pipe): void {
    this.#counters.forget(pipe);
  }

  emit(event: Event): void {
    this.#watching.emit(event);
  }

  // — watching —

  observe(listener: (event: Event) => void): EventSource {
    return this.#watching.observe(listener);
  }

  waitFor(type: EventType, options: WaitOptions): Promise<void> {
    return this.#watching.waitFor(type, options);
  }

  stats(): SocketStats {
    let reconnects = 0;
    for (const endpoint of this.#endpoints) reconnects += endpoint.reconnectCount;
    const { sentCount: sent } = this.outgoing;
    const { receivedCount: received } = this.incoming;
    return this.#counters.stats({ sent, received, reconnects });
  }

  // — helpers —

  #transportOf(text: string): Transport {
    return transportOf(text, this.#spec.transports?.());
  }

  #refuseForeign(transport: Transport, kind: OpenEndpoint['kind'], text: string): void {
    if (!transport.serves(this, kind)) throw new SocketError('ENOCOMPATPROTO', { address: text });
  }

  /** The options as they are now, for an endpoint to keep. @throws SocketError `EINVAL` for half a mechanism */
  #valuesFor(transport: Transport, kind: OpenEndpoint['kind']): OptionValues {
    if (transport.handshakes) return this.security.snapshot(this.values, kind);
    if (transport.exposed) this.security.refuseExposed(this.values, kind, transport.scheme);
    return { ...this.values };
  }

  #bound(listener: ListeningEndpoint, transport: Transport, values: OptionValues): void {
    if (transport.handshakes) this.security.opened(listener, values);
    this.#endpoints.push(listener);
    this.lastEndpoint = listener.address;
  }

  #find(kind: OpenEndpoint['kind'], text: string): OpenEndpoint {
    if (typeof text !== 'string') throw new TypeError('Address must be a string');
    const found = this.#endpoints.find(
      (each) => each.kind === kind && (each.address === text || each.text === text),
    );
    if (found !== undefined) return found;
    // A text that names no endpoint at all is another mistake than one that is not open.
    this.#transportOf(text);
    throw new SocketError('ENOENT', { address: text });
  }

  #forget(endpoint: OpenEndpoint): void {
    this.#endpoints.splice(this.#endpoints.indexOf(endpoint), 1);
    this.#counters.reconnectsBefore += endpoint.reconnectCount;
  }

  #closeIfAbandoned(): void {
    const closing = this.#abandoned;
    if (closing === undefined || this.closed) return;
    this.#abandoned = undefined;
    // Later: the last call may settle in the middle of a delivery.
    setImmediate(() => {
      closing();
      this.close();
    });
  }

  /** Runs a bind or unbind: until its promise settles other calls are refused, and a close waits. */
  async #blocked(work: () => Promise<void>): Promise<void> {
    this.busy = true;
    try {
      await work();
    } finally {
      this.security.binding(undefined);
      this.#free();
    }
  }

  #free(): void {
    this.busy = false;
    if (this.#closeWhenFree) {
      this.close();
      return;
    }
    // Calls that wait until a message can be sent or received have waited for this, too.
    this.outgoing.wake();
    this.incoming.wake();
  }
}

function isConnect(endpoint: OpenEndpoint, text: string): boolean {
  return endpoint.kind === 'connect' && endpoint.text === text;
}
