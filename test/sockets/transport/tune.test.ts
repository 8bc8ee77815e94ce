/** Options of a stream that only some runtimes have. */

import type net from 'node:net';
import t from 'tap';
import { createValues } from '../../../src/sockets/options/option-table.ts';
import type { OptionValues } from '../../../src/sockets/options/options.ts';
import { tune } from '../../../src/sockets/transport/tcp-stream.ts';

/** What is asked of a stream of a runtime with all of them. */
function asked(values: Partial<OptionValues>, broken = false): unknown[] {
  const calls: unknown[] = [];
  const stream = {
    setKeepAlive: (...args: unknown[]) => calls.push(['keep', ...args]),
    setTypeOfService: (octet: number) => {
      if (broken) throw new Error('EBADF');
      calls.push(['tos', octet]);
    },
  };
  tune(stream as unknown as net.Socket, createValues(values));
  return calls;
}

t.test('nothing is asked for by default', async (t) => {
  t.same(asked({}), []);
  t.same(asked({ tcpKeepaliveIdle: 5, tcpKeepaliveCount: 3 }), []);
});

t.test(
  'keepalive is told in milliseconds, and what is not set is left to the system',
  async (t) => {
    t.same(asked({ tcpKeepalive: 1 }), [['keep', true, 0, undefined, undefined]]);
    const all = { tcpKeepalive: 1, tcpKeepaliveIdle: 5, tcpKeepaliveInterval: 2 };
    t.same(asked({ ...all, tcpKeepaliveCount: 3 }), [['keep', true, 5_000, 2_000, 3]]);
  },
);

t.test('the type of service is one octet', async (t) => {
  t.same(asked({ typeOfService: 0x1b8 }), [['tos', 0xb8]]);
  t.same(asked({ typeOfService: 8, tcpKeepalive: 1 }, true).length, 1, 'a stream that has ended');
  t.doesNotThrow(() => tune({} as net.Socket, createValues({ typeOfService: 8 })));
});
