/** LayerError: the error with which calls of channel layers reject; `code` or the class tells which. */

import type { HubAction } from './events.ts';

/** All codes of a LayerError. */
export type LayerErrorCode =
  | 'ERR_CHANNEL_FULL'
  | 'ERR_MESSAGE_TOO_LARGE'
  | 'ERR_INVALID_NAME'
  | 'ERR_INVALID_MESSAGE'
  | 'ERR_INVALID_OPTION'
  | 'ERR_LAYER_CLOSED'
  | 'ERR_ADDRESS_IN_USE'
  | 'ERR_UNCONFIRMED'
  | 'ERR_REFUSED'
  | 'ERR_UNSUPPORTED'
  | 'ERR_TIMEOUT'
  | 'ERR_CODEC'
  | 'ERR_PROTOCOL';

/** Details of a failed call. */
export interface LayerErrorDetail {
  /** The channel or group that the call was about. */
  channel?: string;
  /** The error that caused this one. */
  cause?: unknown;
}

/** The error of a failed call. */
export class LayerError extends Error {
  /** The kind of error, for programs to compare. */
  readonly code: LayerErrorCode;
  /** The channel or group that the call was about, if it was about one. */
  readonly channel?: string;

  constructor(code: LayerErrorCode, message: string, detail: LayerErrorDetail = {}) {
    super(message, detail.cause === undefined ? {} : { cause: detail.cause });
    this.name = new.target.name;
    this.code = code;
    if (detail.channel !== undefined) this.channel = detail.channel;
  }
}

/** `send`: the channel holds as many unread messages as its capacity allows. Code `ERR_CHANNEL_FULL`. */
export class ChannelFull extends LayerError {
  constructor(channel: string) {
    super('ERR_CHANNEL_FULL', `channel ${channel} is full`, { channel });
  }
}

/** @internal The error of a call that the hub's `authorize` does not allow. Code `ERR_REFUSED`. */
export function denied(action: HubAction, name: string): LayerError {
  return new LayerError('ERR_REFUSED', `${action} ${name} is not allowed by the hub`, {
    channel: name,
  });
}

/** `send`, `groupSend`: the encoded message is larger than `maxMessageSize`. Code `ERR_MESSAGE_TOO_LARGE`. */
export class MessageTooLarge extends LayerError {
  /** Octets of the encoded message. */
  readonly size: number;
  /** Octets that `maxMessageSize` allows. */
  readonly limit: number;

  constructor(size: number, limit: number) {
    super('ERR_MESSAGE_TOO_LARGE', `message of ${size} octets, at most ${limit} are allowed`);
    this.size = size;
    this.limit = limit;
  }
}

/** A channel or group name that breaks the grammar. Code `ERR_INVALID_NAME`. */
export class InvalidName extends LayerError {
  constructor(kind: 'channel' | 'group', name: unknown, why: string) {
    const shown = typeof name === 'string' ? JSON.stringify(name.slice(0, 120)) : typeof name;
    super('ERR_INVALID_NAME', `invalid ${kind} name ${shown}: ${why}`);
  }
}

/** The message holds a value that cannot be sent. Code `ERR_INVALID_MESSAGE`. */
export class InvalidMessage extends LayerError {
  /** Path of the value in the message, such as `$.users[3].name`; `$` is the message itself. */
  readonly path: string;

  constructor(path: string, why: string) {
    super('ERR_INVALID_MESSAGE', `${path}: ${why}`);
    this.path = path;
  }
}

/** The layer is closed and neither sends nor receives. Code `ERR_LAYER_CLOSED`. */
export class LayerClosed extends LayerError {
  constructor() {
    super('ERR_LAYER_CLOSED', 'the channel layer is closed');
  }
}
