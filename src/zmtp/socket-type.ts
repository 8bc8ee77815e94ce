/**
 * The socket types that ZMTP names, and which may talk to which (RFC 37, "Socket Types"; RFC 41 for SERVER and CLIENT, RFC 49
 * for SCATTER and GATHER).
 */

import { ZmtpError } from './errors.ts';

/** A socket type as the `Socket-Type` property spells it. */
export type SocketType = keyof typeof PARTNERS;

/** Whether `name` is one of the types below; the comparison is exact, as libzmq's. */
export function isSocketType(name: string): name is SocketType {
  return Object.hasOwn(PARTNERS, name);
}

/**
 * Refuse a peer whose type cannot talk to ours.
 * @throws ZmtpError `ERR_ZMTP_SOCKET_TYPE`
 */
export function checkPartner(local: SocketType, peer: string): void {
  if (isSocketType(peer) && (PARTNERS[local] as readonly string[]).includes(peer)) return;
  throw new ZmtpError(
    'ERR_ZMTP_SOCKET_TYPE',
    `peer is a ${JSON.stringify(peer.slice(0, 32))} socket, ${local} talks to ${PARTNERS[local].join(', ')}`,
  );
}

const PARTNERS = {
  PAIR: ['PAIR'],
  PUB: ['SUB', 'XSUB'],
  SUB: ['PUB', 'XPUB'],
  REQ: ['REP', 'ROUTER'],
  REP: ['REQ', 'DEALER'],
  DEALER: ['REP', 'DEALER', 'ROUTER'],
  ROUTER: ['REQ', 'DEALER', 'ROUTER'],
  PULL: ['PUSH'],
  PUSH: ['PULL'],
  XPUB: ['SUB', 'XSUB'],
  XSUB: ['PUB', 'XPUB'],
  SERVER: ['CLIENT'],
  CLIENT: ['SERVER'],
  GATHER: ['SCATTER'],
  SCATTER: ['GATHER'],
} as const;
