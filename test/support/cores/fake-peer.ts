/** A peer made of plain arrays: a pipe, a driver that only records, and a host that only counts. */

import type { Message } from '../../../src/sockets/message.ts';
import type { Pattern, PatternHost } from '../../../src/sockets/pattern/pattern.ts';
import type {
  PeerInfo,
  PipeDriver,
  PipeLimits,
  PipeReader,
} from '../../../src/sockets/routing/pipe.ts';
import { Pipe, type PipeOptions } from '../../../src/sockets/routing/pipe.ts';

export const NO_LIMITS: PipeLimits = {
  sendHighWaterMark: 0,
  receiveHighWaterMark: 0,
  sendHighWaterMarkBytes: 0,
  receiveBudget: undefined,
};

/** Messages as arrays of text, which is easier to compare and to read. */
export function text(message: Message | undefined): string[] | undefined {
  return message?.map((part) => part.toString('latin1'));
}

export function octets(...parts: string[]): Message {
  return parts.map((part) => Buffer.from(part, 'latin1'));
}

/** The far end of `pipe`: takes what is written while `taking`, else lets it queue. */
export class FakePeer implements PipeDriver {
  readonly pipe: Pipe;
  /** What came over the wire so far. */
  readonly got: string[][] = [];
  readonly failures: string[] = [];
  readonly drops: string[] = [];
  finishCount = 0;
  wakeCount = 0;
  roomCount = 0;
  taking = true;
  onRoom: (() => void) | undefined;

  constructor(reader: PipeReader, limits: Partial<PipeLimits> = {}, options: PipeOptions = {}) {
    this.pipe = new Pipe({ ...NO_LIMITS, ...limits }, reader, options);
  }

  /** A peer that came by itself and has shaken hands with `pattern`. */
  static of(pattern: Pattern, limits: Partial<PipeLimits> = {}, routingId?: string): FakePeer {
    const peer = new FakePeer(pattern, limits);
    pattern.attach(peer.pipe);
    peer.handshake(pattern, routingId);
    return peer;
  }

  handshake(pattern: Pattern, routingId?: string): void {
    const id = routingId === undefined ? undefined : Buffer.from(routingId, 'latin1');
    this.pipe.peer = info(id);
    this.pipe.drive(this);
    pattern.established(this.pipe);
    this.pump();
  }

  /** Its connection breaks; a connecting side keeps the pipe. */
  lose(pattern: Pattern): void {
    this.pipe.drive(undefined);
    pattern.lost(this.pipe);
  }

  /** It is gone for good. */
  leave(pattern: Pattern): void {
    this.pipe.drive(undefined);
    this.pipe.ended = true;
    pattern.detach(this.pipe);
  }

  /** It sends a message of these parts. */
  say(...parts: string[]): void {
    this.pipe.deliver(octets(...parts));
  }

  /** It takes what waits, at most `count` messages. */
  pump(count = Number.POSITIVE_INFINITY): void {
    for (let i = 0; i < count; i++) {
      const message = this.pipe.next();
      if (message === undefined) break;
      this.got.push(text(message)!);
    }
    this.pipe.drained();
  }

  offer(message: Message): boolean {
    if (this.taking) this.got.push(text(message)!);
    return this.taking;
  }

  wake(): void {
    this.wakeCount++;
  }

  room(): void {
    this.roomCount++;
    this.onRoom?.();
  }

  fail(reason: string): void {
    this.failures.push(reason);
  }

  disconnect(reason: string): void {
    this.drops.push(reason);
  }

  finish(): void {
    this.finishCount++;
  }
}

export class FakeHost implements PatternHost {
  readableCount = 0;
  writableCount = 0;
  droppedCount = 0;
  readonly notes: string[] = [];

  later(): void {
    throw new Error('none of these patterns puts anything off');
  }

  readable(): void {
    this.readableCount++;
  }

  writable(): void {
    this.writableCount++;
  }

  note(_pipe: Pipe, reason: string): void {
    this.notes.push(reason);
  }

  dropped(): void {
    this.droppedCount++;
  }
}

/** All that `pattern` yields now, as text. */
export function receiveAll(pattern: Pattern): string[][] {
  const all: string[][] = [];
  for (;;) {
    const message = pattern.receive();
    if (message === undefined) return all;
    all.push(text(message)!);
  }
}

function info(routingId: Buffer | undefined): PeerInfo {
  return { socketType: 'ANY', routingId, address: 'fake://peer', metadata: new Map() };
}
