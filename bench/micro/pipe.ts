/** Pipe: a message through one, past the queue and by way of it. */

import {
  Pipe,
  type PipeDriver,
  type PipeLimits,
  type PipeReader,
} from '../../src/sockets/routing/pipe.ts';
import { BATCH, type Suite, sink } from './suite.ts';

const limits: PipeLimits = {
  sendHighWaterMark: 2000,
  receiveHighWaterMark: 2000,
  sendHighWaterMarkBytes: 0,
  receiveBudget: undefined,
};
const reader: PipeReader = { readable() {}, writable() {} };
const small = [Buffer.alloc(16, 0x2a)];
const large = [Buffer.alloc(4096, 0x2a)];
const [taking, refusing] = [pipeWith(true), pipeWith(false)];

export const suite: Suite = {
  name: 'pipe',
  rule: 'an offer past the queue while nothing waits',
  cases: [
    {
      name: 'write, offered past the queue',
      run() {
        for (let i = 0; i < BATCH; i++) sink.value = taking.write(small);
      },
    },
    {
      name: 'write and next, 16 B queued (copied)',
      run() {
        for (let i = 0; i < BATCH; i++) {
          refusing.write(small);
          sink.value = refusing.next();
        }
      },
    },
    {
      name: 'write and next, 4 KiB queued',
      run() {
        for (let i = 0; i < BATCH; i++) {
          refusing.write(large);
          sink.value = refusing.next();
        }
      },
    },
    {
      name: 'deliver and read',
      run() {
        for (let i = 0; i < BATCH; i++) {
          taking.deliver(small);
          sink.value = taking.read();
        }
      },
    },
  ],
};

function pipeWith(takes: boolean): Pipe {
  const pipe = new Pipe(limits, reader);
  const driver: PipeDriver = {
    offer: () => takes,
    wake() {},
    room() {},
    fail() {},
    disconnect() {},
    finish() {},
  };
  pipe.drive(driver);
  return pipe;
}
