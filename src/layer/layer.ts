/** ChannelLayer: the methods of all layers. It checks names, encodes, serves readers and counts; its carrier does the rest. */

import type { EventEmitter } from 'node:events';
import { yielded } from '../base/iteration.ts';
import { Turns } from '../base/turns.ts';
import type { Capabilities } from './carrier/capabilities.ts';
import type { Carrier, WaitOptions } from './carrier/carrier.ts';
import type { CarrierHost } from './carrier/carrier-host.ts';
import { copyValue, type Message } from './codec/value.ts';
import { InvalidName, LayerClosed, LayerError, MessageTooLarge } from './errors.ts';
import type { LayerEvents, LayerStats } from './events.ts';
import { checkWait, deadline, timedOut } from './local/deadline.ts';
import type { Letter } from './local/letter.ts';
import { LocalState } from './local/local-state.ts';
import { checkChannelName, checkGroupName, isNamePrefix, NAME_MAX } from './local/names.ts';
import { Reception, type ReceptionHost } from './local/reception.ts';
import { MessageStream } from './message-stream.ts';
import { type LayerOptions, settle } from './options.ts';

/** Options of `groupSend`. */
export interface GroupSendOptions {
  /** Members that do not get the message, such as the sender's own. Default none. */
  except?: string | Iterable<string> | undefined;
}

/** A channel layer of any kind. `M` is the type of its messages; only the compiler checks it. */
export abstract class ChannelLayer<M extends object = Message> {
  /** Names of the optional parts of the specification that this layer supports: `groups`, `flush`. */
  readonly extensions: readonly ('groups' | 'flush')[];
  /** What this kind of layer supports. */
  readonly capabilities: Capabilities;
  readonly #local: LocalState;
  readonly #carrier: Carrier;
  readonly #host: ReceptionHost<M>;
  /** The channel that was last found to be one that this layer may read. */
  #readable: string | undefined;
  #closing: Promise<void> | undefined;
  readonly #turns = new Turns(true);

  /**
   * For a subclass: `carrierFor` creates the carrier, and is called once, before this constructor returns.
   * @throws LayerError `ERR_INVALID_OPTION`
   */
  protected constructor(options: LayerOptions, carrierFor: (host: CarrierHost) => Carrier) {
    const local = new LocalState(settle(options));
    const carrier = carrierFor(local);
    local.attach(carrier);
    this.#local = local;
    this.#carrier = carrier;
    this.capabilities = carrier.capabilities;
    this.extensions = carrier.capabilities.extensions;
    this.#host = {
      local,
      open: (letter, channel) => this.#open(letter, channel),
      want: (channel) => carrier.want?.(channel),
      unwant: (channel) => carrier.unwant?.(channel),
    };
    local.startSweeping();
  }

  /** Emits the events of `LayerEvents`. */
  get events(): EventEmitter<LayerEvents> {
    return this.#local.events;
  }

  /** Whether `close` has been called. */
  get closed(): boolean {
    return this.#closing !== undefined;
  }

  /**
   * Sends `message` to one reader of `channel`; it waits for a reader until it expires. Resolves when the channel has accepted
   * it (with `capabilities.confirmed`; otherwise when it is on its way).
   *
   * Rejects with ChannelFull, MessageTooLarge, InvalidName, InvalidMessage, LayerClosed, and with `ERR_UNCONFIRMED` when it
   * cannot be known whether the message has arrived.
   */
  send(channel: string, message: M): Promise<void> {
    try {
      this.#check();
      checkChannelName(channel);
      this.#checkCarried(channel);
      const name = this.#local.qualify(channel);
      return this.#carrier.send(name, this.#encode(message, name)).then(this.#sent, this.#refused);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * Resolves with the next message of `channel`, and waits for it. Several calls may wait; they are served in turn.
   *
   * Rejects with InvalidName, LayerClosed, `ERR_TIMEOUT` after `timeout` milliseconds (default: never), or the reason of
   * `signal`. A call that rejects takes no message.
   */
  receive(channel: string, options: WaitOptions = {}): Promise<M> {
    try {
      this.#check();
      this.#checkReadable(channel);
      checkWait(options);
      const name = this.#local.qualify(channel);
      const message = this.#take(name);
      if (message !== undefined) return this.#soon(message);
      if (options.timeout !== undefined && options.timeout <= 0) {
        // The hub may have one: ask for it, but do not wait for the answer.
        if (this.capabilities.producers === 'this-process') throw timedOut(channel, 0);
      }
      return new Reception(this.#host, name, options).promise;
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** The messages of `channel`, for `for await`. It ends when `signal` aborts, the loop is left or the layer is closed. */
  messages(channel: string, options: { signal?: AbortSignal | undefined } = {}): MessageStream<M> {
    this.#checkReadable(channel);
    const name = this.#local.qualify(channel);
    const ready = (): Promise<IteratorResult<M, undefined>> | undefined => {
      const message = this.closed ? undefined : this.#take(name);
      return message === undefined ? undefined : this.#soon(yielded(message));
    };
    return new MessageStream(ready, (signal) => this.receive(channel, { signal }), options.signal);
  }

  /** Makes up the name of a process-specific channel, from which only this layer can receive. It begins with `prefix`. */
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

  /**
   * Makes `channel` a member of `group`, or renews the membership. Resolves when messages sent to the group reach the channel.
   *
   * Rejects with InvalidName, LayerClosed, `ERR_UNSUPPORTED`, the reason of `signal`, and with `ERR_TIMEOUT` after `timeout`
   * milliseconds, by default 30 000. After an abort or a time-out the membership is still wanted, and takes effect when the hub
   * or producer can be reached; `groupDiscard` takes it back.
   */
  groupAdd(group: string, channel: string, options: WaitOptions = {}): Promise<void> {
    try {
      this.#checkGroup(group);
      checkChannelName(channel);
      this.#checkCarried(channel);
      if (!this.capabilities.foreignMembers && this.#local.isForeign(channel)) {
        throw unsupported(`to add channel ${channel}, which another process has made, to a group`);
      }
      checkWait(options);
      const [name, member] = [this.#local.qualify(group), this.#local.qualify(channel)];
      return bounded(this.#carrier.join(name, member, options), options, `group ${group}`);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Ends the membership of `channel`, if there is one. Rejects as `groupAdd` does; after a time-out the end is still wanted. */
  groupDiscard(group: string, channel: string, options: WaitOptions = {}): Promise<void> {
    try {
      this.#checkGroup(group);
      checkChannelName(channel);
      checkWait(options);
      const [name, member] = [this.#local.qualify(group), this.#local.qualify(channel)];
      return bounded(this.#carrier.leave(name, member, options), options, `group ${group}`);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * Sends `message` to each member of `group`. Full members are skipped, counted and reported by the event `skipped`.
   *
   * Rejects with MessageTooLarge, InvalidName, InvalidMessage, LayerClosed, `ERR_UNSUPPORTED`; never with ChannelFull.
   */
  groupSend(group: string, message: M, options: GroupSendOptions = {}): Promise<void> {
    try {
      this.#checkGroup(group);
      const name = this.#local.qualify(group);
      const { except } = options;
      if (except !== undefined && !this.capabilities.except) throw unsupported('except');
      const excepted = except === undefined ? undefined : this.#channels(except);
      const payload = this.#encode(message, name);
      this.#local.counters.groupSent++;
      return this.#carrier.groupSend(name, payload, excepted);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * Forgets all messages and memberships of layers with the same `prefix`, in all processes.
   *
   * Rejects with LayerClosed, `ERR_UNSUPPORTED` where `extensions` lack `flush`, the reason of `signal`, and with `ERR_TIMEOUT`
   * after `timeout` milliseconds, by default 30 000; some process may then forget later.
   */
  flush(options: WaitOptions = {}): Promise<void> {
    try {
      this.#check();
      if (!this.extensions.includes('flush') || this.#carrier.flush === undefined) {
        throw unsupported('flush');
      }
      checkWait(options);
      return bounded(this.#carrier.flush(options), options, 'all processes');
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * Resolves when the hub or producer knows the memberships and readers of this layer. Rejects with LayerClosed, `ERR_TIMEOUT`
   * after `timeout` milliseconds (default: never), the reason of `signal`.
   */
  ready(options: WaitOptions = {}): Promise<void> {
    try {
      this.#check();
      checkWait(options);
      return bounded(
        this.#carrier.ready(options),
        { timeout: Number.POSITIVE_INFINITY, ...options },
        'the other side',
      );
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Closes the layer: pending calls reject with LayerClosed. Resolves when sent messages have left, within a bounded time. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** The counters of this layer, and its present state. */
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

  /** @internal For subclasses that have more methods. */
  protected get carrier(): Carrier {
    return this.#carrier;
  }

  async #close(): Promise<void> {
    const closed = new LayerClosed();
    this.#local.boxes.rejectAll(closed);
    await this.#carrier.close();
    this.#local.lost(this.#local.clearAll(), 'unread when the layer was closed');
    this.#local.end();
    this.#local.events.emit('close');
  }

  #check(): void {
    if (this.closed) throw new LayerClosed();
  }

  /** Hot: loops of calls read the same channel. */
  #checkReadable(channel: string): void {
    // Before the first one there is none, and `undefined` is no name.
    if (channel !== undefined && channel === this.#readable) return;
    checkChannelName(channel);
    const anybody = this.capabilities.ordinaryChannels === 'every-reader';
    if (!anybody && this.#local.isForeign(channel)) {
      throw new InvalidName('channel', channel, 'another layer has made it, and reads it alone');
    }
    this.#checkCarried(channel);
    this.#readable = channel;
  }

  #checkGroup(group: string): void {
    this.#check();
    if (!this.extensions.includes('groups')) throw unsupported('groups');
    checkGroupName(group);
  }

  #checkCarried(channel: string): void {
    if (this.capabilities.ordinaryChannels !== 'none') return;
    if (this.#local.processOf(channel) !== undefined) return;
    throw unsupported(`channel ${channel}: only channels that newChannel has made`);
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

  /** The next unread message of `channel` in this process that can be decoded. */
  #take(channel: string): M | undefined {
    const { boxes } = this.#local;
    const now = this.#local.now();
    for (;;) {
      const letter = boxes.take(channel, now);
      if (letter === undefined) return undefined;
      const message = this.#open(letter, channel);
      if (message !== undefined) return message;
    }
  }

  /** Decodes `letter` when it is first read; each reader gets an object of its own. Undefined if that fails. Hot. */
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

  /** Resolves with `message`; on the next turn of the event loop if one is due (see Turns). */
  #soon<T>(message: T): Promise<T> {
    return this.#turns.due(1) ? this.#turns.later(message) : Promise.resolve(message);
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

/** Settles as `work` does, or rejects after the time or signal of `options`, by default `TIMEOUT`. `work` itself goes on. */
function bounded(work: Promise<void>, options: WaitOptions, what: string): Promise<void> {
  const { signal, timeout = TIMEOUT } = options;
  return new Promise((resolve, reject) => {
    const cancel = deadline({ signal, timeout }, what, reject);
    work.then(resolve, reject).finally(cancel);
  });
}

function unsupported(what: string): LayerError {
  return new LayerError('ERR_UNSUPPORTED', `this layer does not support ${what}`);
}

/** Milliseconds that `groupAdd`, `groupDiscard` and `flush` wait by default. */
const TIMEOUT = 30_000;
