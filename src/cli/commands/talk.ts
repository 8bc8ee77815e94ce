/** `pair`, `dealer` and `router`: send and receive at the same time. */

import type { Dealer, Pair, Router } from '../../index.ts';
import type { Arguments } from '../arguments.ts';
import { type Command, EXIT } from '../command.ts';
import { parseId } from '../format.ts';
import { messagesOf, SEND_OPTIONS } from '../input.ts';
import { METER_OPTIONS, Meter } from '../meter.ts';
import { RECEIVE_OPTIONS, shower } from '../output.ts';
import { closeGently, closeNow, openSocket, SOCKET_OPTIONS } from '../socket.ts';
import type { Terminal } from '../terminal.ts';

const OPTIONS = {
  ...SOCKET_OPTIONS,
  ...SEND_OPTIONS,
  ...RECEIVE_OPTIONS,
  count: {
    type: 'string',
    short: 'n',
    value: 'N',
    help: 'end when the input has ended and N messages have come; default: when the input has ended',
  },
  listen: {
    type: 'boolean',
    short: 'l',
    help: 'send nothing: only receive, until --count, --timeout or Ctrl-C',
  },
  ...METER_OPTIONS,
} as const;

const USAGE = '(-c ENDPOINT | -b ENDPOINT) [OPTIONS] [PART...]';

const DESCRIPTION =
  'Send the parts given as one message, or one for each line of standard input, and show what comes meanwhile.';

export const pair: Command = {
  name: 'pair',
  summary: 'talk to one peer',
  usage: USAGE,
  description: DESCRIPTION,
  options: OPTIONS,
  examples: [
    'zeromq-pure pair -b tcp://*:5556                         # in one terminal: type, and Ctrl-D',
    'zeromq-pure pair -c tcp://localhost:5556                 # in another',
    'zeromq-pure pair -c tcp://localhost:5556 --count 1 hi    # say hi, and wait for one message',
  ],
  run: async (given, terminal) => talk(await openSocket('pair', given, terminal), given, terminal),
};

export const dealer: Command = {
  name: 'dealer',
  summary: 'talk to all peers in turn',
  usage: USAGE,
  description: `${DESCRIPTION} A REP expects an empty part first.`,
  options: OPTIONS,
  examples: [
    "zeromq-pure dealer -c tcp://localhost:5555 -n 1 '' hello # ask a rep",
    'zeromq-pure dealer -c tcp://localhost:5555 --listen -o routingId=worker-1',
  ],
  run: async (given, terminal) =>
    talk(await openSocket('dealer', given, terminal), given, terminal),
};

export const router: Command = {
  name: 'router',
  summary: 'talk to peers by their routing ids',
  usage: USAGE,
  description:
    `${DESCRIPTION} The first part is the peer's routing id,\n` +
    'in the format text written as 0x and hexadecimal digits where it is no text.',
  options: OPTIONS,
  examples: [
    'zeromq-pure router -b tcp://*:5555 --listen              # who is there, and what do they say?',
    'zeromq-pure router -b tcp://*:5555 -o mandatory=true     # type: ID, tab, parts',
  ],
  run: async (given, terminal) =>
    talk(await openSocket('router', given, terminal), given, terminal, true),
};

async function talk(
  socket: Pair | Dealer | Router,
  given: Arguments,
  terminal: Terminal,
  routed = false,
): Promise<number> {
  const timeout = given.number('timeout') ?? -1;
  const listens = given.has('listen');
  const count = given.count('count') ?? (listens ? Number.POSITIVE_INFINITY : 0);
  const { signal } = terminal;
  const shown = shower(given, terminal, { routed });
  const meter = new Meter(terminal, 'received', given.has('stats'));
  const sent = new AbortController();

  const receiving = (async () => {
    // The time-out for answers begins when the input has ended.
    const patient = AbortSignal.any([signal, sent.signal]);
    while (!signal.aborted && (meter.count < count || !patient.aborted)) {
      const wait = patient.aborted ? { timeout, signal } : { timeout: -1, signal: patient };
      const message = await socket.receive(wait).catch((error: unknown) => {
        if (patient.aborted && error === patient.reason) return undefined;
        throw error;
      });
      if (message === undefined) continue;
      meter.add(message);
      await shown(message);
    }
  })();
  const sending = (async () => {
    try {
      if (listens) return;
      const text = routed && (given.text('format') ?? 'text') === 'text';
      for await (const message of messagesOf(given, terminal)) {
        if (text) message[0] = parseId(message[0]!);
        await socket.send(message, { timeout, signal });
      }
    } finally {
      sent.abort();
    }
  })();
  try {
    await Promise.all([sending, receiving]);
  } catch (error) {
    closeNow(socket);
    if (!signal.aborted) throw error;
  } finally {
    meter.end();
  }
  if (signal.aborted) return Number.isFinite(count) && listens ? EXIT.interrupted : EXIT.done;
  const lost = await closeGently(socket, timeout === -1 ? undefined : timeout, terminal);
  return lost === 0 ? EXIT.done : EXIT.timedOut;
}
