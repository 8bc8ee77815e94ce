/** The door `zeromq-pure/v5-compat`: the API of zeromq.js 5, for programs that were written for it. */

import { curveKeyPair, version as ours } from '../index.ts';

export type { Callback, SocketType } from './bridge.ts';
export * from './constants.ts';
export { Context } from './context.ts';
export { type OptionInput, type OptionName, type OptionOutput, options } from './options.ts';
export { proxy } from './proxy.ts';
export {
  createSocket,
  createSocket as socket,
  type OptionProperties,
  Socket,
  type SocketConstructor,
} from './socket.ts';

/** The version of libzmq whose behaviour this is. */
export const version: string = ours;

/** A new pair of keys for CURVE, each 40 characters of Z85. */
export function curveKeypair(): { public: string; secret: string } {
  const { publicKey, secretKey } = curveKeyPair();
  return { public: publicKey, secret: secretKey };
}
