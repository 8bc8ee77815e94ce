/** Outflow: how much of what was given to a stream the kernel has taken, and what that says about the peer. */

import { readSync, writeSync } from 'node:fs';
import type { Socket as Stream } from 'node:net';
import { RUNTIME } from '../../base/runtime.ts';

/** What Node's handle of a stream has, and that of other runtimes may not have. */
interface Handle {
  /** Octets handed over by the stream, those that wait included. */
  readonly bytesWritten?: number;
  /** Octets of these that the kernel has not taken. */
  readonly writeQueueSize?: number;
  /** File descriptor; −1 on Windows. */
  readonly fd?: number;
}

/** The mark of a TLS stream, whose handle is that of the stream under it. */
interface Encrypting {
  readonly encrypted?: boolean;
}

/** What has become of the octets of one stream. Times are milliseconds of `performance.now()`. */
export class Outflow {
  /**
   * When the peer last took octets, as far as the kernel shows. Later than now by the time for which, at the pace so far, the
   * kernel will show no more, or for which octets that it has taken may be on their way. 0 = never seen.
   */
  movedAt = 0;
  /** Octets written past the stream. */
  wroteNow = 0;
  readonly #stream: Stream;
  /** Octets written to the stream before this object was constructed. */
  readonly #before: number;
  /** At the last look: octets that the kernel had taken, and whether it had refused some. */
  #taken = 0;
  #refused = false;
  /** When the kernel began to refuse octets, and what it had taken by then. */
  #since = 0;
  #takenThen = 0;
  /** The buffers that the stream was given last: at least all octets that it holds. */
  readonly #kept: Buffer[] = [];
  #keptSize = 0;
  /** Buffers to write past the stream; undefined before the first `writeNow`. */
  #rest: Buffer[] | undefined;
  #failed = false;

  constructor(stream: Stream) {
    this.#stream = stream;
    this.#before = this.#handle.bytesWritten ?? 0;
  }

  /** Octets that the kernel has not taken, of the `given` ones that the stream has been given so far. */
  left(given: number): number {
    const { bytesWritten, writeQueueSize } = this.#handle;
    if (bytesWritten === undefined || writeQueueSize === undefined) {
      return this.#stream.writableLength;
    }
    return given + this.#before - bytesWritten + writeQueueSize;
  }

  /**
   * Updates `movedAt` if the kernel has taken octets that it refused at the last look. It has room for them only when the peer
   * has taken others: a sign of life, unlike what an empty kernel takes.
   */
  look(given: number, now: number): void {
    const left = this.left(given);
    const taken = given - left;
    if (!this.#refused) {
      this.#since = now;
      this.#takenThen = taken;
    } else if (taken > this.#taken) {
      const took = (now - this.#since) / (taken - this.#takenThen);
      const held = left > 0 ? STEP_MAX : Math.min(given, HELD_MAX);
      this.movedAt = now + Math.min(held * took, ON_THE_WAY_MAX);
    }
    this.#taken = taken;
    this.#refused = left > 0;
  }

  /** Keeps references to `buffers`, which the stream was given, as far as it still holds their octets. */
  keep(buffers: readonly Buffer[]): void {
    const kept = this.#kept;
    for (const buffer of buffers) {
      kept.push(buffer);
      this.#keptSize += buffer.length;
    }
    const held = this.#stream.writableLength;
    while (kept.length > 0 && this.#keptSize - kept[0]!.length >= held) {
      this.#keptSize -= kept.shift()!.length;
    }
  }

  /** Forgets the buffers that were kept: the stream holds nothing any more. */
  emptied(): void {
    this.#kept.length = 0;
    this.#keptSize = 0;
  }

  // — past the stream, when the event loop does not turn any more —

  /** Whether the descriptor can be written and read past the stream. */
  get direct(): boolean {
    return !this.#failed && isDirect(this.#stream);
  }

  /**
   * Writes what is left of the `given` octets to the kernel, and `buffers` after them. True when it has taken all; the rest
   * is written first next time.
   */
  writeNow(buffers: readonly Buffer[], given: number): boolean {
    this.#rest ??= lastOctets(this.#kept, this.left(given));
    const rest = this.#rest;
    rest.push(...buffers);
    try {
      while (rest.length > 0) {
        const count = writeSync(this.#handle.fd!, rest[0]!);
        if (count < rest[0]!.length) rest[0] = rest[0]!.subarray(count);
        else rest.shift();
        this.wroteNow += count;
      }
    } catch (error) {
      this.#failed = !isLater(error);
    }
    return rest.length === 0;
  }

  /** Octets from the peer; undefined when there are none. */
  readNow(): Buffer | undefined {
    const chunk = Buffer.allocUnsafe(READ_MAX);
    try {
      const count = readSync(this.#handle.fd!, chunk);
      this.#failed = count === 0;
      return count === 0 ? undefined : chunk.subarray(0, count);
    } catch (error) {
      this.#failed = !isLater(error);
      return undefined;
    }
  }

  get #handle(): Handle {
    return handleOf(this.#stream);
  }
}

/** Whether the descriptor of `stream` can be written and read past it. */
export function isDirect(stream: Stream): boolean {
  // On other runtimes a descriptor may be something else, and what a stream holds is not known exactly.
  return RUNTIME === 'node' && (handleOf(stream).fd ?? -1) >= 0 && !stream.destroyed;
}

function handleOf(stream: Stream): Handle {
  // The octets that TLS is given are not those that the kernel is given.
  if ((stream as Encrypting).encrypted) return {};
  return (stream as unknown as { _handle: Handle | null })._handle ?? {};
}

/** Whether the kernel may take or give octets later. Some systems report a connection that is being made as no connection. */
function isLater(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'EAGAIN' || (code === 'ENOTCONN' && process.platform !== 'linux');
}

/** The last `count` octets of `buffers`. */
function lastOctets(buffers: readonly Buffer[], count: number): Buffer[] {
  const last: Buffer[] = [];
  for (let i = buffers.length - 1; count > 0 && i >= 0; i--) {
    const buffer = buffers[i]!;
    last.unshift(buffer.subarray(Math.max(0, buffer.length - count)));
    count -= buffer.length;
  }
  return last;
}

const READ_MAX = 65_536;

/** Octets that Linux waits to have room for before it takes more: a third of its largest send buffer. */
const STEP_MAX = 2_097_152;

/** Octets that the kernels of both sides and the path between may hold. */
const HELD_MAX = 16_777_216;

/** Milliseconds that those octets may be on their way. */
const ON_THE_WAY_MAX = 30_000;
