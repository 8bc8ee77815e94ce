/**
 * The door `zeromq-pure/wire`: ZMTP 3.1 as values and state machines, without I/O, for programs that stand between
 * sockets: proxies, sniffers, testers. CURVE and WebSocket are exported only here, so that sockets load them on demand.
 */

export {
  commandData,
  commandName,
  decodeError,
  encodeCommand,
  encodeError,
  encodePing,
  encodePong,
} from './zmtp/command.ts';
export * from './zmtp/index.ts';
export type { CurveChance } from './zmtp/mechanism/curve-client.ts';
export { curveClient } from './zmtp/mechanism/curve-client.ts';
export { importKeyPair, type KeyPair } from './zmtp/mechanism/curve-key-pair.ts';
export type { ServerChance } from './zmtp/mechanism/curve-server.ts';
export { curveServer } from './zmtp/mechanism/curve-server.ts';
export { decodeSubscription, encodeSubscription, isSubscription } from './zmtp/subscription.ts';
export { type WireItem, WireReader } from './zmtp/wire-reader.ts';
export { type WsFramingOptions, wsFraming } from './zmtp/ws-framing.ts';
export { wsMessageFraming } from './zmtp/ws-messages.ts';
export { pageWsProtocols, servedWsProtocols, wsProtocols } from './zmtp/ws-protocols.ts';
