/** DialNow: opens a stream to a peer where the event loop does not turn any more, in steps that are each done within a call. */

import net from 'node:net';
import type { OpenStream } from './dial.ts';
import type { Exchange } from './exchange.ts';
import type { Flushed } from './flushed.ts';
import { Inlet } from './inlet.ts';
import { isDirect, Outflow } from './outflow.ts';
import { failed } from './stream-wait.ts';

/**
 * An attempt to connect. Each step says whether something has come (`moved`) or is waited for (`stuck`); the last one returns
 * undefined where only the event loop could connect, and throws where this attempt has failed.
 */
export type DiallingNow = Generator<Flushed, OpenStream | undefined, void>;

/**
 * As `dial`. The connection is begun, and becomes one while the kernel is asked again and again. With `exchanges` it is there on
 * return, and they are over, one after the other, as by `negotiate`.
 */
export function* dialNow(
  options: net.NetConnectOpts,
  exchanges: readonly Exchange[] = [],
): DiallingNow {
  const inlet = new Inlet();
  const stream = net.connect(options);
  stream.on('error', () => {});
  if (!isDirect(stream)) {
    stream.destroy();
    return undefined;
  }
  const outflow = new Outflow(stream);
  try {
    for (const exchange of exchanges) {
      yield* negotiateNow(outflow, exchange);
      inlet.unread(exchange.rest);
    }
  } catch (error) {
    stream.destroy();
    throw error;
  }
  return { stream, inlet };
}

function* negotiateNow(outflow: Outflow, exchange: Exchange): Generator<Flushed, void, void> {
  let answer = exchange.first();
  for (;;) {
    // Before the connection is established the kernel takes nothing.
    const written = outflow.writeNow(answer.length > 0 ? [answer] : [], 0);
    if (written && exchange.done) return;
    const chunk = written ? outflow.readNow() : undefined;
    if (!outflow.direct) throw failed('ECONNRESET', 'closes the connection without an answer');
    answer = chunk === undefined ? NO_OCTETS : exchange.receive(chunk);
    yield chunk === undefined ? 'stuck' : 'moved';
  }
}

const NO_OCTETS: Buffer = Buffer.alloc(0);
