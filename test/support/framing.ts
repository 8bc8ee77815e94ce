/** What a framing reads and writes, as values that tests compare. */

import {
  COMMAND_FOUND,
  ENDED,
  FAILED,
  type Framing,
  MESSAGE,
  NEED_MORE,
} from '../../src/zmtp/index.ts';

/** `framing` as a connection has it in traffic. */
export function ready(framing: Framing): Framing {
  Object.assign(framing.decoder.limits, { maxFrameSize: 1_000_000, maxParts: 100 });
  return framing;
}

/** What it has encoded. */
export function written({ encoder }: Framing): Buffer {
  return Buffer.concat(encoder.take());
}

/** What it makes of `octets`: messages, commands behind `!`, and the text of an error. */
export function read({ decoder }: Framing, octets: Buffer): string[] {
  // What is read may be unmasked in place.
  decoder.push(Buffer.from(octets));
  const found: string[] = [];
  for (;;) {
    const what = decoder.next();
    if (what === NEED_MORE) return found;
    if (what === ENDED) return [...found, 'the end'];
    if (what === FAILED) return [...found, decoder.error!.message];
    if (what === MESSAGE)
      found.push(decoder.message.map((part) => part.toString('latin1')).join('|'));
    if (what === COMMAND_FOUND) found.push(`!${decoder.command.toString('latin1')}`);
  }
}
