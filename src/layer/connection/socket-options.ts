/** Socket options: the options of a layer's sockets, and how these report refusals. */

import { type Context, type Socket, SocketError } from '../../sockets/index.ts';
import { LayerError } from '../errors.ts';
import { type SecurityOptions, type SecuritySocketOptions, securityOf } from './security.ts';

/** Options of layers and hubs for their sockets. */
export interface ConnectionOptions extends SecurityOptions {
  /** The context of their sockets. Default: the global one. */
  context?: Context;
}

/** Options that all sockets of a layer have in common. */
export interface LayerSocketOptions extends SecuritySocketOptions {
  context?: Context;
  heartbeatInterval?: number;
  heartbeatTimeout?: number;
  maxMessageSize?: number;
}

/**
 * The options of a socket that listens (`server`) or connects (`client`). A silent process is disconnected after 15 000 to
 * 20 000 ms, a silent server after 7000 to 10 000 ms: on a connection that is dead in one direction or both the process gives up
 * first, and is back before the server gives its messages to others.
 * @throws LayerError `ERR_INVALID_OPTION`
 */
export function socketOptions(
  options: ConnectionOptions,
  maxMessageSize: number,
  role: 'server' | 'client',
): LayerSocketOptions {
  const { context } = options;
  return {
    ...(context !== undefined && { context }),
    ...securityOf(options, role),
    heartbeatInterval: role === 'server' ? 5000 : 3000,
    heartbeatTimeout: role === 'server' ? 15_000 : 7000,
    // With room for names, headers and what encryption adds.
    maxMessageSize: maxMessageSize === Number.POSITIVE_INFINITY ? -1 : maxMessageSize + 1_048_576,
  };
}

/** Calls `refused` of `host` for each peer that `socket` refuses, and for each that refuses it. */
export function reportRefusals(
  socket: Socket,
  host: { refused(address: string, error: Error): void },
): void {
  const report = ({ address, error }: { address: string; error: Error }): void => {
    host.refused(address, error);
  };
  const reportCause = ({ address, error }: { address: string; error: Error }): void => {
    host.refused(address, error.cause instanceof Error ? error.cause : error);
  };
  socket.events.on('handshake:error:auth', report);
  socket.events.on('handshake:error:protocol', reportCause);
  socket.events.on('handshake:error:other', report);
  socket.events.on('accept:error', report);
}

/** The endpoint to connect to for one that is bound to `address`: `tcp://*:5555` is reached at 127.0.0.1. */
export function toConnect(address: string): string {
  return address.replace(/^tcp:\/\/(\*|0\.0\.0\.0)(?=:)/, 'tcp://127.0.0.1');
}

/** The error of a failed bind, as a LayerError where the address is in use. */
export function addressInUse(error: unknown, address: string): unknown {
  if (!(error instanceof SocketError) || error.code !== 'EADDRINUSE') return error;
  return new LayerError(
    'ERR_ADDRESS_IN_USE',
    `another process sends at ${address}: an embedded layer has one producer. ` +
      'Use DedicatedLayer with a Hub to send from several',
    { cause: error },
  );
}
