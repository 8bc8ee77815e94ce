/**
 * SocketCore: what stands behind a public socket. It joins the pattern, the pipes, the endpoints and those who listen
 * to events, and ends them all in good order.
 */

import {
  Connection,
  type Credentials,
  type Mechanism,
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
import {
  type Authenticate,
  askCallback,
  type MechanismName,
  nobodyJudges,
  noMechanism,
  plainAddress,
  SecurityChoice,
  tooLate,
} from '../security/choice.ts';
import { ZAP_ENDPOINT, Zap, type ZapChannel } from '../security/zap.ts';
import type { PeerStats, SocketStats } from '../stats.ts';
import { StreamConnecter } from '../transport/connecter.ts';
import {
  type BindEndpoint,
  type ConnectEndpoint,
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
import { Incoming } from './incoming.ts';
import { Outgoing } from './outgoing.ts';
import { Calls } from './process-hold.ts';
import { SOCKET_TYPES, SocketType, type SocketTypeSpec } from './socket-type.ts';
import { type CallOptions, Waiter } from './waiter.ts';

/** How long to wait, and for how many peers. */
export interface WaitOptions extends CallOptions {
  /** How many peers must be there (`handshake`, `subscription`) or events come (all others). Default 1. */
  peers?: number;
}

export class SocketCore implements TransportHost, PatternHost, Member {
  readonly context: Context;
  readonly values: OptionValues;
  readonly pattern: Pattern;
  readonly outgoing: Outgoing;
  readonly incoming: Incoming;
  readonly typeName: string;
  readonly random: () => number = Math.random;
  readonly security: SecurityChoice = new SecurityChoice();
  /** Judges peers, before the context's does. */
  authenticate: Authenticate | undefined;
  readonly over: Promise<void>;
  closed = false;
  lastEndpoint: string | null = null;
  /** A bind or unbind is under way: other calls are refused. */
  busy = false;

  readonly #spec: SocketTypeSpec;
  readonly #limits: { -readonly [K in keyof PipeLimits]: PipeLimits[K] };
  readonly #budget: ReceiveBudget;
  /** The values that each stream endpoint was opened with, and those of a bind under way. */
  readonly #valuesOf = new WeakMap<OpenEndpoint, OptionValues>();
  #binding: OptionValues | undefined;
  /** The mechanism of each endpoint, under the values that it was opened with. */
  readonly #mechanisms = new WeakMap<OptionValues, Mechanism>();
  readonly #loading = new WeakMap<OptionValues, Promise<void>>();
  readonly #endpoints: OpenEndpoint[] = [];
  /** Told to end, and still delivering. */
  readonly #lingering = new Set<OpenEndpoint>();
  /** Peers whose handshake is over, with their subscriptions where they have any. */
  readonly #peers = new Map<Pipe, Peer>();
  readonly #pipes = new Set<Pipe>();
  readonly #listeners = new Set<(event: Event) => void>();
  /** Calls of `waitFor`, to be looked at when a peer comes or an event. */
  readonly #watchers = new Set<() => void>();
  readonly #calls: Calls;
  #resolveOver!: () => void;
  #closeWhenFree = false;
  /** Set when no program can reach the socket any more: what to call before it closes. */
  #dropped: (() => void) | undefined;
  #ended = false;
  /** Counters of pipes and links that are gone. */
  #droppedBefore = 0;
  #bytesSentBefore = 0;
  #bytesReceivedBefore = 0;
  #reconnectsBefore = 0;
  #throttledCount = 0;

  constructor(context: Context, spec: SocketTypeSpec) {
    this.context = context;
    this.#spec = spec;
    this.typeName = spec.name;
    this.values = createValues({
      ipv6: context.ipv6,
      ...spec.defaults,
      ...(!context.blocky && { linger: 0 }),
    });
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
    this.#calls = new Calls(context.keepAlive, () => this.#closeIfDropped());
    this.pattern = spec.makePattern(this, this.values, this.random);
    this.outgoing = new Outgoing(this.pattern, this.values, this.#calls, () =>
      this.incoming.wake(),
    );
    this.incoming = new Incoming(this.pattern, this.values, this.#calls, () =>
      this.outgoing.wake(),
    );
    this.over = new Promise((resolve) => {
      this.#resolveOver = resolve;
    });
    context.admit(this);
  }

  // — options —

  /** Bring the marks to the pipes: they act at once. */
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

  /**
   * An option that protects comes too late for an endpoint which is open without it, and must not seem to act.
   * @throws SocketError `EINVAL`
   */
  refuseLate(name: keyof OptionValues, value: unknown): void {
    if (this.#spec.raw) return;
    const secures =
      this.security.mechanism === 'NULL' && this.security.after(name, value).mechanism !== 'NULL';
    const judges = (name === 'zapDomain' || name === 'zapEnforceDomain') && Boolean(value);
    if (!secures && !judges) return;
    const lacks = (values: OptionValues | undefined): boolean =>
      values !== undefined && (judges ? !values[name] : this.#mechanismOf(values) === 'NULL');
    if (lacks(this.#binding)) throw tooLate(name, 'an endpoint');
    for (const endpoint of this.#endpoints) {
      if (lacks(this.#valuesOf.get(endpoint))) throw tooLate(name, endpoint.address);
    }
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

  async bind(text: string): Promise<void> {
    const endpoint = this.#parse(parseBind, text);
    this.busy = true;
    try {
      if (endpoint.transport === 'inproc') {
        this.#bindInproc(endpoint, text);
      } else {
        const values = this.#snapshot();
        this.#binding = values;
        await this.prepare(values);
        const listener = new StreamListener(this, values, text);
        await listener.listen(endpoint);
        this.#valuesOf.set(listener, values);
        this.#opened(listener);
      }
    } finally {
      this.#binding = undefined;
      this.#free();
    }
  }

  bindSync(text: string): void {
    const endpoint = this.#parse(parseBind, text);
    if (endpoint.transport === 'inproc') {
      this.#bindInproc(endpoint, text);
    } else {
      const values = this.#snapshot();
      const listener = new StreamListener(this, values, text);
      listener.listenSync(endpoint);
      this.#valuesOf.set(listener, values);
      this.#opened(listener);
    }
  }

  async unbind(text: string): Promise<void> {
    const endpoint = this.#find('bind', text);
    this.busy = true;
    try {
      this.#forget(endpoint);
      await endpoint.close();
    } finally {
      this.#free();
    }
  }

  /** Likewise; the address is free again a moment later. */
  unbindSync(text: string): void {
    const endpoint = this.#find('bind', text);
    this.#forget(endpoint);
    this.#lingerOver(endpoint, 0);
  }

  connect(text: string, connectRoutingId?: Buffer): void {
    const endpoint = this.#parse(parseConnect, text);
    this.lastEndpoint = text;
    if (this.#spec.connectsOnce && this.#endpoints.some((each) => isConnect(each, text))) return;
    this.#endpoints.push(this.#open(endpoint, text, connectRoutingId));
  }

  /** Stop all of that text, after `linger`: what waits is sent, what was received and not read is given up. */
  disconnect(text: string): void {
    let endpoint: OpenEndpoint | undefined = this.#find('connect', text);
    while (endpoint !== undefined) {
      this.#forget(endpoint);
      this.#lingerOver(endpoint);
      endpoint = this.#endpoints.find((each) => isConnect(each, text));
    }
  }

  /** Begin to end: refuse who waits, close what listens, let `linger` deliver what was accepted. */
  close(): void {
    if (this.closed) return;
    if (this.busy) {
      this.#closeWhenFree = true;
      return;
    }
    this.outgoing.close();
    this.incoming.close();
    this.closed = true;
    // What a `disconnect` still lingers over gets no more time than the rest.
    for (const endpoint of this.#lingering) this.#expire(endpoint, this.values.linger);
    for (const endpoint of this.#endpoints.splice(0)) this.#lingerOver(endpoint);
    if (this.#lingering.size === 0) this.#end();
    for (const watcher of [...this.#watchers]) watcher();
  }

  /** Nobody has the socket any more: closes it, when the calls and events that somebody waits for are over, and tells then. */
  drop(closing: () => void): void {
    this.#dropped = closing;
    if (this.#calls.count === 0) this.#closeIfDropped();
  }

  get undeliveredCount(): number {
    if (this.values.linger === 0) return 0;
    let count = 0;
    for (const endpoint of this.#endpoints) count += endpoint.unsentCount;
    for (const endpoint of this.#lingering) count += endpoint.unsentCount;
    return count;
  }

  // — PatternHost —

  readable(): void {
    this.incoming?.wake();
  }

  writable(): void {
    this.outgoing?.wake();
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
    this.#droppedBefore++;
  }

  subscribed(pipe: Pipe, count: number): void {
    const peer = this.#peers.get(pipe);
    if (peer !== undefined) peer.subscriptionCount = count;
    this.emit({ type: 'subscription', address: pipe.peer?.address ?? '', count });
  }

  // — TransportHost —

  makePipe({ conflate }: OptionValues, connectRoutingId?: Buffer): Pipe {
    // The endpoint's, unlike the marks, which act at once.
    this.#limits.conflate = conflate;
    const pipe = new Pipe(this.#limits, this.pattern, connectRoutingId);
    this.#pipes.add(pipe);
    return pipe;
  }

  prepare(values: OptionValues): Promise<void> | undefined {
    return this.#mechanisms.has(values) ? undefined : this.#loading.get(values);
  }

  async judge(values: OptionValues, link: StreamLink, credentials: Credentials): Promise<Verdict> {
    // Of this endpoint: the options may have changed since.
    const mechanism = this.#mechanismOf(values);
    const domain = values.zapDomain ?? '';
    const request = {
      mechanism,
      domain,
      address: plainAddress(link.remoteAddress),
      identity: values.routingId ?? Buffer.alloc(0),
      credentials,
    };
    const authenticate = this.authenticate ?? this.context.authenticate;
    if (authenticate !== undefined) return askCallback(authenticate, request);
    const enforces = values.zapEnforceDomain;
    const asks = mechanism === 'PLAIN' || domain !== '' || (mechanism === 'CURVE' && !enforces);
    if (!asks) return { status: 200 };
    const zap = this.context.zap(() => new Zap((asker) => new ZapDealer(this.context, asker)));
    if (zap !== undefined) return zap.ask(request, link.judging!.signal);
    // Nobody to ask: passwords cannot be checked, keys need not be, unless it is wanted.
    if (mechanism === 'PLAIN' || enforces) throw nobodyJudges(mechanism);
    return { status: 200 };
  }

  makeProtocol(values: OptionValues, accepted: boolean): Protocol {
    if (this.#spec.raw) return new RawStream();
    const options = {
      socketType: this.#spec.name as ZmtpType,
      routingId: values.routingId ?? undefined,
      mechanism: this.#mechanisms.get(values)!,
      judgesAll: this.#judgesAll(values, accepted),
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
    this.#peers.set(pipe, { link, subscriptionCount: 0 });
    this.pattern.established(pipe);
    this.#peersChanged();
  }

  departed(pipe: Pipe, link: StreamLink | undefined): void {
    this.#peers.delete(pipe);
    if (link !== undefined) {
      this.#bytesSentBefore += link.bytesSent;
      this.#bytesReceivedBefore += link.bytesReceived;
    }
    this.#peersChanged();
  }

  throttled(): void {
    this.#throttledCount++;
  }

  forget(pipe: Pipe): void {
    if (this.#pipes.delete(pipe)) this.#droppedBefore += pipe.droppedCount;
  }

  emit(event: Event): void {
    for (const listener of this.#listeners) listener(event);
  }

  // — watching —

  observe(listener: (event: Event) => void): EventSource {
    this.#listeners.add(listener);
    return {
      stop: () => this.#listeners.delete(listener),
      hold: () => this.#calls.hold(),
      release: () => this.#calls.release(),
    };
  }

  waitFor(type: EventType, options: WaitOptions): Promise<void> {
    const { peers = 1, timeout = -1, signal } = options;
    if (signal?.aborted) return Promise.reject(signal.reason);
    let seen = 0;
    const done = (): boolean => {
      if (type === 'handshake') return this.#peers.size >= peers;
      if (type === 'subscription') return this.#subscriberCount() >= peers;
      return seen >= peers;
    };
    if (done()) return Promise.resolve();
    if (timeout === 0) return Promise.reject(new SocketError('EAGAIN'));
    // These come after the close, and nothing after `end`.
    const last = type === 'close' || type === 'end';
    const look = (): void => {
      if (done()) finish(() => waiter.resolve());
      else if (last ? this.#ended : this.closed)
        finish(() => waiter.reject(new SocketError('EBADF')));
    };
    const listener = (event: Event): void => {
      if (event.type === type) seen++;
      look();
    };
    const finish = (settle: () => void): void => {
      this.#watchers.delete(look);
      this.#listeners.delete(listener);
      settle();
    };
    const waiter = new Waiter<void>(this.#calls, timeout, signal, (aborted) => {
      finish(() => waiter.reject(aborted ? signal?.reason : new SocketError('EAGAIN')));
    });
    this.#watchers.add(look);
    this.#listeners.add(listener);
    return waiter.promise;
  }

  stats(): SocketStats {
    let dropped = this.#droppedBefore;
    let [out, incoming] = [0, 0];
    for (const pipe of this.#pipes) {
      dropped += pipe.droppedCount;
      out += pipe.outgoingCount;
      incoming += pipe.readableCount;
    }
    let [bytesSent, bytesReceived] = [this.#bytesSentBefore, this.#bytesReceivedBefore];
    const peers: PeerStats[] = [];
    for (const [pipe, { link }] of this.#peers) {
      bytesSent += link?.bytesSent ?? 0;
      bytesReceived += link?.bytesReceived ?? 0;
      peers.push(peerStats(pipe, link));
    }
    let reconnects = this.#reconnectsBefore;
    for (const endpoint of this.#endpoints) reconnects += reconnectCount(endpoint);
    return {
      sent: { messages: this.outgoing.sentCount, bytes: bytesSent },
      received: { messages: this.incoming.receivedCount, bytes: bytesReceived },
      dropped,
      reconnects,
      throttled: this.#throttledCount,
      queued: { out, in: incoming },
      peers,
    };
  }

  #subscriberCount(): number {
    let count = 0;
    for (const peer of this.#peers.values()) if (peer.subscriptionCount > 0) count++;
    return count;
  }

  #peersChanged(): void {
    for (const watcher of [...this.#watchers]) watcher();
  }

  // — helpers —

  /** The options as they are now, for an endpoint to keep. @throws SocketError `EINVAL` for half a mechanism */
  #snapshot(): OptionValues {
    const values = { ...this.values };
    if (this.#spec.raw && this.security.mechanism !== 'NULL') {
      throw noMechanism(this.security.mechanism);
    }
    const mechanism = this.security.make(values);
    if (mechanism instanceof Promise) {
      const loading = mechanism.then((loaded) => {
        this.#mechanisms.set(values, loaded);
      });
      // Whoever waits for it hears of a failure, too.
      loading.catch(() => {});
      this.#loading.set(values, loading);
    } else {
      this.#mechanisms.set(values, mechanism);
    }
    return values;
  }

  #mechanismOf(values: OptionValues): MechanismName {
    return (this.#mechanisms.get(values)?.name ?? this.security.mechanism) as MechanismName;
  }

  /** NULL peers are judged in a domain, as in libzmq; a callback hears of all that come in by a bind. */
  #judgesAll(values: OptionValues, accepted: boolean): boolean {
    if (this.#spec.raw) return false;
    const authenticate = this.authenticate ?? this.context.authenticate;
    return (accepted && authenticate !== undefined) || (values.zapDomain ?? '') !== '';
  }

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
    const values = this.#snapshot();
    const connecter = new StreamConnecter(this, values, text, endpoint, connectRoutingId);
    this.#valuesOf.set(connecter, values);
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
    if (found === undefined) throw new SocketError('ENOENT', { address: text });
    return found;
  }

  #forget(endpoint: OpenEndpoint): void {
    this.#endpoints.splice(this.#endpoints.indexOf(endpoint), 1);
    this.#reconnectsBefore += reconnectCount(endpoint);
  }

  #lingerOver(endpoint: OpenEndpoint, linger: number = this.values.linger): void {
    this.#lingering.add(endpoint);
    void endpoint.over.then(() => {
      this.#lingering.delete(endpoint);
      if (this.closed && this.#lingering.size === 0) this.#end();
    });
    if (linger !== 0) endpoint.finish();
    this.#expire(endpoint, linger);
  }

  /** Give up what waits there after `linger` milliseconds. */
  #expire(endpoint: OpenEndpoint, linger: number): void {
    if (linger === 0) {
      void endpoint.close();
    } else if (linger > 0) {
      const timer = setTimeout(() => void endpoint.close(), linger);
      void endpoint.over.then(() => clearTimeout(timer));
    }
  }

  /** All is delivered or given up. */
  #end(): void {
    if (this.#ended) return;
    this.emit({ type: 'end' });
    this.#ended = true;
    for (const watcher of [...this.#watchers]) watcher();
    this.#listeners.clear();
    this.context.dismiss(this);
    this.#resolveOver();
  }

  #closeIfDropped(): void {
    const dropped = this.#dropped;
    if (dropped === undefined || this.closed) return;
    this.#dropped = undefined;
    // Later: the last call may settle in the middle of a delivery.
    setImmediate(() => {
      dropped();
      this.close();
    });
  }

  #free(): void {
    this.busy = false;
    if (this.#closeWhenFree) this.close();
  }
}

interface Peer {
  readonly link: StreamLink | undefined;
  subscriptionCount: number;
}

function isConnect(endpoint: OpenEndpoint, text: string): boolean {
  return endpoint.kind === 'connect' && endpoint.text === text;
}

function reconnectCount(endpoint: OpenEndpoint): number {
  return endpoint instanceof StreamConnecter ? endpoint.reconnectCount : 0;
}

function peerStats(pipe: Pipe, link: StreamLink | undefined): PeerStats {
  return {
    address: pipe.peer?.address ?? '',
    socketType: pipe.peer?.socketType ?? '',
    routingId: pipe.routingId,
    sent: { messages: pipe.sentCount, bytes: link?.bytesSent ?? 0 },
    received: {
      messages: pipe.receivedCount + pipe.readableCount,
      bytes: link?.bytesReceived ?? 0,
    },
    dropped: pipe.droppedCount,
    queued: { out: pipe.outgoingCount, in: pipe.readableCount },
  };
}

/** A DEALER to the handler of RFC 27, for all sockets of a context. */
class ZapDealer extends SocketCore implements ZapChannel {
  readonly #asker: Zap;

  constructor(context: Context, asker: Zap) {
    super(context, SOCKET_TYPES[SocketType.Dealer]!);
    this.#asker = asker;
    this.values.linger = 0;
    this.connect(ZAP_ENDPOINT);
  }

  trySend(message: Message): boolean {
    return this.outgoing.trySend(message);
  }

  tryReceive(): Message | undefined {
    return this.incoming.tryReceive();
  }

  override readable(): void {
    this.#asker.arrived();
  }

  override departed(pipe: Pipe, link: StreamLink | undefined): void {
    super.departed(pipe, link);
    this.#asker.left();
  }
}
