/** The layers of the demonstration. */

import { type ChannelLayer, DedicatedLayer, EmbeddedLayer } from 'zeromq-pure/layer';
import { RabbitmqLayer } from 'zeromq-pure/layer/rabbitmq';
import type { Parcel } from './plan.ts';

/** Where the processes of an act meet. */
export type Place =
  | { readonly address: string }
  | { readonly hub: string }
  /** URL of a broker; all names begin with `prefix`. */
  | { readonly url: string; readonly prefix: string };

/** No producer waits for slow readers, so there has to be room for all messages. */
const capacity = 100_000;
/** The most messages that RabbitMQ gives a process ahead of its reading. */
const localCapacity = 65_535;

/** A layer at `place`, as JSON on the command line of a player. */
export function layerAt(place: string): ChannelLayer<Parcel> {
  const where = JSON.parse(place) as Place;
  if ('address' in where) return new EmbeddedLayer<Parcel>({ ...where, capacity });
  if ('url' in where) {
    return new RabbitmqLayer<Parcel>({
      ...where,
      capacity,
      localCapacity,
      remoteCapacity: capacity,
    });
  }
  return new DedicatedLayer<Parcel>({ ...where, capacity });
}
