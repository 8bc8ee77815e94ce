/** Versions: of this package, and of what it behaves like. */

/** The version of libzmq whose behaviour this is; users of zeromq.js compare it. Ours is `packageVersion`. */
export const version: string = '4.3.5';

/** The version of this package. */
export const packageVersion: string = '0.1.0';
