/**
 * SocketCore: what stands behind a public socket. It joins the pattern, the pipes, the endpoints and those who listen
 * to events, and ends them all in good order.
 */

import {
  Connection,
  type Credentials,
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
import { StreamConnecter } from '../transport/connecter.ts';
import {
  type BindEndpoint,
  type ConnectEndpoint,
  checkTransport,
  type InprocEndpoint,
  parseBind,
  parseConnect,
} from '../transport/endpoint.ts';
import { InprocConnecter, InprocListener } from '../transport/inproc.ts';
import { StreamListener } from '../transport/listener.ts';
import { type Protocol, RawStream } from '../transport/protocol.ts';
import type { StreamLink } from '../transport/stream-link.ts';
import type { OpenEndpoint, TransportHost } from '../transport/transport.ts';
import type { Context, Member } from './context.ts';
import { Counters } from './counters.ts';
import { Ending } from './ending.ts';
import { EndpointSecurity } from './endpoint-security.ts';
import { Incoming } from './incoming.ts';
import { Outgoing } from './outgoing.ts';
import { Calls } from './process-hold.ts';
import type { SocketTypeSpec } from './socket-type.ts';
import { type Lifetime, type WaitOptions, Watching } from './watching.ts';

export class SocketCore implements TransportHost, PatternHost, Member, Lifetime {
  readonly context: Context;
  readonly values: OptionValues;
  readonly pattern: Pattern;
  readonly outgoing: Outgoing;
  readonly incoming: Incoming;
  readonly typeName: string;
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
    this.values = createValues({
      ipv6: context.ipv6,
      ...spec.defaults,
      ...(!context.blocky && { linger: 0 }),
    });
    this.security = new EndpointSecurity(context, spec.raw ?? false, zapOf);
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
    this.outgoing = new Outgoing(this.pattern, this.values, this.#calls, () =>
      this.incoming.wake(),
    );
    this.incoming = new Incoming(this.pattern, this.values, this.#calls, () =>
      this.outgoing.wake(),
    );
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

  get endpointCount(): number {
    return this.#endpoints.length;
  }

  // — endpoints —

  bind(text: string): Promise<void> {
    return this.#blocked(async () => {
      const endpoint = this.#parse(parseBind, text);
      if (endpoint.transport === 'inproc') {
        this.#bindInproc(endpoint, text);
      } else {
        const values = this.security.snapshot(this.values, 'bind');
        this.security.binding(values);
        await this.prepare(values);
        const listener = new StreamListener(this, values, text);
        await listener.listen(endpoint);
        this.security.opened(listener, values);
        this.#opened(listener);
      }
    });
  }

  bindSync(text: string): void {
    const endpoint = this.#parse(parseBind, text);
    if (endpoint.transport === 'inproc') {
      this.#bindInproc(endpoint, text);
    } else {
      const values = this.security.snapshot(this.values, 'bind');
      const listener = new StreamListener(this, values, text);
      listener.listenSync(endpoint);
      this.security.opened(listener, values);
      this.#opened(listener);
    }
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
    const endpoint = this.#parse(parseConnect, text);
    this.lastEndpoint = text;
    if (this.#spec.connectsOnce && this.#endpoints.some((each) => isConnect(each, text))) return;
    this.#endpoints.push(this.#open(endpoint, text, connectRoutingId));
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

  judge(values: OptionValues, link: StreamLink, credentials: Credentials): Promise<Verdict> {
    return this.security.judge(values, link, credentials);
  }

  makeProtocol(values: OptionValues, accepted: boolean): Protocol {
    if (this.#spec.raw) return new RawStream();
    const options = {
      socketType: this.#spec.name as ZmtpType,
      routingId: values.routingId ?? undefined,
      mechanism: this.security.mechanism(values),
      judgesAll: this.security.judgesAll(values, accepted),
      maxMessageSize: values.maxMessageSize,
      maxMessageParts: values.maxMessageParts,
      handshakeInterval: values.handshakeInterval,
      heartbeatInterval: values.heartbeatInterval,
      heartbeatTimeToLive: values.heartbeatTimeToLive,
      heartbeatTimeout: values.heartbeatTimeout,
    };
    return new Connection(options, performance.now());
  }

  established(pipe: Pipe, link: StreamLink | undefined): void {
    this.#counters.established(pipe, link);
    this.pattern.established(pipe);
    this.#watching.look();
  }

  departed(pipe: Pipe, link: StreamLink | undefined): void {
    this.#counters.departed(pipe, link);
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
    for (const endpoint of this.#endpoints) reconnects += reconnectCount(endpoint);
    const { sentCount: sent } = this.outgoing;
    const { receivedCount: received } = this.incoming;
    return this.#counters.stats({ sent, received, reconnects });
  }

  // — helpers —

  #parse<E extends BindEndpoint | ConnectEndpoint>(parse: (text: string) => E, text: string): E {
    const endpoint = parse(text);
    if (this.#spec.raw && endpoint.transport === 'inproc') {
      throw new SocketError('ENOCOMPATPROTO', { address: text });
    }
    return endpoint;
  }

  #bindInproc(_endpoint: InprocEndpoint, text: string): void {
    const { inproc } = this.context;
    const listener = new InprocListener(inproc, this, { ...this.values }, text);
    inproc.bind(listener);
    this.#opened(listener);
  }

  #open(endpoint: ConnectEndpoint, text: string, connectRoutingId?: Buffer): OpenEndpoint {
    if (endpoint.transport === 'inproc') {
      const { inproc } = this.context;
      return new InprocConnecter(inproc, this, { ...this.values }, text, connectRoutingId);
    }
    const values = this.security.snapshot(this.values, 'connect');
    const connecter = new StreamConnecter(this, values, text, endpoint, connectRoutingId);
    this.security.opened(connecter, values);
    return connecter;
  }

  #opened(endpoint: OpenEndpoint): void {
    this.#endpoints.push(endpoint);
    this.lastEndpoint = endpoint.address;
  }

  #find(kind: OpenEndpoint['kind'], text: string): OpenEndpoint {
    if (typeof text !== 'string') throw new TypeError('Address must be a string');
    const found = this.#endpoints.find(
      (each) => each.kind === kind && (each.address === text || each.text === text),
    );
    if (found !== undefined) return found;
    // A text that names no endpoint at all is another mistake than one that is not open.
    checkTransport(text);
    throw new SocketError('ENOENT', { address: text });
  }

  #forget(endpoint: OpenEndpoint): void {
    this.#endpoints.splice(this.#endpoints.indexOf(endpoint), 1);
    this.#counters.reconnectsBefore += reconnectCount(endpoint);
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
      this.busy = false;
      if (this.#closeWhenFree) this.close();
    }
  }
}

function isConnect(endpoint: OpenEndpoint, text: string): boolean {
  return endpoint.kind === 'connect' && endpoint.text === text;
}

function reconnectCount(endpoint: OpenEndpoint): number {
  return endpoint instanceof StreamConnecter ? endpoint.reconnectCount : 0;
}
