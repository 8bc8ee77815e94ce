/** DedicatedLayer: any number of processes send and receive through a hub. */

import { DedicatedZmqCarrier } from './channels-zmq/dedicated.ts';
import { wireOptions } from './channels-zmq/format.ts';
import type { Message } from './codec/value.ts';
import type { ConnectionOptions } from './connection/socket-options.ts';
import { LayerError } from './errors.ts';
import { ChannelLayer } from './layer.ts';
import { HubCarrier } from './native/hub-carrier.ts';
import type { LayerOptions } from './options.ts';

/** Options of a dedicated layer: the address of one hub, or of several in `hubs`. */
export interface DedicatedLayerOptions extends LayerOptions, ConnectionOptions {
  /** Endpoint at which the hub listens, such as `tcp://10.0.0.1:5570`. One connection carries all messages. */
  hub?: string;
  /** Endpoints of several hubs. Names are spread over them by consistent hashing; all layers need the same endpoints. */
  hubs?: readonly string[];
  /** The wire format: `native` (default), or `channels_zmq`, that of this Python package, which needs `push` and `pub`. */
  wire?: 'native' | 'channels_zmq';
  /** With `channels_zmq`: endpoint to push messages to, the `pull` of the queue service. */
  push?: string;
  /** With `channels_zmq`: endpoint to get messages from, the `pub` of the queue service. */
  pub?: string;
}

/**
 * A layer whose processes send and receive through a hub. It connects when it is constructed, and keeps the process alive
 * while it is open.
 */
export class DedicatedLayer<M extends object = Message> extends ChannelLayer<M> {
  /** @throws LayerError `ERR_INVALID_OPTION` */
  constructor(options: DedicatedLayerOptions) {
    const given = options ?? {};
    if (given.wire === 'channels_zmq') {
      const { push, pub } = servicesOf(given);
      super(wireOptions(given), (host) => new DedicatedZmqCarrier(host, push, pub, given));
    } else {
      const hubs = hubsOf(given);
      super(wireOptions(given), (host) => new HubCarrier(host, hubs, given));
    }
  }
}

function servicesOf({ hub, hubs, push, pub }: DedicatedLayerOptions): {
  push: string;
  pub: string;
} {
  if (hub !== undefined || hubs !== undefined) {
    throw invalid('channels_zmq needs push and pub, not hub or hubs');
  }
  return { push: address('push', push), pub: address('pub', pub) };
}

function hubsOf({ hub, hubs, push, pub }: DedicatedLayerOptions): readonly string[] {
  if (push !== undefined || pub !== undefined) {
    throw invalid('push and pub are for channels_zmq, expected hub or hubs');
  }
  if (hub !== undefined && hubs !== undefined) throw invalid('give either hub or hubs');
  if (hubs === undefined) return [address('hub', hub)];
  if (hubs.length === 0) throw invalid('hubs is empty, expected addresses');
  return hubs.map((each) => address('hubs', each));
}

function address(name: string, value: unknown): string {
  if (typeof value === 'string' && value !== '') return value;
  throw invalid(`${name} is ${String(value)}, expected an address`);
}

function invalid(message: string): LayerError {
  return new LayerError('ERR_INVALID_OPTION', message);
}
