/** Producer: sends the messages of each step. Arguments: its number and the place. */

import { EmbeddedLayer } from 'zeromq-pure/layer';
import { layerAt } from './layer.ts';
import { addressOf, type Step } from './plan.ts';
import { perform } from './player.ts';

const [number = '', place = ''] = process.argv.slice(2);
const layer = layerAt(place);
if (layer instanceof EmbeddedLayer) await layer.bind();
else await layer.ready();

/** 64 characters, as in the benchmarks. */
const text = 'x'.repeat(64);
/** Sends that are under way at once: each is confirmed. */
const WINDOW = 500;

perform(
  {
    /** Sends the messages of `step`. Resolves to the start time, in milliseconds since 1970, when all are accepted. */
    send: async (step: Step) => {
      const startedAt = Date.now();
      const to = addressOf(step);
      let sends: Promise<void>[] = [];
      for (let n = 0; n < step.count; n++) {
        const parcel = { to, from: Number(number), n, text };
        sends.push(
          step.kind === 'group'
            ? layer.groupSend(step.name, parcel)
            : layer.send(step.name, parcel),
        );
        if (sends.length < WINDOW) continue;
        await Promise.all(sends);
        sends = [];
      }
      await Promise.all(sends);
      return startedAt;
    },
  },
  () => layer.close(),
);
