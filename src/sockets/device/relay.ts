/** Relay: moves whole messages between two sockets, and takes commands meanwhile (`zmq_proxy_steerable`). */

import { endianness } from 'node:os';
import { nextTurn } from '../../base/turns.ts';
import type { Receiver, Sender } from '../api/sending-receiving.ts';
import type { Socket } from '../api/socket.ts';
import { SocketType } from '../core/socket-type.ts';
import { SocketError } from '../errors.ts';
import { type Message, messageSize } from '../message.ts';
import type { Flow } from '../stats.ts';

/** Options of `proxy`. */
export interface ProxyOptions {
  /** Socket that sends a copy of every message, of both directions. While it cannot send, the proxy waits. */
  capture?: Socket | undefined;
  /**
   * Socket that receives commands, one message each: `PAUSE`, `RESUME`, `TERMINATE`, `STATISTICS`. `STATISTICS` is answered with
   * eight frames; a REP answers every other message with one empty frame.
   */
  control?: Socket | undefined;
  /** Aborting it ends the proxy, as `terminate` does. */
  signal?: AbortSignal | undefined;
}

/** Options of a relay: those of `proxy`, and two that devices use. */
export interface RelayOptions extends ProxyOptions {
  /** Part put in front of each captured message: `[from the front, from the back]`. */
  prefixes?: readonly [front: Buffer, back: Buffer] | undefined;
  /** Exchange the first two parts of every message: routing ids, where both sides are ROUTERs. */
  swapIds?: boolean;
}

/** Traffic of one side of a device. Octets are those of the parts, without framing. */
export interface SideStatistics {
  /** Messages received from the side's socket. */
  readonly received: Flow;
  /** Messages sent by the side's socket. */
  readonly sent: Flow;
}

/** Traffic of a device since it was started. */
export interface ProxyStatistics {
  /** Traffic of the first socket. */
  readonly front: SideStatistics;
  /** Traffic of the second socket. */
  readonly back: SideStatistics;
  /**
   * Messages received by one side and refused by the other, or copies refused by the capture socket: no such peer on a mandatory
   * ROUTER, more parts than `maxMessageParts`, or the device was stopped while they waited for room.
   */
  readonly dropped: number;
}

/** Runs a pump for each direction that the two socket types allow. Closes no sockets. */
export class Relay {
  readonly #front: Mover;
  readonly #back: Mover;
  readonly #capture: Mover | undefined;
  readonly #control: Mover | undefined;
  readonly #prefixes: readonly [Buffer, Buffer] | undefined;
  readonly #swapIds: boolean;
  readonly #outer: AbortSignal | undefined;
  readonly #stop = new AbortController();
  readonly #counts = { front: counters(), back: counters(), dropped: 0 };
  /** Settles when all copies that waited for the capture socket are sent: both directions queue there. */
  #captured: Promise<void> = Promise.resolve();
  #paused: Pause | undefined;

  /** @throws SocketError `EINVAL` when no message could ever move between these two */
  constructor(front: Socket, back: Socket, options: RelayOptions = {}) {
    this.#front = front as Mover;
    this.#back = back as Mover;
    this.#capture = options.capture as Mover | undefined;
    this.#control = options.control as Mover | undefined;
    this.#prefixes = options.prefixes;
    this.#swapIds = options.swapIds ?? false;
    this.#outer = options.signal;
    if (!moves(this.#front, this.#back) && !moves(this.#back, this.#front)) {
      throw new SocketError('EINVAL', { message: 'Neither socket sends what the other receives' });
    }
    if (this.#capture !== undefined && this.#capture.trySend === undefined) {
      throw new SocketError('EINVAL', { message: 'The capture socket must be one that sends' });
    }
    if (this.#control !== undefined && this.#control.tryReceive === undefined) {
      throw new SocketError('EINVAL', { message: 'The control socket must be one that receives' });
    }
  }

  /** Whether it is paused: messages stay in the sockets' queues. */
  get paused(): boolean {
    return this.#paused !== undefined;
  }

  /**
   * Move messages until `stop`, the signal or a command ends it, or one of the two sides is closed. Rejects with `ETERM` after
   * `Context.shutdown`.
   */
  async run(): Promise<void> {
    const [front, back, outer] = [this.#front, this.#back, this.#outer];
    const stop = () => this.stop();
    if (outer?.aborted) stop();
    outer?.addEventListener('abort', stop, { once: true });
    const { front: f, back: b } = this.#counts;
    const parts: Promise<void>[] = [];
    if (moves(front, back)) {
      parts.push(this.#pump(front, back, f.received, b.sent, this.#prefixes?.[0]));
    }
    if (front !== back && moves(back, front)) {
      parts.push(this.#pump(back, front, b.received, f.sent, this.#prefixes?.[1]));
    }
    if (this.#control !== undefined) parts.push(this.#obey(this.#control));
    parts.push(this.#watch(front), this.#watch(back));
    try {
      await Promise.all(parts);
    } finally {
      outer?.removeEventListener('abort', stop);
      this.stop();
      await Promise.allSettled(parts);
    }
  }

  /** Leave messages in the sockets' queues until `resume`. */
  pause(): void {
    this.#paused ??= new Pause();
  }

  /** Forward messages again after `pause`. */
  resume(): void {
    this.#paused?.end();
    this.#paused = undefined;
  }

  /** End `run`. */
  stop(): void {
    this.#stop.abort();
    this.#paused?.end();
  }

  statistics(): ProxyStatistics {
    const { front, back, dropped } = this.#counts;
    return structuredClone({ front, back, dropped });
  }

  async #pump(
    from: Mover,
    to: Mover,
    received: Flow,
    sent: Flow,
    prefix: Buffer | undefined,
  ): Promise<void> {
    const { signal } = this.#stop;
    try {
      while (!signal.aborted) {
        await this.#paused?.finished;
        // Wait for room before taking a message: one that was taken must have somewhere to go.
        if (this.#capturing) await this.#capture!.whenWritable!({ signal });
        await to.whenWritable!({ signal });
        await from.whenReadable!({ signal });
        let moved = 0;
        // Hot: once per message.
        while (moved < BURST && this.#mayMove(from, to)) {
          let message = from.tryReceive!() as Message | undefined;
          if (message === undefined) break;
          moved++;
          const size = messageSize(message);
          received.messages++;
          received.bytes += size;
          if (this.#swapIds) message = swapped(message);
          if (this.#capturing) {
            const copy = prefix === undefined ? message : [prefix, ...message];
            const waiting = this.#record(copy);
            if (waiting !== undefined) await waiting;
          }
          const forwarded = this.#forward(to, message);
          if (forwarded !== true && !(await forwarded)) continue;
          sent.messages++;
          sent.bytes += size;
        }
        // A burst between inproc peers may be refilled before any I/O: let others have a turn.
        if (moved === BURST) await nextTurn(undefined);
      }
    } catch (error) {
      if (!signal.aborted && !from.closed && !to.closed) throw error;
    }
  }

  /** Stops the relay when `socket` closes, which a pump that waits for the other side would not notice. */
  async #watch(socket: Mover): Promise<void> {
    try {
      // There are never so many: this ends when the socket closes or the relay stops.
      const peers = Number.POSITIVE_INFINITY;
      await socket.waitFor('handshake', { peers, signal: this.#stop.signal });
    } catch (error) {
      // The calls of a pump reject with `ETERM`, too, and the pump reports it.
      if ((error as { code?: string }).code !== 'ETERM') this.stop();
    }
  }

  #mayMove(from: Mover, to: Mover): boolean {
    if (this.#paused !== undefined || this.#stop.signal.aborted) return false;
    // Checked first: out of turn, and during a bind, `tryReceive` and `trySend` throw.
    if (!from.readable || !to.writable) return false;
    return !this.#capturing || this.#capture!.writable;
  }

  /** Returns false, or a promise of it, if the message can never be delivered and was dropped. */
  #forward(to: Mover, message: Message): boolean | Promise<boolean> {
    try {
      if (to.trySend!(message)) return true;
    } catch (error) {
      return this.#lost(error);
    }
    // The socket has room, but not for this message: the queue of its destination is full.
    return to.send!(message, { timeout: -1, signal: this.#stop.signal }).then(
      () => true,
      (error) => this.#lost(error),
    );
  }

  #lost(error: unknown): false {
    this.#counts.dropped++;
    // One message that cannot be delivered must not end the relay for all peers.
    const hopeless = error instanceof SocketError && HOPELESS.has(error.code);
    if (!hopeless && !this.#stop.signal.aborted) throw error;
    return false;
  }

  get #capturing(): boolean {
    return this.#capture !== undefined && !this.#capture.closed;
  }

  /** Sends a copy to the capture socket; returns a promise if that has to wait. */
  #record(copy: Message): Promise<void> | undefined {
    try {
      if (this.#capture!.trySend!(copy)) return undefined;
    } catch (error) {
      this.#lost(error);
      return undefined;
    }
    return this.#waitForCapture(copy);
  }

  #waitForCapture(copy: Message): Promise<void> {
    const { signal } = this.#stop;
    this.#captured = this.#captured.then(async () => {
      try {
        await this.#capture!.send!(copy, { timeout: -1, signal });
      } catch (error) {
        if (!signal.aborted && this.#capturing) throw error;
      }
    });
    return this.#captured;
  }

  async #obey(control: Mover): Promise<void> {
    const { signal } = this.#stop;
    try {
      while (!signal.aborted) {
        await control.whenReadable!({ signal });
        const message = control.readable ? control.tryReceive!() : undefined;
        if (message === undefined) continue;
        // A ROUTER receives commands in an envelope.
        const envelope = message.slice(0, -1);
        const command = String(message.at(-1));
        if (command === 'STATISTICS') {
          control.trySend?.([...envelope, ...statisticsFrames(this.#counts)]);
          continue;
        }
        if (control.type === SocketType.Reply || envelope.at(-1)?.length === 0) {
          control.trySend?.([...envelope, EMPTY]);
        }
        if (command === 'PAUSE') this.pause();
        else if (command === 'RESUME') this.resume();
        else if (command === 'TERMINATE') this.stop();
      }
    } catch (error) {
      if (!signal.aborted && !control.closed) throw error;
    }
  }
}

/**
 * The reply to `STATISTICS`, eight frames of an unsigned 64-bit number in native order each: messages received by the front,
 * octets of them, messages sent by it, octets of them; then the same of the back.
 */
export function statisticsFrames(statistics: Omit<ProxyStatistics, 'dropped'>): Buffer[] {
  const frames: Buffer[] = [];
  for (const side of [statistics.front, statistics.back]) {
    for (const { messages, bytes } of [side.received, side.sent]) {
      frames.push(native(messages), native(bytes));
    }
  }
  return frames;
}

function native(count: number): Buffer {
  const frame = Buffer.allocUnsafe(8);
  if (endianness() === 'LE') frame.writeBigUInt64LE(BigInt(count));
  else frame.writeBigUInt64BE(BigInt(count));
  return frame;
}

type Mover = Socket & Partial<Sender<Message>> & Partial<Receiver>;

function moves(from: Mover, to: Mover): boolean {
  return from.tryReceive !== undefined && to.trySend !== undefined;
}

/** What a pump waits for while it is paused. */
class Pause {
  readonly finished: Promise<void>;
  #end!: () => void;

  constructor() {
    this.finished = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  end(): void {
    this.#end();
  }
}

function swapped(message: Message): Message {
  const [first, second, ...rest] = message;
  return second === undefined ? message : [second, first!, ...rest];
}

function counters(): SideStatistics {
  return { received: { messages: 0, bytes: 0 }, sent: { messages: 0, bytes: 0 } };
}

/** No peer with that routing id; more parts, with those added here, than the other side may send. */
const HOPELESS: ReadonlySet<string> = new Set(['EHOSTUNREACH', 'EMSGSIZE']);
const EMPTY = Buffer.alloc(0);
/** Messages moved in one direction before the other gets its turn. */
const BURST = 1_000;
