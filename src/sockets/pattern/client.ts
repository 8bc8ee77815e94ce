/** ClientPattern: sends messages of one part to servers in turn, and receives such messages from them fairly (RFC 41). */

import type { Message } from '../message.ts';
import { DealerPattern } from './dealer.ts';
import { checkOnePart } from './one-part.ts';
import type { PatternHost } from './pattern.ts';

/** A DEALER whose messages have one part. */
export class ClientPattern extends DealerPattern {
  constructor(host: PatternHost) {
    super(host, { probeRouter: false });
  }

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
