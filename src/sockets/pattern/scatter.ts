/** ScatterPattern: one part out to GATHER peers in turns (RFC 49). */

import type { Message } from '../message.ts';
import { checkOnePart } from './one-part.ts';
import { PushPattern } from './push.ts';

/** A PUSH whose messages have one part. */
export class ScatterPattern extends PushPattern {
  /** Its limit is one part, for which `send` has an error of its own. */
  get addedParts(): number {
    return Number.NEGATIVE_INFINITY;
  }

  /** @throws SocketError `EINVAL` for several parts */
  override send(message: Message): boolean {
    checkOnePart(message);
    return super.send(message);
  }
}
