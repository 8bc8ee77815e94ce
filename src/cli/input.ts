/** Input: the messages a subcommand sends, from its arguments or from standard input, at the rate of `--rate`. */

import { createInterface } from 'node:readline';
import { buffer } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import type { OptionSet } from './arguments.ts';
import { type Arguments, UsageError } from './arguments.ts';
import { FORMATS, type Format, parseMessage, parsePart, SEPARATOR } from './format.ts';
import type { Terminal } from './terminal.ts';

/** Options for the format of messages, of every subcommand that reads or shows messages. */
export const FORMAT_OPTIONS: OptionSet = {
  format: {
    type: 'string',
    short: 'f',
    value: 'FORMAT',
    help:
      'text: parts separated by tabs, one message a line (default)\n' +
      'json: an array of parts, or one part that is anything else\n' +
      'hex: parts as hexadecimal, separated by spaces; - is an empty one\n' +
      'raw: octets as they are; standard input is one message',
  },
  split: { type: 'string', short: 's', value: 'TEXT', help: 'what separates parts in text' },
};

/** Options of every subcommand that sends. */
export const SEND_OPTIONS: OptionSet = {
  ...FORMAT_OPTIONS,
  repeat: { type: 'string', value: 'N', help: 'send each message N times; default 1' },
  rate: { type: 'string', short: 'r', value: 'N', help: 'send at most N messages a second' },
};

/** The format and separator that `given` asks for. */
export function formatOf(given: Arguments): { format: Format; separator: string } {
  return {
    format: given.choice('format', FORMATS),
    separator: given.text('split') || SEPARATOR,
  };
}

/** The messages to send: one whose parts are the words of the command line; without any, one for each line of input. */
export async function* messagesOf(
  given: Arguments,
  terminal: Terminal,
): AsyncGenerator<Buffer[], void> {
  const repeat = given.count('repeat', 1) ?? 1;
  const rate = given.number('rate', 0.001);
  const { signal } = terminal;
  const started = performance.now();
  let count = 0;
  for await (const message of written(given, terminal)) {
    for (let time = 0; time < repeat && !signal.aborted; time++, count++) {
      if (rate !== undefined) {
        // Measured from the start of the run, so that a late message does not delay the following ones.
        const wait = started + (count * 1_000) / rate - performance.now();
        if (wait > 1) await pause(wait, undefined, { signal }).catch(() => {});
        if (signal.aborted) return;
      }
      yield message;
    }
  }
}

async function* written(given: Arguments, terminal: Terminal): AsyncGenerator<Buffer[], void> {
  const { format, separator } = formatOf(given);
  if (given.positionals.length > 0) {
    yield given.positionals.map((word) => parsePart(word, format));
    return;
  }
  const { input, signal } = terminal;
  if (format === 'raw') {
    yield [await buffer(input)];
    return;
  }
  const lines = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY });
  signal.addEventListener('abort', () => {
    lines.close();
    input.destroy();
  });
  let number = 0;
  for await (const line of lines) {
    number++;
    yield parsed(number, () => parseMessage(line, format, separator));
  }
}

function parsed(number: number, parse: () => Buffer[]): Buffer[] {
  try {
    return parse();
  } catch (error) {
    throw new UsageError(`line ${number}: ${(error as Error).message}`);
  }
}
