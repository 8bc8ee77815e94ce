/** Opens the socket that a description names: its type, options, subscriptions and endpoints. */

import { SOCKET_TYPES } from '../core/socket-type.ts';
import { SocketError } from '../errors.ts';
import { Dealer } from './dealer.ts';
import { Pair } from './pair.ts';
import { Publisher } from './publisher.ts';
import { Pull } from './pull.ts';
import { Push } from './push.ts';
import { Reply } from './reply.ts';
import { Request } from './request.ts';
import { Router } from './router.ts';
import { Subscriber } from './subscriber.ts';
import { XPublisher } from './xpublisher.ts';
import { XSubscriber } from './xsubscriber.ts';

/** The socket class of each type name, which is the name on the wire in lower case. */
export interface SocketsByName {
  /** PAIR. */
  pair: Pair;
  /** PUB. */
  pub: Publisher;
  /** SUB. */
  sub: Subscriber;
  /** REQ. */
  req: Request;
  /** REP. */
  rep: Reply;
  /** DEALER. */
  dealer: Dealer;
  /** ROUTER. */
  router: Router;
  /** PULL. */
  pull: Pull;
  /** PUSH. */
  push: Push;
  /** XPUB. */
  xpub: XPublisher;
  /** XSUB. */
  xsub: XSubscriber;
}

/** A socket type by its name on the wire, in lower case: `push`, `xsub`. STREAM and the draft types are not included. */
export type SocketName = keyof SocketsByName;

const CLASSES: { readonly [N in SocketName]: new (options: object) => SocketsByName[N] } = {
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
};

/** The names of the socket types that `openSocket` can open. */
export const SOCKET_NAMES: readonly SocketName[] = Object.keys(CLASSES) as SocketName[];

/** Describes the socket that `openSocket` opens; it can be read from a configuration file. */
export interface SocketDescription<N extends SocketName = SocketName> {
  /** The socket type. */
  readonly type: N;
  /** Endpoints to bind, in this order. Default none. */
  readonly bind?: string | readonly string[] | undefined;
  /** Endpoints to connect to, after all are bound. Default none. */
  readonly connect?: string | readonly string[] | undefined;
  /** SUB only: prefixes to subscribe to; an empty list = none. Default: the empty prefix, which is everything. */
  readonly subscribe?: string | readonly string[] | undefined;
  /** Options for the socket's constructor, by property name. Default none. */
  readonly options?: object | undefined;
}

/** A socket that `openSocket` has opened. */
export interface OpenSocket<N extends SocketName = SocketName> {
  /** The socket. */
  readonly socket: SocketsByName[N];
  /** The endpoints that were bound, with the actual ports, then those that were connected. */
  readonly endpoints: readonly string[];
}

/**
 * Opens the socket that `description` names: constructs it, subscribes, binds each endpoint, then connects to each. Rejects with
 * `EINVAL` for an unknown type, and with what the constructor, `bind` and `connect` throw; then no socket stays open.
 */
export async function openSocket<const N extends SocketName>(
  description: SocketDescription<N>,
): Promise<OpenSocket<N>> {
  const { type, options = {}, subscribe = '', bind, connect } = description;
  if (!Object.hasOwn(CLASSES, type)) throw unknownType(type);
  const socket = new CLASSES[type](options);
  const endpoints: string[] = [];
  try {
    const prefixes = listed(subscribe);
    // `subscribe()` without arguments subscribes to everything.
    if (socket instanceof Subscriber && prefixes.length > 0) socket.subscribe(...prefixes);
    for (const address of listed(bind)) {
      await socket.bind(address);
      endpoints.push(socket.lastEndpoint ?? address);
    }
    for (const address of listed(connect)) {
      socket.connect(address);
      endpoints.push(address);
    }
    return { socket, endpoints };
  } catch (error) {
    socket.close();
    throw error;
  }
}

/** Whether sockets of this type have the option `name`. */
export function hasOption(type: SocketName, name: string): boolean {
  const spec = SOCKET_TYPES.find((each) => each.name === type.toUpperCase());
  return spec?.optionNames.some((each) => each === name) ?? false;
}

/** `texts` as an array: one string becomes an array of one, undefined an empty array. */
export function listed(texts: string | readonly string[] | undefined): readonly string[] {
  if (texts === undefined) return [];
  return typeof texts === 'string' ? [texts] : texts;
}

function unknownType(type: unknown): SocketError {
  return new SocketError('EINVAL', {
    message: `Invalid argument: no socket type ${JSON.stringify(type)} here, expected one of ${SOCKET_NAMES.join(', ')}`,
  });
}
