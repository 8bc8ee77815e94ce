/** Versions: of this package, and of the libzmq whose behaviour it has. */

/** The version of libzmq whose behaviour this package has, for programs written for zeromq.js. Its own is `packageVersion`. */
export const version: string = '4.3.5';

/** The version of this package. */
export const packageVersion: string = '0.1.0';
