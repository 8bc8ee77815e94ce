/**
 * Greeting: the 64 octets that open a connection (RFC 37, "Greeting").
 *
 *     ff 00×8 7f | 03 01 | mechanism, zero padded to 20 | as-server | 00×31
 *
 * Written whole where no older version is spoken, otherwise in stages (staged-greeting.ts). libzmq sends its own in three
 * pieces and withholds the next until it has read ours, so that waiting for 64 octets before writing would deadlock.
 */

import { ZmtpError } from './errors.ts';

/** Octets of a greeting. */
export const GREETING_SIZE = 64;

/** A peer without mechanism, commands and metadata: its first frame is its identity, all others are messages. */
export interface OlderPeer {
  /** The major version that both speak: 2 has the frames of 3.0. */
  readonly major: 1 | 2;
  /** The type that it has announced; empty where it does not say. */
  readonly socketType: string;
  /** Octets of its first frame that have arrived. */
  readonly head: Buffer;
}

/** Our greeting for `mechanism` (upper case, at most 20 octets). `as-server` stays 0, as libzmq's does. */
export function encodeGreeting(mechanism: string): Buffer {
  const greeting = Buffer.alloc(GREETING_SIZE);
  greeting[0] = 0xff;
  greeting[9] = 0x7f;
  greeting[MAJOR] = 3;
  greeting[MINOR] = 1;
  greeting.write(mechanism, MECHANISM, 'latin1');
  return greeting;
}

/** Reads a peer's greeting, which may come in pieces of any size. */
export class GreetingDecoder {
  readonly #octets = Buffer.alloc(GREETING_SIZE);
  #length = 0;

  /** Whether all 64 octets have arrived. */
  get done(): boolean {
    return this.#length === GREETING_SIZE;
  }

  /** 0 for ZMTP 3.0, 1 for 3.1; higher versions count as the highest that we speak. */
  get minor(): number {
    return this.#octets[MAJOR]! > 3 ? 1 : Math.min(this.#octets[MINOR]!, 1);
  }

  /** The version that the peer announces, `3.1`, once `done`. */
  get version(): string {
    return `${this.#octets[MAJOR]}.${this.#octets[MINOR]}`;
  }

  /** The mechanism that the peer announces, without its padding, once `done`. */
  get mechanism(): string {
    const field = this.#octets.toString('latin1', MECHANISM, MECHANISM + MECHANISM_SIZE);
    return field.replace(/\0+$/, '');
  }

  /**
   * Takes the octets of the greeting from the front of `chunk`; returns how many that were.
   * Padding, as-server and filler are not looked at: libzmq does not keep them zero.
   * @throws ZmtpError at the first octet that no greeting of a version which is spoken has there:
   * `ERR_ZMTP_NOT_ZMTP`, `ERR_ZMTP_VERSION_UNSUPPORTED`
   */
  push(chunk: Buffer): number {
    const before = this.#length;
    const taken = chunk.copy(this.#octets, before);
    this.#length += taken;
    this.#check(before);
    return taken;
  }

  /**
   * Checks that the peer's mechanism, in all 20 octets, is `name`.
   * @throws ZmtpError `ERR_ZMTP_MECHANISM_MISMATCH`
   */
  checkMechanism(name: string): void {
    const field = this.#octets.subarray(MECHANISM, MECHANISM + MECHANISM_SIZE);
    const expected = Buffer.alloc(MECHANISM_SIZE);
    expected.write(name, 'latin1');
    if (field.equals(expected)) return;
    const shown = JSON.stringify(this.mechanism);
    throw new ZmtpError(
      'ERR_ZMTP_MECHANISM_MISMATCH',
      `peer announces mechanism ${shown}, this socket uses ${name}`,
    );
  }

  #check(before: number): void {
    const [first, ninth, major] = [this.#octets[0]!, this.#octets[9]!, this.#octets[MAJOR]!];
    if (before === 0 && this.#length > 0 && first !== 0xff) throw notZmtp('first', first);
    if (before <= 9 && this.#length > 9 && (ninth & 1) === 0) throw unsupported('1.0');
    if (before <= MAJOR && this.#length > MAJOR && major < 3) {
      throw unsupported(major === 0 ? '1.0' : '2.0');
    }
  }
}

/** The error for an octet, `first` and so on, that no greeting of a version which is spoken has there. */
export function notZmtp(place: 'first' | 'second' | 'tenth', octet: number): ZmtpError {
  const shown = `0x${octet.toString(16).padStart(2, '0')}`;
  const expected = { first: '0xff', second: '0x00', tenth: '0x7f' }[place];
  const doubt = place === 'first' && octet !== 0 ? ', or speaks ZMTP 1.0' : '';
  return new ZmtpError(
    'ERR_ZMTP_NOT_ZMTP',
    `${place} octet from the peer is ${shown}, expected ${expected}: it does not speak ZMTP${doubt}`,
  );
}

/** The error for a peer that speaks a version older than the major version `minimum`. */
export function unsupported(version: string, minimum = 3): ZmtpError {
  return new ZmtpError(
    'ERR_ZMTP_VERSION_UNSUPPORTED',
    `peer speaks ZMTP ${version}, expected ${minimum}.0 or later`,
  );
}

const MAJOR = 10;
const MINOR = 11;
const MECHANISM = 12;
const MECHANISM_SIZE = 20;
