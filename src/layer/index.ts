/** What "zeromq-pure/layer" exports. */

export type { Capabilities } from './carrier/capabilities.ts';
export type { WaitOptions } from './carrier/carrier.ts';
export type { EncryptionKey } from './codec/cipher.ts';
export type { Codec } from './codec/codec.ts';
export type { Message, Value } from './codec/value.ts';
export type { LayerCurve, LayerPlain, SecurityOptions } from './connection/security.ts';
export { DedicatedLayer, type DedicatedLayerOptions } from './dedicated.ts';
export { EmbeddedLayer, type EmbeddedLayerOptions } from './embedded.ts';
export {
  ChannelFull,
  InvalidMessage,
  InvalidName,
  LayerClosed,
  LayerError,
  type LayerErrorCode,
  type LayerErrorDetail,
  MessageTooLarge,
} from './errors.ts';
export type { HubAction, LayerEvents, LayerStats } from './events.ts';
export { Hub, type HubOptions, type HubStats } from './hub.ts';
export { ChannelLayer, type GroupSendOptions } from './layer.ts';
export type { ChannelCapacity } from './local/capacity.ts';
export { MemoryLayer } from './memory.ts';
export { MessageStream } from './message-stream.ts';
export type { Authorize } from './native/hub-router.ts';
export type { HubLimits } from './native/limits.ts';
export type { LayerOptions } from './options.ts';
