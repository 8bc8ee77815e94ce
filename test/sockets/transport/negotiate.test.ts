/** What is said over a stream before the protocol of the socket begins. */

import net from 'node:net';
import t from 'tap';
import { Inlet } from '../../../src/sockets/transport/inlet.ts';
import { negotiate } from '../../../src/sockets/transport/negotiate.ts';

t.test('octets that are read after its end are left to the next reader', async (t) => {
  const inlet = new Inlet();
  const stream = new net.Socket();
  t.teardown(() => stream.destroy());
  const read = (text: string): void => {
    const memory = (inlet.onread.buffer as () => Buffer)();
    inlet.onread.callback(memory.write(text), memory);
  };
  const exchange = {
    done: false,
    rest: Buffer.alloc(0),
    first: () => Buffer.alloc(0),
    receive(chunk: Buffer): Buffer {
      t.equal(String(chunk), 'answer');
      this.done = true;
      return Buffer.alloc(0);
    },
  };
  const over = negotiate({ stream, inlet }, exchange, new AbortController().signal, 0);
  read('answer');
  read('greeting ');
  await over;
  read('and more');
  let text = '';
  inlet.serve({ place: undefined, placed() {}, received: (chunk) => (text += chunk) });
  await new Promise((resolve) => process.nextTick(resolve));
  t.equal(text, 'greeting and more');
});
