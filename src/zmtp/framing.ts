/**
 * Framing: how a connection turns frames into octets and back. ZMTP 3.1 has a greeting, a Decoder and an Encoder;
 * another one (frames of WebSocket) brings its own and gets everything else from `Connection`.
 */

import { Decoder } from './decoder.ts';
import { Encoder } from './encoder.ts';
import { encodeGreeting, GreetingDecoder, type OlderPeer } from './greeting.ts';

/** What both sides send before the first frame. */
export interface Greeting
  extends Pick<GreetingDecoder, 'done' | 'minor' | 'push' | 'checkMechanism'> {
  /** Our own greeting: the first octets that are sent. */
  readonly ours: Buffer;
  /** Called after each `push`: returns further octets of our greeting, where those of the peer have made them due. */
  answer?(): Buffer;
  /** Set once `done` where the peer speaks an older version, so that neither mechanism nor commands follow. */
  readonly older?: OlderPeer | undefined;
}

/** Decodes octets to messages and commands; its doc comments are those of {@link Decoder}. */
export type FrameDecoder = Pick<
  Decoder,
  | 'push'
  | 'next'
  | 'message'
  | 'command'
  | 'error'
  | 'limits'
  | 'mendsLongCommands'
  | 'place'
  | 'placed'
  | 'pending'
  | 'release'
  | 'clear'
>;

/** Encodes messages and commands to octets; its doc comments are those of {@link Encoder}. */
export type FrameEncoder = Pick<
  Encoder,
  'raw' | 'message' | 'command' | 'pending' | 'take' | 'written'
> & {
  /** See {@link FramesEncoder}; absent where frames are others. */
  frames?(octets: Buffer): void;
  /** Encodes a heartbeat of the transport itself, where it has one, in place of the command PING. It is not sealed. */
  ping?(): void;
  /** Ends the traffic of this side, where the transport has an end; `broken`: the peer has broken the rules. */
  end?(broken: boolean): void;
};

/** An encoder of the frames of ZMTP 2 and 3, which takes those that are encoded already. */
export type FramesEncoder = Pick<Encoder, 'frames'>;

/** How one connection is framed; created anew for each. */
export interface Framing {
  /** Absent where the transport has agreed on version and mechanism already, as ZWS 2.0 does. */
  readonly greeting?: Greeting;
  /** Without a greeting: the minor version of ZMTP 3 that is spoken, default 1. */
  readonly minor?: number;
  /** False where this side cannot ask for a sign of life, so that silence of the peer says nothing. Default true. */
  readonly heartbeats?: boolean;
  /**
   * Receives each chunk as the transport delivers it: a whole message, where the transport has message boundaries. The connection
   * sets its `limits`.
   */
  readonly decoder: FrameDecoder;
  /** Each Buffer of its `take` is written in one piece. */
  readonly encoder: FrameEncoder;
}

/** The framing of ZMTP 3.1 under `mechanism` (its name in the greeting). */
export function zmtpFraming(mechanism: string): Framing {
  return {
    greeting: Object.assign(new GreetingDecoder(), { ours: encodeGreeting(mechanism) }),
    decoder: new Decoder({ maxFrameSize: 0, maxParts: 1 }),
    encoder: new Encoder(),
  };
}
