/** Restart: whether a daemon that has ended is started again, and after how long. */

/** When to start a daemon again. */
export interface RestartPolicy {
  /** When a daemon that has ended is started again. Default `on-failure`: when its exit code is not 0. */
  readonly when?: 'never' | 'on-failure' | 'always';
  /** Milliseconds before the first restart, doubled for each further one. Default 200. */
  readonly delay?: number;
  /** The longest delay, in milliseconds. Default 30 000. */
  readonly maxDelay?: number;
  /** Restarts in a row after which the daemon is not started again. Default: no limit. */
  readonly limit?: number;
  /** Milliseconds that a daemon must run for `delay` and `limit` to count from the beginning again. Default 60 000. */
  readonly soundAfter?: number;
}

/** The back-off of one daemon. */
export class Restarts {
  readonly #policy: Required<RestartPolicy>;
  #count = 0;

  constructor(policy: RestartPolicy = {}) {
    this.#policy = { ...DEFAULTS, ...policy };
  }

  /** Milliseconds after which to restart a daemon that ended with `code` after `time` milliseconds; undefined = never. */
  next(code: number, time: number): number | undefined {
    const { when, delay, maxDelay, limit, soundAfter } = this.#policy;
    if (when === 'never' || (when === 'on-failure' && code === 0)) return undefined;
    if (time >= soundAfter) this.#count = 0;
    if (this.#count >= limit) return undefined;
    return Math.min(delay * 2 ** this.#count++, maxDelay);
  }
}

const DEFAULTS: Required<RestartPolicy> = {
  when: 'on-failure',
  delay: 200,
  maxDelay: 30_000,
  limit: Number.POSITIVE_INFINITY,
  soundAfter: 60_000,
};
