/**
 * WebSocketStream: the platform's WebSocket as the stream that StreamLink drives. Each chunk is a message of WebSocket.
 *
 *     onmessage → 'data'      (while paused: kept, up to HELD_MAX octets)
 *     write → send            (from BUFFERED_MAX octets on `bufferedAmount` is looked at until half has gone: 'drain')
 *
 * What the platform does not tell: when it may be sent more, and that the peer should wait.
 */

import { EventEmitter } from 'node:events';
import type { Socket as Stream } from 'node:net';
import { clearTimeout, setTimeout } from 'node:timers';
import { SocketError } from '../sockets/errors.ts';
import type { PlatformSocket } from './web-socket.ts';

/** What a link asks of its stream; the doc comments are those of Node. */
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
  /** The peer has ended the connection. */
  #ended = false;
  #timer: NodeJS.Timeout | undefined;

  /** `socket` is open, or about to be. Paused until `resume`. */
  constructor(socket: PlatformSocket) {
    super();
    this.#socket = socket;
    socket.binaryType = 'arraybuffer';
    // It says no more than that the end follows; where nobody listens, some platforms throw it.
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

  /** What was written still goes; `finish` follows when the peer has said its last word, too. */
  end(): this {
    if (this.writableEnded || this.destroyed) return this;
    this.writableEnded = true;
    this.#socket.close();
    return this;
  }

  /** No event but `close` follows. What was written may still go: the platform cannot take it back. */
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
    // As a stream of Node, whose end comes after what is before it.
    if (this.#held.length === 0 || this.writableEnded) this.#end();
  }

  #end(): void {
    if (this.destroyed) return;
    this.destroyed = true;
    clearTimeout(this.#timer);
    if (this.writableEnded) this.emit('finish');
    this.emit('close');
  }

  /** No event tells that octets have gone. */
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

/** The status of CLOSE where none came (RFC 6455, section 7.4.1). */
const ABNORMAL = 1006;

/** Octets given to the platform from which on others wait. Timers of a hidden page come once in a second. */
const BUFFERED_MAX = 1_048_576;

/** Octets that are kept while the socket is full: the peer cannot be told to wait, and memory has an end. */
const HELD_MAX = 67_108_864;

/** Milliseconds between two looks at `bufferedAmount`. */
const LOOK_INTERVAL = 4;
