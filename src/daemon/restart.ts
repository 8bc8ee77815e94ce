/** Restart: whether a daemon that has ended is started again, and after how long. */

/** When to start a daemon again. */
export interface RestartPolicy {
  /** Default `on-failure`: when its exit code is not 0. */
  readonly when?: 'never' | 'on-failure' | 'always';
  /** Milliseconds before the first restart; twice as many before each further one. Default 200. */
  readonly delay?: number;
  /** The longest delay. Default 30 000. */
  readonly maxDelay?: number;
  /** So many restarts in a row, then it is given up. Default: no limit. */
  readonly limit?: number;
  /** Milliseconds after which a daemon that runs is taken for sound, and the delay begins anew. Default 60 000. */
  readonly soundAfter?: number;
}

/** The back-off of one daemon. */
export class Restarts {
  readonly #policy: Required<RestartPolicy>;
  #count = 0;

  constructor(policy: RestartPolicy = {}) {
    this.#policy = { ...DEFAULTS, ...policy };
  }

  /** It ended with `code` after `time` milliseconds: after how many to start it again; undefined = not at all. */
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
