/** Side: the description of one socket of a device, and of all of them, to be sent to another thread or process; and the socket made of it. */

import { type OpenSocket, openSocket, type SocketName } from '../api/open.ts';
import type { AnyOptions } from '../api/socket-options.ts';
import type { Context } from '../core/context.ts';
import { SOCKET_TYPES } from '../core/socket-type.ts';

/** The socket types a device may have, by the names they have on the wire, in small letters. */
export type SideType = SocketName;

/** Options of a socket, by their names as properties. */
export type SideSettings = AnyOptions;

/** Where one side of a device listens and connects, and how it is set up. */
export interface SideEnds {
  /** Endpoints to listen on. */
  bind?: string | readonly string[];
  /** Endpoints to connect to. */
  connect?: string | readonly string[];
  /**
   * Options, by their names. `linger` is 1000 here by default, so that `stop` comes to an end; `routingId` may be given to any
   * type, as in libzmq.
   */
  options?: SideSettings;
  /** SUB only: what it receives. Default: everything. */
  subscribe?: string | readonly string[];
}

/** One side of a device, whole. */
export interface Side extends SideEnds {
  /** The type of its socket. */
  type: SideType;
}

/** All that makes a device; can be sent to another thread or process. */
export interface DevicePlan {
  in: Side;
  out: Side;
  /** Is sent a copy of every message: PUB, PUSH, PAIR, DEALER or XPUB. */
  monitor?: Side | undefined;
  /** What is put in front of each copy: of messages from `in`, of messages from `out`. */
  prefixes?: readonly [front: string, back: string] | undefined;
  /** Takes the commands of libzmq's steerable proxy: REP, PAIR, PULL, SUB or ROUTER. */
  control?: Side | undefined;
}

/** Where the sockets of a device really listen, and what they connect to: in the order of the plan. */
export interface DeviceEndpoints {
  /** Of the side that takes requests. */
  readonly in: readonly string[];
  /** Of the side that takes what comes out. */
  readonly out: readonly string[];
  /** Of the monitor. */
  readonly monitor: readonly string[];
  /** Of the control socket. */
  readonly control: readonly string[];
}

/**
 * Opens the socket that `side` describes: set up, bound and connected.
 * @throws SocketError what the constructor, `bind` and `connect` throw; then nothing stays open
 */
export function openSide(side: Side, context: Context | undefined): Promise<OpenSocket> {
  const options: Record<string, unknown> = { linger: LINGER };
  for (const [name, value] of Object.entries(side.options ?? {})) {
    // libzmq lets every socket have one, and only some types tell it to their peers.
    if (name === 'routingId' && !hasRoutingId(side.type)) continue;
    // On its way from another thread a Buffer has become plain octets.
    options[name] = value instanceof Uint8Array ? Buffer.from(value) : value;
  }
  if (context !== undefined) Object.assign(options, { context });
  return openSocket({ ...side, options });
}

function hasRoutingId(type: SideType): boolean {
  const spec = SOCKET_TYPES.find((each) => each.name === type.toUpperCase());
  return spec?.optionNames.includes('routingId') ?? false;
}

const LINGER = 1_000;
