/** Framing: in place of the framing of ZMTP on streams of octets, of which a page has none. */

import type { Framing, Greeting } from '../zmtp/framing.ts';

/** In place of zmtp/framing.ts. Never called: every WebSocket brings its framing. */
export function zmtpFraming(): Framing {
  throw new Error('no framing');
}

/** In place of zmtp/staged-greeting.ts: there is no greeting. */
export function stagedGreeting(): Greeting | undefined {
  return undefined;
}

/** Never constructed, like Zmtp1Encoder: both are for streams of octets. */
export const Zmtp1Decoder: undefined = undefined;
export const Zmtp1Encoder: undefined = undefined;
