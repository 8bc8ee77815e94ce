/** EmbeddedLayer: one process sends to any number of receiving ones, without a hub in between. */

import { EmbeddedZmqCarrier } from './channels-zmq/embedded.ts';
import { wireOptions } from './channels-zmq/format.ts';
import type { Message } from './codec/value.ts';
import { checkSecurity } from './connection/security.ts';
import type { ConnectionOptions } from './connection/socket-options.ts';
import { LayerClosed, LayerError } from './errors.ts';
import { ChannelLayer } from './layer.ts';
import { EmbeddedCarrier } from './native/embedded-carrier.ts';
import type { LayerOptions } from './options.ts';

/** Options of an embedded layer. */
export interface EmbeddedLayerOptions extends LayerOptions, ConnectionOptions {
  /** The endpoint that the sending process binds and others connect to: `tcp://127.0.0.1:5560` or `ipc:///run/layer`. */
  address: string;
  /** The wire format: `native` (default), or `channels_zmq`, that of this Python package. */
  wire?: 'native' | 'channels_zmq';
}

/**
 * A layer with one sending process and any number of receiving ones. The first `send`, `groupSend` or `bind` makes this process
 * the producer, which listens at `address`; a second producer is refused with `ERR_ADDRESS_IN_USE`. Others connect when
 * they first receive or join a group. An open layer keeps the process alive once it is used.
 */
export class EmbeddedLayer<M extends object = Message> extends ChannelLayer<M> {
  /** @throws LayerError `ERR_INVALID_OPTION` */
  constructor(options: EmbeddedLayerOptions) {
    const { address } = options ?? {};
    if (typeof address !== 'string' || address === '') {
      throw new LayerError('ERR_INVALID_OPTION', 'an embedded layer needs an address');
    }
    checkSecurity(options);
    super(wireOptions(options), (host) =>
      options.wire === 'channels_zmq'
        ? new EmbeddedZmqCarrier(host, address, options)
        : new EmbeddedCarrier(host, address, options),
    );
  }

  /**
   * Makes this process the producer now, so that others can connect before anything is sent. Rejects with LayerClosed, or with
   * `ERR_ADDRESS_IN_USE` if there is another producer.
   */
  bind(): Promise<void> {
    if (this.closed) return Promise.reject(new LayerClosed());
    return (this.carrier as EmbeddedCarrier | EmbeddedZmqCarrier).bind();
  }

  /** The endpoint at which this process listens, with the port that was bound; undefined before it listens. */
  get address(): string | undefined {
    return (this.carrier as EmbeddedCarrier | EmbeddedZmqCarrier).address;
  }
}
