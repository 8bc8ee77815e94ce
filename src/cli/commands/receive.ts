/** `pull` and `sub`: show the messages that come. */

import type { Pull, Subscriber } from '../../index.ts';
import type { Arguments, OptionSet } from '../arguments.ts';
import { type Command, EXIT } from '../command.ts';
import { METER_OPTIONS, Meter } from '../meter.ts';
import { RECEIVE_OPTIONS, shower } from '../output.ts';
import { closeNow, openSocket, SOCKET_OPTIONS } from '../socket.ts';
import type { Terminal } from '../terminal.ts';

const OPTIONS: OptionSet = { ...SOCKET_OPTIONS, ...RECEIVE_OPTIONS, ...METER_OPTIONS };

export const pull: Command = {
  name: 'pull',
  summary: 'receive messages from pushes',
  usage: '(-c ENDPOINT | -b ENDPOINT) [OPTIONS]',
  description: 'Show the messages that come, until --count, --timeout or Ctrl-C.',
  options: OPTIONS,
  examples: [
    'zeromq-pure pull -b tcp://*:5558',
    'zeromq-pure pull -c tcp://localhost:5557 -f json | jq -c .[1]',
    'zeromq-pure pull -b tcp://*:5557 -n 1 -f raw > photo.jpg',
    'zeromq-pure pull -c tcp://localhost:5557 --quiet --stats # only how fast they come',
  ],
  async run(given, terminal) {
    given.noPositionals();
    return show(await openSocket('pull', given, terminal), given, terminal);
  },
};

export const sub: Command = {
  name: 'sub',
  summary: 'receive what is published',
  usage: '(-c ENDPOINT | -b ENDPOINT) [OPTIONS] [TOPIC...]',
  description:
    'Show the messages whose first part begins with a topic, or all of them, until --count, --timeout or Ctrl-C.',
  options: OPTIONS,
  examples: [
    'zeromq-pure sub -c tcp://localhost:5556                  # everything',
    'zeromq-pure sub -c tcp://localhost:5556 weather news     # two topics',
    'zeromq-pure sub -c tcp://localhost:5556 -n 1 -t 5000     # is anything published there?',
  ],
  async run(given, terminal) {
    const topics = given.positionals.length > 0 ? given.positionals : [''];
    const socket = await openSocket('sub', given, terminal, (sub) => sub.subscribe(...topics));
    return show(socket, given, terminal);
  },
};

async function show(
  socket: Pull | Subscriber,
  given: Arguments,
  terminal: Terminal,
): Promise<number> {
  const count = given.count('count', 1) ?? Number.POSITIVE_INFINITY;
  const timeout = given.number('timeout') ?? -1;
  const shown = shower(given, terminal);
  const meter = new Meter(terminal, 'received', given.has('stats'));
  const { signal } = terminal;
  try {
    while (meter.count < count && !signal.aborted) {
      const message = await socket.receive({ timeout, signal });
      meter.add(message);
      await shown(message);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    meter.end();
    closeNow(socket);
  }
  // Without `--count` an interruption is the normal end.
  return signal.aborted && Number.isFinite(count) ? EXIT.interrupted : EXIT.done;
}
