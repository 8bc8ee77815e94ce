/**
 * What "zeromq-pure/layer/carrier" exports: the parts of a channel layer of your own.
 *
 * ```ts
 * class OwnLayer extends ChannelLayer {
 *   constructor(options: LayerOptions = {}) {
 *     super(options, (host) => new OwnCarrier(host));   // OwnCarrier implements Carrier
 *   }
 * }
 * ```
 */

export type { Message } from '../codec/value.ts';
export {
  ChannelFull,
  InvalidMessage,
  InvalidName,
  LayerClosed,
  LayerError,
  type LayerErrorCode,
  MessageTooLarge,
} from '../errors.ts';
export { ChannelLayer } from '../layer.ts';
export { Letter, type Settlement } from '../local/letter.ts';
export type { Delivery } from '../local/mailboxes.ts';
export { routeOf } from '../local/names.ts';
export { RemoteClock } from '../local/remote-clock.ts';
export type { LayerOptions } from '../options.ts';
export type { Capabilities } from './capabilities.ts';
export type { Carrier, WaitOptions } from './carrier.ts';
export type { CarrierHost, CarrierSettings, GroupDelivery } from './carrier-host.ts';
