/**
 * Command: `name-length(1) name data`, the body of a frame with the COMMAND bit (RFC 37, "Commands").
 * The prose of RFC 23 and 24 speaks of padded or terminated names; every implementation uses the length.
 */

import { ZmtpError } from './errors.ts';

/** The body of command `name`. */
export function encodeCommand(name: string, data: Uint8Array = NONE): Buffer {
  const body = Buffer.allocUnsafe(1 + name.length + data.length);
  body[0] = name.length;
  body.write(name, 1, 'latin1');
  body.set(data, 1 + name.length);
  return body;
}

/** The name of a command, or undefined where its length runs past the body. */
export function commandName(body: Buffer): string | undefined {
  if (body.length === 0 || body[0]! >= body.length) return undefined;
  return body.toString('latin1', 1, 1 + body[0]!);
}

/** The data of a command: what follows its name. */
export function commandData(body: Buffer): Buffer {
  return body.subarray(1 + body[0]!);
}

/** The body of an ERROR: `reason-length(1) reason`, the reason cut at 255 octets. */
export function encodeError(reason: string): Buffer {
  const text = Buffer.from(reason, 'latin1').subarray(0, 255);
  return encodeCommand('ERROR', Buffer.concat([Buffer.of(text.length), text]));
}

/**
 * The reason in the data of an ERROR.
 * @throws ZmtpError `ERR_ZMTP_MALFORMED_COMMAND_ERROR`
 */
export function decodeError(data: Buffer): string {
  if (data.length === 0 || data[0]! > data.length - 1) {
    throw new ZmtpError(
      'ERR_ZMTP_MALFORMED_COMMAND_ERROR',
      `reason of an ERROR command runs past its ${data.length} octets`,
    );
  }
  return data.toString('latin1', 1, 1 + data[0]!);
}

/** The body of a PING: `ttl(2, deciseconds) context(0–16)`, here with an empty context. */
export function encodePing(ttlDeciseconds: number): Buffer {
  return encodeCommand('PING', Buffer.of(ttlDeciseconds >> 8, ttlDeciseconds & 0xff));
}

/** The body of a PONG, with the context of the PING that it answers, cut at sixteen octets as in libzmq. */
export function encodePong(pingData: Buffer): Buffer {
  return encodeCommand('PONG', pingData.subarray(2, 2 + CONTEXT_MAX));
}

const CONTEXT_MAX = 16;
const NONE = new Uint8Array(0);
