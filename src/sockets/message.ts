/** Message: a whole message as sockets move it, and its conversion from the values that programs send. */

// `Buffer`, as a global, is a getter that each use calls.
const { allocUnsafe, isBuffer } = Buffer;

/** A whole message: its parts in order, at least one. Never changed once it is in a pipe. */
export type Message = readonly Buffer[];

/** What can be one part of a message to send: octets, or a value that converts to text. `null` is an empty part. */
export type MessageLike =
  | ArrayBufferView
  | ArrayBufferLike
  | string
  | number
  | bigint
  | boolean
  | Date
  | null;

/**
 * The message made of `value`. Text is encoded as UTF-8; octets are not copied here.
 * @throws TypeError "Message must be present" for undefined.
 */
export function toMessage(value: MessageLike | readonly MessageLike[]): Message {
  if (Array.isArray(value)) {
    const parts: Buffer[] = new Array(value.length);
    for (let i = 0; i < value.length; i++) parts[i] = toPart(value[i] as MessageLike);
    return parts;
  }
  if (value === undefined) throw new TypeError('Message must be present');
  return [toPart(value as MessageLike)];
}

/** Octets of all parts together. */
export function messageSize(message: Message): number {
  let size = 0;
  for (let i = 0; i < message.length; i++) size += message[i]!.length;
  return size;
}

/**
 * Parts of up to this many octets are copied when a message has to wait, larger ones are kept by reference:
 * zeromq.js's rule, on which programs that reuse a small buffer rely.
 */
export const COPY_LIMIT = 128;

/** `message`, with copies of its parts of up to `COPY_LIMIT` octets. */
export function ownSmallParts(message: Message): Message {
  if (message.length === 1) return message[0]!.length <= COPY_LIMIT ? [own(message[0]!)] : message;
  for (let i = 0; i < message.length; i++) {
    if (message[i]!.length <= COPY_LIMIT) return message.map(own);
  }
  return message;
}

function own(part: Buffer): Buffer {
  if (part.length > COPY_LIMIT) return part;
  // Two thirds of the time of `Buffer.from`, which has to find out first what it was given.
  const copy = allocUnsafe(part.length);
  copy.set(part);
  return copy;
}

function toPart(value: MessageLike): Buffer {
  if (typeof value === 'string') return Buffer.from(value);
  if (isBuffer(value)) return value;
  if (ArrayBuffer.isView(value))
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  if (value instanceof ArrayBuffer || value instanceof SharedArrayBuffer) return Buffer.from(value);
  if (value === null) return EMPTY;
  if (typeof value === 'symbol') throw new TypeError('Cannot convert a Symbol value to a string');
  return Buffer.from(String(value));
}

const EMPTY = Buffer.alloc(0);
