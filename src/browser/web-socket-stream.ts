/**
 * WebSocketStream: the platform's WebSocket as the stream that StreamLink drives. Each chunk is a message of WebSocket.
 *
 *     onmessage → 'data'      (while paused: kept, up to HELD_MAX octets)
 *     write → send            (from BUFFERED_MAX octets on `bufferedAmount` is looked at until half has gone: 'drain')
 *
 * The platform has no event for when it may be sent more, and no way to have the peer wait.
 */

import { EventEmitter } from 'node:events';
import type { Socket as Stream } from 'node:net';
import { clearTimeout, setTimeout } from 'node:timers';
import { SocketError } from '../sockets/errors.ts';
import type { PlatformSocket } from './web-socket.ts';

/** The members of a stream that a link uses; Node documents them. */
type LinkStream = Pick<
  Stream,
  | 'remoteAddress'
  | 'destroyed'
  | 'writableLength'
  | 'writableNeedDrain'
  | 'writableEnded'
  | 'write'
  | 'cork'
  | 'uncork'
  | 'end'
  | 'destroy'
  | 'pause'
  | 'resume'
  | 'setNoDelay'
  | 'unref'
>;

export class WebSocketStream extends EventEmitter implements Record<keyof LinkStream, unknown> {
  readonly remoteAddress: undefined = undefined;
  destroyed = false;
  writableEnded = false;
  writableNeedDrain = false;
  readonly #socket: PlatformSocket;
  #paused = true;
  /** Messages that came while paused. */
  readonly #held: Buffer[] = [];
  #heldSize = 0;
  /** Whether the peer has ended the connection. */
  #ended = false;
  #timer: NodeJS.Timeout | undefined;

  /** `socket` is open, or about to be. Paused until `resume`. */
  constructor(socket: PlatformSocket) {
    super();
    this.#socket = socket;
    socket.binaryType = 'arraybuffer';
    // The event says only that `close` follows; without a listener some platforms throw it.
    socket.onerror = () => {};
    socket.onmessage = ({ data }) => this.#received(data);
    socket.onclose = ({ code, reason }) => this.#closed(code, reason);
  }

  get writableLength(): number {
    return this.#socket.bufferedAmount;
  }

  write(octets: Buffer): boolean {
    if (this.destroyed || this.writableEnded) return false;
    this.#socket.send(octets);
    if (this.#socket.bufferedAmount >= BUFFERED_MAX && !this.writableNeedDrain) {
      this.writableNeedDrain = true;
      this.#look();
    }
    return !this.writableNeedDrain;
  }

  /** Sends what was written, then closes; `finish` follows when the peer has closed as well. */
  end(): this {
    if (this.writableEnded || this.destroyed) return this;
    this.writableEnded = true;
    this.#socket.close();
    return this;
  }

  /** Emits `error`, if there is one, and `close`, and nothing else. What was written may still be sent: no one can stop it. */
  destroy(error?: Error): this {
    if (this.destroyed) return this;
    this.destroyed = true;
    clearTimeout(this.#timer);
    this.#held.length = 0;
    this.#socket.onmessage = null;
    this.#socket.onclose = null;
    this.#socket.close();
    queueMicrotask(() => {
      if (error !== undefined) this.emit('error', error);
      this.emit('close');
    });
    return this;
  }

  pause(): this {
    this.#paused = true;
    return this;
  }

  resume(): this {
    if (this.#paused) queueMicrotask(() => this.#release());
    this.#paused = false;
    return this;
  }

  cork(): void {}
  uncork(): void {}

  setNoDelay(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  #received(data: ArrayBuffer | string): void {
    if (typeof data === 'string') {
      this.destroy(broken('a message of text, expected octets'));
      return;
    }
    const octets = Buffer.from(data);
    if (!this.#paused && this.#held.length === 0) {
      this.emit('data', octets);
      return;
    }
    this.#held.push(octets);
    this.#heldSize += octets.length;
    if (this.#heldSize > HELD_MAX) {
      this.destroy(broken(`more than ${HELD_MAX} octets that nobody reads`));
    }
  }

  /** Delivers what came while paused, until it is paused again. */
  #release(): void {
    let count = 0;
    while (!this.#paused && !this.destroyed && count < this.#held.length) {
      const octets = this.#held[count++]!;
      this.#heldSize -= octets.length;
      this.emit('data', octets);
    }
    this.#held.splice(0, count);
    if (this.#ended && this.#held.length === 0) this.#end();
  }

  #closed(code: number, reason: string): void {
    this.#ended = true;
    if (code === ABNORMAL && !this.writableEnded) this.emit('error', lost(reason));
    // As with a stream of Node, the end is emitted after all data before it.
    if (this.#held.length === 0 || this.writableEnded) this.#end();
  }

  #end(): void {
    if (this.destroyed) return;
    this.destroyed = true;
    clearTimeout(this.#timer);
    if (this.writableEnded) this.emit('finish');
    this.emit('close');
  }

  /** Looks at `bufferedAmount` until half has left: the platform has no event for it. */
  #look(): void {
    this.#timer = setTimeout(() => {
      if (this.#socket.bufferedAmount > BUFFERED_MAX / 2) {
        this.#look();
        return;
      }
      this.writableNeedDrain = false;
      this.emit('drain');
    }, LOOK_INTERVAL);
  }
}

function broken(what: string): SocketError {
  return new SocketError('ECONNABORTED', { message: `peer sends ${what}` });
}

function lost(reason: string): SocketError {
  return new SocketError('ECONNRESET', reason === '' ? {} : { message: reason });
}

/** The status that the platform reports when no Close frame came (RFC 6455, section 7.4.1). */
const ABNORMAL = 1006;

/** Octets in the platform's buffer at which sending pauses. Many, since timers of a hidden page come once in a second. */
const BUFFERED_MAX = 1_048_576;

/** Octets that are kept while paused. The peer cannot be told to wait, so beyond this it loses its connection. */
const HELD_MAX = 67_108_864;

/** Milliseconds between two looks at `bufferedAmount`. */
const LOOK_INTERVAL = 4;
