/** The Streamer: between PUSHes and PULLs, ours and libzmq's. */

import t from 'tap';
import { Streamer } from '../../../src/sockets/device/streamer.ts';
import { Pull, Push } from '../../../src/sockets/index.ts';
import { faultless, sendNumbered, use, verify } from '../../support/interop.ts';
import { implementations, LibzmqPeer } from '../../support/libzmq-peer.ts';
import { startDevice } from '../../support/sockets/device.ts';
import { handshaken } from '../../support/wait.ts';

const BIND = 'tcp://127.0.0.1:*';

t.test('every job goes to one worker, in turns', async (t) => {
  const { front, back } = await startDevice(t, new Streamer({ in: BIND, out: BIND }));
  const feeder = use(t, new Push());
  feeder.connect(front);
  const workers = [use(t, new Pull()), use(t, new Pull())];
  for (const worker of workers) worker.connect(back);
  for (const worker of workers) await handshaken(worker);
  for (let n = 0; n < 10; n++) await feeder.send(['job', String(n)]);
  const shares: number[][] = [];
  for (const worker of workers) {
    const share: number[] = [];
    while (share.length < 5) share.push(Number((await worker.receive())[1]));
    shares.push(share);
  }
  t.ok(shares.every((share) => share.every((n) => n % 2 === share[0]! % 2)));
  t.same(shares.flat().sort(), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

t.test('routing ids set on either side change nothing', async (t) => {
  const device = new Streamer().bindIn(BIND).bindOut(BIND);
  device.optionsIn({ receiveHighWaterMark: 1, routingId: 'in' });
  device.optionsOut({ sendHighWaterMark: 1, routingId: 'out' });
  const { front, back } = await startDevice(t, device);
  const [feeder, worker] = [use(t, new Push()), use(t, new Pull())];
  feeder.connect(front);
  worker.connect(back);
  for (let n = 0; n < 10; n++) await feeder.send(String(n));
  for (let n = 0; n < 10; n++) t.equal(String(await worker.receive()), String(n));
});

for (const implementation of implementations(t)) {
  t.test(`with libzmq through ${implementation} on either side`, async (t) => {
    const peer = await LibzmqPeer.spawn(t, { implementation });

    t.test('nothing of 100 000 is lost where the workers come late', async (t) => {
      const { device, front, back } = await startDevice(t, new Streamer({ in: BIND, out: BIND }));
      const feeder = await peer.open('PUSH');
      await feeder.connect(front);
      const sent = feeder.sendMany({ count: 100_000, source: 'ours' });
      await device.statistics();
      const worker = use(t, new Pull());
      worker.connect(back);
      t.strictSame(await verify(worker, 100_000), faultless('ours', 100_000));
      await sent;
      const { front: f, back: b } = await device.statistics();
      t.equal(f.received.messages, 100_000);
      t.same(b.sent, f.received);
    });

    t.test('a libzmq worker gets all that we feed', async (t) => {
      const { front, back } = await startDevice(t, new Streamer({ in: BIND, out: BIND }));
      const worker = await peer.open('PULL');
      await worker.connect(back);
      const verified = worker.verify(10_000);
      const feeder = use(t, new Push());
      feeder.connect(front);
      await sendNumbered(feeder, 10_000);
      t.strictSame(await verified, faultless('ours', 10_000));
    });

    t.test('without a worker a libzmq feeder is stopped, and loses nothing', async (t) => {
      const { device, front, back } = await startDevice(
        t,
        new Streamer({ in: { bind: BIND, options: { receiveHighWaterMark: 10 } }, out: BIND }),
      );
      const feeder = await peer.open('PUSH', { sendHighWaterMark: 10 });
      await feeder.connect(front);
      const accepted = await feeder.fill({ size: 65_536 });
      t.ok(accepted < 1_000, `${accepted} were accepted`);
      t.equal((await device.statistics()).front.received.messages, 0);
      const worker = use(t, new Pull());
      worker.connect(back);
      t.strictSame(await verify(worker, accepted), faultless('peer', accepted));
    });
  });
}
