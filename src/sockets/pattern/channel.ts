/** ChannelPattern: exactly one peer, and messages of one part (RFC 52). */

import type { Message } from '../message.ts';
import { checkOnePart } from './one-part.ts';
import { PairPattern } from './pair.ts';
import type { PatternHost } from './pattern.ts';

/** A PAIR whose messages have one part. */
export class ChannelPattern extends PairPattern {
  constructor(host: PatternHost) {
    super(host, 'CHANNEL');
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
