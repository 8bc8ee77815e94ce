/** Verdict: what the authenticator decides about a peer, and how that changes the peer's metadata (RFC 27). */

import { ZmtpError } from './errors.ts';
import type { Metadata } from './metadata.ts';

/** The decision of the authenticator about a peer. */
export interface Verdict {
  /** 200 = admitted, 300 = not now, 400 = refused, 500 = the authenticator failed (RFC 27). */
  readonly status: number;
  /** Goes into the peer's metadata as `User-Id`. */
  readonly userId?: string;
  /** Goes into the peer's metadata, over what the peer announced itself. */
  readonly metadata?: Metadata;
  /** The reason, for the log of this side; the peer is sent the status only. */
  readonly cause?: unknown;
}

/** The properties that the peer announced, overridden by those of the verdict. */
export function withVerdict(announced: Metadata, verdict: Verdict | undefined): Metadata {
  const found = new Map(verdict?.metadata);
  if (verdict?.userId !== undefined) found.set('User-Id', Buffer.from(verdict.userId));
  const taken = new Set(
    [...found.keys(), ...RESERVED_PROPERTIES].map((name) => name.toLowerCase()),
  );
  let forged = false;
  for (const name of announced.keys()) if (taken.has(name.toLowerCase())) forged = true;
  if (found.size === 0 && !forged) return announced;
  const kept = [...announced].filter(([name]) => !taken.has(name.toLowerCase()));
  return new Map([...kept, ...found]);
}

/** The error of a peer that is not admitted, with the status of the verdict. */
export function denied({ status, cause }: Verdict): ZmtpError {
  const error = new ZmtpError(
    'ERR_ZMTP_DENIED',
    `peer was denied with status ${status}`,
    'peer',
    status,
  );
  if (cause !== undefined) error.cause = cause;
  return error;
}

/** Metadata a peer must not set itself: reserved for the authenticator and for us. */
const RESERVED_PROPERTIES = ['User-Id', 'Peer-Address'];
