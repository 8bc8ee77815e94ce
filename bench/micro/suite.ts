/** Suite: small operations side by side, each with its price. */

/** Some operations that answer one question. */
export interface Suite {
  readonly name: string;
  /** The rule on the hot path that it is about. */
  readonly rule: string;
  readonly cases: readonly Case[];
}

/** One operation. */
export interface Case {
  readonly name: string;
  /** Does it `BATCH` times: once alone would be shorter than the clock can tell. */
  run(): void | Promise<void>;
  /** How often it really does it, where that is not `BATCH`. */
  readonly times?: number;
}

/** Operations in one call of `run`. */
export const BATCH = 1000;

/** Where results go, so that no compiler may leave the work out. */
export const sink: { value: unknown } = { value: undefined };
