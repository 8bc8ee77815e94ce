/** LayerError: what a call on a channel layer can reject with, told apart by `code` or by class. */

/** Codes of a LayerError. */
export type LayerErrorCode =
  | 'ERR_CHANNEL_FULL'
  | 'ERR_MESSAGE_TOO_LARGE'
  | 'ERR_INVALID_NAME'
  | 'ERR_INVALID_MESSAGE'
  | 'ERR_INVALID_OPTION'
  | 'ERR_LAYER_CLOSED'
  | 'ERR_ADDRESS_IN_USE'
  | 'ERR_UNCONFIRMED'
  | 'ERR_UNSUPPORTED'
  | 'ERR_TIMEOUT'
  | 'ERR_CODEC'
  | 'ERR_PROTOCOL';

/** What the call was about. */
export interface LayerErrorDetail {
  channel?: string;
  cause?: unknown;
}

/** A failed call. */
export class LayerError extends Error {
  readonly code: LayerErrorCode;
  /** The channel or group, where there is one. */
  readonly channel?: string;

  constructor(code: LayerErrorCode, message: string, detail: LayerErrorDetail = {}) {
    super(message, detail.cause === undefined ? {} : { cause: detail.cause });
    this.name = new.target.name;
    this.code = code;
    if (detail.channel !== undefined) this.channel = detail.channel;
  }
}

/** `send`: as many messages as the channel may hold wait there to be read. */
export class ChannelFull extends LayerError {
  constructor(channel: string) {
    super('ERR_CHANNEL_FULL', `channel ${channel} is full`, { channel });
  }
}

/** `send`, `groupSend`: the encoded message has more octets than `maxMessageSize`. */
export class MessageTooLarge extends LayerError {
  readonly size: number;
  readonly limit: number;

  constructor(size: number, limit: number) {
    super('ERR_MESSAGE_TOO_LARGE', `message of ${size} octets, at most ${limit} are allowed`);
    this.size = size;
    this.limit = limit;
  }
}

/** A channel or group name that breaks the grammar. */
export class InvalidName extends LayerError {
  constructor(kind: 'channel' | 'group', name: unknown, why: string) {
    const shown = typeof name === 'string' ? JSON.stringify(name.slice(0, 120)) : typeof name;
    super('ERR_INVALID_NAME', `invalid ${kind} name ${shown}: ${why}`);
  }
}

/** A value no message can hold; `path` says where: `$.users[3].name`. */
export class InvalidMessage extends LayerError {
  readonly path: string;

  constructor(path: string, why: string) {
    super('ERR_INVALID_MESSAGE', `${path}: ${why}`);
    this.path = path;
  }
}

/** The layer is closed: nothing can be sent or received by it. */
export class LayerClosed extends LayerError {
  constructor() {
    super('ERR_LAYER_CLOSED', 'the channel layer is closed');
  }
}
