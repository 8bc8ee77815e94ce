/** ZmtpError: why a connection failed, and whose fault that is. */

export class ZmtpError extends Error {
  /** Which rule was broken. */
  readonly code: ZmtpErrorCode;
  /** `peer`: it broke the protocol. `local`: this side asked for something impossible. */
  readonly fault: 'peer' | 'local';
  /** The status of RFC 27 with which one side refused the other: 300, 400 or 500. */
  declare readonly status?: number;

  constructor(
    code: ZmtpErrorCode,
    message: string,
    fault: 'peer' | 'local' = 'peer',
    status?: number,
  ) {
    super(message);
    this.name = 'ZmtpError';
    this.code = code;
    this.fault = fault;
    if (status !== undefined) this.status = status;
  }
}

/**
 * The first group are the codes of zeromq.js for libzmq's monitor values (`ZMQ_PROTOCOL_ERROR_ZMTP_*`);
 * the second are ours, for cases in which libzmq closes the connection without a reason, or keeps it.
 */
export type ZmtpErrorCode =
  | 'ERR_ZMTP_UNSPECIFIED'
  | 'ERR_ZMTP_UNEXPECTED_COMMAND'
  | 'ERR_ZMTP_MALFORMED_COMMAND_UNSPECIFIED'
  | 'ERR_ZMTP_INVALID_SEQUENCE'
  | 'ERR_ZMTP_KEY_EXCHANGE'
  | 'ERR_ZMTP_CRYPTOGRAPHIC'
  | 'ERR_ZMTP_MALFORMED_COMMAND_HELLO'
  | 'ERR_ZMTP_MALFORMED_COMMAND_WELCOME'
  | 'ERR_ZMTP_MALFORMED_COMMAND_INITIATE'
  | 'ERR_ZMTP_MALFORMED_COMMAND_MESSAGE'
  | 'ERR_ZMTP_MALFORMED_COMMAND_ERROR'
  | 'ERR_ZMTP_MALFORMED_COMMAND_READY'
  | 'ERR_ZMTP_INVALID_METADATA'
  | 'ERR_ZMTP_MECHANISM_MISMATCH'
  | 'ERR_ZMTP_NOT_ZMTP'
  | 'ERR_ZMTP_VERSION_UNSUPPORTED'
  | 'ERR_ZMTP_SOCKET_TYPE'
  | 'ERR_ZMTP_REFUSED_BY_PEER'
  | 'ERR_ZMTP_DENIED'
  | 'ERR_ZMTP_HANDSHAKE_TIMEOUT'
  | 'ERR_ZMTP_HEARTBEAT_TIMEOUT'
  | 'ERR_ZMTP_MALFORMED_PING'
  | 'ERR_ZMTP_MALFORMED_MESSAGE'
  | 'ERR_ZMTP_FRAME_TOO_LARGE'
  | 'ERR_ZMTP_TOO_MANY_PARTS'
  | 'ERR_WS_UPGRADE'
  | 'ERR_ZAP_MALFORMED_REPLY'
  | 'ERR_ZAP_BAD_REQUEST_ID'
  | 'ERR_ZAP_BAD_VERSION'
  | 'ERR_ZAP_INVALID_STATUS_CODE'
  | 'ERR_ZAP_INVALID_METADATA';
