/** Help: what `--help` shows. */

import type { OptionSet } from './arguments.ts';
import type { Command } from './command.ts';

/** The option that every subcommand has. */
export const HELP_OPTION: OptionSet = {
  help: { type: 'boolean', short: 'h', help: 'show this' },
};

/** The help of the whole program. */
export function programHelp(commands: readonly Command[]): string {
  const width = Math.max(...commands.map(({ name }) => name.length));
  return [
    'Speak ZeroMQ from the command line.',
    '',
    '  zeromq-pure COMMAND [OPTIONS] [PART...]',
    '',
    ...commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`),
    '',
    '  zeromq-pure COMMAND --help shows its options and examples, --version the version.',
    '',
    'Exit codes: 0 done, 1 failed, 2 misused, 3 timed out, 130 interrupted before it was done.',
  ].join('\n');
}

/** The help of one subcommand. */
export function commandHelp({ name, usage, description, options, examples }: Command): string {
  const rows = Object.entries({ ...options, ...HELP_OPTION }).map(([long, option]) => {
    const short = option.short === undefined ? '    ' : `-${option.short}, `;
    const value = option.value === undefined ? '' : ` ${option.value}`;
    return [`${short}--${long}${value}`, option.help] as const;
  });
  const width = Math.max(...rows.map(([left]) => left.length));
  return [
    description,
    '',
    `  zeromq-pure ${name} ${usage}`,
    '',
    ...rows.map(
      ([left, help]) =>
        `  ${left.padEnd(width)}  ${help.replaceAll('\n', `\n${' '.repeat(width + 4)}`)}`,
    ),
    '',
    'Examples:',
    ...examples.map((example) => `  ${example}`),
  ].join('\n');
}
