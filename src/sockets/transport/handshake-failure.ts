/** The monitor event for a connection that ended before its handshake did. */

import { ZmtpError, type ZmtpErrorCode } from '../../zmtp/index.ts';
import { SocketError } from '../errors.ts';
import type { AuthenticationError, Event, EventError } from '../events.ts';

/**
 * As libzmq sorts them: protocol violations, refusals with a status code, and anything else. `hint` is added to the
 * message of the latter, where the peer has ended the connection without a reason.
 */
export function handshakeFailure(address: string, error: Error | undefined, hint?: string): Event {
  if (error instanceof ZmtpError) {
    const { status } = error;
    if (status !== undefined) {
      const cause = error.cause ?? error;
      const refusal = Object.assign(new Error(STATUS_TEXTS[status], { cause }), {
        code: error.code,
        status: status as AuthenticationError['status'],
      });
      return { type: 'handshake:error:auth', address, error: refusal };
    }
    if (error.code === 'ERR_ZMTP_HANDSHAKE_TIMEOUT') {
      return { type: 'handshake:error:other', address, error };
    }
    return { type: 'handshake:error:protocol', address, error: inTheWordsOfZeromqJs(error) };
  }
  const other = (error as EventError | undefined) ?? new SocketError('ECONNRESET');
  if (hint !== undefined) {
    const hinted = new Error(`${other.message}: ${hint}`, { cause: other });
    const { code, errno } = other;
    const detailed = Object.assign(hinted, { code, ...(errno !== undefined && { errno }) });
    return { type: 'handshake:error:other', address, error: detailed };
  }
  return { type: 'handshake:error:other', address, error: other };
}

/** Whether the peer was silent for too long, in the handshake or after it, rather than wrong. */
export function isTimeout(error: Error | undefined): boolean {
  return (
    error instanceof ZmtpError &&
    (error.code === 'ERR_ZMTP_HANDSHAKE_TIMEOUT' || error.code === 'ERR_ZMTP_HEARTBEAT_TIMEOUT')
  );
}

/** Its users' tests compare the text, which is one for all. What was wrong is the `cause`. */
function inTheWordsOfZeromqJs(error: ZmtpError): ZmtpError {
  const { code, fault } = error;
  if (OURS.has(code)) return error;
  const protocol = code.includes('ZAP') ? 'ZAP' : 'ZMTP';
  const plain = new ZmtpError(code, `${protocol} protocol error`, fault);
  plain.cause = error;
  return plain;
}

/** Codes that no program knows from zeromq.js, since libzmq says nothing then. */
const OURS: ReadonlySet<ZmtpErrorCode> = new Set<ZmtpErrorCode>([
  'ERR_ZMTP_NOT_ZMTP',
  'ERR_ZMTP_VERSION_UNSUPPORTED',
  'ERR_ZMTP_SOCKET_TYPE',
  'ERR_ZMTP_REFUSED_BY_PEER',
  'ERR_ZMTP_DENIED',
  'ERR_ZMTP_FRAME_TOO_LARGE',
  'ERR_ZMTP_TOO_MANY_PARTS',
  'ERR_ZMTP_MALFORMED_MESSAGE',
  'ERR_ZMTP_MALFORMED_PING',
  'ERR_WS_UPGRADE',
]);

const STATUS_TEXTS: Record<number, string> = {
  300: 'Temporary error',
  400: 'Authentication failure',
  500: 'Internal error',
};
