/** Node and the real Python package on one broker. `CHANNELS_RABBITMQ` is the PYTHONPATH that it is imported from. */

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import t from 'tap';
import { RabbitmqLayer } from '../../../src/layer/rabbitmq/index.ts';
import { RabbitmqBroker, skipRabbitmq } from '../../support/layer/rabbitmq-broker.ts';

const source = process.env['CHANNELS_RABBITMQ'];
const skip =
  skipRabbitmq || (source === undefined ? 'CHANNELS_RABBITMQ does not say where it is' : false);

/** Says its channel, then answers each message of it to the channel that is named there. */
const PROGRAM = `
import asyncio, sys
from channels_rabbitmq.core import RabbitmqChannelLayer
async def main():
    layer = RabbitmqChannelLayer(host=sys.argv[1])
    channel = await layer.new_channel()
    await layer.group_add("room", channel)
    print(channel, flush=True)
    for i in range(2):
        message = await layer.receive(channel)
        await layer.send(message["reply"], {"got": message["value"]})
    await layer.group_send("room", {"from": "python", "bytes": b"\\x00\\xff"})
    await layer.close()
asyncio.run(main())
`;

import { PATIENCE } from '../../support/patience.ts';

t.test('channels and groups are shared with channels_rabbitmq', { skip }, async (t) => {
  const broker = await RabbitmqBroker.start();
  t.teardown(() => broker.stop());
  const layer = new RabbitmqLayer({ url: broker.url(), wire: 'channels_rabbitmq' });
  t.teardown(() => layer.close());
  const own = await layer.newChannel();
  await layer.groupAdd('room', own);
  const python = spawn('/usr/bin/python3', ['-c', PROGRAM, broker.url()], {
    env: { ...process.env, PYTHONPATH: source },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.teardown(() => python.kill('SIGKILL'));
  const theirs = await new Promise<string>((resolve, reject) => {
    createInterface(python.stdout).once('line', resolve);
    python.once('exit', (code) => reject(new Error(`the Python program ended with ${code}`)));
  });
  const value = { list: [1, 'ä', null, 2 ** 40, true] };
  await layer.send(theirs, { reply: own, value });
  t.same(await layer.receive(own, { timeout: PATIENCE }), { got: value });
  await layer.groupSend('room', { reply: own, value: 2 }, { except: own });
  t.same(await layer.receive(own, { timeout: PATIENCE }), { got: 2 });
  t.same(await layer.receive(own, { timeout: PATIENCE }), {
    from: 'python',
    bytes: new Uint8Array([0, 255]),
  });
});
