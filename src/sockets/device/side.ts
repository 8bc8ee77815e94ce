/** Side: describes a socket of a device in a form that can be sent to another thread or process, and opens it. */

import { hasOption, type OpenSocket, openSocket, type SocketName } from '../api/open.ts';
import type { AnyOptions } from '../api/socket-options.ts';
import type { Context } from '../core/context.ts';

/** The socket types that a side of a device may have, by their names on the wire in lower case. */
export type SideType = SocketName;

/** Options of a socket, by property name. */
export type SideSettings = AnyOptions;

/** Endpoints and options of one side of a device. */
export interface SideEnds {
  /** Endpoints to bind. Default none. */
  bind?: string | readonly string[];
  /** Endpoints to connect to. Default none. */
  connect?: string | readonly string[];
  /**
   * Options, by property name. Here `linger` is 1000 ms by default, so that `stop` comes to an end, and `routingId` may be given
   * to any type, as in libzmq.
   */
  options?: SideSettings;
  /** SUB only: prefixes to subscribe to. Default: the empty prefix, which is everything. */
  subscribe?: string | readonly string[];
}

/** One side of a device: socket type, endpoints and options. */
export interface Side extends SideEnds {
  /** The type of the side's socket. */
  type: SideType;
}

/** The sockets of a device; can be sent to another thread or process. */
export interface DevicePlan {
  in: Side;
  out: Side;
  /** Sends a copy of every message: PUB, PUSH, PAIR, DEALER or XPUB. */
  monitor?: Side | undefined;
  /** Part put in front of each copy: of messages from `in`, of messages from `out`. */
  prefixes?: readonly [front: string, back: string] | undefined;
  /** Receives the commands of `zmq_proxy_steerable`: REP, PAIR, PULL, SUB or ROUTER. */
  control?: Side | undefined;
}

/** The endpoints of a device's sockets, in the order of the plan: bound ones with actual ports, then connected ones. */
export interface DeviceEndpoints {
  /** Endpoints of the front side. */
  readonly in: readonly string[];
  /** Endpoints of the back side. */
  readonly out: readonly string[];
  /** Endpoints of the monitor; empty without one. */
  readonly monitor: readonly string[];
  /** Endpoints of the control socket; empty without one. */
  readonly control: readonly string[];
}

/**
 * Opens the socket that `side` describes, binds and connects it.
 * @throws SocketError what the constructor, `bind` and `connect` throw; then no socket stays open
 */
export function openSide(side: Side, context: Context | undefined): Promise<OpenSocket> {
  const options: Record<string, unknown> = { linger: LINGER };
  for (const [name, value] of Object.entries(side.options ?? {})) {
    // libzmq accepts a routing id on every socket, and only some types send it to their peers.
    if (name === 'routingId' && !hasOption(side.type, name)) continue;
    // A Buffer that was sent from another thread arrives as a Uint8Array.
    options[name] = value instanceof Uint8Array ? Buffer.from(value) : value;
  }
  if (context !== undefined) Object.assign(options, { context });
  return openSocket({ ...side, options });
}

const LINGER = 1_000;
