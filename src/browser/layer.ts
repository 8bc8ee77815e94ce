/** The door `zeromq-pure/layer` of browsers: layers of a hub that is reached by WebSocket, and layers of one page. */

export type {
  Capabilities,
  ChannelCapacity,
  Codec,
  DedicatedLayerOptions,
  EncryptionKey,
  GroupSendOptions,
  HubAction,
  LayerErrorCode,
  LayerErrorDetail,
  LayerEvents,
  LayerOptions,
  LayerPlain,
  LayerStats,
  Message,
  SecurityOptions,
  Value,
  WaitOptions,
} from '../layer/index.ts';
export {
  ChannelFull,
  ChannelLayer,
  DedicatedLayer,
  InvalidMessage,
  InvalidName,
  LayerClosed,
  LayerError,
  MemoryLayer,
  MessageStream,
  MessageTooLarge,
} from '../layer/index.ts';
