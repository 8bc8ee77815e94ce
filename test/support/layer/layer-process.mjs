/** A process with a channel layer of dist/, told over IPC what to do with it. */

import { DedicatedLayer, EmbeddedLayer, Hub } from '../../../dist/layer/index.js';
import { RabbitmqLayer } from '../../../dist/layer/rabbitmq/index.js';

const kinds = {
  embedded: EmbeddedLayer,
  dedicated: DedicatedLayer,
  rabbitmq: RabbitmqLayer,
  hub: Hub,
};
let subject;

function make(kind, options) {
  subject = new kinds[kind](options);
  const events = {};
  for (const name of ['lost', 'undecodable', 'connect', 'disconnect', 'skipped']) {
    subject.events.on(name, (event) => {
      events[name] ??= [];
      events[name].push({ ...event, error: event.error?.message });
    });
  }
  subject.told = async () => events;
  /** Receives until nothing comes for a while. */
  subject.collect = async (channel, count, timeout = 120_000) => {
    const messages = [];
    try {
      while (messages.length < count) messages.push(await subject.receive(channel, { timeout }));
    } catch (error) {
      if (error.code !== 'ERR_TIMEOUT') throw error;
    }
    return messages;
  };
  /** Sends numbers, and tells how many were refused, by code. */
  subject.flood = async (channel, from, to, extra = {}) => {
    const refused = {};
    const sends = [];
    for (let n = from; n < to; n++) {
      sends.push(
        subject.send(channel, { n, ...extra }).catch(({ code }) => {
          refused[code] = (refused[code] ?? 0) + 1;
        }),
      );
    }
    await Promise.all(sends);
    return refused;
  };
  subject.groupFlood = async (group, from, to) => {
    for (let n = from; n < to; n++) await subject.groupSend(group, { n });
  };
  /** Begins something and answers at once. */
  subject.begin = async (name, ...rest) => {
    subject[name](...rest).catch(() => {});
  };
}

/** Of receives that can be called off, by the id of their call. */
const stops = new Map();

process.on('message', async ({ id, name, rest, stoppable }) => {
  if (name === 'stop') {
    stops.get(rest[0])?.abort(rest[1]);
    return;
  }
  if (stoppable) {
    const stop = new AbortController();
    stops.set(id, stop);
    rest[1] = { ...rest[1], signal: stop.signal };
  }
  try {
    if (name === 'make') make(...rest);
    if (name === 'make') process.send({ id, value: null });
    else process.send({ id, value: (await subject[name](...rest)) ?? null });
  } catch ({ code, message }) {
    process.send({ id, error: { code, message } });
  } finally {
    stops.delete(id);
  }
});
process.on('disconnect', () => process.exit());
process.send({ id: 0 });
