/** What bundles are made of: a message in the clear and under CURVE, a layer, and devices with HOST as their program. */

import { curveKeyPair, Pull, Push, Streamer } from 'zeromq';
import * as zmq from 'zeromq-pure';
import { MemoryLayer } from 'zeromq-pure/layer';

async function oneMessage(client, server) {
  const [push, pull] = [new Push(client), new Pull(server)];
  await pull.bind('tcp://127.0.0.1:*');
  push.connect(pull.lastEndpoint);
  await push.send(['by', 'itself']);
  const message = (await pull.receive()).map(String).join(' ');
  push.close();
  pull.close();
  if (message !== 'by itself') throw new Error(message);
}

async function device(where, host) {
  const streamer = new Streamer({ where, ...(host && { host }) });
  streamer.bindIn('tcp://127.0.0.1:*').bindOut('tcp://127.0.0.1:*');
  try {
    await streamer.start();
  } catch (error) {
    return `${where}: ${error.code}`;
  }
  const { in: front, out: back } = streamer.endpoints;
  const [push, pull] = [new Push(), new Pull()];
  push.connect(front[0]);
  pull.connect(back[0]);
  await push.send('through');
  const message = String(await pull.receive());
  push.close();
  pull.close();
  await streamer.stop();
  return `${where}: ${message}`;
}

async function main() {
  console.log('runs');
  await oneMessage({}, {});
  const { publicKey, secretKey } = curveKeyPair();
  const own = { curvePublicKey: publicKey, curveSecretKey: secretKey };
  await oneMessage({ ...own, curveServerKey: publicKey }, { ...own, curveServer: true });
  const layer = new MemoryLayer();
  await layer.send('jobs', { n: 1 });
  const { n } = await layer.receive('jobs');
  await layer.close();
  console.log(`messages ${n} ${zmq.packageVersion}`);
  console.log(await device('thread', process.env.HOST));
  console.log(await device('process', process.env.HOST));
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
