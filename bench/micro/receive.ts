/** Receive: the ways to take messages that are there, over inproc. What filling the queue costs is told apart. */

import { Pull, Push } from 'zeromq-pure';
import { BATCH, type Suite, sink } from './suite.ts';

const pull = new Pull({ receiveHighWaterMark: 0 });
const push = new Push({ sendHighWaterMark: 0 });
await pull.bind('inproc://micro');
push.connect('inproc://micro');
const body = Buffer.alloc(16, 0x2a);

export const suite: Suite = {
  name: 'receive',
  rule: 'every verb has a synchronous twin; async iteration by hand',
  cases: [
    {
      name: 'trySend and tryReceive',
      run() {
        fill();
        for (let i = 0; i < BATCH; i++) sink.value = pull.tryReceive();
      },
    },
    {
      name: 'trySend and receiveMany',
      async run() {
        fill();
        for (let i = 0; i < BATCH; ) i += (await pull.receiveMany()).length;
      },
    },
    {
      name: 'trySend and await receive',
      async run() {
        fill();
        for (let i = 0; i < BATCH; i++) sink.value = await pull.receive();
      },
    },
    {
      name: 'trySend and for await',
      async run() {
        fill();
        let count = 0;
        for await (const message of pull) {
          sink.value = message;
          if (++count === BATCH) break;
        }
      },
    },
    {
      name: 'trySend and an async generator',
      async run() {
        fill();
        let count = 0;
        for await (const message of generator()) {
          sink.value = message;
          if (++count === BATCH) break;
        }
      },
    },
    {
      name: 'await send and tryReceive',
      async run() {
        for (let i = 0; i < BATCH; i++) await push.send(body);
        for (let i = 0; i < BATCH; i++) sink.value = pull.tryReceive();
      },
    },
    {
      name: 'await of a resolved promise',
      async run() {
        for (let i = 0; i < BATCH; i++) sink.value = await RESOLVED;
      },
    },
  ],
};

function fill(): void {
  for (let i = 0; i < BATCH; i++) push.trySend(body);
}

/** What the iterator would be if it were not made by hand. */
async function* generator(): AsyncGenerator<Buffer[], void, undefined> {
  for (;;) yield await pull.receive();
}

const RESOLVED = Promise.resolve();
