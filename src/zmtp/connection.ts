/**
 * Connection: ZMTP towards one peer, without I/O and without a clock (RFC 37).
 *
 *     opening: greeting → handshake → traffic → failed | closed
 *
 * Its driver reports what arrived (`arrived`, `elapsed`), asks for what is next (`next`, `take`, `deadline`)
 * and passes on what the application sends (`send`). Nothing here throws for what a peer does: a violation sets
 * `state` to `failed` and `error`, and `take` may still hold an ERROR command to flush before closing.
 */

import { COMMAND_FOUND, ENDED, FAILED, MESSAGE, NEED_MORE } from './assembler.ts';
import { commandData, commandName, encodePing, encodePong } from './command.ts';
import { ZmtpError } from './errors.ts';
import type { Message } from './frame.ts';
import type { FrameDecoder, FrameEncoder, FramesEncoder } from './framing.ts';
import { Heartbeat, type HeartbeatOptions } from './heartbeat.ts';
import type { Credentials } from './mechanism/mechanism.ts';
import { HANDSHAKE_MAX, Opening, type OpeningOptions, type Peer, strayCommand } from './opening.ts';
import { SealedTraffic } from './sealed.ts';
import { traitsOf } from './socket-type.ts';
import { decodeSubscription, encodeSubscription, isSubscription } from './subscription.ts';
import type { Verdict } from './verdict.ts';

/** The options of a connection. */
export interface ConnectionOptions extends OpeningOptions, HeartbeatOptions {
  /** `ZMQ_MAXMSGSIZE`. Octets in one frame at most; −1 = as many as a Buffer holds. */
  readonly maxMessageSize: number;
  /** Parts in one message at most; below 1 = no limit. */
  readonly maxMessageParts: number;
  /** `ZMQ_HANDSHAKE_IVL`. Milliseconds from the construction to the end of the handshake, at most; 0 = no limit. */
  readonly handshakeInterval: number;
}

/** How far a connection has come. */
export type ConnectionState = 'greeting' | 'handshake' | 'traffic' | 'failed' | 'closed';

/** The protocol towards one peer: greeting, handshake, traffic. */
export class Connection {
  /** How far the connection has come; `failed` and `closed` are final. */
  state: ConnectionState = 'greeting';
  /** What the peer has announced; set when the state becomes `traffic`. */
  peer: Peer | undefined;
  /** What takes messages that are framed already; undefined where they do not leave as frames of ZMTP in the clear. */
  framed: FramesEncoder | undefined;
  /** Why the state is `failed`. */
  error: ZmtpError | undefined;
  /** The time at which `elapsed` must be called, in milliseconds of the clock that is passed in; Infinity = not at all. */
  deadline: number;
  /**
   * Commands and messages that were skipped: unknown commands, SUBSCRIBE where nothing can be subscribed to, JOIN where there are
   * no groups, and messages from a peer that only joins groups.
   */
  ignoredCount = 0;

  readonly #options: ConnectionOptions;
  readonly #publishes: boolean;
  readonly #subscribes: boolean;
  readonly #hasMembers: boolean;
  readonly #joins: boolean;
  readonly #opening: Opening;
  #decoder: FrameDecoder;
  #encoder: FrameEncoder;
  readonly #heartbeat: Heartbeat;
  readonly #handshakeDeadline: number;
  #pongCount = 0;
  #saidLast = false;
  #now: number;
  /** Undefined before the traffic, and for mechanisms in the clear. */
  #sealed: SealedTraffic | undefined;
  /** Whether messages are passed on as the decoder finds them: they are not sealed, and our type receives messages. */
  #plain = false;

  constructor(options: ConnectionOptions, now: number) {
    this.#options = options;
    this.#now = now;
    const traits = traitsOf(options.socketType);
    this.#publishes = traits.publishes ?? false;
    this.#joins = traits.joins ?? false;
    this.#subscribes = this.#joins || (traits.subscribes ?? false);
    this.#hasMembers = traits.hasMembers ?? false;
    const opening = new Opening(options);
    this.#opening = opening;
    this.state = opening.state;
    this.#decoder = opening.decoder;
    this.#encoder = opening.encoder;
    this.#heartbeat = new Heartbeat(options);
    const { handshakeInterval } = options;
    this.#handshakeDeadline =
      handshakeInterval > 0 ? now + handshakeInterval : Number.POSITIVE_INFINITY;
    this.deadline = this.#handshakeDeadline;
  }

  /** Whether the peer's greeting, where there is one, has arrived whole, also when the connection has ended since. */
  get greeted(): boolean {
    return this.#opening.greeted;
  }

  /** The peer's credentials, while the handshake waits for a verdict on them: answer with `judged`. */
  get asking(): Credentials | undefined {
    return this.#opening.asking;
  }

  /** Octets that `take` would return. */
  get pending(): number {
    return this.#encoder.pending;
  }

  /** Whether there are octets that `next` has not looked at. */
  get undecoded(): boolean {
    return this.#decoder.pending;
  }

  /** Takes octets that have arrived from the peer. Ask `next` and `take` afterwards. */
  arrived(chunk: Buffer, now: number): void {
    if (this.state === 'failed' || this.state === 'closed') return;
    this.#now = now;
    this.#heartbeat.heard();
    if (this.state === 'traffic') this.#decoder.push(chunk);
    else this.#open((opening) => opening.arrived(chunk));
  }

  /**
   * Memory for the next octets from the peer, while they are the rest of a large body: reading them into it saves a copy.
   * Report them by `placed` instead of `arrived`.
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
        if (this.state !== 'handshake' || !this.#shakeHands()) return undefined;
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
      if (this.#sealed !== undefined) {
        const frame = found === MESSAGE ? this.#decoder.message[0]! : this.#decoder.command;
        message = this.#unseal(this.#sealed, frame);
      } else if (found !== MESSAGE) {
        message = this.#obey(this.#decoder.command);
      } else {
        this.ignoredCount++;
      }
      if (message !== undefined) return message;
    }
  }

  /** Encodes a message, in the state `traffic` only. Parts of more than 2048 octets must not change until `written`. */
  send(message: Message): void {
    if (this.#subscribes && (this.#joins || this.peer!.minor > 0) && isSubscription(message)) {
      this.#command(encodeSubscription(message, this.#joins));
    } else if (this.#sealed === undefined) {
      this.#encoder.message(message);
    } else if (this.state === 'traffic') {
      this.#sealed.message(message, this.#encoder);
    }
  }

  /** Takes the verdict on the credentials that `asking` returned. */
  judged(verdict: Verdict): void {
    if (this.state !== 'handshake' || this.asking === undefined) return;
    this.#open((opening) => opening.judged(verdict));
  }

  /** The buffers to write now, in order. */
  take(): Buffer[] {
    this.#pongCount = 0;
    return this.#encoder.take();
  }

  /** Call when everything that `take` returned has left this process: its memory may be used again. */
  written(): void {
    this.#encoder.written();
  }

  /** Call at `deadline`, with the time as `now`: fails a handshake that is too slow, sends a due PING, gives a silent peer up. */
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

  /** Does not count silence of the peer up to the time `until`: we were not reading, or it has shown otherwise that it lives. */
  forgive(until: number): void {
    this.#heartbeat.forgive(until);
    if (this.state === 'traffic') this.deadline = this.#heartbeat.deadline;
  }

  /** Ends the traffic of this side, where the framing has an end: send nothing after it. What arrives is still received. */
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

  /** Takes one command of the handshake; false when there is none or the handshake has failed. */
  #shakeHands(): boolean {
    const found = this.#open((opening) => opening.step());
    if (found === ENDED) this.#leave();
    return found === COMMAND_FOUND;
  }

  /** Calls `step`; a violation by the peer, which it throws, fails the connection. */
  #open<T>(step: (opening: Opening) => T): T | undefined {
    const opening = this.#opening;
    let found: T | undefined;
    let fault: unknown;
    try {
      found = step(opening);
    } catch (error) {
      fault = error;
    }
    this.#decoder = opening.decoder;
    this.#encoder = opening.encoder;
    this.state = opening.state;
    if (fault !== undefined) this.#fail(fault);
    else if (opening.peer !== undefined) this.#enter(opening.peer);
    return found;
  }

  /** Begins the traffic: the handshake has finished, and `peer` is known. */
  #enter(peer: Peer): void {
    this.peer = peer;
    this.state = 'traffic';
    const { maxMessageSize, maxMessageParts } = this.#options;
    const { box } = this.#opening;
    if (box !== undefined) this.#sealed = new SealedTraffic(box, maxMessageParts);
    const sealed = box !== undefined;
    this.#plain = !sealed && !this.#hasMembers;
    if (!sealed && !this.#subscribes && this.#encoder.frames !== undefined)
      this.framed = this.#encoder as FramesEncoder;
    const modern = peer.major === 3;
    this.#decoder.mendsLongCommands = this.#publishes && !sealed && modern;
    const { limits } = this.#decoder;
    limits.maxFrameSize =
      maxMessageSize < 0 ? FRAME_MAX : Math.min(maxMessageSize + (box?.overhead ?? 0), FRAME_MAX);
    // Names of groups are short, and a peer of ours sends nothing else.
    if (this.#hasMembers) limits.maxFrameSize = Math.min(limits.maxFrameSize, HANDSHAKE_MAX);
    // A sealed part is a frame of its own, whose outer MORE means nothing.
    limits.maxParts = sealed ? 1 : maxMessageParts < 1 ? Number.POSITIVE_INFINITY : maxMessageParts;
    // Older versions have no PING.
    const asks = this.#options.framing?.heartbeats ?? true;
    if (modern && asks) this.#heartbeat.start(this.#now);
    this.deadline = this.#heartbeat.deadline;
  }

  /** Opens a sealed frame. Returns the message that it completes, if it does. */
  #unseal(sealed: SealedTraffic, frame: Buffer): Message | undefined {
    let message: Message | undefined;
    try {
      message = sealed.open(frame);
    } catch (error) {
      this.#fail(error);
      return undefined;
    }
    if (sealed.command !== undefined) return this.#obey(sealed.command);
    if (message === undefined || !this.#hasMembers) return message;
    this.ignoredCount++;
    return undefined;
  }

  #ping(): void {
    if (this.#encoder.ping !== undefined) this.#encoder.ping();
    else this.#command(encodePing(this.#heartbeat.ttlDeciseconds));
  }

  #command(body: Buffer): void {
    if (this.#sealed === undefined) this.#encoder.command(body);
    else if (this.state === 'traffic') this.#sealed.commandTo(body, this.#encoder);
  }

  /** Executes a command in traffic; a subscription becomes a message, an unknown command is skipped (RFC 37). */
  #obey(body: Buffer): Message | undefined {
    const { major } = this.peer!;
    if (major < 3) {
      this.#fail(strayCommand(major));
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

  #fail(error: unknown): void {
    if (!(error instanceof ZmtpError)) throw error;
    if (this.state === 'failed' || this.state === 'closed') return;
    this.#opening.refuse(error);
    if (!this.#saidLast) this.#encoder.end?.(true);
    this.state = 'failed';
    this.error = error;
    this.#clear();
  }

  /** The peer has ended its traffic: ends ours, and closes. */
  #leave(): void {
    this.end();
    this.close();
  }

  #clear(): void {
    this.#decoder.clear();
    this.#opening.wipe();
    this.#sealed?.clear();
    this.deadline = Number.POSITIVE_INFINITY;
  }
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

/** The most that one Buffer holds on every Node we support (2^32 from 22 on, 2^53 later; 4 GiB on 20). */
const FRAME_MAX = 0xffff_ffff;
/** PONGs that may wait for the transport to take them. */
const PONGS_MAX = 64;
