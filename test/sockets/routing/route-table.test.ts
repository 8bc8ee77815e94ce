import t from 'tap';
import { RouteTable } from '../../../src/sockets/routing/route-table.ts';
import { FakePeer } from '../../support/cores/fake-peer.ts';

const READER = { readable(): void {}, writable(): void {} };
const pipe = (): FakePeer['pipe'] => new FakePeer(READER).pipe;
const [A, B] = [Buffer.from('a'), Buffer.from([0xff, 0x00])];

t.test('a pipe is found by its routing id, and by no former one', async (t) => {
  const table = new RouteTable(() => 0);
  const one = pipe();
  table.add(one, A);
  t.equal(table.find(Buffer.from('a')), one);
  t.equal(one.routingId, A);
  table.add(one, B);
  t.equal(table.find(B), one);
  t.equal(table.find(A), undefined);
  table.remove(one);
  t.equal(table.find(B), undefined);
  t.equal(one.routingId, B, 'which it keeps for a reconnection');
});

t.test('a pipe whose routing id was taken over does not take the route with it', async (t) => {
  const table = new RouteTable(() => 0);
  const [one, other] = [pipe(), pipe()];
  table.add(one, A);
  t.ok(table.isFree(A, one));
  t.notOk(table.isFree(A, other));
  table.add(other, A);
  table.remove(one);
  t.equal(table.find(A), other);
});

t.test('generated routing ids are free, and differ', async (t) => {
  const table = new RouteTable(() => 0);
  const taken = pipe();
  table.add(taken, Buffer.from([0, 0, 0, 0, 0]));
  t.same([...table.freeId()], [0, 0, 0, 0, 1]);
  t.same([...table.freeId()], [0, 0, 0, 0, 2]);
});

t.test('a table can be written to while one of its pipes can', async (t) => {
  const table = new RouteTable(() => 0);
  t.notOk(table.canWrite(), 'nobody is there');
  const full = new FakePeer(READER, { sendHighWaterMark: 1 });
  full.pipe.write([A]);
  table.add(full.pipe, A);
  t.notOk(table.canWrite());
  table.add(pipe(), B);
  t.ok(table.canWrite());
});

t.test('ids that differ in one octet, or in length alone, are of different peers', async (t) => {
  const table = new RouteTable(() => 0);
  const ids = [
    '0000000000',
    '0000000001',
    '0080000000',
    '00ffffffff',
    '00000000',
    '000000000000',
    '0100000000',
    '30',
  ];
  const pipes = ids.map((id) => {
    const one = pipe();
    table.add(one, Buffer.from(id, 'hex'));
    return one;
  });
  for (const [i, id] of ids.entries()) t.equal(table.find(Buffer.from(id, 'hex')), pipes[i], id);
});
