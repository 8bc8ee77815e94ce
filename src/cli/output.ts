/** Output: shows the messages a subcommand receives. */

import type { Arguments, OptionSet } from './arguments.ts';
import { formatId, formatMessage } from './format.ts';
import { FORMAT_OPTIONS, formatOf } from './input.ts';
import type { Terminal } from './terminal.ts';

/** Options of every subcommand that receives. */
export const RECEIVE_OPTIONS: OptionSet = {
  ...FORMAT_OPTIONS,
  count: { type: 'string', short: 'n', value: 'N', help: 'end after N messages' },
  time: { type: 'boolean', help: 'put the time in front of each message' },
  quiet: { type: 'boolean', short: 'q', help: 'do not show messages' },
};

/** `routed`: the first part of each message is a routing id. Default false. */
export interface Showing {
  readonly routed?: boolean;
}

/** Returns a function that shows one message, as the options in `given` say. */
export function shower(
  given: Arguments,
  terminal: Terminal,
  { routed = false }: Showing = {},
): (message: readonly Buffer[]) => Promise<void> {
  const { format, separator } = formatOf(given);
  const timed = given.has('time');
  if (given.has('quiet')) return async () => {};
  if (format === 'raw') return (message) => terminal.write(Buffer.concat(message));
  // On a terminal a tab looks like spaces: parts are distinguished by colour.
  const between =
    format === 'text' && terminal.isLive ? terminal.paint('dim', separator) : separator;
  return (message) => {
    const [id, ...rest] = message;
    const text =
      routed && format === 'text'
        ? [terminal.paint('cyan', formatId(id!)), formatMessage(rest, format, between)].join(
            between,
          )
        : formatMessage(message, format, between);
    const time = timed ? `${terminal.paint('dim', new Date().toISOString())} ` : '';
    return terminal.line(`${time}${text}`);
  };
}
