/** `req` and `rep`: ask and answer. */

import { type Command, EXIT } from '../command.ts';
import { parsePart } from '../format.ts';
import { FORMAT_OPTIONS, formatOf, messagesOf, SEND_OPTIONS } from '../input.ts';
import { METER_OPTIONS, Meter } from '../meter.ts';
import { RECEIVE_OPTIONS, shower } from '../output.ts';
import { closeNow, openSocket, SOCKET_OPTIONS } from '../socket.ts';

export const req: Command = {
  name: 'req',
  summary: 'ask, and show the replies',
  usage: '(-c ENDPOINT | -b ENDPOINT) [OPTIONS] [PART...]',
  description:
    'Ask with the parts given, or once for each line of standard input, and show each reply.',
  options: { ...SOCKET_OPTIONS, ...SEND_OPTIONS, ...METER_OPTIONS },
  examples: [
    'zeromq-pure req -c tcp://localhost:5555 hello',
    'zeromq-pure req -c tcp://localhost:5555 -t 2000 hello || echo nobody answers',
    'zeromq-pure req -c tcp://localhost:5555 -f json \'{"question":42}\'',
  ],
  async run(given, terminal) {
    const timeout = given.number('timeout') ?? -1;
    const { signal } = terminal;
    const shown = shower(given, terminal);
    const socket = await openSocket('req', given, terminal);
    const meter = new Meter(terminal, 'answered', given.has('stats'));
    try {
      for await (const message of messagesOf(given, terminal)) {
        await socket.send(message, { timeout, signal });
        const reply = await socket.receive({ timeout, signal });
        meter.add(reply);
        await shown(reply);
      }
    } finally {
      meter.end();
      closeNow(socket);
    }
    return signal.aborted ? EXIT.interrupted : EXIT.done;
  },
};

export const rep: Command = {
  name: 'rep',
  summary: 'show requests and answer them',
  usage: '(-c ENDPOINT | -b ENDPOINT) [OPTIONS] [PART...]',
  description:
    'Show each request, and answer it with the parts given, or with itself, until --count, --timeout or Ctrl-C.',
  options: { ...SOCKET_OPTIONS, ...FORMAT_OPTIONS, ...RECEIVE_OPTIONS, ...METER_OPTIONS },
  examples: [
    'zeromq-pure rep -b tcp://*:5555                          # an echo',
    'zeromq-pure rep -b tcp://*:5555 World                    # always the same',
    'zeromq-pure rep -b tcp://*:5555 -q                       # for bench round-trip',
  ],
  async run(given, terminal) {
    const timeout = given.number('timeout') ?? -1;
    const count = given.count('count', 1) ?? Number.POSITIVE_INFINITY;
    const { format } = formatOf(given);
    const { signal } = terminal;
    const answer = given.positionals.map((word) => parsePart(word, format));
    const shown = shower(given, terminal);
    const socket = await openSocket('rep', given, terminal);
    const meter = new Meter(terminal, 'answered', given.has('stats'));
    try {
      while (meter.count < count && !signal.aborted) {
        const request = await socket.receive({ timeout, signal });
        await shown(request);
        await socket.send(answer.length > 0 ? answer : request, { timeout, signal });
        meter.add(request);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      meter.end();
    }
    if (!signal.aborted) await socket[Symbol.asyncDispose]();
    return signal.aborted && Number.isFinite(count) ? EXIT.interrupted : EXIT.done;
  },
};
