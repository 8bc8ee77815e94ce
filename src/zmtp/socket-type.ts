/**
 * The socket types that ZMTP names, and which may talk to which (RFC 37, "Socket Types"; RFC 41 for SERVER and CLIENT,
 * RFC 48 for RADIO and DISH, RFC 49 for SCATTER and GATHER, RFC 51 and 52 for PEER and CHANNEL).
 */

import { ZmtpError } from './errors.ts';

/** A socket type as the `Socket-Type` property spells it. */
export type SocketType =
  | 'PAIR'
  | 'PUB'
  | 'SUB'
  | 'REQ'
  | 'REP'
  | 'DEALER'
  | 'ROUTER'
  | 'PULL'
  | 'PUSH'
  | 'XPUB'
  | 'XSUB'
  | 'SERVER'
  | 'CLIENT'
  | 'RADIO'
  | 'DISH'
  | 'GATHER'
  | 'SCATTER'
  | 'PEER'
  | 'CHANNEL';

/** What ZMTP has to know about a socket type. */
export interface SocketTypeTraits {
  /** The types that it may talk to. */
  readonly partners: readonly string[];
  /** Whether it publishes: it receives SUBSCRIBE and CANCEL from its peers. */
  readonly publishes?: boolean;
  /** Whether it sends subscriptions: SUBSCRIBE and CANCEL in ZMTP 3.1. */
  readonly subscribes?: boolean;
  /** Whether it sends to groups: it receives JOIN and LEAVE from its peers, but no messages. */
  readonly hasMembers?: boolean;
  /** Whether it joins groups: it sends JOIN and LEAVE only. */
  readonly joins?: boolean;
  /** Whether its READY or INITIATE has an `Identity` property (RFC 37: REQ, DEALER, ROUTER). */
  readonly announcesIdentity?: boolean;
}

/** Whether `name` is one of the types below; the comparison is exact, as libzmq's. */
export function isSocketType(name: string): name is SocketType {
  return Object.hasOwn(ROWS, name);
}

/** What ZMTP has to know about `type`. */
export function traitsOf(type: SocketType): SocketTypeTraits {
  return ROWS[type];
}

/**
 * Checks that a socket of type `local` may talk to a peer of type `peer`.
 * @throws ZmtpError `ERR_ZMTP_SOCKET_TYPE`
 */
export function checkPartner(local: SocketType, peer: string): void {
  const { partners } = traitsOf(local);
  if (partners.includes(peer)) return;
  throw new ZmtpError(
    'ERR_ZMTP_SOCKET_TYPE',
    `peer is a ${JSON.stringify(peer.slice(0, 32))} socket, ${local} talks to ${partners.join(', ')}`,
  );
}

const ROWS: Readonly<Record<SocketType, SocketTypeTraits>> = {
  PAIR: { partners: ['PAIR'] },
  PUB: { partners: ['SUB', 'XSUB'], publishes: true },
  SUB: { partners: ['PUB', 'XPUB'], subscribes: true },
  REQ: { partners: ['REP', 'ROUTER'], announcesIdentity: true },
  REP: { partners: ['REQ', 'DEALER'] },
  DEALER: { partners: ['REP', 'DEALER', 'ROUTER'], announcesIdentity: true },
  ROUTER: { partners: ['REQ', 'DEALER', 'ROUTER'], announcesIdentity: true },
  PULL: { partners: ['PUSH'] },
  PUSH: { partners: ['PULL'] },
  XPUB: { partners: ['SUB', 'XSUB'], publishes: true },
  XSUB: { partners: ['PUB', 'XPUB'], subscribes: true },
  SERVER: { partners: ['CLIENT'] },
  CLIENT: { partners: ['SERVER'] },
  RADIO: { partners: ['DISH'], hasMembers: true },
  DISH: { partners: ['RADIO'], joins: true },
  GATHER: { partners: ['SCATTER'] },
  SCATTER: { partners: ['GATHER'] },
  PEER: { partners: ['PEER'] },
  CHANNEL: { partners: ['CHANNEL'] },
};
