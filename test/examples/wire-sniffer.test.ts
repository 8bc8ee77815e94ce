/** The example of examples/wire-sniffer. */

import t from 'tap';
import { main as sniffer } from '../../examples/wire-sniffer/sniffer.ts';
import { Reply, Request } from '../../src/index.ts';
import { use } from '../support/sockets.ts';
import { Played } from './stage.ts';

t.test('shows what two sockets say to each other', async (t) => {
  const reply = use(t, new Reply());
  await reply.bind('tcp://127.0.0.1:*');
  const to = Number(reply.lastEndpoint!.split(':')[2]);
  const played = new Played('sniffer', (run) => sniffer({ port: 0, to }, run));
  const port = (await played.line(/listening on/)).split(' ')[2];
  const request = use(t, new Request());
  request.connect(`tcp://127.0.0.1:${port}`);
  await request.send('question');
  t.same(String(await reply.receive()), 'question');
  await reply.send('answer');
  t.same(String(await request.receive()), 'answer');
  await played.line(/← "" "answer"/);
  await played.stop();
  for (const arrow of ['→', '←']) {
    const lines = played.lines.filter((line) => line.startsWith(arrow));
    t.same(lines, [
      `${arrow} ZMTP 3.1 NULL`,
      `${arrow} READY`,
      `${arrow} "" ${arrow === '→' ? '"question"' : '"answer"'}`,
    ]);
  }
});
