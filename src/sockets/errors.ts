/** SocketError: the error that a call on a socket throws or rejects with, told apart by `code`. */

/**
 * A failed call. `code` is the name libzmq users know, `errno` its number (Linux values; `EFSM`,
 * `ENOCOMPATPROTO`, `ETERM` are libzmq's own), `address` the endpoint as given where there is one.
 */
export class SocketError extends Error {
  /** The name of the error, of the system or of libzmq: `EAGAIN`. */
  readonly code: SocketErrorCode;
  /** The number of `code`: that of Linux, or libzmq's own. */
  readonly errno: number;
  /** The endpoint of the call, as given. */
  declare readonly address?: string;
  /** Number of messages of a `sendMany` that were accepted before it failed. */
  declare readonly sentCount?: number;

  constructor(code: SocketErrorCode, detail: SocketErrorDetail = {}) {
    super(detail.message ?? TEXTS[code], detail.cause === undefined ? {} : { cause: detail.cause });
    this.code = code;
    this.errno = ERRNO[code];
    if (detail.address !== undefined) this.address = detail.address;
    if (detail.sentCount !== undefined) this.sentCount = detail.sentCount;
  }
}

/** The codes that calls on sockets fail with; each method says which it throws, and when. */
export type SocketErrorCode = keyof typeof ERRNO;

/** What a `SocketError` may hold beside its code. */
export interface SocketErrorDetail {
  /** The text. Default: that of libzmq for the code. */
  message?: string;
  /** The endpoint of the call, as given. */
  address?: string;
  /** Number of messages of a `sendMany` that were accepted before it failed. */
  sentCount?: number;
  /** The error that caused this one. */
  cause?: unknown;
}

/** `errno` values: Linux numbers, and libzmq's from 156384712 up. */
const ERRNO = {
  ENOENT: 2,
  EIO: 5,
  EAGAIN: 11,
  EBADF: 9,
  EACCES: 13,
  EFAULT: 14,
  EBUSY: 16,
  ENODEV: 19,
  EINVAL: 22,
  EMFILE: 24,
  ENAMETOOLONG: 36,
  ENOTSOCK: 88,
  EMSGSIZE: 90,
  EPROTONOSUPPORT: 93,
  ENOTSUP: 95,
  EADDRINUSE: 98,
  EADDRNOTAVAIL: 99,
  ENETUNREACH: 101,
  ECONNABORTED: 103,
  ECONNRESET: 104,
  ETIMEDOUT: 110,
  ECONNREFUSED: 111,
  EHOSTUNREACH: 113,
  EFSM: 156_384_763,
  ENOCOMPATPROTO: 156_384_764,
  ETERM: 156_384_765,
} as const;

/** The texts of zeromq.js, which its users' tests compare. */
const TEXTS: Record<SocketErrorCode, string> = {
  ENOENT: 'No such endpoint',
  EIO: 'Input/output error',
  EAGAIN: 'Operation was not possible or timed out',
  EBADF: 'Socket is closed',
  EACCES: 'Permission denied',
  EFAULT: 'Context is closed',
  EBUSY: 'Socket is busy',
  ENODEV: 'No such device',
  EINVAL: 'Invalid argument',
  EMFILE: 'Too many open file descriptors',
  ENAMETOOLONG: 'File name too long',
  ENOTSOCK: 'Socket operation on non-socket',
  EMSGSIZE: 'Message too long',
  EPROTONOSUPPORT: 'Protocol not supported',
  ENOTSUP: 'Operation not supported',
  EADDRINUSE: 'Address already in use',
  EADDRNOTAVAIL: 'Cannot assign requested address',
  ENETUNREACH: 'Network is unreachable',
  ECONNABORTED: 'Software caused connection abort',
  ECONNRESET: 'Connection reset by peer',
  ETIMEDOUT: 'Connection timed out',
  ECONNREFUSED: 'Connection refused',
  EHOSTUNREACH: 'Host unreachable',
  EFSM: 'Operation cannot be accomplished in current state',
  ENOCOMPATPROTO: 'The protocol is not compatible with the socket type',
  ETERM: 'Context was terminated',
};

/** @internal A call with too many arguments, in the words of zeromq.js. */
export function tooManyArguments(expected: number, received: number): TypeError {
  const plural = expected === 1 ? '' : 's';
  return new TypeError(`Expected ${expected} argument${plural} but received ${received}`);
}

/** `error` as a SocketError: with its code if that is one of ours, otherwise with `EIO` and its message. */
export function toSocketError(error: unknown, address?: string): SocketError {
  if (error instanceof SocketError) return error;
  const { code, message } = error as { code?: string; message?: string };
  const known = code !== undefined && Object.hasOwn(ERRNO, code);
  return new SocketError(known ? (code as SocketErrorCode) : 'EIO', {
    ...(address !== undefined && { address }),
    ...(!known && message !== undefined && { message }),
    cause: error,
  });
}
