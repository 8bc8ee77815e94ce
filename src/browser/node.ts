/** Node: in place of the few functions of its modules that are asked here, and have one answer in a page. */

/** Of `node:net`: addresses do not come up. */
export function isIP(): number {
  return 0;
}

export function isIPv4(): boolean {
  return false;
}

export function isIPv6(): boolean {
  return false;
}

export class BlockList {}

/** Of `node:os`: a page does not keep its event loop awake. */
export function availableParallelism(): number {
  return 1;
}

/** Of `node:util`. */
export function debuglog(): () => void {
  return () => {};
}

/** A page that is not isolated has no shared memory. */
const SharedMemory: SharedArrayBufferConstructor | (new () => object) =
  globalThis.SharedArrayBuffer ?? class {};

export { SharedMemory as SharedArrayBuffer };
