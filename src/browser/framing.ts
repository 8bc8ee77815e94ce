/** Framing: in place of what ZMTP says on streams of octets, of which a page has none. */

import type { Framing, Greeting } from '../zmtp/framing.ts';

/** In place of zmtp/framing.ts. Not reached: every WebSocket brings its framing. */
export function zmtpFraming(): Framing {
  throw new Error('no framing');
}

/** In place of zmtp/staged-greeting.ts: there is no greeting. */
export function stagedGreeting(): Greeting | undefined {
  return undefined;
}

/** Never made, likewise the next. */
export const Zmtp1Decoder: undefined = undefined;
export const Zmtp1Encoder: undefined = undefined;
