/** Pipes with a fake peer at the other end, and a host that counts, for the publish-subscribe patterns. */

import type { Message } from '../../../src/sockets/message.ts';
import type { Pattern, PatternHost } from '../../../src/sockets/pattern/pattern.ts';
import { Pipe, type PipeDriver, type PipeReader } from '../../../src/sockets/routing/pipe.ts';

/** The other end of a pipe. */
export class FakePeer implements PipeDriver {
  readonly pipe: Pipe;
  /** Messages that reached it, and that `got` has not returned yet. */
  readonly sent: Message[] = [];
  /** Does it take messages at once, or let them wait in the pipe's queue? */
  reading: boolean;
  roomCount = 0;

  constructor(reader: PipeReader, marks: Marks = {}) {
    this.reading = marks.reading ?? true;
    this.pipe = new Pipe(
      {
        sendHighWaterMark: marks.send ?? 1_000,
        receiveHighWaterMark: marks.receive ?? 1_000,
        sendHighWaterMarkBytes: 0,
        receiveBudget: undefined,
      },
      reader,
      { conflate: marks.conflate ?? false },
    );
    this.pipe.drive(this);
  }

  offer(message: Message): boolean {
    if (this.reading) this.sent.push(message);
    return this.reading;
  }

  wake(): void {}

  room(): void {
    this.roomCount++;
  }

  fail(): void {}

  disconnect(): void {}
  finish(): void {}

  /** Send a message, each octet given as a latin1 character, unless the pipe is full. */
  say(...parts: string[]): boolean {
    if (this.pipe.isFull()) return false;
    this.pipe.deliver(message(...parts));
    return true;
  }

  /** Take what waits in the pipe's queue. */
  drain(limit = Number.POSITIVE_INFINITY): void {
    for (let count = 0; count < limit; count++) {
      const next = this.pipe.next();
      if (next === undefined) break;
      this.sent.push(next);
    }
    this.pipe.drained();
  }

  /** What has come since the last call, as text. */
  got(): string[] {
    return this.sent.splice(0).map(text);
  }
}

export interface Marks {
  readonly send?: number;
  readonly receive?: number;
  readonly conflate?: boolean;
  readonly reading?: boolean;
}

/** A host that remembers what it was told. */
export class FakeHost implements PatternHost {
  readableCount = 0;
  writableCount = 0;
  readonly counts: number[] = [];

  readable(): void {
    this.readableCount++;
  }

  writable(): void {
    this.writableCount++;
  }

  /** What is to be done later, for tests to do. */
  readonly postponed: (() => void)[] = [];

  later(work: () => void): void {
    this.postponed.push(work);
  }

  note(): void {}

  subscribed(_pipe: Pipe, count: number): void {
    this.counts.push(count);
  }
}

/** A peer whose connection is up. */
export function joined(pattern: Pattern, marks?: Marks): FakePeer {
  const peer = new FakePeer(pattern, marks);
  pattern.attach(peer.pipe);
  pattern.established(peer.pipe);
  return peer;
}

/** The peer leaves for good. */
export function leave(pattern: Pattern, peer: FakePeer): void {
  peer.pipe.ended = true;
  pattern.detach(peer.pipe);
}

export function message(...parts: string[]): Message {
  return parts.map((part) => Buffer.from(part, 'latin1'));
}

/** Parts joined by `|`; a leading 0x01 is shown as `+`, 0x00 as `-`. */
export function text(message: Message): string {
  return message.map(shown).join('|');
}

function shown(part: Buffer): string {
  if (part.length === 0 || part[0]! > 1) return part.toString('latin1');
  return `${part[0] === 1 ? '+' : '-'}${part.toString('latin1', 1)}`;
}

/** All that `receive` yields now, as text. */
export function received(pattern: Pattern): string[] {
  const all: string[] = [];
  for (let next = pattern.receive(); next !== undefined; next = pattern.receive()) {
    all.push(text(next));
  }
  return all;
}
