/** ZMQ_RECONNECT_STOP: of ours, and of libzmq. */

import { once } from 'node:events';
import net from 'node:net';
import t, { type Test } from 'tap';
import * as native from 'zeromq';
import * as zmq from '../../../src/index.ts';
import { freshEndpoint } from '../../support/interop.ts';
import { deadEndpoint, own, turns } from '../../support/local.ts';
import { PATIENCE } from '../../support/patience.ts';

const RECONNECT_STOP = 109;

interface Pushing {
  linger: number;
  reconnectInterval: number;
  readonly closed: boolean;
  readonly events: { on(type: 'end', listener: () => void): unknown };
  connect(endpoint: string): void;
  disconnect(endpoint: string): void;
  send(message: string): Promise<void>;
  close(): void;
}

class OurPush extends zmq.Push {
  set reconnectStops(flags: number) {
    this.setInt32Option(RECONNECT_STOP, flags);
  }
}

class TheirPush extends native.Push {
  set reconnectStops(flags: number) {
    this.setInt32Option(RECONNECT_STOP, flags);
  }
}

/** Events of `socket` so far. */
function listen(socket: object): string[] {
  const seen: string[] = [];
  const { events } = socket as { events: { on(type: string, listener: () => void): void } };
  for (const type of ['connect:delay', 'connect', 'connect:retry', 'close', 'disconnect']) {
    events.on(type, () => seen.push(type));
  }
  return seen;
}

for (const whose of ['ours', 'libzmq'] as const) {
  const skip = whose === 'libzmq' && !native.capability.draft && 'libzmq has no drafts';
  t.test(whose, { skip }, async (t) => {
    const push = (t: Test, flags: number): Pushing => {
      const socket = whose === 'ours' ? new OurPush() : new TheirPush();
      own(t, socket as never);
      socket.reconnectStops = flags;
      socket.reconnectInterval = 5;
      return socket;
    };

    for (const [flags, goesOn] of [
      [0, true],
      [1, false],
      [2, true],
      [7, false],
    ] as const) {
      t.test(`${flags}, and the connection is refused`, async (t) => {
        const endpoint = await deadEndpoint(own(t, new zmq.Pull()));
        const socket = push(t, flags);
        const seen = listen(socket);
        socket.connect(endpoint);
        const clock = push(t, 0);
        const ticks = listen(clock);
        clock.connect(endpoint);
        const enough = (): boolean => ticks.filter((each) => each === 'connect:retry').length > 3;
        while (!enough()) await new Promise((resolve) => setTimeout(resolve, 2));
        t.equal(seen.includes('connect:retry'), goesOn, `${seen}`);
      });
    }

    for (const [flags, goesOn] of [
      [0, true],
      [1, true],
      [2, false],
    ] as const) {
      t.test(`${flags}, and the handshake fails`, async (t) => {
        const server = net.createServer((stream) => stream.on('error', () => {}).end()).listen(0);
        t.teardown(() => server.close());
        await once(server, 'listening');
        const endpoint = `tcp://127.0.0.1:${(server.address() as net.AddressInfo).port}`;
        const socket = push(t, flags);
        const seen = listen(socket);
        socket.connect(endpoint);
        const clock = push(t, 0);
        const ticks = listen(clock);
        clock.connect(endpoint);
        while (ticks.filter((each) => each === 'connect').length < 4) {
          await new Promise((resolve) => setTimeout(resolve, 2));
        }
        t.ok(seen.includes('disconnect'));
        t.equal(seen.includes('connect:retry'), goesOn, `${seen}`);
      });
    }
  });
}

t.test('4: after `disconnect` nothing is tried any more, whatever waits', async (t) => {
  for (const transport of ['tcp', 'ipc', 'ws'] as const) {
    for (const flags of [0, 2, 4, 7]) {
      const endpoint = await freshEndpoint(t, transport);
      const push = own(t, new zmq.Push({ reconnectStop: flags, reconnectInterval: 5 }));
      push.connect(endpoint);
      await push.send('waiting');
      push.disconnect(endpoint);
      const pull = own(t, new zmq.Pull({ receiveTimeout: PATIENCE }));
      await pull.bind(endpoint);
      if (flags < 4) {
        t.equal(String(await pull.receive()), 'waiting', `${flags} over ${transport}`);
        continue;
      }
      push.connect(endpoint);
      await push.send('another');
      t.equal(String(await pull.receive()), 'another', `${flags} over ${transport}`);
      await turns(3);
      t.equal(pull.tryReceive(), undefined);
    }
  }
});

t.test('who has stopped takes nothing, and begins anew when it is told to connect', async (t) => {
  const pull = own(t, new zmq.Pull({ receiveTimeout: PATIENCE }));
  const endpoint = await deadEndpoint(pull);
  const push = own(t, new zmq.Push({ reconnectStop: 1 }));
  push.connect(endpoint);
  t.equal(push.writable, true);
  await push.waitFor('close', { timeout: PATIENCE });
  t.equal(push.trySend('x'), false, 'there is nobody to send to');
  await pull.bind(endpoint);
  push.connect(endpoint);
  await push.send('x');
  t.equal(String(await pull.receive()), 'x');
});

t.test('a mechanism that does not match is a handshake that fails', async (t) => {
  const pull = own(t, new zmq.Pull({ plainServer: true }));
  await pull.bind('tcp://127.0.0.1:*');
  const push = own(t, new zmq.Push({ reconnectStop: 2, reconnectInterval: 1 }));
  const seen = listen(push);
  push.connect(pull.lastEndpoint!);
  await push.waitFor('disconnect', { timeout: PATIENCE });
  t.equal(push.writable, false);
  await turns(10);
  t.notOk(seen.includes('connect:retry'));
});

t.test('values', async (t) => {
  for (const reconnectStop of [-1, 8, Number.NaN]) {
    t.throws(() => new zmq.Push({ reconnectStop }), { code: 'EINVAL' });
  }
});
