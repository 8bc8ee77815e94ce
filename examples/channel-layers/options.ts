/** The command line of the demonstration of channel layers. */

import { parseArgs } from 'node:util';

/** Which layers are shown, and where RabbitMQ is. */
export interface LayerChoice {
  readonly layers: readonly LayerName[];
  readonly url: string;
}

/** A layer that can be shown. */
export type LayerName = (typeof LAYERS)[number];

const LAYERS = ['embedded', 'dedicated', 'rabbitmq'] as const;
/** A newly installed broker, with its default user and virtual host. */
const BROKER = 'amqp://guest:guest@127.0.0.1/';

/** Throws what is wrong with `args`. */
export function parseChoice(args: string[]): LayerChoice {
  const { values } = parseArgs({
    args,
    options: { layer: { type: 'string' }, url: { type: 'string' } },
  });
  const { layer, url = BROKER } = values;
  const name = LAYERS.find((each) => each === layer);
  if (layer !== undefined && name === undefined) {
    throw new Error(`--layer must be ${LAYERS.join(', ')}, not "${layer}"`);
  }
  if (values.url !== undefined && name !== 'rabbitmq') {
    throw new Error('--url is for --layer rabbitmq');
  }
  return { layers: name === undefined ? ['embedded', 'dedicated'] : [name], url };
}
