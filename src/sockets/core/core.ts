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
import type { Event, EventSource, EventType } from '../events.ts';
import type { Message } from '../message.ts';
import { metadataProperties } from '../options/metadata.ts';
import { createValues } from '../options/option-table.ts';
import type { OptionValues } from '../options/options.ts';
import type { Pattern, PatternHost } from '../pattern/pattern.ts';
import { type Notices, sayHello } from '../routing/notices.ts';
import { type PeerInfo, Pipe, type PipeLimits } from '../routing/pipe.ts';
import { ReceiveBudget } from '../routing/receive-budget.ts';
import type { Zap } from '../security/zap.ts';
import type { SocketStats } from '../stats.ts';
import type { BusyPoll } from '../transport/busy-poll.ts';
import type { Flushed } from '../transport/flushed.ts';
import type { InprocNames } from '../transport/inproc-names.ts';
import { type Protocol, RawStream } from '../transport/protocol.ts';
import type { PeerConnection } from '../transport/transport.ts';
import type { Context, Member } from './context.ts';
import { Counters } from './counters.ts';
import { Ending } from './ending.ts';
import { EndpointSecurity } from './endpoint-security.ts';
import { Endpoints, type EndpointsHost } from './endpoints.ts';
import { Incoming } from './incoming.ts';
import { Outgoing } from './outgoing.ts';
import type { SocketTypeSpec } from './socket-type.ts';
import { type Lifetime, type WaitOptions, Watching } from './watching.ts';

export class SocketCore implements EndpointsHost, PatternHost, Member, Lifetime {
  readonly context: Context;
  readonly values: OptionValues;
  readonly pattern: Pattern;
  readonly outgoing: Outgoing;
  readonly incoming: Incoming;
  readonly typeName: string;
  readonly raw: boolean;
  readonly random: () => number = Math.random;
  readonly security: EndpointSecurity;
  readonly endpoints: Endpoints;
  closed = false;
  /** A bind or unbind is under way: other calls are refused. */
  busy = false;
  /** The context was shut down: other calls are refused for good. */
  terminated = false;

  readonly #spec: SocketTypeSpec;
  readonly #limits: { -readonly [K in keyof PipeLimits]: PipeLimits[K] };
  readonly #budget: ReceiveBudget;
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
      peers: undefined,
    };
    this.applyLimits();
    this.#calls = new Calls(context.processHold, () => this.#closeIfAbandoned());
    this.#watching = new Watching(this.#calls, this.#counters, this);
    this.#ending = new Ending(() => {
      this.emit({ type: 'end' });
      this.#watching.end();
      context.remove(this);
    });
    this.endpoints = new Endpoints(this, spec, this.#ending);
    this.pattern = spec.makePattern(this, this.values, this.random);
    const free = (): boolean => this.free;
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

  /** Whether the sender of each message that comes from now on is kept, for `peerOf`. */
  set keepPeers(keep: boolean) {
    if (keep) this.#limits.peers ??= new WeakMap();
    else this.#limits.peers = undefined;
  }

  get keepPeers(): boolean {
    return this.#limits.peers !== undefined;
  }

  /** The sender of `message`, if `keepPeers` was on when it arrived. */
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

  /** Whether calls are possible: it is open, no bind or unbind blocks it, and its context was not shut down. */
  get free(): boolean {
    return !this.closed && !this.busy && !this.terminated;
  }

  // — endpoints —

  bind(text: string): Promise<void> {
    return this.#blocked(() => this.endpoints.bind(text));
  }

  unbind(text: string): Promise<void> {
    return this.#blocked(() => this.endpoints.unbind(text));
  }

  /** Starts closing: rejects pending calls, closes listeners, gives queued messages `linger` ms to leave. */
  close(): void {
    if (this.closed) return;
    if (this.busy) {
      this.#closeWhenFree = true;
      return;
    }
    this.outgoing.close('EAGAIN');
    this.incoming.close('EAGAIN');
    this.closed = true;
    this.endpoints.close();
    this.context.sendingHold?.sent();
    this.#watching.look();
  }

  /** The context is shut down: rejects pending calls with `ETERM`. Open endpoints go on until `close`. */
  terminate(): void {
    if (this.closed || this.terminated) return;
    this.terminated = true;
    this.outgoing.close('ETERM');
    this.incoming.close('ETERM');
    this.#watching.look();
  }

  /** Settles when everything is delivered or given up after `close`. */
  get finished(): Promise<void> {
    return this.#ending.finished;
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
    return this.values.linger === 0 ? 0 : this.endpoints.unsentCount;
  }

  get linger(): number {
    return this.values.linger;
  }

  flush(): Flushed {
    return this.endpoints.flush();
  }

  releasePaths(): void {
    this.endpoints.releasePaths();
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

  makePipe(values: OptionValues, connectRoutingId?: Buffer): Pipe {
    const { conflate } = values;
    const options = { conflate, connectRoutingId, notices: noticesOf(values) };
    const pipe = new Pipe(this.#limits, this.pattern, options);
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
      metadata: values.metadata === null ? undefined : metadataProperties(values.metadata),
      framing,
    };
    return new Connection(options, performance.now());
  }

  established(pipe: Pipe, connection: PeerConnection): void {
    this.#counters.established(pipe, connection);
    sayHello(pipe);
    this.pattern.established(pipe);
    this.#watching.look();
  }

  disconnected(pipe: Pipe, connection: PeerConnection | undefined): void {
    this.#counters.disconnected(pipe, connection);
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
    const { reconnectCount: reconnects } = this.endpoints;
    const { sentCount: sent } = this.outgoing;
    const { receivedCount: received } = this.incoming;
    return this.#counters.stats({ sent, received, reconnects });
  }

  // — helpers —

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

/** What the connections of an endpoint with `values` say and leave by themselves; undefined for nothing. */
function noticesOf(values: OptionValues): Notices | undefined {
  const { helloMessage, disconnectMessage, hiccupMessage, routerNotify } = values;
  if (!helloMessage && !disconnectMessage && !hiccupMessage && routerNotify === 0) return undefined;
  return {
    hello: helloMessage,
    disconnect: disconnectMessage,
    hiccup: hiccupMessage,
    notify: routerNotify,
  };
}
