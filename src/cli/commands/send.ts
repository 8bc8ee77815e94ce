/** `push` and `pub`: send messages. */

import type { Arguments } from '../arguments.ts';
import { type Command, EXIT } from '../command.ts';
import { messagesOf, SEND_OPTIONS } from '../input.ts';
import { METER_OPTIONS, Meter } from '../meter.ts';
import { closeGently, openSocket, SOCKET_OPTIONS } from '../socket.ts';
import type { Terminal } from '../terminal.ts';

const OPTIONS = {
  ...SOCKET_OPTIONS,
  ...SEND_OPTIONS,
  wait: {
    type: 'string',
    short: 'w',
    value: 'N',
    help: 'begin when N peers are there; for pub, peers that have subscribed (default 1)',
  },
  ...METER_OPTIONS,
} as const;

export const push: Command = {
  name: 'push',
  summary: 'send messages, each to one of the pulls',
  usage: '(-c ENDPOINT | -b ENDPOINT) [OPTIONS] [PART...]',
  description:
    'Send one message with the parts given, or one for each line of standard input. Waits for a peer.',
  options: OPTIONS,
  examples: [
    'zeromq-pure push -c tcp://localhost:5557 hello',
    'zeromq-pure push -b tcp://*:5557 < jobs.txt              # a message a line',
    'zeromq-pure push -c tcp://localhost:5557 -f json \'["job",{"n":1}]\'   # two parts',
    'zeromq-pure push -c tcp://localhost:5557 -f raw < photo.jpg',
    'zeromq-pure push -c tcp://localhost:5557 --repeat 1000 --rate 50 --stats tick',
  ],
  run: (given, terminal) => send('push', given, terminal),
};

export const pub: Command = {
  name: 'pub',
  summary: 'publish messages',
  usage: '(-c ENDPOINT | -b ENDPOINT) [OPTIONS] [PART...]',
  description:
    'Publish one message with the parts given, or one for each line of standard input, when somebody has subscribed.',
  options: OPTIONS,
  examples: [
    'zeromq-pure pub -b tcp://*:5556 weather sunny            # two parts, the first is the topic',
    'zeromq-pure pub -b tcp://*:5556 --wait 0 now or never    # do not wait for a subscriber',
    'vmstat 1 | zeromq-pure pub -b tcp://*:5556',
  ],
  run: (given, terminal) => send('pub', given, terminal),
};

async function send(name: 'push' | 'pub', given: Arguments, terminal: Terminal): Promise<number> {
  const timeout = given.number('timeout');
  const peers = given.count('wait') ?? (name === 'pub' ? 1 : 0);
  const { signal } = terminal;
  const socket = await openSocket(name, given, terminal);
  const wait = { ...(timeout !== undefined && { timeout }), signal };
  if (peers > 0) {
    const whom = name === 'pub' ? 'subscriber' : 'peer';
    // Otherwise a person would not know why nothing happens.
    if (terminal.showsStatus)
      terminal.note(`waiting for ${peers} ${whom}${peers === 1 ? '' : 's'}`);
    await socket.waitFor(name === 'pub' ? 'subscription' : 'handshake', { peers, ...wait });
  }
  const meter = new Meter(terminal, 'sent', given.has('stats'));
  for await (const message of messagesOf(given, terminal)) {
    await socket.send(message, wait);
    meter.add(message);
  }
  meter.end();
  if (signal.aborted) return EXIT.interrupted;
  terminal.status('waiting until all is delivered');
  const lost = await closeGently(socket, timeout, terminal);
  terminal.status('');
  if (lost === 0) return EXIT.done;
  terminal.note(`zeromq-pure ${name}: ${lost} of ${meter.count} messages were not delivered`);
  return EXIT.timedOut;
}
