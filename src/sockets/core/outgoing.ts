/** Outgoing: the calls that send, over a pattern, with time-out and abort. */

import type { Hold } from '../../base/process-hold.ts';
import { Turns } from '../../base/turns.ts';
import { Waiter } from '../../base/waiter.ts';
import { SocketError, type SocketErrorCode } from '../errors.ts';
import { type Message, ownSmallParts } from '../message.ts';
import type { OptionValues } from '../options/options.ts';
import type { Pattern } from '../pattern/pattern.ts';
import { type CallOptions, type EndCode, Watchers } from './waiter.ts';

/** A call that waits to get the rest of its messages in. */
interface Pending {
  readonly messages: readonly Message[];
  next: number;
  readonly waiter: Waiter<void>;
}

export class Outgoing {
  /** Messages accepted so far. */
  sentCount = 0;
  readonly #pattern: Pattern;
  readonly #values: OptionValues;
  readonly #calls: Hold;
  /** A message went out: a receive that was out of turn may now be in turn. */
  readonly #sent: () => void;
  readonly #turns = new Turns(true);
  #pending: Pending | undefined;
  readonly #watchers: Watchers;

  /** `free`: no bind or unbind blocks calls on the socket. */
  constructor(
    pattern: Pattern,
    values: OptionValues,
    calls: Hold,
    sent: () => void,
    free: () => boolean,
  ) {
    this.#pattern = pattern;
    this.#values = values;
    this.#calls = calls;
    this.#watchers = new Watchers(calls, () => free() && pattern.canSend());
    this.#sent = sent;
  }

  /** Hot: once per message. */
  send(message: Message, options: CallOptions | undefined): Promise<void> {
    if (options?.signal?.aborted) return Promise.reject(options.signal.reason);
    let accepted: boolean;
    try {
      accepted = this.#give(message);
    } catch (error) {
      return Promise.reject(error);
    }
    if (!accepted) return this.#wait([message], 0, options);
    this.#accepted(1);
    return this.#turns.due(1) ? this.#turns.later(undefined) : RESOLVED;
  }

  trySend(message: Message): boolean {
    if (this.#give(message)) {
      this.#accepted(1);
      return true;
    }
    const code = this.#pattern.sendRefusal(message);
    if (code !== 'EAGAIN') throw new SocketError(code);
    return false;
  }

  sendMany(messages: readonly Message[], options: CallOptions | undefined): Promise<void> {
    if (options?.signal?.aborted) return Promise.reject(options.signal.reason);
    let next = 0;
    try {
      while (next < messages.length && this.#give(messages[next]!)) next++;
    } catch (error) {
      this.#accepted(next);
      return Promise.reject(withSentCount(error, next));
    }
    this.#accepted(next);
    if (next < messages.length) return this.#wait(messages, next, options);
    return this.#turns.due(next) ? this.#turns.later(undefined) : RESOLVED;
  }

  /** Settles when `send` would take a message without waiting. */
  writable(options: CallOptions | undefined): Promise<void> {
    return this.#watchers.wait(options);
  }

  /** The pattern may take messages again, or it is a send's turn. */
  wake(): void {
    const pending = this.#pending;
    if (pending !== undefined) this.#proceed(pending);
    this.#watchers.wake();
  }

  /** The socket is closing (`EAGAIN`) or its context shut down (`ETERM`): the call that waits is refused. */
  close(code: EndCode): void {
    const pending = this.#pending;
    if (pending !== undefined) this.#refuse(pending, code === 'ETERM' ? code : undefined);
    this.#watchers.refuse(code);
  }

  #wait(
    messages: readonly Message[],
    next: number,
    options: CallOptions | undefined,
  ): Promise<void> {
    const timeout = options?.timeout ?? this.#values.sendTimeout;
    if (timeout === 0) {
      const code = this.#pattern.sendRefusal(messages[next]!);
      return Promise.reject(refusal(code, messages.length, next));
    }
    if (this.#pending !== undefined) {
      throw new SocketError('EBUSY', {
        message: 'Socket is busy writing; only one send operation may be in progress at any time',
        ...(messages.length > 1 && { sentCount: next }),
      });
    }
    const pending: Pending = {
      // The caller may reuse small buffers while the message waits.
      messages: messages.length === 1 ? [ownSmallParts(messages[0]!)] : messages.map(ownSmallParts),
      next,
      waiter: new Waiter<void>(this.#calls, timeout, options?.signal, (aborted) => {
        if (aborted) {
          this.#pending = undefined;
          pending.waiter.reject(options?.signal?.reason);
        } else {
          this.#refuse(pending);
        }
      }),
    };
    this.#pending = pending;
    return pending.waiter.promise;
  }

  #proceed(pending: Pending): boolean {
    const { messages, waiter } = pending;
    const before = pending.next;
    try {
      while (pending.next < messages.length && this.#give(messages[pending.next]!)) {
        pending.next++;
      }
    } catch (error) {
      this.#pending = undefined;
      this.#accepted(pending.next - before);
      waiter.reject(messages.length > 1 ? withSentCount(error, pending.next) : error);
      return true;
    }
    if (pending.next === messages.length) {
      this.#pending = undefined;
      waiter.resolve();
    }
    this.#accepted(pending.next - before);
    return this.#pending !== pending;
  }

  /** Sends the rest of `pending` if that is possible now; otherwise rejects it with the reason why not. */
  #refuse(pending: Pending, given?: SocketErrorCode): void {
    if (this.#proceed(pending)) return;
    this.#pending = undefined;
    const code = given ?? this.#pattern.sendRefusal(pending.messages[pending.next]!);
    pending.waiter.reject(refusal(code, pending.messages.length, pending.next));
  }

  /** @throws SocketError `EMSGSIZE` for more parts than the peer would take, were its limit ours */
  #give(message: Message): boolean {
    const max = this.#values.maxMessageParts;
    const parts = message.length + (this.#pattern.addedParts ?? 0);
    if (parts > max && max > 0) throw tooManyParts(parts, max);
    return this.#pattern.accept(message);
  }

  #accepted(count: number): void {
    if (count === 0) return;
    this.sentCount += count;
    this.#sent();
  }
}

function tooManyParts(parts: number, max: number): SocketError {
  return new SocketError('EMSGSIZE', {
    message: `Message too long: ${parts} parts on the wire, maxMessageParts is ${max}`,
  });
}

function refusal(code: SocketErrorCode, messageCount: number, sentCount: number): SocketError {
  return new SocketError(code, messageCount > 1 ? { sentCount } : {});
}

function withSentCount(error: unknown, sentCount: number): unknown {
  if (!(error instanceof SocketError)) return error;
  return new SocketError(error.code, { message: error.message, sentCount, cause: error });
}

const RESOLVED = Promise.resolve();
