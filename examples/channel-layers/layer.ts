/** The layers of the demonstration. */

import { DedicatedLayer, EmbeddedLayer } from 'zeromq-pure/layer';
import type { Parcel } from './plan.ts';

/** Where the processes of an act meet. */
export type Place = { readonly address: string } | { readonly hub: string };

/** Nobody here waits for slow readers, so that there has to be room for all that is sent. */
const capacity = 100_000;

/** A layer at `place`, as JSON on the command line of a player. */
export function layerAt(place: string): EmbeddedLayer<Parcel> | DedicatedLayer<Parcel> {
  const where = JSON.parse(place) as Place;
  if ('address' in where) return new EmbeddedLayer<Parcel>({ ...where, capacity });
  return new DedicatedLayer<Parcel>({ ...where, capacity });
}
