/** Consumer: joins its groups, reads its channels, and records the messages. Arguments: its number, the place and the steps. */

import { layerAt } from './layer.ts';
import { addressOf, type Parcel, type Report, type Step } from './plan.ts';
import { perform } from './player.ts';

const [number = '', place = '', steps = ''] = process.argv.slice(2);
const layer = layerAt(place);

const arrived = new Map<string, Map<number, number[]>>();
const strays: Parcel[] = [];
let count = 0;
let lastAt = 0;

for (const step of JSON.parse(steps) as Step[]) {
  if (!step.consumers.includes(Number(number))) continue;
  if (step.kind === 'channel') {
    read(step.name, addressOf(step));
    continue;
  }
  const channel = await layer.newChannel(`consumer-${number}`);
  read(channel, addressOf(step));
  await layer.groupAdd(step.name, channel);
}
await layer.ready();

/** Records the messages to `channel`, until the layer is closed. */
async function read(channel: string, address: string): Promise<void> {
  for await (const parcel of layer.messages(channel)) {
    count++;
    lastAt = Date.now();
    if (parcel.to !== address) {
      strays.push(parcel);
      continue;
    }
    let producers = arrived.get(address);
    if (producers === undefined) {
      producers = new Map();
      arrived.set(address, producers);
    }
    const numbers = producers.get(parcel.from);
    if (numbers === undefined) producers.set(parcel.from, [parcel.n]);
    else numbers.push(parcel.n);
  }
}

perform(
  {
    /** How many messages have arrived, and when the last one did, in milliseconds since 1970. */
    progress: async () => ({ count, lastAt }),
    /** Reports the messages when all that were under way have arrived. */
    report: async (): Promise<Report> => {
      await layer.ready();
      const { skipped, lost, expired, undecodable } = layer.stats();
      return { arrived, strays, missing: skipped + lost + expired + undecodable };
    },
  },
  () => layer.close(),
);
