/** Streams: a socket as a stream of Node or of the web, with one message per chunk. */

import { Readable, Writable } from 'node:stream';
import { ReadableStream, WritableStream } from 'node:stream/web';
import type { Part, Receiver, Sendable, Sender } from '../api/sending-receiving.ts';
import type { Socket } from '../api/socket.ts';

/** Options of `toReadable`, `toWritable`, `toReadableStream` and `toWritableStream`. */
export interface NodeStreamOptions {
  /** Close the socket when the stream ends, is destroyed or cancelled. Default: leave it open. */
  close?: boolean;
  /**
   * Messages that the stream may buffer. They are not in the socket's queue, and are lost if the stream is destroyed. Default 0
   * for reading: a message is taken only on demand; 1 for writing.
   */
  highWaterMark?: number;
}

/** A Node stream of the socket's messages, each chunk an array of parts. It ends when the socket is closed. */
export function toReadable<M extends Buffer[] = Part[]>(
  socket: Socket & Receiver<M>,
  options: NodeStreamOptions = {},
): Readable {
  const { close = false, highWaterMark = 0 } = options;
  const stop = new AbortController();
  return new Readable({
    objectMode: true,
    highWaterMark,
    read() {
      next(socket, stop.signal).then(
        (message) => this.push(message ?? null),
        (error) => this.destroy(error),
      );
    },
    destroy(error, done) {
      stop.abort();
      if (close) socket.close();
      done(error);
    },
  });
}

/** A Node stream that sends each chunk as one message: a part, or an array of parts. A write waits while `send` does. */
export function toWritable<M = Sendable>(
  socket: Socket & Sender<M>,
  options: NodeStreamOptions = {},
): Writable {
  const { close = false, highWaterMark = 1 } = options;
  const stop = new AbortController();
  const { signal } = stop;
  return new Writable({
    objectMode: true,
    highWaterMark,
    write(message: M, _encoding, done) {
      settle(() => socket.send(message, { timeout: -1, signal }), done);
    },
    writev(chunks, done) {
      const messages = chunks.map(({ chunk }) => chunk as M);
      settle(() => socket.sendMany(messages, { timeout: -1, signal }), done);
    },
    destroy(error, done) {
      stop.abort();
      if (close) socket.close();
      done(error);
    },
  });
}

/** A web stream of the socket's messages, each chunk an array of parts. It closes when the socket is closed. */
export function toReadableStream<M extends Buffer[] = Part[]>(
  socket: Socket & Receiver<M>,
  options: NodeStreamOptions = {},
): ReadableStream<M> {
  const { close = false, highWaterMark = 0 } = options;
  const stop = new AbortController();
  return new ReadableStream<M>(
    {
      async pull(controller) {
        const message = await next(socket, stop.signal);
        if (message === undefined) controller.close();
        else controller.enqueue(message);
      },
      cancel() {
        stop.abort();
        if (close) socket.close();
      },
    },
    { highWaterMark },
  );
}

/** A web stream that sends each chunk as one message: a part, or an array of parts. A write waits while `send` does. */
export function toWritableStream<M = Sendable>(
  socket: Socket & Sender<M>,
  options: NodeStreamOptions = {},
): WritableStream<M> {
  const { close = false, highWaterMark = 1 } = options;
  return new WritableStream<M>(
    {
      write(message, controller) {
        // Aborted as soon as `abort` is called, which itself waits for this write. The types of Node 20 lack it.
        const { signal } = controller as typeof controller & { signal: AbortSignal };
        return socket.send(message, { timeout: -1, signal });
      },
      close() {
        if (close) socket.close();
      },
      abort() {
        if (close) socket.close();
      },
    },
    { highWaterMark },
  );
}

/** The next message; undefined when the socket is closed or `signal` aborted. */
async function next<M extends Buffer[]>(
  socket: Socket & Receiver<M>,
  signal: AbortSignal,
): Promise<M | undefined> {
  if (socket.closed) return undefined;
  try {
    return await socket.receive({ timeout: -1, signal });
  } catch (error) {
    if (socket.closed || signal.aborted) return undefined;
    throw error;
  }
}

function settle(send: () => Promise<void>, done: (error?: Error | null) => void): void {
  try {
    send().then(() => done(), done);
  } catch (error) {
    done(error as Error);
  }
}
