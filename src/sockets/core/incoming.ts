/** Incoming: the calls that receive, over a pattern, with time-out and abort. */

import { yielded } from '../../base/iteration.ts';
import type { Hold } from '../../base/process-hold.ts';
import { Turns } from '../../base/turns.ts';
import { Waiter } from '../../base/waiter.ts';
import { SocketError } from '../errors.ts';
import type { Message } from '../message.ts';
import type { OptionValues } from '../options/options.ts';
import type { Pattern } from '../pattern/pattern.ts';
import { type CallOptions, type EndCode, Watchers } from './waiter.ts';

export class Incoming {
  /** Messages taken so far. */
  receivedCount = 0;
  readonly #pattern: Pattern;
  readonly #values: OptionValues;
  readonly #calls: Hold;
  /** A message was taken: a send that was out of turn may now be in turn. */
  readonly #received: () => void;
  readonly #turns = new Turns(false);
  #one: Waiter<Message> | undefined;
  #many: Waiter<Message[]> | undefined;
  /** A call that waits is served at the end of this tick. */
  #serving = false;
  /** So many calls to `receive` are served at once, and then one at the end of the tick, to see whether more has come by then. */
  #prompt = PROMPT_CALLS;
  readonly #watchers: Watchers;

  /** `free`: no bind or unbind blocks calls on the socket. */
  constructor(
    pattern: Pattern,
    values: OptionValues,
    calls: Hold,
    received: () => void,
    free: () => boolean,
  ) {
    this.#pattern = pattern;
    this.#values = values;
    this.#calls = calls;
    this.#watchers = new Watchers(calls, () => free() && pattern.canReceive());
    this.#received = received;
  }

  /** Hot: once per message. */
  receive(options: CallOptions | undefined): Promise<Message> {
    if (options?.signal?.aborted) return Promise.reject(options.signal.reason);
    const message = this.#take();
    if (message === undefined) return this.#waitForOne(options);
    const due = this.#turns.due(1);
    // No message is empty. Having looked, the compiler knows an array, whose `then` no promise has to search for: 35 ns.
    return due || message.length === 0 ? this.#turns.later(message) : Promise.resolve(message);
  }

  /** What `receive` would yield at once, as the result of an iterator; undefined if it would have to wait. Hot: once per message. */
  result(): Promise<IteratorYieldResult<Message>> | undefined {
    const message = this.#take();
    if (message === undefined) return undefined;
    const due = this.#turns.due(1);
    const result = yielded(message);
    return due ? this.#turns.later(result) : Promise.resolve(result);
  }

  /** Not part of `receive`: there the closure would take new memory for every message. */
  #waitForOne(options: CallOptions | undefined): Promise<Message> {
    const timeout = this.#timeout(options);
    if (timeout === 0) return Promise.reject(this.#refusal());
    this.#refuseSecond();
    const waiter = new Waiter<Message>(this.#calls, timeout, options?.signal, (aborted) => {
      const last = aborted ? undefined : this.#pattern.receive();
      this.#one = undefined;
      if (last === undefined) {
        waiter.reject(aborted ? options?.signal?.reason : this.#refusal());
      } else {
        waiter.resolve(last);
        this.#taken(1);
      }
    });
    this.#one = waiter;
    return waiter.promise;
  }

  tryReceive(): Message | undefined {
    const message = this.#take();
    if (message !== undefined) return message;
    const code = this.#pattern.receiveRefusal();
    if (code !== 'EAGAIN') throw new SocketError(code);
    return undefined;
  }

  receiveMany(options: CallOptions | undefined): Promise<Message[]> {
    if (options?.signal?.aborted) return Promise.reject(options.signal.reason);
    const messages = this.#collect();
    if (messages.length > 0) {
      return this.#turns.due(messages.length)
        ? this.#turns.later(messages)
        : Promise.resolve(messages);
    }
    const timeout = this.#timeout(options);
    if (timeout === 0) return Promise.reject(this.#refusal());
    this.#refuseSecond();
    const waiter = new Waiter<Message[]>(this.#calls, timeout, options?.signal, (aborted) => {
      const last = aborted ? [] : this.#collect();
      this.#many = undefined;
      if (last.length === 0) waiter.reject(aborted ? options?.signal?.reason : this.#refusal());
      else waiter.resolve(last);
    });
    this.#many = waiter;
    return waiter.promise;
  }

  /** Settles when `receive` would yield a message without waiting. */
  readable(options: CallOptions | undefined): Promise<void> {
    return this.#watchers.wait(options);
  }

  /** The pattern may yield messages again, or it is a receive's turn. */
  wake(): void {
    if (this.#one !== undefined && this.#prompt > 0) {
      this.#prompt--;
      this.#serveOne(this.#one);
    } else if (this.#one !== undefined || this.#many !== undefined) {
      // More is probably being decoded, or sent by a loop in this thread: take it in one go.
      if (!this.#serving) {
        this.#serving = true;
        process.nextTick(() => this.#serve());
      }
      return;
    }
    this.#watchers.wake();
  }

  /** The socket is closing (`EAGAIN`), or its context shut down (`ETERM`): calls that wait get what is there, or are refused. */
  close(code: EndCode): void {
    const refusal = () => (code === 'ETERM' ? new SocketError(code) : this.#refusal());
    const [one, many] = [this.#one, this.#many];
    this.#one = undefined;
    this.#many = undefined;
    if (one !== undefined) {
      const message = this.#pattern.receive();
      if (message === undefined) one.reject(refusal());
      else one.resolve(message);
    }
    if (many !== undefined) {
      const messages = this.#collect();
      if (messages.length === 0) many.reject(refusal());
      else many.resolve(messages);
    }
    this.#watchers.refuse(code);
  }

  #serve(): void {
    this.#serving = false;
    if (this.#one !== undefined) {
      this.#serveOne(this.#one);
      this.#prompt = this.#pattern.canReceive() ? 0 : PROMPT_CALLS;
    } else if (this.#many !== undefined) {
      const waiter = this.#many;
      const messages = this.#collect();
      if (messages.length > 0) {
        this.#many = undefined;
        waiter.resolve(messages);
      }
    }
    this.#watchers.wake();
  }

  #serveOne(waiter: Waiter<Message>): void {
    const message = this.#pattern.receive();
    if (message === undefined) return;
    this.#one = undefined;
    waiter.resolve(message);
    this.#taken(1);
  }

  #take(): Message | undefined {
    const message = this.#pattern.receive();
    if (message !== undefined) this.#taken(1);
    return message;
  }

  #collect(): Message[] {
    const messages: Message[] = [];
    for (;;) {
      const message = this.#pattern.receive();
      if (message === undefined) break;
      messages.push(message);
    }
    if (messages.length > 0) this.#taken(messages.length);
    return messages;
  }

  #timeout(options: CallOptions | undefined): number {
    return options?.timeout ?? this.#values.receiveTimeout;
  }

  #refusal(): SocketError {
    return new SocketError(this.#pattern.receiveRefusal());
  }

  #refuseSecond(): void {
    if (this.#one === undefined && this.#many === undefined) return;
    throw new SocketError('EBUSY', {
      message: 'Socket is busy reading; only one receive operation may be in progress at any time',
    });
  }

  #taken(count: number): void {
    this.receivedCount += count;
    this.#received();
  }
}

/** One call in so many is served late where nothing comes of it, at the price of a tick; where more comes, all are. */
const PROMPT_CALLS = 64;
