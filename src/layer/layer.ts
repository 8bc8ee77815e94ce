/** ChannelLayer: the verbs that all layers share. Names, codec, readers and counters; the rest is the carrier's. */

import type { EventEmitter } from 'node:events';
import type { Capabilities, Carrier, WaitOptions } from './carrier.ts';
import { copyValue, type Message } from './codec/value.ts';
import { InvalidName, LayerClosed, LayerError, MessageTooLarge } from './errors.ts';
import type { LayerEvents, LayerStats } from './events.ts';
import type { Letter } from './local/letter.ts';
import { LocalState } from './local/local-state.ts';
import { checkChannelName, checkGroupName, isNamePrefix, NAME_MAX } from './local/names.ts';
import { Reception, type ReceptionHost, timedOut } from './local/reception.ts';
import { type LayerOptions, settle } from './options.ts';

/** How a message goes to a group. */
export interface GroupSendOptions {
  /** Members that do not get it, such as the one who sends. */
  except?: string | Iterable<string> | undefined;
}

/** Whatever carries it, a layer is this. `M` is what its messages look like. */
export abstract class ChannelLayer<M extends object = Message> {
  /** Names of the optional parts of the specification that are here: `groups`, `flush`. */
  readonly extensions: readonly ('groups' | 'flush')[];
  readonly capabilities: Capabilities;
  readonly #local: LocalState;
  readonly #carrier: Carrier;
  readonly #host: ReceptionHost<M>;
  #closing: Promise<void> | undefined;
  #run = 0;

  /** @internal */
  constructor(options: LayerOptions, carrierFor: (local: LocalState) => Carrier) {
    const local = new LocalState(settle(options));
    const carrier = carrierFor(local);
    this.#local = local;
    this.#carrier = carrier;
    this.capabilities = carrier.capabilities;
    this.extensions = carrier.capabilities.extensions;
    this.#host = {
      local,
      receptions: new Set(),
      open: (letter, channel) => this.#open(letter, channel),
      want: (channel) => carrier.want(channel),
      unwant: (channel) => carrier.unwant(channel),
    };
    local.startSweeping((now, emptied) => carrier.sweep(now, emptied));
  }

  /** What happens, as events of `LayerEvents`. */
  get events(): EventEmitter<LayerEvents> {
    return this.#local.events;
  }

  get closed(): boolean {
    return this.#closing !== undefined;
  }

  /**
   * Send `message` to one reader of `channel`; it waits for one until it expires. Resolves when it has its place there.
   *
   * Rejects with ChannelFull, MessageTooLarge, InvalidName, InvalidMessage, LayerClosed; `ERR_UNCONFIRMED` when nobody
   * can say what became of it.
   */
  send(channel: string, message: M): Promise<void> {
    try {
      this.#check();
      checkChannelName(channel);
      const name = this.#local.qualify(channel);
      return this.#carrier.send(name, this.#encode(message, name)).then(this.#sent, this.#refused);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * The next message of `channel`; waits for it. Several may wait, and are served in turn.
   *
   * Rejects with InvalidName, LayerClosed, `ERR_TIMEOUT`, or the reason of `signal`.
   */
  receive(channel: string, options: WaitOptions = {}): Promise<M> {
    try {
      this.#check();
      this.#checkReadable(channel);
      if (options.signal?.aborted) throw options.signal.reason;
      const name = this.#local.qualify(channel);
      const message = this.#take(name);
      if (message !== undefined) return this.#soon(message);
      if (options.timeout !== undefined && options.timeout <= 0) {
        // Somewhere else there may be one: ask for it, but do not wait here for the answer.
        if (this.capabilities.producers === 'this-process') throw timedOut(channel, 0);
      }
      return new Reception(this.#host, name, options.timeout, options.signal).promise;
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** The messages of `channel`, until `signal` aborts, the loop is left or the layer is closed. */
  messages(channel: string, options: { signal?: AbortSignal | undefined } = {}): MessageStream<M> {
    this.#checkReadable(channel);
    return new MessageStream((signal) => this.receive(channel, { signal }), options.signal);
  }

  /** A new name for a process-specific channel, which only this layer can receive from. */
  newChannel(prefix = 'specific'): Promise<string> {
    try {
      this.#check();
      const trimmed = typeof prefix === 'string' ? prefix.replace(/\.$/, '') : prefix;
      if (!isNamePrefix(trimmed) || trimmed === '') {
        throw new InvalidName('channel', prefix, 'a prefix is letters, digits, -, _ and .');
      }
      const channel = this.#local.newChannel(trimmed);
      if (channel.length > NAME_MAX) {
        throw new InvalidName('channel', channel, `a prefix of at most ${NAME_MAX - 30} fits`);
      }
      return Promise.resolve(channel);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Make `channel` a member of `group`, or renew that. Resolves when messages sent to the group reach it. */
  groupAdd(group: string, channel: string): Promise<void> {
    try {
      this.#checkGroup(group);
      checkChannelName(channel);
      return this.#carrier.join(this.#local.qualify(group), this.#local.qualify(channel));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** End the membership, if there is one. */
  groupDiscard(group: string, channel: string): Promise<void> {
    try {
      this.#checkGroup(group);
      checkChannelName(channel);
      return this.#carrier.leave(this.#local.qualify(group), this.#local.qualify(channel));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * Send `message` to each member of `group`. Members that are full are skipped, counted and reported by the event
   * `skipped`; it never rejects with ChannelFull.
   */
  groupSend(group: string, message: M, options: GroupSendOptions = {}): Promise<void> {
    try {
      this.#checkGroup(group);
      const name = this.#local.qualify(group);
      const { except } = options;
      const excepted = except === undefined ? undefined : this.#channels(except);
      const payload = this.#encode(message, name);
      this.#local.counters.groupSent++;
      return this.#carrier.groupSend(name, payload, excepted);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Forget all messages and memberships, in all processes (with the same `prefix`). */
  flush(): Promise<void> {
    if (this.closed) return Promise.reject(new LayerClosed());
    return this.#carrier.flush();
  }

  /**
   * Resolves when what this layer asked for so far is in force: the hub, or the producer, has seen its memberships and
   * readers. Rejects with LayerClosed, `ERR_TIMEOUT`, the reason of `signal`.
   */
  ready(options: WaitOptions = {}): Promise<void> {
    if (this.closed) return Promise.reject(new LayerClosed());
    if (options.signal?.aborted) return Promise.reject(options.signal.reason);
    return this.#carrier.ready(options);
  }

  /** Those who wait are refused with LayerClosed; what was sent still goes out. Settles when that is done. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Counters, and what there is now. */
  stats(): LayerStats {
    const { boxes, groups, counters } = this.#local;
    return {
      ...counters,
      channels: boxes.size,
      unread: boxes.letterCount,
      waiting: boxes.readerCount,
      groups: groups.size,
      memberships: groups.memberCount,
      peers: this.#carrier.peerCount,
    };
  }

  /** @internal For layers with more verbs than these. */
  protected get carrier(): Carrier {
    return this.#carrier;
  }

  async #close(): Promise<void> {
    const closed = new LayerClosed();
    for (const reception of [...this.#host.receptions]) reception.cancel(closed);
    await this.#carrier.close();
    this.#local.lost(this.#local.boxes.clear(), 'unread when the layer was closed');
    this.#local.end();
    this.#local.events.emit('close');
  }

  #check(): void {
    if (this.closed) throw new LayerClosed();
  }

  #checkReadable(channel: string): void {
    checkChannelName(channel);
    if (this.capabilities.delivery === 'one-reader' && this.#local.isForeign(channel)) {
      throw new InvalidName('channel', channel, 'another layer has made it, and reads it alone');
    }
  }

  #checkGroup(group: string): void {
    this.#check();
    if (!this.extensions.includes('groups')) {
      throw new LayerError('ERR_UNSUPPORTED', 'this layer has no groups');
    }
    checkGroupName(group);
  }

  #channels(names: string | Iterable<string>): ReadonlySet<string> {
    const channels = new Set<string>();
    for (const name of typeof names === 'string' ? [names] : names) {
      checkChannelName(name);
      channels.add(this.#local.qualify(name));
    }
    return channels;
  }

  #encode(message: M, name: string): Uint8Array {
    const { codec, cipher, maxMessageSize } = this.#local.settings;
    const octets = codec.encode(message);
    if (octets.length > maxMessageSize) throw new MessageTooLarge(octets.length, maxMessageSize);
    return cipher === undefined ? octets : cipher.seal(octets, name);
  }

  /** What waits here for `channel`, if it can be read. */
  #take(channel: string): M | undefined {
    const { boxes } = this.#local;
    const now = this.#local.now();
    for (;;) {
      const letter = boxes.take(channel, now);
      if (letter === undefined) return undefined;
      this.#carrier.taken(channel, letter);
      const message = this.#open(letter, channel);
      if (message !== undefined) return message;
    }
  }

  /** Decodes once, whoever reads it; each reader has its own. Hot. */
  #open(letter: Letter, channel: string): M | undefined {
    if (letter.value === undefined) {
      const { codec, cipher } = this.#local.settings;
      try {
        const octets =
          cipher === undefined
            ? letter.payload
            : cipher.open(letter.payload, letter.group ?? channel);
        letter.value = codec.decode(octets) as object;
      } catch (error) {
        letter.value = null;
        this.#local.undecodable(letter.from, error as Error);
      }
    }
    if (letter.value === null) return undefined;
    this.#local.counters.received++;
    return (letter.shared ? copyValue(letter.value) : letter.value) as M;
  }

  /** Resolved; now and then on the next turn, so that a loop of calls that never wait lets others live. */
  #soon(message: M): Promise<M> {
    if (++this.#run % RUN_MAX !== 0) return Promise.resolve(message);
    return new Promise((resolve) => {
      setImmediate(resolve, message);
    });
  }

  readonly #sent = (): void => {
    this.#local.counters.sent++;
  };

  readonly #refused = (error: unknown): never => {
    if (error instanceof LayerError && error.code === 'ERR_CHANNEL_FULL') {
      this.#local.counters.full++;
      this.#local.events.emit('full', { channel: error.channel ?? '' });
    }
    throw error;
  };
}

/** The messages of one channel; for `for await`, or by hand with `next` and `return`. */
export class MessageStream<M> implements AsyncIterableIterator<M> {
  readonly #receive: (signal: AbortSignal) => Promise<M>;
  readonly #stop = new AbortController();
  readonly #signal: AbortSignal | undefined;
  #done = false;

  /** @internal */
  constructor(receive: (signal: AbortSignal) => Promise<M>, signal: AbortSignal | undefined) {
    this.#receive = receive;
    this.#signal = signal;
    if (signal?.aborted) this.#end();
    else signal?.addEventListener('abort', this.#end, { once: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<M, undefined>> {
    if (this.#done) return Promise.resolve(DONE);
    return this.#receive(this.#stop.signal).then(yielded<M>, (error) => {
      if (this.#done || error instanceof LayerClosed) return DONE;
      throw error;
    });
  }

  return(): Promise<IteratorResult<M, undefined>> {
    this.#end();
    return Promise.resolve(DONE);
  }

  readonly #end = (): void => {
    this.#done = true;
    this.#signal?.removeEventListener('abort', this.#end);
    this.#stop.abort();
  };
}

function yielded<M>(value: M): IteratorResult<M, undefined> {
  return { value, done: false };
}

const DONE: IteratorReturnResult<undefined> = { value: undefined, done: true };
const RUN_MAX = 256;
