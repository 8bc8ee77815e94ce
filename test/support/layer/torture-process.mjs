/** One process of the torture of hubs: `hub`, `producer` or `consumer`, of dist/. It writes down what it sees before it goes on. */

import { openSync, writeSync } from 'node:fs';
import { DedicatedLayer, Hub } from '../../../dist/layer/index.js';

const [role, options, file] = [process.argv[2], JSON.parse(process.argv[3]), process.argv[4]];
const log = openSync(file, 'a');
/** What is written stays when this process is killed. */
const note = (what, number) => writeSync(log, `${what} ${number}\n`);
const subject = role === 'hub' ? new Hub(options) : new DedicatedLayer(options);
subject.events.on('lost', ({ count }) => note('lost', count));
subject.events.on('expired', ({ count }) => note('expired', count));

const say = (value) => process.send(value);

/** Sends numbers to channels in turn, many at once; what each came to is written down. */
async function produce({ from, count, channels, under }) {
  let waiting = [];
  for (let n = from; n < from + count; n++) {
    const sent = subject.send(channels[n % channels.length], { n }).then(
      () => note('sent', n),
      ({ code }) => note(code, n),
    );
    waiting.push(sent);
    if (waiting.length < under) continue;
    await Promise.all(waiting);
    waiting = [];
  }
  await Promise.all(waiting);
  say({ done: count });
}

async function read(channel) {
  for await (const { n } of subject.messages(channel)) note('read', n);
}

process.on('message', (told) => {
  if (told === 'stats') say({ stats: subject.stats() });
  else produce(told);
});
process.on('disconnect', () => process.exit());

if (role === 'hub') {
  await subject.start();
  say({ ready: true });
} else if (role === 'producer') {
  await subject.ready();
  say({ ready: true });
} else {
  const channel = await subject.newChannel('torture');
  read(channel);
  read('torture.jobs');
  await subject.ready();
  say({ ready: true, channel });
}
