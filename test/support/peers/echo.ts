/** A socket to be killed: `echo` answers what it is asked at the endpoint given, `ask` asks there. */

import { Reply, Request } from '../../../src/index.ts';

const [, , role, address] = process.argv;

if (role === 'echo') {
  const reply = new Reply();
  await reply.bind(address!);
  process.stdout.write('up\n');
  for await (const body of reply) await reply.send(body);
} else {
  const request = new Request();
  request.connect(address!);
  await request.send('question');
  process.stdout.write('asked\n');
  await request.receive();
}
