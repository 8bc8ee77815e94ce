/**
 * CurveTraffic: messages after a CURVE handshake (RFC 26, "MESSAGE").
 *
 *     07 "MESSAGE" | nonce(8) | box( flags(1) payload )        flags: 1 = more, 2 = command
 *
 * It is sent in a frame without the COMMAND bit: libzmq discards frames with it.
 */

import { ZmtpError } from '../errors.ts';
import { StreamBox } from './curve-box.ts';
import type { Box, Sealed } from './mechanism.ts';
import { SEAL_ROOM } from './nacl-box.ts';

export class CurveTraffic implements Box {
  /** Name, nonce, tag and flags. */
  readonly overhead: number = SEAL_ROOM + 1;
  readonly #sending: StreamBox;
  readonly #receiving: StreamBox;
  readonly #sendNonce: ShortNonce;
  /** The nonce of the last message received, in two halves. */
  #lastHigh: number;
  #lastLow: number;

  /**
   * @param key the key of the session
   * @param role which side we are
   * @param sendNonce our counter, as the handshake has left it
   * @param lastReceived the peer's last nonce in the handshake
   */
  constructor(
    key: Uint8Array,
    role: 'client' | 'server',
    sendNonce: ShortNonce,
    lastReceived: Buffer,
  ) {
    const [ours, theirs] = role === 'client' ? ['C', 'S'] : ['S', 'C'];
    this.#sending = new StreamBox(key, Buffer.from(`CurveZMQMESSAGE${ours}`));
    this.#receiving = new StreamBox(key, Buffer.from(`CurveZMQMESSAGE${theirs}`));
    this.#sendNonce = sendNonce;
    this.#lastHigh = lastReceived.readUInt32BE(0);
    this.#lastLow = lastReceived.readUInt32BE(4);
  }

  seal(flags: number, payload: Uint8Array): Buffer {
    const nonce = this.#sendNonce.next();
    // The head and the tag are as long as the room that sealing wants: a frame is made in one piece.
    const frame = Buffer.allocUnsafe(SEAL_ROOM + 1 + payload.length);
    frame[SEAL_ROOM] = flags;
    frame.set(payload, SEAL_ROOM + 1);
    this.#sending.sealInPlace(nonce, frame);
    frame.set(MESSAGE, 0);
    frame.set(nonce, MESSAGE.length);
    return frame;
  }

  open(frame: Buffer): Sealed {
    if (frame.length < SEAL_ROOM + 1 || !isMessage(frame)) {
      throw new ZmtpError(
        'ERR_ZMTP_MALFORMED_COMMAND_MESSAGE',
        `frame of ${frame.length} octets is no MESSAGE of CURVE`,
      );
    }
    const high = frame.readUInt32BE(MESSAGE.length);
    const low = frame.readUInt32BE(MESSAGE.length + 4);
    if (high < this.#lastHigh || (high === this.#lastHigh && low <= this.#lastLow))
      throw replayed();
    this.#receiving.openInPlace(frame);
    this.#lastHigh = high;
    this.#lastLow = low;
    return { flags: frame[SEAL_ROOM]!, payload: frame.subarray(SEAL_ROOM + 1) };
  }

  wipe(): void {
    this.#sending.wipe();
    this.#receiving.wipe();
  }
}

/** A counter of 64 bits, big endian: 1, 2, 3 … for all boxes that one side sends over a connection. */
export class ShortNonce {
  readonly #octets = Buffer.alloc(8);

  /** The next nonce, in memory that the next call overwrites. */
  next(): Buffer {
    const octets = this.#octets;
    for (let i = 7; i >= 0; i--) {
      octets[i] = octets[i]! + 1;
      if (octets[i] !== 0) return octets;
    }
    throw new ZmtpError('ERR_ZMTP_INVALID_SEQUENCE', 'nonces are used up', 'local');
  }
}

/** Compares octet by octet: a native call would cost more. */
function isMessage(frame: Buffer): boolean {
  for (let i = 0; i < MESSAGE.length; i++) if (frame[i] !== MESSAGE[i]) return false;
  return true;
}

function replayed(): ZmtpError {
  return new ZmtpError('ERR_ZMTP_INVALID_SEQUENCE', 'nonce of a MESSAGE is not above the last one');
}

const MESSAGE = Buffer.from('\x07MESSAGE', 'latin1');
