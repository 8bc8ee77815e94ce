/** Context: the sockets that belong together. One inproc name space, a few defaults, and the end of all. */

import { availableParallelism } from 'node:os';
import { clearTimeout, setTimeout } from 'node:timers';
import { ProcessHold } from '../../base/process-hold.ts';
import { refuseCalls } from '../class-call.ts';
import { SocketError, tooManyArguments } from '../errors.ts';
import {
  defineContextOptions,
  readOption,
  refuseWrites,
  writeOption,
} from '../options/option-accessors.ts';
import {
  CONTEXT_OPTION_IDS,
  CONTEXT_OPTIONS,
  createContextValues,
  MAX_SOCKETS_LIMIT,
} from '../options/option-table.ts';
import type { ContextOptions } from '../options/options.ts';
import { guardUnknown, similarOption, unknownOption } from '../options/unknown-option.ts';
import type { Authenticate } from '../security/choice.ts';
import type { Zap } from '../security/zap.ts';
import { BusyPoll } from '../transport/busy-poll.ts';
import { flushWithinCalls } from '../transport/flush-turn.ts';
import { InprocNames } from '../transport/inproc-names.ts';
import { otherThreads } from '../transport/thread-names.ts';
import { ExitFlush, type Flushing } from './exit-flush.ts';
import { endsUntold, SendingHold } from './sending-hold.ts';
import { ThreadContext } from './thread-context.ts';

/** Contexts with sockets, which may have something to deliver when the process would end. */
const contexts = new Set<Context>();

const ZAP_NAME = 'zeromq.zap.01';

let watching = false;
const WARN_AFTER = 500;
/** `ZMQ_SOCKET_LIMIT`, which shares its number with an option that can only be written. */
const SOCKET_LIMIT = 3;

/** What a context knows of its sockets. */
export interface Member extends Flushing {
  /** Refuses every call but `close` with `ETERM`, also those that wait. */
  terminate(): void;
  close(): void;
  readonly closed: boolean;
  /** Settles when its queued messages are delivered or, after `linger`, given up. */
  readonly finished: Promise<void>;
  /** Messages accepted that have not left this process, and that `linger` lets wait. */
  readonly undeliveredCount: number;
  /** The process or thread ends within this tick: leave nothing of its addresses behind. */
  releasePaths(): void;
}

export interface Context extends ContextOptions {}

/**
 * `new Context({ maxSockets: 10 })`. Most programs use the default one, `context`.
 */
export class Context {
  /**
   * Judges the peers of all sockets of this context that have no `authenticate` of their own. Without either, a
   * handler at `inproc://zeromq.zap.01` is asked (RFC 27).
   */
  authenticate: Authenticate | undefined;
  /** @internal */
  readonly processHold: ProcessHold = new ProcessHold();
  /** @internal Keeps a worker alive while accepted messages have to leave, where it could end without notice. */
  readonly sendingHold: SendingHold | undefined = endsUntold()
    ? new SendingHold(() => [...this.#members].some(waits))
    : undefined;
  #values = createContextValues();
  readonly #members = new Set<Member>();
  #closed = false;
  #terminated = false;
  #inproc: InprocNames | undefined;
  #zap: Zap | undefined;
  #poll: BusyPoll | undefined;
  /** Set for the default context, which is one for all threads of the process. */
  #threads: ThreadContext | undefined;
  /** The `busyPoll` that it was made for. */
  #pollBudget = 0;

  /**
   * @throws TypeError for an option that does not exist or has the wrong type
   * @throws SocketError `EINVAL` for a value out of range
   */
  constructor(options: Partial<ContextOptions> = {}, ...extra: never[]) {
    if (extra.length > 0) throw tooManyArguments(1, 1 + extra.length);
    if (typeof options !== 'object' || options === null) {
      throw new TypeError('Options must be an object');
    }
    for (const name of Object.keys(options)) {
      // What can only be read has a setter, too, which says so.
      const known = Object.getOwnPropertyDescriptor(Context.prototype, name)?.set !== undefined;
      if (!known) throw unknownOption(name, similarOption(this, name));
    }
    Object.assign(this, options);
    watchExit();
  }

  /** `ZMQ_SOCKET_LIMIT`: the highest `maxSockets` there is. */
  get maxSocketsLimit(): number {
    return MAX_SOCKETS_LIMIT;
  }

  /** Whether `close` has been called: no more sockets can be made here. */
  get closed(): boolean {
    return this.#closed;
  }

  /**
   * `zmq_ctx_shutdown`. Refuse all calls on the sockets of this context but `close`, those that wait, too, with `ETERM`; and new sockets.
   * Sockets stay open until they are closed, one by one or by `close` of the context. A second call does nothing.
   */
  shutdown(): void {
    this.#terminated = true;
    for (const member of this.#members) member.terminate();
  }

  /** Close all sockets; settles when each has closed, after its `linger` (`zmq_ctx_term`). */
  async close(): Promise<void> {
    this.#closed = true;
    await closeAll([...this.#members], this.processHold);
  }

  /** As `close`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** @internal @throws SocketError `EFAULT` when closed, `ETERM` when shut down, `EMFILE` beyond `maxSockets` */
  admit(member: Member): void {
    if (this.#closed) throw new SocketError('EFAULT');
    if (this.#terminated) throw new SocketError('ETERM');
    this.#members.add(member);
    contexts.add(this);
    // Counted first: of two threads at once at most one may have the last place.
    if (this.#count() <= this.#values.maxSockets) return;
    this.remove(member);
    throw new SocketError('EMFILE');
  }

  /** @internal `member` has ended. */
  remove(member: Member): void {
    this.#members.delete(member);
    if (this.#members.size === 0) contexts.delete(this);
    if (ThreadContext !== undefined) this.#count();
  }

  /** @internal This is the default context: its options, and the limit of its sockets, are those of all threads. */
  share(): this {
    // Pages have none.
    if (ThreadContext === undefined) return this;
    this.#threads = new ThreadContext(this.#values);
    this.#values = this.#threads.values;
    return this;
  }

  /** How many sockets there are, after a change. */
  #count(): number {
    const { size } = this.#members;
    return ThreadContext === undefined ? size : (this.#threads?.total(size) ?? size);
  }

  /** @internal Made when it is first needed: transports load with the first socket. */
  get inproc(): InprocNames {
    if (this.#inproc === undefined) {
      this.#inproc = new InprocNames();
      // A context that a thread has made is of that thread alone.
      if (this === context) this.#inproc.others = otherThreads(this.#inproc, [ZAP_NAME]);
    }
    return this.#inproc;
  }

  /** @internal Keeps the event loop awake between messages; undefined where `busyPoll` is 0, and with one processor. */
  get poll(): BusyPoll | undefined {
    const budget = this.#values.busyPoll;
    if (budget !== this.#pollBudget) {
      this.#pollBudget = budget;
      const polls = budget > 0 && availableParallelism() > 1;
      this.#poll = polls ? new BusyPoll(budget / 1_000) : undefined;
    }
    return this.#poll;
  }

  /** @internal The way to the handler of RFC 27, where there is one; `open` connects to it. */
  zap(open: () => Zap): Zap | undefined {
    if (this.#zap === undefined || this.#zap.gone) {
      this.#zap = this.inproc.has(ZAP_NAME) ? open() : undefined;
    }
    return this.#zap;
  }

  /** @internal */
  get members(): Iterable<Member> {
    return this.#members;
  }

  /** @internal */
  [readOption]<K extends keyof ContextOptions>(name: K): ContextOptions[K] {
    return this.#values[name];
  }

  /** @internal */
  [writeOption]<K extends keyof ContextOptions>(name: K, value: ContextOptions[K]): void {
    this.#values[name] = value;
  }

  // — options by libzmq's number, for subclasses —

  /** The value of option `option` of libzmq's contexts. Throws `EINVAL`. */
  protected getBoolOption(id: number): boolean {
    return Boolean(this.#values[optionOf(id)]);
  }

  /** Set option `option` of libzmq's contexts. Throws `EINVAL`. */
  protected setBoolOption(id: number, value: boolean): void {
    this.#set(id, value);
  }

  /** The value of option `option` of libzmq's contexts, as a number. Throws `EINVAL`. */
  protected getInt32Option(id: number): number {
    return id === SOCKET_LIMIT ? MAX_SOCKETS_LIMIT : Number(this.#values[optionOf(id)]);
  }

  /** Set option `option` of libzmq's contexts to a number. Throws `EINVAL`. */
  protected setInt32Option(id: number, value: number): void {
    this.#set(id, value);
  }

  #set(id: number, value: unknown): void {
    const name = optionOf(id);
    const spec = CONTEXT_OPTIONS[name];
    const converted = spec.kind === 'boolean' ? Boolean(value) : Number(value);
    Object.assign(this.#values, { [name]: spec.parse(converted, name) });
  }
}

// @ts-expect-error: the name of a class can be assigned in JavaScript, and its type stays.
// biome-ignore lint/suspicious/noClassAssign: as above.
Context = refuseCalls(Context);
guardUnknown(Context.prototype);
defineContextOptions(Context.prototype);
refuseWrites(Context.prototype, ['maxSocketsLimit', 'closed'], 'Context');

/** The context of every socket that is not given another. */
export const context: Context = new Context().share();

function optionOf(id: number): keyof ContextOptions {
  const name = CONTEXT_OPTION_IDS.get(id);
  if (name === undefined)
    throw new SocketError('EINVAL', { message: `Invalid argument: option ${id}` });
  return name;
}

/**
 * When nothing keeps the process alive any more, what was sent and not delivered is still waited for, as long as
 * `linger` lets it. An open socket that has such messages is closed by the end of the process; the others stay, for
 * they may be who the messages are for. Where the process does not wait, the kernel gets what it takes.
 */
function watchExit(): void {
  if (watching) return;
  watching = true;
  const end = new ProcessHold();
  process.on('beforeExit', () => {
    const waiting = allMembers().filter(waits);
    if (waiting.length === 0) return;
    const blocky = [...contexts].some((each) => each.blocky);
    const timer = setTimeout(() => {
      const hint = blocky ? " Set 'context.blocky = false' to change this behaviour." : '';
      process.stderr.write(
        `(node:${process.pid}) WARNING: Waiting for queued ZeroMQ messages to be delivered.${hint}\n`,
      );
    }, WARN_AFTER).unref();
    void closeAll(waiting, end).then(() => clearTimeout(timer));
  });
  // `process.exit()` and an error that nobody catches: the event loop does not turn again.
  process.on('exit', () => {
    const flush = new ExitFlush(allMembers);
    // A later handler may send as well.
    flushWithinCalls(() => flush.run());
    flush.run();
    for (const member of allMembers()) member.releasePaths();
  });
}

function allMembers(): Member[] {
  return [...contexts].flatMap((each) => [...each.members]);
}

/** Whether `member` has something to deliver, within its `linger`. */
function waits(member: Member): boolean {
  return member.closed || member.undeliveredCount > 0;
}

/** Settles when all of `members` have ended; keeps the process until then. */
function closeAll(members: readonly Member[], processHold: ProcessHold): Promise<unknown> {
  for (const member of members) member.close();
  return processHold.during(Promise.all(members.map((member) => member.finished)));
}
