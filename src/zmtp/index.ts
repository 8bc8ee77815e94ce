/** The door `zeromq-pure/wire`: ZMTP 3.1 as values and state machines, without I/O. */

export {
  COMMAND_FOUND,
  type DecoderLimits,
  ENDED,
  FAILED,
  MESSAGE,
  NEED_MORE,
} from './assembler.ts';
export {
  Connection,
  type ConnectionOptions,
  type ConnectionState,
} from './connection.ts';
export { Decoder } from './decoder.ts';
export { Encoder } from './encoder.ts';
export { ZmtpError, type ZmtpErrorCode } from './errors.ts';
export type { Message } from './frame.ts';
export {
  type FrameDecoder,
  type FrameEncoder,
  type FramesEncoder,
  type Framing,
  type Greeting,
  zmtpFraming,
} from './framing.ts';
export { encodeGreeting, GREETING_SIZE, GreetingDecoder, type OlderPeer } from './greeting.ts';
export type { HeartbeatOptions } from './heartbeat.ts';
export { curveKeyPair } from './mechanism/curve-key-pair.ts';
export type { Box, Credentials, Handshake, Mechanism, Sealed } from './mechanism/mechanism.ts';
export { nullMechanism } from './mechanism/null.ts';
export { plainClient, plainServer } from './mechanism/plain.ts';
export { decodeZ85, encodeZ85 } from './mechanism/z85.ts';
export { decodeMetadata, encodeMetadata, type Metadata, property } from './metadata.ts';
export type { OpeningOptions, Peer } from './opening.ts';
export { checkPartner, isSocketType, type SocketType } from './socket-type.ts';
export type { Verdict } from './verdict.ts';
