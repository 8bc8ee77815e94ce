/** `monitor`: opens a socket and shows what happens to it. */

import { clearTimeout, setTimeout } from 'node:timers';
import { SOCKET_NAMES, type SocketName } from '../../index.ts';
import { UsageError } from '../arguments.ts';
import { type Command, EXIT } from '../command.ts';
import { showLine } from '../format.ts';
import { closeNow, openSocket, SOCKET_OPTIONS } from '../socket.ts';
import type { Style } from '../terminal.ts';

export const monitor: Command = {
  name: 'monitor',
  summary: 'show the events of a socket, live',
  usage: 'TYPE (-c ENDPOINT | -b ENDPOINT) [OPTIONS]',
  description:
    `Open a socket of a type (${SOCKET_NAMES.join(', ')})\n` +
    'and show what happens to it: who comes, who goes, and why. Messages are left alone.',
  options: {
    ...SOCKET_OPTIONS,
    count: { type: 'string', short: 'n', value: 'N', help: 'end after N events' },
    json: { type: 'boolean', help: 'one JSON object a line' },
  },
  examples: [
    'zeromq-pure monitor router -b tcp://*:5555               # who connects here?',
    'zeromq-pure monitor req -c tcp://localhost:5555          # why does it not connect?',
    'zeromq-pure monitor dealer -c tcp://host:1 --json -n 3 | jq .type',
  ],
  async run(given, terminal) {
    const [type, ...more] = given.positionals;
    if (type === undefined)
      throw new UsageError(`which type of socket? One of ${SOCKET_NAMES.join(', ')}`);
    if (!SOCKET_NAMES.includes(type as SocketName))
      throw new UsageError(`there is no socket type "${type}"`);
    if (more.length > 0) throw new UsageError(`"${more[0]}" is not expected here`);
    const count = given.count('count', 1) ?? Number.POSITIVE_INFINITY;
    const timeout = given.number('timeout');
    const { signal } = terminal;

    // Reading `events` before the socket opens has them kept from then on, so that none is missed.
    const socket = await openSocket(type as SocketName, given, terminal, (each) => each.events);
    const started = performance.now();
    let seen = 0;
    let late = false;
    let timer: NodeJS.Timeout | undefined;
    const patience = (): void => {
      clearTimeout(timer);
      if (timeout === undefined) return;
      timer = setTimeout(() => {
        late = true;
        closeNow(socket);
      }, timeout);
    };
    patience();
    for await (const event of socket.events) {
      if (event.type === 'end' || (late && event.type === 'close')) continue;
      patience();
      const { type, error, local, remote, ...rest } = event as {
        type: string;
        address?: string;
        local?: string;
        remote?: string;
        error?: Error & { code?: string; status?: number };
      };
      const { cause } = error ?? {};
      // All protocol errors share one text, as in libzmq; the cause says what was wrong.
      const message =
        type === 'handshake:error:protocol' && cause instanceof Error
          ? cause.message
          : error?.message;
      // The ends of a connection are not enumerable.
      const detail = { ...rest, ...(local && { local }), ...(remote && { remote }) };
      if (given.has('json')) {
        const { code, status } = error ?? {};
        const why = error && { error: { code, status, message } };
        await terminal.line(
          JSON.stringify({ time: new Date().toISOString(), type, ...detail, ...why }),
        );
      } else {
        const time = `+${((performance.now() - started) / 1_000).toFixed(3)}`.padStart(9);
        const { address = '', ...about } = detail;
        const facts = Object.entries(about)
          .filter(([, value]) => value !== address)
          .map(([name, value]) => `${name}=${value}`);
        const why = error === undefined ? [] : [`${error.code ?? ''} ${message}`.trim()];
        const told = [address, ...facts, ...why].map(showLine);
        const line = [terminal.paint(styleOf(type), type.padEnd(21)), ...told];
        await terminal.line(`${terminal.paint('dim', time)}  ${line.join('  ').trimEnd()}`);
      }
      seen++;
      if (seen >= count || signal.aborted) break;
    }
    clearTimeout(timer);
    closeNow(socket);
    if (late && !signal.aborted) return EXIT.timedOut;
    return signal.aborted && Number.isFinite(count) ? EXIT.interrupted : EXIT.done;
  },
};

function styleOf(type: string): Style {
  if (/error|refused/.test(type)) return 'red';
  if (/handshake|subscription|accept/.test(type)) return 'green';
  return /disconnect|retry|close/.test(type) ? 'yellow' : 'cyan';
}
