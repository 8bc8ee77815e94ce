/**
 * Opening: what comes before the traffic of a connection (RFC 37).
 *
 *     greeting → handshake of the mechanism, suspended while the peer is judged → peer
 *
 * A violation by the peer is thrown as a ZmtpError, which `refuse` reports to the peer where ZMTP allows that.
 */

import { COMMAND_FOUND, ENDED, FAILED, MESSAGE, NEED_MORE } from './assembler.ts';
import { commandData, commandName, decodeError, encodeError } from './command.ts';
import { ZmtpError } from './errors.ts';
import {
  type FrameDecoder,
  type FrameEncoder,
  type Framing,
  type Greeting,
  zmtpFraming,
} from './framing.ts';
import type { OlderPeer } from './greeting.ts';
import {
  type Box,
  type Credentials,
  type Handshake,
  type Mechanism,
  refusedByPeer,
} from './mechanism/mechanism.ts';
import { encodeMetadata, type Metadata, property } from './metadata.ts';
import { checkPartner, type SocketType, traitsOf } from './socket-type.ts';
import { stagedGreeting } from './staged-greeting.ts';
import { SUBSCRIBE } from './subscription.ts';
import { denied, type Verdict, withVerdict } from './verdict.ts';
import { Zmtp1Decoder } from './zmtp1-decoder.ts';
import { Zmtp1Encoder } from './zmtp1-encoder.ts';

/** The options of the opening of a connection. */
export interface OpeningOptions {
  /** The type of our own socket. */
  readonly socketType: SocketType;
  /** `ZMQ_ROUTING_ID`: announced as `Identity` by REQ, DEALER and ROUTER; undefined = anonymous. */
  readonly routingId: Buffer | undefined;
  /** The security mechanism; the peer must announce the same. */
  readonly mechanism: Mechanism;
  /** Suspends the handshake of every peer until it is judged (`asking`), also with NULL, which has no credentials. */
  readonly judgesAll?: boolean;
  /**
   * The oldest major version of ZMTP that the peer may speak: 1, 2 or 3, default 3. Below 3 the greeting is sent in stages, which
   * costs a round trip. Always 3 with another mechanism than NULL, with `judgesAll`, and for types that ZMTP 2.0 does not have.
   */
  readonly minimumProtocolVersion?: number;
  /** `ZMQ_METADATA`: further properties that are sent to the peer. */
  readonly metadata?: Metadata | undefined;
  /** How frames are encoded on the transport; default: as in ZMTP 3.1. */
  readonly framing?: Framing | undefined;
}

/** What the peer has announced in the handshake. */
export interface Peer {
  /** The major version of ZMTP that both speak: 1, 2 or 3; 3 where there is no greeting. */
  readonly major: number;
  /** The minor version of ZMTP that both speak; that of the framing where there is no greeting. */
  readonly minor: number;
  /** The type that it announced; empty for a peer of ZMTP 1.0, which announces none. */
  readonly socketType: string;
  /** Its `Identity`; undefined when absent, empty, or beginning with the zero octet of generated ids. */
  readonly routingId: Buffer | undefined;
  /** All properties that it announced, and those that the verdict added. */
  readonly metadata: Metadata;
}

export class Opening {
  state: 'greeting' | 'handshake' = 'greeting';
  /** Set at the end of the handshake. */
  peer: Peer | undefined;
  /** The peer's credentials, while the handshake is suspended until `judged`. */
  asking: Credentials | undefined;
  /** Both are replaced once the peer has shown that it speaks ZMTP 1.0. */
  decoder: FrameDecoder;
  encoder: FrameEncoder;

  readonly #options: OpeningOptions;
  readonly #greeting: Greeting | undefined;
  /** The minor version of ZMTP that is spoken where there is no greeting. */
  readonly #minor: number;
  readonly #handshake: Handshake;
  /** The major version of ZMTP that the peer speaks. */
  #major = 3;
  #granted: Verdict | undefined;
  /** Octets that arrived while the peer was being judged. */
  #heldBack = 0;

  constructor(options: OpeningOptions) {
    this.#options = options;
    const { mechanism } = options;
    const framing = options.framing ?? zmtpFraming(mechanism.name);
    const staged = options.framing === undefined ? stagedGreeting(options) : undefined;
    this.#greeting = staged ?? framing.greeting;
    this.#minor = framing.minor ?? 1;
    this.decoder = framing.decoder;
    this.encoder = framing.encoder;
    this.#limit(HANDSHAKE_MAX);
    this.#handshake = mechanism.begin(encodeMetadata(announced(options)));
    if (this.#greeting === undefined) this.#beginHandshake();
    else this.encoder.raw(this.#greeting.ours);
  }

  /** Whether the peer's greeting, where there is one, has arrived whole. */
  get greeted(): boolean {
    return this.#greeting?.done ?? true;
  }

  /** Seals the traffic; undefined before it, and for mechanisms in the clear. */
  get box(): Box | undefined {
    return this.#handshake.box;
  }

  /** Takes octets that have arrived from the peer. Call `step` afterwards. @throws ZmtpError */
  arrived(chunk: Buffer): void {
    if (this.state === 'handshake') {
      if (this.asking !== undefined) this.#heldBack += chunk.length;
      if (this.#heldBack > HELD_BACK_MAX) throw impatient();
      this.decoder.push(chunk);
      return;
    }
    const greeting = this.#greeting!;
    const taken = greeting.push(chunk);
    const answer = greeting.answer?.();
    if (answer !== undefined && answer.length > 0) this.encoder.raw(answer);
    if (!greeting.done) return;
    if (greeting.older !== undefined) {
      this.#awaitIdentity(greeting.older);
    } else {
      greeting.checkMechanism(this.#options.mechanism.name);
      this.#beginHandshake();
    }
    this.decoder.push(chunk.subarray(taken));
  }

  /**
   * Takes one command of the handshake, and returns COMMAND_FOUND. NEED_MORE when there is none or the peer is being judged,
   * ENDED when the peer has ended its traffic.
   * @throws ZmtpError
   */
  step(): typeof NEED_MORE | typeof ENDED | typeof COMMAND_FOUND {
    if (this.asking !== undefined) return NEED_MORE;
    const found = this.decoder.next();
    if (found === NEED_MORE || found === ENDED) return found;
    if (this.#major < 3) this.#identify(found);
    else this.#obey(found);
    return COMMAND_FOUND;
  }

  /** Takes the verdict on the credentials in `asking`. @throws ZmtpError `ERR_ZMTP_DENIED` when the peer is not admitted */
  judged(verdict: Verdict): void {
    this.asking = undefined;
    if (verdict.status !== 200) throw denied(verdict);
    this.#granted = verdict;
    const handshake = this.#handshake;
    this.#answer(handshake.accept === undefined ? handshake.first() : handshake.accept());
    if (handshake.peer !== undefined) this.#meet(handshake.peer);
  }

  /** Reports `error` to the peer by an ERROR command, where the handshake has one for it. */
  refuse(error: ZmtpError): void {
    if (this.state !== 'handshake' || this.#major < 3 || this.peer !== undefined) return;
    if (TOLD.has(error.code)) this.encoder.command(encodeError(error.message));
    // RFC 27: a temporary failure is silent, so that the peer tries again.
    else if (error.code === 'ERR_ZMTP_DENIED' && error.status !== 300) {
      this.encoder.command(encodeError(String(error.status)));
    }
  }

  /** Erases the secrets, the keys of `box` too: the connection has ended. */
  wipe(): void {
    this.asking = undefined;
    this.#handshake.wipe?.();
  }

  #beginHandshake(): void {
    this.state = 'handshake';
    if (this.#options.judgesAll && this.#options.mechanism.name === 'NULL') this.asking = [];
    else this.#answer(this.#handshake.first());
  }

  /** Waits for the one frame, with its identity, that an older peer sends in place of a handshake. */
  #awaitIdentity({ major, socketType, head }: OlderPeer): void {
    const local = this.#options.socketType;
    if (socketType !== '') checkPartner(local, socketType);
    if (major === 1) {
      // A peer that announces no type sends no subscriptions either, and filters all that is published itself.
      const all = socketType === '' && (traitsOf(local).publishes ?? false);
      this.decoder = new Zmtp1Decoder(all ? Buffer.of(SUBSCRIBE) : undefined);
      this.decoder.push(head);
      const encoder = new Zmtp1Encoder();
      // What has not been taken of the greeting goes first.
      for (const octets of this.encoder.take()) encoder.raw(octets);
      this.encoder = encoder;
    }
    this.#limit(IDENTITY_MAX);
    this.#major = major;
    this.state = 'handshake';
  }

  #identify(found: number): void {
    if (found === COMMAND_FOUND) throw strayCommand(this.#major);
    if (found === FAILED) throw this.decoder.error;
    const { socketType } = this.#greeting!.older!;
    this.#enter(socketType, this.decoder.message[0], NO_METADATA);
  }

  #obey(found: number): void {
    if (found === MESSAGE) throw earlyMessage();
    if (found === FAILED) {
      // The first part of a message, where none is allowed.
      if (this.decoder.error!.code === 'ERR_ZMTP_TOO_MANY_PARTS') throw earlyMessage();
      throw this.decoder.error;
    }
    const { command } = this.decoder;
    if (commandName(command) === 'ERROR') throw refusedByPeer(decodeError(commandData(command)));
    this.#answer(this.#handshake.step(command));
    this.asking = this.#handshake.credentials;
    const metadata = this.#handshake.peer;
    if (metadata !== undefined) this.#meet(metadata);
  }

  #meet(metadata: Metadata): void {
    const socketType = property(metadata, 'Socket-Type')?.toString('latin1');
    if (socketType === undefined) throw missingType();
    checkPartner(this.#options.socketType, socketType);
    const identity = property(metadata, 'Identity');
    if (identity !== undefined && identity.length > IDENTITY_MAX) {
      throw longIdentity(identity.length);
    }
    this.#enter(socketType, identity, withVerdict(metadata, this.#granted));
  }

  #enter(socketType: string, identity: Buffer | undefined, metadata: Metadata): void {
    this.peer = {
      major: this.#major,
      minor: this.#greeting?.minor ?? this.#minor,
      socketType,
      routingId: identity === undefined || !identity[0] ? undefined : identity,
      metadata,
    };
  }

  #answer(command: Buffer | undefined): void {
    if (command !== undefined) this.encoder.command(command);
  }

  #limit(maxFrameSize: number): void {
    const { limits } = this.decoder;
    limits.maxFrameSize = maxFrameSize;
    limits.maxParts = 1;
  }
}

/** The error for a peer of an older version that sends a command. */
export function strayCommand(major: number): ZmtpError {
  const told = `peer of ZMTP ${major}.0 sends a command, which that version does not have`;
  return new ZmtpError('ERR_ZMTP_UNEXPECTED_COMMAND', told);
}

function announced(options: OpeningOptions): [string, Buffer][] {
  const { socketType, routingId, metadata = [] } = options;
  const properties: [string, Buffer][] = [['Socket-Type', Buffer.from(socketType)]];
  if (traitsOf(socketType).announcesIdentity) {
    properties.push(['Identity', routingId ?? Buffer.alloc(0)]);
  }
  return [...properties, ...metadata];
}

function impatient(): ZmtpError {
  return new ZmtpError('ERR_ZMTP_UNEXPECTED_COMMAND', 'peer goes on before it is let in');
}

function earlyMessage(): ZmtpError {
  return new ZmtpError('ERR_ZMTP_UNEXPECTED_COMMAND', 'message before the end of the handshake');
}

function missingType(): ZmtpError {
  return new ZmtpError('ERR_ZMTP_INVALID_METADATA', 'peer does not announce its Socket-Type');
}

function longIdentity(length: number): ZmtpError {
  return new ZmtpError(
    'ERR_ZMTP_INVALID_METADATA',
    `peer announces an Identity of ${length} octets, at most ${IDENTITY_MAX} are allowed`,
  );
}

/** Failures that are reported to the peer by an ERROR command while the handshake lasts. */
const TOLD: ReadonlySet<string> = new Set([
  'ERR_ZMTP_SOCKET_TYPE',
  'ERR_ZMTP_INVALID_METADATA',
  'ERR_ZMTP_UNEXPECTED_COMMAND',
]);

/** Octets that a peer may send while it is being judged: its READY, at most. */
const HELD_BACK_MAX = 2 * 65_536;
const NO_METADATA: Metadata = new Map();
const IDENTITY_MAX = 255;
/** Octets of one handshake command, at most, before anything is known of the peer. */
export const HANDSHAKE_MAX = 65_536;
