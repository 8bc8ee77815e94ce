/** CI: what may be missing on the machine of somebody, and not where all tests must run. */

/**
 * `why` a test cannot run here; false if it can.
 * @throws where `CI` is `true`: nothing must be skipped there in silence
 */
export function skipped(why: string | false): string | false {
  if (why !== false && process.env['CI'] === 'true') {
    throw new Error(`${why}, and CI must not skip these tests`);
  }
  return why;
}
