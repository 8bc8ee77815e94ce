/** ScatterPattern: sends messages of one part to GATHER peers in turn (RFC 49). */

import type { Message } from '../message.ts';
import { checkOnePart } from './one-part.ts';
import { PushPattern } from './push.ts';

/** A PUSH whose messages have one part. */
export class ScatterPattern extends PushPattern {
  /** Exempts messages from the limit on parts: `accept` refuses several parts with an error of its own. */
  get addedParts(): number {
    return Number.NEGATIVE_INFINITY;
  }

  /** @throws SocketError `EINVAL` for several parts */
  override accept(message: Message): boolean {
    checkOnePart(message);
    return super.accept(message);
  }
}
