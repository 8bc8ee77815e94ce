/**
 * ThreadBequest: what a thread has sent over an inproc name and must leave to the others, since it ends before it is connected. The
 * thread that has bound the name, or the main thread until one has, connects in its place:
 *
 *     join, with all batches  →      and the port is closed
 */

import { MessageChannel, type MessagePort } from 'node:worker_threads';
import type { Pipe } from '../routing/pipe.ts';
import type { InprocBound, InprocWaiting } from './inproc-names.ts';
import { type Batch, BatchWriter } from './thread-batch.ts';
import type { ThreadFrame, ThreadGreeting } from './thread-frame.ts';

/** As it travels between threads. */
export interface Bequest {
  readonly name: string;
  readonly greeting: ThreadGreeting;
  readonly batches: readonly Batch[];
  /** Milliseconds that it waits for the name to be bound. */
  readonly linger: number;
}

/** Takes all messages of `pipe` for a bequest. */
export function takeAll(pipe: Pipe): Batch[] {
  const batches: Batch[] = [];
  const writer = new BatchWriter();
  for (let message = pipe.next(); message !== undefined; message = pipe.next()) {
    writer.add(message);
    if (writer.full) batches.push(writer.take()[0]);
  }
  if (writer.count > 0) batches.push(writer.take()[0]);
  return batches;
}

/** A bequest in the thread that acts for the one that has ended. */
export class Bequeathed implements InprocWaiting {
  readonly name: string;
  readonly #join: ThreadFrame;
  readonly #met: () => void;

  /** `met`: called when the name is bound. */
  constructor({ name, greeting, batches }: Bequest, met: () => void) {
    this.name = name;
    this.#join = { kind: 'join', greeting, batches };
    this.#met = met;
  }

  meet(bound: InprocBound): void {
    const { port1, port2 } = new MessageChannel();
    bound.visit(port1);
    this.reach(port2);
  }

  reach(port: MessagePort): void {
    port.postMessage(this.#join);
    port.close();
    this.#met();
  }
}
