/** Bodies around every size at which a frame, a chunk or a buffer changes, and many parts. */

import t from 'tap';
import * as zmq from '../../src/index.ts';
import { faultless, freshEndpoint, sendNumbered, use, verify } from '../support/interop.ts';
import { digest, implementations, LibzmqPeer, octetsOf } from '../support/libzmq-peer.ts';

const MIB = 1_048_576;
const SIZES = [0, 1, 255, 256, 8_191, 8_192, 8_193, 65_535, 65_536, 65_537, MIB, 64 * MIB];
const COUNTS = [1, 2, 100, 1_000];

for (const implementation of implementations(t)) {
  t.test(`libzmq through ${implementation}`, async (t) => {
    const peer = await LibzmqPeer.spawn(t, { implementation });

    for (const transport of ['tcp', 'ipc'] as const) {
      t.test(`from us, ${transport}`, async (t) => {
        const pull = await peer.open('PULL');
        const push = use(t, new zmq.Push());
        push.connect(await pull.bind(await freshEndpoint(t, transport)));
        for (const size of SIZES) {
          const parts = [octetsOf({ size }), Buffer.from('end')];
          await push.send(parts);
          t.strictSame(await pull.receive(), digest(parts), `${size} octets`);
        }
        for (const count of COUNTS) {
          const parts = Array.from({ length: count }, (_, n) => octetsOf({ size: n }));
          await push.send(parts);
          t.strictSame(await pull.receive(), digest(parts), `${count} parts`);
        }
        for (const size of [100, 300, 5_000, 100_000]) {
          const received = pull.verify(100);
          await sendNumbered(push, 100, { size });
          t.strictSame(await received, faultless('ours', 100), `100 × ${size} octets in a row`);
        }
        await pull.close();
      });

      t.test(`to us, ${transport}, we bind`, async (t) => {
        const push = await peer.open('PUSH');
        const pull = use(t, new zmq.Pull());
        await pull.bind(await freshEndpoint(t, transport));
        await push.connect(pull.lastEndpoint!);
        for (const size of SIZES) {
          await push.send([{ size }, 'end']);
          const parts = digest([{ size }, 'end']);
          t.strictSame(digest(await pull.receive()), parts, `${size} octets`);
        }
        for (const count of COUNTS) {
          const parts = Array.from({ length: count }, (_, size) => ({ size }));
          await push.send(parts);
          t.strictSame(digest(await pull.receive()), digest(parts), `${count} parts`);
        }
        for (const size of [100, 300, 5_000, 100_000]) {
          const sent = push.sendMany({ count: 100, size });
          t.strictSame(await verify(pull, 100), faultless('peer', 100), `100 × ${size} octets`);
          await sent;
        }
        await push.close();
      });
    }
  });
}
