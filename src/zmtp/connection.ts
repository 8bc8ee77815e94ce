/**
 * Connection: ZMTP towards one peer, without I/O and without a clock (RFC 37).
 *
 *     greeting → handshake → traffic → failed | closed
 *
 * Its driver reports what arrived (`receive`, `elapsed`), asks for what is next (`next`, `take`, `deadline`)
 * and says what the application wants (`send`). Nothing here throws for what a peer does: a violation sets
 * `state` to `failed` and `error`, and `take` may still hold an ERROR command to flush before closing.
 */

import {
  commandData,
  commandName,
  decodeError,
  encodeError,
  encodePing,
  encodePong,
} from './command.ts';
import { COMMAND_FOUND, ENDED, FAILED, MESSAGE, NEED_MORE } from './decoder.ts';
import { ZmtpError } from './errors.ts';
import type { Message } from './frame.ts';
import {
  type FrameDecoder,
  type FrameEncoder,
  type Framing,
  type Greeting,
  zmtpFraming,
} from './framing.ts';
import type { OlderPeer } from './greeting.ts';
import { Heartbeat, type HeartbeatOptions } from './heartbeat.ts';
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
import {
  decodeSubscription,
  encodeSubscription,
  isSubscription,
  SUBSCRIBE,
} from './subscription.ts';
import { Zmtp1Decoder } from './zmtp1-decoder.ts';
import { Zmtp1Encoder } from './zmtp1-encoder.ts';

/** What a connection needs to know when it begins. */
export interface ConnectionOptions extends HeartbeatOptions {
  /** Our own type. */
  readonly socketType: SocketType;
  /** `ZMQ_ROUTING_ID`: announced as `Identity` by REQ, DEALER and ROUTER; undefined = anonymous. */
  readonly routingId: Buffer | undefined;
  /** The security mechanism; the peer must announce the same. */
  readonly mechanism: Mechanism;
  /** Suspend the handshake of every peer until it is judged (`asking`), also with NULL, which has no credentials. */
  readonly judgesAll?: boolean;
  /** `ZMQ_MAXMSGSIZE`. Octets in one frame at most; −1 = as many as a Buffer holds. */
  readonly maxMessageSize: number;
  /** Parts in one message at most; below 1 = no limit. */
  readonly maxMessageParts: number;
  /** `ZMQ_HANDSHAKE_IVL`. Milliseconds from here to the end of the handshake; 0 = no limit. */
  readonly handshakeInterval: number;
  /**
   * The oldest major version of ZMTP that the peer may speak: 1, 2 or 3, default 3. Below 3 the greeting goes out in stages,
   * which costs a round trip. Always 3 with another mechanism than NULL, with `judgesAll`, and for types that are younger.
   */
  readonly minimumProtocolVersion?: number;
  /** How frames are written on the transport; default: as ZMTP 3.1 does. */
  readonly framing?: Framing | undefined;
}

/** What the peer has announced in the handshake. */
export interface Peer {
  /** The major version of ZMTP that both speak: 1, 2 or 3; 3 where there is no greeting. */
  readonly major: number;
  /** The minor version of ZMTP that both speak; that of the framing where there is no greeting. */
  readonly minor: number;
  /** The type that it announced; empty for a peer of ZMTP 1.0, which does not. */
  readonly socketType: string;
  /** Its `Identity`; undefined when absent, empty, or beginning with the zero octet of generated ids. */
  readonly routingId: Buffer | undefined;
  /** All properties that it announced, and those that the verdict added. */
  readonly metadata: Metadata;
}

/** The decision of the authenticator about a peer. */
export interface Verdict {
  /** 200 = admitted, 300 = not now, 400 = refused, 500 = the authenticator failed (RFC 27). */
  readonly status: number;
  /** Goes into the peer's metadata as `User-Id`. */
  readonly userId?: string;
  /** Goes into the peer's metadata, over what the peer announced itself. */
  readonly metadata?: Metadata;
  /** The reason, for the log of this side; the peer is sent the status only. */
  readonly cause?: unknown;
}

/** How far a connection has come. */
export type ConnectionState = 'greeting' | 'handshake' | 'traffic' | 'failed' | 'closed';

/** One peer, as octets come in and go out: greeting, handshake, traffic. */
export class Connection {
  /** How far it has come; `failed` and `closed` are final. */
  state: ConnectionState = 'greeting';
  /** Set when the state becomes `traffic`. */
  peer: Peer | undefined;
  /** Why the state is `failed`. */
  error: ZmtpError | undefined;
  /** The time at which `elapsed` must be called, in milliseconds of the clock that is passed in; Infinity = not at all. */
  deadline: number;
  /**
   * What was skipped: unknown commands, SUBSCRIBE where nothing can be subscribed, JOIN where there are no groups, and messages
   * from those who only join.
   */
  ignoredCount = 0;
  /** The peer's credentials, while the handshake waits for a verdict on them: answer with `judged`. */
  asking: Credentials | undefined;

  readonly #options: ConnectionOptions;
  readonly #publishes: boolean;
  readonly #subscribes: boolean;
  readonly #hasMembers: boolean;
  readonly #joins: boolean;
  readonly #greeting: Greeting | undefined;
  /** Spoken where there is no greeting. */
  readonly #minor: number;
  #decoder: FrameDecoder;
  #encoder: FrameEncoder;
  readonly #handshake: Handshake;
  readonly #heartbeat: Heartbeat;
  readonly #handshakeDeadline: number;
  /** Of the ZMTP that the peer speaks. */
  #major = 3;
  #pongCount = 0;
  #saidLast = false;
  #now: number;
  /** Seals the traffic; undefined before it, and for mechanisms in the clear. */
  #box: Box | undefined;
  /** Messages are what the decoder finds: nothing is sealed, and they concern us. */
  #plain = false;
  /** Parts of a sealed message whose last part is still to come. */
  #parts: Buffer[] | undefined;
  #granted: Verdict | undefined;
  /** Octets that arrived while the peer was being judged. */
  #heldBack = 0;

  constructor(options: ConnectionOptions, now: number) {
    this.#options = options;
    this.#now = now;
    const traits = traitsOf(options.socketType);
    this.#publishes = traits.publishes ?? false;
    this.#joins = traits.joins ?? false;
    this.#subscribes = this.#joins || (traits.subscribes ?? false);
    this.#hasMembers = traits.hasMembers ?? false;
    const { mechanism } = options;
    const framing = options.framing ?? zmtpFraming(mechanism.name);
    const { greeting, decoder, encoder } = framing;
    const staged = options.framing === undefined ? stagedGreeting(options) : undefined;
    this.#greeting = staged ?? greeting;
    this.#minor = framing.minor ?? 1;
    this.#decoder = decoder;
    this.#encoder = encoder;
    decoder.limits.maxFrameSize = HANDSHAKE_MAX;
    decoder.limits.maxParts = 1;
    this.#handshake = mechanism.begin(encodeMetadata(announced(options)));
    this.#heartbeat = new Heartbeat(options);
    const { handshakeInterval } = options;
    this.#handshakeDeadline =
      handshakeInterval > 0 ? now + handshakeInterval : Number.POSITIVE_INFINITY;
    this.deadline = this.#handshakeDeadline;
    if (this.#greeting === undefined) this.#beginHandshake();
    else encoder.raw(this.#greeting.ours);
  }

  /** Whether the peer's greeting, where there is one, has arrived whole, also when the connection has ended since. */
  get greeted(): boolean {
    return this.#greeting?.done ?? true;
  }

  /** Octets that `take` would give. */
  get pending(): number {
    return this.#encoder.pending;
  }

  /** Whether there are octets that `next` has not looked at. */
  get undecoded(): boolean {
    return this.#decoder.pending;
  }

  /** Takes octets that have arrived from the peer. Ask `next` and `take` afterwards. */
  receive(chunk: Buffer, now: number): void {
    if (this.state === 'failed' || this.state === 'closed') return;
    this.#now = now;
    this.#heartbeat.heard();
    if (this.state !== 'greeting') {
      if (this.asking !== undefined) this.#heldBack += chunk.length;
      if (this.#heldBack > HELD_BACK_MAX) this.#fail(impatient());
      else this.#decoder.push(chunk);
      return;
    }
    const greeting = this.#greeting!;
    try {
      const taken = greeting.push(chunk);
      const answer = greeting.answer?.();
      if (answer !== undefined && answer.length > 0) this.#encoder.raw(answer);
      if (!greeting.done) return;
      if (greeting.older !== undefined) {
        this.#awaitIdentity(greeting.older);
      } else {
        greeting.checkMechanism(this.#options.mechanism.name);
        this.#beginHandshake();
      }
      this.#decoder.push(chunk.subarray(taken));
    } catch (error) {
      this.#fail(error);
    }
  }

  /**
   * Memory for the next octets from the peer, while they are the rest of a large body: reading them into it saves a copy.
   * Report them by `placed` instead of `receive`.
   */
  get place(): Buffer | undefined {
    return this.state === 'traffic' ? this.#decoder.place : undefined;
  }

  /** The first `count` octets of `place` have come from the peer. Ask `next` and `take` afterwards. */
  placed(count: number, now: number): void {
    if (this.state !== 'traffic') return;
    this.#now = now;
    this.#heartbeat.heard();
    this.#decoder.placed(count);
  }

  /**
   * The next message, undefined when there is none: more must be received, or `state` has changed (then look
   * at it, and ask again in `traffic`).
   */
  next(): Message | undefined {
    for (;;) {
      if (this.state !== 'traffic') {
        if (this.state !== 'handshake' || !this.#stepHandshake()) return undefined;
        // The driver looks at the new state before the first message of traffic.
        if (this.peer !== undefined) return undefined;
        continue;
      }
      const found = this.#decoder.next();
      if (found === MESSAGE && this.#plain) return this.#decoder.message;
      if (found === NEED_MORE) {
        this.#decoder.release();
        return undefined;
      }
      if (found === FAILED) {
        this.#fail(this.#decoder.error);
        return undefined;
      }
      if (found === ENDED) {
        this.#leave();
        return undefined;
      }
      let message: Message | undefined;
      if (this.#box !== undefined) {
        const frame = found === MESSAGE ? this.#decoder.message[0]! : this.#decoder.command;
        message = this.#open(this.#box, frame);
      } else if (found !== MESSAGE) {
        message = this.#obey(this.#decoder.command);
      } else {
        this.ignoredCount++;
      }
      if (message !== undefined) return message;
    }
  }

  /** Encode a message. Only in the state `traffic`; small parts are copied, see `COPY_MAX`. */
  send(message: Message): void {
    if (this.#subscribes && (this.#joins || this.peer!.minor > 0) && isSubscription(message)) {
      this.#command(encodeSubscription(message, this.#joins));
    } else if (this.#box === undefined) {
      this.#encoder.message(message);
    } else if (this.state === 'traffic') {
      for (let i = 0; i < message.length; i++) {
        const flags = i < message.length - 1 ? SEALED_MORE : 0;
        this.#encoder.message([this.#box.seal(flags, message[i]!)]);
      }
    }
  }

  /** Takes the verdict on what it was `asking`. */
  judged(verdict: Verdict): void {
    if (this.state !== 'handshake' || this.asking === undefined) return;
    this.asking = undefined;
    try {
      if (verdict.status !== 200) throw denied(verdict);
      this.#granted = verdict;
      const handshake = this.#handshake;
      this.#answer(handshake.accept === undefined ? handshake.first() : handshake.accept());
      if (handshake.peer !== undefined) this.#begin(handshake.peer);
    } catch (error) {
      this.#fail(error);
    }
  }

  /** The buffers to write now, in order. */
  take(): Buffer[] {
    this.#pongCount = 0;
    return this.#encoder.take();
  }

  /** Everything that `take` gave has left this process. */
  written(): void {
    this.#encoder.written();
  }

  /** The time is `now`: ends a handshake that is too slow, sends a due PING, gives a silent peer up. */
  elapsed(now: number): void {
    this.#now = now;
    if (this.state === 'greeting' || this.state === 'handshake') {
      if (now >= this.#handshakeDeadline) this.#fail(handshakeTimeout(this.#options));
      return;
    }
    if (this.state !== 'traffic') return;
    const due = this.#heartbeat.elapsed(now);
    if (due === 'dead') {
      this.#fail(silentPeer());
      return;
    }
    if (due === 'ping') this.#ping();
    this.deadline = this.#heartbeat.deadline;
  }

  /** Does not count silence of the peer up to `until`: we were not reading, or it has shown otherwise that it lives. */
  forgive(until: number): void {
    this.#heartbeat.forgive(until);
    if (this.state === 'traffic') this.deadline = this.#heartbeat.deadline;
  }

  /** Says the last word of this side, where the framing has one: send nothing after it. What comes is still received. */
  end(): void {
    if (this.#saidLast || this.state === 'failed' || this.state === 'closed') return;
    this.#saidLast = true;
    this.#encoder.end?.(false);
  }

  /** Ends the connection; nothing is received or sent any more. */
  close(): void {
    if (this.state !== 'failed') this.state = 'closed';
    this.#clear();
  }

  /** Fails the connection for a violation that ZMTP itself does not know, such as a reply without envelope. */
  reject(reason: string): void {
    this.#fail(new ZmtpError('ERR_ZMTP_MALFORMED_MESSAGE', reason));
  }

  #beginHandshake(): void {
    this.state = 'handshake';
    if (this.#options.judgesAll && this.#options.mechanism.name === 'NULL') this.asking = [];
    else this.#answer(this.#handshake.first());
  }

  /** In place of a handshake an older peer sends one frame, with its identity. */
  #awaitIdentity({ major, socketType, head }: OlderPeer): void {
    if (socketType !== '') checkPartner(this.#options.socketType, socketType);
    if (major === 1) {
      // A peer that does not say its type does not say what it subscribes to, and chooses among all that is published.
      const second = this.#publishes && socketType === '' ? Buffer.of(SUBSCRIBE) : undefined;
      this.#decoder = new Zmtp1Decoder(second);
      this.#decoder.push(head);
      const encoder = new Zmtp1Encoder();
      // What has not been taken of the greeting goes first.
      for (const octets of this.#encoder.take()) encoder.raw(octets);
      this.#encoder = encoder;
    }
    const { limits } = this.#decoder;
    limits.maxFrameSize = IDENTITY_MAX;
    limits.maxParts = 1;
    this.#major = major;
    this.state = 'handshake';
  }

  /** One command of the handshake; false when none is there or the handshake has failed. */
  #stepHandshake(): boolean {
    if (this.asking !== undefined) return false;
    const found = this.#decoder.next();
    if (found === NEED_MORE) return false;
    if (found === ENDED) {
      this.#leave();
      return false;
    }
    try {
      if (this.#major < 3) {
        if (found === COMMAND_FOUND) throw strayCommand(this.#major);
        if (found === FAILED) throw this.#decoder.error;
        const { socketType } = this.#greeting!.older!;
        this.#enter(socketType, this.#decoder.message[0], NO_METADATA);
        return true;
      }
      if (found === MESSAGE) throw earlyMessage();
      if (found === FAILED) {
        // The first part of a message, where none is allowed.
        if (this.#decoder.error!.code === 'ERR_ZMTP_TOO_MANY_PARTS') throw earlyMessage();
        throw this.#decoder.error;
      }
      const command = this.#decoder.command;
      if (commandName(command) === 'ERROR') throw refusedByPeer(decodeError(commandData(command)));
      this.#answer(this.#handshake.step(command));
      this.asking = this.#handshake.credentials;
      const metadata = this.#handshake.peer;
      if (metadata !== undefined) this.#begin(metadata);
      return true;
    } catch (error) {
      this.#fail(error);
      return false;
    }
  }

  #begin(metadata: Metadata): void {
    const { socketType: local } = this.#options;
    const socketType = property(metadata, 'Socket-Type')?.toString('latin1');
    if (socketType === undefined) throw missingType();
    checkPartner(local, socketType);
    const identity = property(metadata, 'Identity');
    if (identity !== undefined && identity.length > IDENTITY_MAX) {
      throw longIdentity(identity.length);
    }
    this.#box = this.#handshake.box;
    this.#enter(socketType, identity, withVerdict(metadata, this.#granted));
    this.#heartbeat.start(this.#now);
    this.deadline = this.#heartbeat.deadline;
  }

  /** The peer is known: from now on there are messages. */
  #enter(socketType: string, identity: Buffer | undefined, metadata: Metadata): void {
    const { maxMessageSize, maxMessageParts } = this.#options;
    const major = this.#major;
    this.peer = {
      major,
      minor: this.#greeting?.minor ?? this.#minor,
      socketType,
      routingId: identity === undefined || !identity[0] ? undefined : identity,
      metadata,
    };
    this.state = 'traffic';
    this.deadline = Number.POSITIVE_INFINITY;
    const sealed = this.#box !== undefined;
    this.#plain = !sealed && !this.#hasMembers;
    this.#decoder.mendsLongCommands = this.#publishes && !sealed && major === 3;
    const { limits } = this.#decoder;
    limits.maxFrameSize =
      maxMessageSize < 0
        ? FRAME_MAX
        : Math.min(maxMessageSize + (this.#box?.overhead ?? 0), FRAME_MAX);
    // Names of groups are short, and nothing else comes.
    if (this.#hasMembers) limits.maxFrameSize = Math.min(limits.maxFrameSize, HANDSHAKE_MAX);
    // A sealed part is a frame of its own, whose outer MORE means nothing.
    limits.maxParts = sealed ? 1 : maxMessageParts < 1 ? Number.POSITIVE_INFINITY : maxMessageParts;
  }

  /** A sealed frame: does it complete a message? */
  #open(box: Box, frame: Buffer): Message | undefined {
    let flags: number;
    let payload: Buffer;
    try {
      ({ flags, payload } = box.open(frame));
      if ((flags & SEALED_COMMAND) !== 0) return this.#obey(payload);
      const { maxMessageParts } = this.#options;
      if (maxMessageParts > 0 && (this.#parts?.length ?? 0) >= maxMessageParts) {
        throw new ZmtpError(
          'ERR_ZMTP_TOO_MANY_PARTS',
          `message of more than ${maxMessageParts} parts`,
        );
      }
    } catch (error) {
      this.#fail(error);
      return undefined;
    }
    const parts = this.#parts ?? [];
    parts.push(payload);
    this.#parts = (flags & SEALED_MORE) !== 0 ? parts : undefined;
    if (this.#parts !== undefined) return undefined;
    if (!this.#hasMembers) return parts;
    this.ignoredCount++;
    return undefined;
  }

  #ping(): void {
    if (this.#encoder.ping !== undefined) this.#encoder.ping();
    else this.#command(encodePing(this.#heartbeat.ttlDeciseconds));
  }

  #command(body: Buffer): void {
    if (this.#box === undefined) this.#encoder.command(body);
    else if (this.state === 'traffic')
      this.#encoder.message([this.#box.seal(SEALED_COMMAND, body)]);
  }

  /** A command in traffic; a subscription becomes a message, what is unknown is skipped (RFC 37). */
  #obey(body: Buffer): Message | undefined {
    if (this.#major < 3) {
      this.#fail(strayCommand(this.#major));
      return undefined;
    }
    const name = commandName(body);
    switch (name) {
      case 'PING':
        this.#pong(commandData(body));
        return undefined;
      case 'PONG':
        return undefined;
      case 'SUBSCRIBE':
      case 'CANCEL':
        if (this.#publishes) return decodeSubscription(name, body);
        break;
      case 'JOIN':
      case 'LEAVE':
        if (this.#hasMembers) return decodeSubscription(name, body);
        break;
      default:
        break;
    }
    this.ignoredCount++;
    return undefined;
  }

  #pong(data: Buffer): void {
    if (data.length < 2) {
      this.#fail(new ZmtpError('ERR_ZMTP_MALFORMED_PING', 'PING command without a TTL'));
      return;
    }
    this.#heartbeat.promised(data.readUInt16BE(0), this.#now);
    this.deadline = this.#heartbeat.deadline;
    // A peer that floods us with PINGs and does not read must not fill our memory with PONGs.
    if (this.#pongCount++ < PONGS_MAX) this.#command(encodePong(data));
  }

  #answer(command: Buffer | undefined): void {
    if (command !== undefined) this.#encoder.command(command);
  }

  #fail(error: unknown): void {
    if (!(error instanceof ZmtpError)) throw error;
    if (this.state === 'failed' || this.state === 'closed') return;
    if (this.state === 'handshake' && this.#major === 3) {
      if (TOLD.has(error.code)) this.#encoder.command(encodeError(error.message));
      // RFC 27: a temporary failure is silent, so that the peer tries again.
      else if (error.code === 'ERR_ZMTP_DENIED' && error.status !== 300) {
        this.#encoder.command(encodeError(String(error.status)));
      }
    }
    if (!this.#saidLast) this.#encoder.end?.(true);
    this.state = 'failed';
    this.error = error;
    this.#clear();
  }

  /** The peer has said its last word. */
  #leave(): void {
    this.end();
    this.close();
  }

  #clear(): void {
    this.#decoder.clear();
    this.#handshake.wipe?.();
    this.#parts = undefined;
    this.asking = undefined;
    this.deadline = Number.POSITIVE_INFINITY;
  }
}

function announced(options: ConnectionOptions): [string, Buffer][] {
  const { socketType, routingId } = options;
  const properties: [string, Buffer][] = [['Socket-Type', Buffer.from(socketType)]];
  if (traitsOf(socketType).announcesIdentity) {
    properties.push(['Identity', routingId ?? Buffer.alloc(0)]);
  }
  return properties;
}

function denied({ status, cause }: Verdict): ZmtpError {
  const error = new ZmtpError(
    'ERR_ZMTP_DENIED',
    `peer was denied with status ${status}`,
    'peer',
    status,
  );
  if (cause !== undefined) error.cause = cause;
  return error;
}

/** The properties that the peer announced, overridden by those of the verdict. */
function withVerdict(announced: Metadata, verdict: Verdict | undefined): Metadata {
  const found = new Map(verdict?.metadata);
  if (verdict?.userId !== undefined) found.set('User-Id', Buffer.from(verdict.userId));
  const taken = new Set(
    [...found.keys(), ...RESERVED_PROPERTIES].map((name) => name.toLowerCase()),
  );
  let forged = false;
  for (const name of announced.keys()) if (taken.has(name.toLowerCase())) forged = true;
  if (found.size === 0 && !forged) return announced;
  const kept = [...announced].filter(([name]) => !taken.has(name.toLowerCase()));
  return new Map([...kept, ...found]);
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

function strayCommand(major: number): ZmtpError {
  const told = `peer of ZMTP ${major}.0 sends a command, which that version does not have`;
  return new ZmtpError('ERR_ZMTP_UNEXPECTED_COMMAND', told);
}

function longIdentity(length: number): ZmtpError {
  return new ZmtpError(
    'ERR_ZMTP_INVALID_METADATA',
    `peer announces an Identity of ${length} octets, at most ${IDENTITY_MAX} are allowed`,
  );
}

function handshakeTimeout({ handshakeInterval }: ConnectionOptions): ZmtpError {
  return new ZmtpError(
    'ERR_ZMTP_HANDSHAKE_TIMEOUT',
    `handshake not finished within ${handshakeInterval} ms`,
  );
}

function silentPeer(): ZmtpError {
  return new ZmtpError('ERR_ZMTP_HEARTBEAT_TIMEOUT', 'nothing heard from the peer in time');
}

/** Failures that the peer is told with an ERROR command while the handshake lasts. */
const TOLD: ReadonlySet<string> = new Set([
  'ERR_ZMTP_SOCKET_TYPE',
  'ERR_ZMTP_INVALID_METADATA',
  'ERR_ZMTP_UNEXPECTED_COMMAND',
]);

/** Metadata a peer must not set itself: reserved for the authenticator and for us. */
const RESERVED_PROPERTIES = ['User-Id', 'Peer-Address'];

/** What a peer may send while it is being judged: its READY, at most. */
const HELD_BACK_MAX = 2 * 65_536;
const NO_METADATA: Metadata = new Map();
const IDENTITY_MAX = 255;
/** Octets of one handshake command, before anything is known of the peer. */
const HANDSHAKE_MAX = 65_536;
/** The most that one Buffer holds on every Node we support (2^32 from 22 on, 2^53 later; 4 GiB on 20). */
const FRAME_MAX = 0xffff_ffff;
/** Flags inside a sealed frame. */
const SEALED_MORE = 0x01;
const SEALED_COMMAND = 0x02;
/** PONGs that may wait for the transport to take them. */
const PONGS_MAX = 64;
