/** Producer: sends what it is asked to send. Arguments: its number and the place. */

import { EmbeddedLayer } from 'zeromq-pure/layer';
import { layerAt } from './layer.ts';
import { addressOf, type Step } from './plan.ts';
import { perform } from './player.ts';

const [number = '', place = ''] = process.argv.slice(2);
const layer = layerAt(place);
if (layer instanceof EmbeddedLayer) await layer.bind();
else await layer.ready();

/** What is measured everywhere: a text of 64 characters. */
const text = 'x'.repeat(64);
/** Sends that are under way at once: each is confirmed. */
const WINDOW = 500;

perform(
  {
    /** When it began, in milliseconds. Settles when everything is accepted. */
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
