/** Side: the description of one socket of a device, which can be sent to another thread or process, and the socket made of it. */

import { Dealer } from '../api/dealer.ts';
import { Pair } from '../api/pair.ts';
import { Publisher } from '../api/publisher.ts';
import { Pull } from '../api/pull.ts';
import { Push } from '../api/push.ts';
import { Reply } from '../api/reply.ts';
import { Request } from '../api/request.ts';
import { Router } from '../api/router.ts';
import type { Socket } from '../api/socket.ts';
import type { OptionInput } from '../api/socket-options.ts';
import { Subscriber } from '../api/subscriber.ts';
import { XPublisher } from '../api/xpublisher.ts';
import { XSubscriber } from '../api/xsubscriber.ts';
import type { Context } from '../core/context.ts';
import { SocketError } from '../errors.ts';
import type { OptionValues } from '../options/options.ts';

/** The socket types a device may have, by the names they have on the wire, in small letters. */
export type SideType =
  | 'pair'
  | 'pub'
  | 'sub'
  | 'req'
  | 'rep'
  | 'dealer'
  | 'router'
  | 'pull'
  | 'push'
  | 'xpub'
  | 'xsub';

/** Options of a socket, by their names as properties. */
export type SideSettings = { [K in keyof OptionValues]?: OptionInput<K, OptionValues[K]> };

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

/** A side in being. */
export interface OpenSide {
  readonly socket: Socket;
  /** Where it really listens, then what it connects to. */
  readonly endpoints: readonly string[];
}

/**
 * The socket that `side` describes, set up, bound and connected.
 * @throws SocketError what the constructor, `bind` and `connect` throw; then nothing stays open
 */
export async function openSide(side: Side, context: Context | undefined): Promise<OpenSide> {
  const socket = makeSocket(side, context);
  const endpoints: string[] = [];
  try {
    if (socket instanceof Subscriber) socket.subscribe(...listed(side.subscribe ?? ''));
    for (const address of listed(side.bind)) {
      await socket.bind(address);
      endpoints.push(socket.lastEndpoint ?? address);
    }
    for (const address of listed(side.connect)) {
      socket.connect(address);
      endpoints.push(address);
    }
    return { socket, endpoints };
  } catch (error) {
    socket.close();
    throw error;
  }
}

/** One text or several, as several. */
export function listed(texts: string | readonly string[] | undefined): readonly string[] {
  if (texts === undefined) return [];
  return typeof texts === 'string' ? [texts] : texts;
}

function makeSocket({ type, options = {} }: Side, context: Context | undefined): Socket {
  const Class = CLASSES[type] as (new (options: object) => Socket) | undefined;
  if (Class === undefined) {
    throw new SocketError('EINVAL', { message: `Invalid argument: no socket type ${type} here` });
  }
  const given: Record<string, unknown> = { linger: LINGER };
  for (const [name, value] of Object.entries(options)) {
    // libzmq lets every socket have one, and only some types tell it to their peers.
    if (name === 'routingId' && !(name in Class.prototype)) continue;
    // On its way from another thread a Buffer has become plain octets.
    given[name] = value instanceof Uint8Array ? Buffer.from(value) : value;
  }
  return new Class(context === undefined ? given : { ...given, context });
}

const LINGER = 1_000;

const CLASSES = {
  pair: Pair,
  pub: Publisher,
  sub: Subscriber,
  req: Request,
  rep: Reply,
  dealer: Dealer,
  router: Router,
  pull: Pull,
  push: Push,
  xpub: XPublisher,
  xsub: XSubscriber,
} satisfies Record<SideType, unknown>;
