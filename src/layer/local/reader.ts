/** Reader: a call that waits for the next message of a channel. */

import type { Box } from './box.ts';
import type { Letter } from './letter.ts';

/** Waits at one channel at a time. */
export abstract class Reader {
  /** @internal Where it waits, and between which others: a set would take new memory for each message. */
  box: Box | undefined = undefined;
  before: Reader | undefined = undefined;
  after: Reader | undefined = undefined;

  abstract take(letter: Letter): void;

  /** Ends the wait: there will be no message. */
  cancel(_reason: unknown): void {}
}
