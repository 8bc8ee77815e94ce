/** Reconnect: how long a connecting side waits before its next attempt (`ZMQ_RECONNECT_IVL`, `_IVL_MAX`). */

/** What the next delay depends on. */
export interface Backoff {
  /** `reconnectInterval`, milliseconds; −1 and 0 = never again. */
  readonly interval: number;
  /** `reconnectMaxInterval`, milliseconds; no growth unless it is above `interval`. */
  readonly maxInterval: number;
  /** Attempts that failed since the last finished handshake, before this one: 0, 1, 2 … */
  readonly attempt: number;
  /** Uniform in [0, 1): `Math.random`, or a test's own. */
  readonly random: () => number;
}

/**
 * Milliseconds until the next attempt; undefined = make none. Without growth, from one interval to two,
 * so that peers thrown off together do not come back together. With growth, each attempt doubles both
 * ends until the upper one stands at `maxInterval`; the lower one then stays at half of it, because peers
 * waiting for a server that is long gone need the spreading most.
 *
 *     interval 100, maxInterval 500:   100–200   200–400   250–500   250–500 …
 */
export function reconnectDelay({
  interval,
  maxInterval,
  attempt,
  random,
}: Backoff): number | undefined {
  if (interval <= 0) return undefined;
  const grows = maxInterval > interval;
  const upper = Math.min(
    grows ? interval * 2 ** (attempt + 1) : interval * 2,
    grows ? maxInterval : LONGEST_TIMEOUT,
    LONGEST_TIMEOUT,
  );
  const lower = Math.max(upper / 2, Math.min(interval, LONGEST_TIMEOUT));
  return Math.floor(lower + random() * (upper - lower));
}

/**
 * Milliseconds until the next attempt after the peer broke the protocol: the longest `reconnectDelay`
 * there is, at once, since it will most likely do so again. libzmq stays away for ever.
 */
export function penaltyDelay(backoff: Omit<Backoff, 'attempt'>): number | undefined {
  return reconnectDelay({ ...backoff, attempt: Number.POSITIVE_INFINITY });
}

/** `setTimeout` takes anything longer for 1 ms. */
const LONGEST_TIMEOUT = 0x7fff_ffff;
