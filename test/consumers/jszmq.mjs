/** Sockets of jszmq and of this package ask each other, from either side. */

import jszmq from 'jszmq';
import * as zmq from 'zeromq-pure';

const next = (socket) => new Promise((resolve) => socket.once('message', (m) => resolve(`${m}`)));

async function theyConnect() {
  const reply = new zmq.Reply();
  await reply.bind('ws://127.0.0.1:*');
  const request = jszmq.socket('req');
  request.connect(reply.lastEndpoint);
  request.send('a');
  const [question] = await reply.receive();
  const answered = next(request);
  await reply.send(`${question}b`);
  const answer = await answered;
  request.close();
  const publisher = new zmq.XPublisher();
  await publisher.bind('ws://127.0.0.1:*');
  const subscriber = jszmq.socket('sub');
  subscriber.subscribe('c');
  subscriber.connect(publisher.lastEndpoint);
  await publisher.receive();
  const heard = next(subscriber);
  await publisher.send('no');
  await publisher.send('cd');
  return `${answer} ${await heard}`;
}

async function weConnect(address, statement) {
  const reply = jszmq.socket('rep');
  reply.bindSync(address);
  reply.on('message', (question) => reply.send(`${question}${statement}`));
  const request = new zmq.Request({ receiveTimeout: 10_000 });
  request.connect(address);
  await request.send('e');
  return String(await request.receive());
}

console.log(await theyConnect(), await weConnect(process.argv[2], 'f'));
process.exit();
