/** What bundles for pages are made of: a question to a REP, and a message through a hub. */

import { packageVersion, Request } from 'zeromq-pure';
import { Client } from 'zeromq-pure/draft';
import { DedicatedLayer } from 'zeromq-pure/layer';

globalThis.inPage = async ({ reply, hub }) => {
  const request = new Request({ receiveTimeout: 10_000 });
  request.connect(reply);
  await request.send(['how', new Uint8Array([0x21])]);
  const answer = (await request.receive()).join(' ');
  request.close();
  const layer = new DedicatedLayer({ hub });
  const channel = await layer.newChannel();
  await layer.send('jobs', { channel, octets: new Uint8Array([7]) });
  const { octets } = await layer.receive(channel, { timeout: 10_000 });
  await layer.close();
  return `${answer}, ${octets[0]}, ${Client.name !== ''} ${typeof packageVersion}`;
};
