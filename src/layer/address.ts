/** Address: endpoints of hubs and producers, seen from the other side. */

import { type Context, SocketError } from '../sockets/index.ts';
import { LayerError } from './errors.ts';

/** What all sockets of a layer are made with. */
export interface LayerSocketOptions {
  context?: Context;
  heartbeatInterval?: number;
  heartbeatTimeout?: number;
  maxMessageSize?: number;
}

/** A process that says nothing for `heartbeatInterval + heartbeatTimeout` ms is taken for dead. */
export function socketOptions(
  context: Context | undefined,
  maxMessageSize: number,
): LayerSocketOptions {
  return {
    ...(context !== undefined && { context }),
    heartbeatInterval: 5000,
    heartbeatTimeout: 15_000,
    // With room for names, headers and what encryption adds.
    maxMessageSize: maxMessageSize === Number.POSITIVE_INFINITY ? -1 : maxMessageSize + 1_048_576,
  };
}

/** Where to connect to what is bound to `address`: `tcp://*:5555` is here at 127.0.0.1. */
export function toConnect(address: string): string {
  return address.replace(/^tcp:\/\/(\*|0\.0\.0\.0)(?=:)/, 'tcp://127.0.0.1');
}

/** What a failed bind means to the user of a layer. */
export function addressInUse(error: unknown, address: string): unknown {
  if (!(error instanceof SocketError) || error.code !== 'EADDRINUSE') return error;
  return new LayerError(
    'ERR_ADDRESS_IN_USE',
    `another process sends at ${address}: an embedded layer has one producer. ` +
      'Use DedicatedLayer with a Hub to send from several',
    { cause: error },
  );
}
