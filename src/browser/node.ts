/** Node: in place of the few functions of Node's modules that are called here and have one answer in a page. */

/** `node:net`: no IP address is seen in a page. */
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

/** `node:os`: with one processor the event loop is not kept awake. */
export function availableParallelism(): number {
  return 1;
}

/** `node:util`: the logger, which is silent. */
export function debuglog(): () => void {
  return () => {};
}

/** A class without objects in a page that is not isolated, where `SharedArrayBuffer` is missing. */
const SharedMemory: SharedArrayBufferConstructor | (new () => object) =
  globalThis.SharedArrayBuffer ?? class {};

export { SharedMemory as SharedArrayBuffer };
