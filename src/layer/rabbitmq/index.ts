/** What "zeromq-pure/layer/rabbitmq" exports. */

export { RabbitmqLayer } from './layer.ts';
export type { RabbitmqLayerOptions } from './options.ts';
