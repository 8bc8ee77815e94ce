/** The RabbitMQ broker: checks that one answers, before processes are started that would wait for it for ever. */

import { RabbitmqLayer } from 'zeromq-pure/layer/rabbitmq';

/** Settles when a broker has answered at `url`. Rejects with a sentence that says why there is none. */
export async function findBroker(url: string, signal: AbortSignal): Promise<void> {
  await using layer = new RabbitmqLayer({ url });
  let why = 'nothing answers';
  layer.events.on('refused', ({ error }) => {
    why = error.message;
  });
  try {
    await layer.ready({ signal, timeout: PATIENCE });
  } catch {
    const { host } = new URL(url);
    throw new Error(
      `no RabbitMQ broker can be used at ${host}: ${why}; start one, or say where it is with --url amqp://USER:PASSWORD@HOST:PORT/VHOST`,
    );
  }
}

/** Milliseconds. */
const PATIENCE = 5_000;
