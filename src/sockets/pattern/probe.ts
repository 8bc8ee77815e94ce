/** The message of `ZMQ_PROBE_ROUTER`, with which a ROUTER learns of a peer that has said nothing yet. */

import type { Message } from '../message.ts';

/** One empty frame: `00 00` on the wire, [id, ""] for the application of the ROUTER. */
export const PROBE: Message = [Buffer.alloc(0)];

/** Whether `message` is such a probe, which a REQ ignores. */
export function isProbe(message: Message): boolean {
  return message.length === 1 && message[0]!.length === 0;
}
