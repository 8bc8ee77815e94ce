/** Style: the four ways to send and to receive that a program may choose from. */

import { setImmediate as nextTurn } from 'node:timers/promises';
import type { MessageLike, Pull, Push } from 'zeromq-pure';
import type { Meter } from './meter.ts';

/** zeromq-pure, or zeromq.js by the same name: the styles `try` and `batch` exist in the former only. */
export type Zmq = typeof import('zeromq-pure');

/**
 * `await`: one call for each message, awaited. `iterate`: the same to send, `for await` to receive.
 * `try`: the synchronous twins, and a wait when they say no. `batch`: `sendMany` and `receiveMany`.
 */
export type Style = 'await' | 'iterate' | 'try' | 'batch';

/** What the ends of both packages have that send. */
export type Sending = Pick<Push, 'send' | 'trySend' | 'sendMany' | 'whenWritable'>;

/** What they have that receive. */
export type Receiving = Pick<
  Pull,
  'receive' | 'tryReceive' | 'receiveMany' | 'whenReadable' | typeof Symbol.asyncIterator
>;

/** Messages in one batch: up to 256, and up to 1 MiB. */
export function batchSize(size: number): number {
  return Math.max(1, Math.min(256, Math.floor(1_048_576 / size)));
}

/** Send `count` messages, taking `bodies` in turns. Each loop is as short as its style allows. */
export async function sendAll(
  socket: Sending,
  bodies: readonly Buffer[],
  count: number,
  style: Style,
): Promise<void> {
  if (style === 'batch') {
    await sendBatches(socket, bodies, count);
  } else if (style === 'try') {
    for (let i = 0, next = 0; i < count; ) {
      if (!socket.trySend(bodies[next]!)) {
        await socket.whenWritable();
        continue;
      }
      i++;
      if (++next === bodies.length) next = 0;
    }
  } else {
    await sendAwaiting(socket, bodies, count);
  }
}

async function sendAwaiting(
  socket: Sending,
  bodies: readonly Buffer[],
  count: number,
): Promise<void> {
  for (let i = 0, next = 0; i < count; ) {
    try {
      while (i < count) {
        await socket.send(bodies[next]!);
        i++;
        if (++next === bodies.length) next = 0;
      }
    } catch (error) {
      // A publisher of zeromq.js with `noDrop` refuses where ours waits: try again on the next turn.
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      await nextTurn();
    }
  }
}

async function sendBatches(
  socket: Sending,
  bodies: readonly Buffer[],
  count: number,
): Promise<void> {
  const size = batchSize(bodies[0]!.length);
  const batches: MessageLike[][] = [];
  for (let start = 0; start === 0 || start < bodies.length; start += size) {
    batches.push(Array.from({ length: size }, (_, i) => bodies[(start + i) % bodies.length]!));
  }
  for (let sent = 0, next = 0; sent < count; next = (next + 1) % batches.length) {
    const batch = batches[next]!;
    const rest = count - sent;
    await socket.sendMany(rest < size ? batch.slice(0, rest) : batch);
    sent += Math.min(rest, size);
  }
}

/** Receive `count` messages, and let `meter` count them. */
export async function receiveAll(
  socket: Receiving,
  count: number,
  style: Style,
  meter: Meter,
): Promise<void> {
  let received = 0;
  switch (style) {
    case 'await':
      for (; received < count; received++) {
        await socket.receive();
        meter.passed(1);
      }
      break;
    case 'iterate':
      for await (const _ of socket) {
        meter.passed(1);
        if (++received === count) break;
      }
      break;
    case 'try':
      while (received < count) {
        if (socket.tryReceive() === undefined) {
          await socket.whenReadable();
        } else {
          meter.passed(1);
          received++;
        }
      }
      break;
    case 'batch':
      while (received < count) {
        const messages = await socket.receiveMany();
        meter.passed(messages.length);
        received += messages.length;
      }
      break;
    default:
      style satisfies never;
  }
}
