#!/usr/bin/env node
/** The program `zeromq-pure`: sends, receives, shows and measures, from the command line. */

import { realpathSync } from 'node:fs';
import { packageVersion } from '../index.ts';
import { Arguments, UsageError } from './arguments.ts';
import { type Command, EXIT } from './command.ts';
import { bench } from './commands/bench.ts';
import { hub } from './commands/hub.ts';
import { keygen } from './commands/keygen.ts';
import { monitor } from './commands/monitor.ts';
import { ping } from './commands/ping.ts';
import { proxy } from './commands/proxy.ts';
import { pull, sub } from './commands/receive.ts';
import { rep, req } from './commands/request.ts';
import { pub, push } from './commands/send.ts';
import { dealer, pair, router } from './commands/talk.ts';
import { showLine } from './format.ts';
import { commandHelp, HELP_OPTION, programHelp } from './help.ts';
import { Terminal } from './terminal.ts';

/** All subcommands, in the order of the help. A new one is a file in `commands`, and a line here. */
export const COMMANDS: readonly Command[] = [
  pub,
  sub,
  push,
  pull,
  req,
  rep,
  pair,
  dealer,
  router,
  proxy,
  hub,
  monitor,
  ping,
  keygen,
  bench,
];

/** Runs the subcommand that `args` name, and resolves to the exit code. Errors are one line on standard error. */
export async function main(args: readonly string[], terminal: Terminal): Promise<number> {
  const [first, ...rest] = args;
  let name = '';
  try {
    if (first === '--version') {
      await terminal.line(packageVersion);
      return EXIT.done;
    }
    if (first === undefined || first === '--help' || first === '-h' || first === 'help') {
      const about = COMMANDS.find((each) => each.name === rest[0]);
      await terminal.line(about ? commandHelp(about) : programHelp(COMMANDS));
      return first === undefined ? EXIT.misused : EXIT.done;
    }
    const command = COMMANDS.find((each) => each.name === first);
    if (command === undefined) throw new UsageError(`there is no command "${first}"`);
    name = ` ${command.name}`;
    const given = new Arguments(rest, { ...command.options, ...HELP_OPTION });
    if (given.has('help')) {
      await terminal.line(commandHelp(command));
      return EXIT.done;
    }
    return await command.run(given, terminal);
  } catch (error) {
    terminal.status('');
    if (terminal.signal.aborted) return terminal.interrupted ? EXIT.interrupted : EXIT.done;
    const { message: reason, code, address } = error as Complaint;
    const elsewhere = address === undefined || reason.includes(String(address));
    const message = elsewhere ? reason : `${address}: ${reason}`;
    if (error instanceof UsageError) {
      terminal.note(`zeromq-pure${name}: ${message}; see zeromq-pure${name} --help`);
      return EXIT.misused;
    }
    const late = code === 'EAGAIN';
    const text = late && message.startsWith('Operation') ? 'timed out' : message;
    const shown = late || code === undefined || message.includes(code) ? text : `${code}, ${text}`;
    // A peer may have said what is in it.
    terminal.note(showLine(`zeromq-pure${name}: ${shown.split('\n')[0]}`));
    return late ? EXIT.timedOut : EXIT.failed;
  }
}

interface Complaint extends Error {
  readonly code?: string;
  readonly address?: string;
}

/** Whether this file is the program that was started, maybe by a link to it. */
function started(): boolean {
  const [, program] = process.argv;
  try {
    return program !== undefined && realpathSync(program) === import.meta.filename;
  } catch {
    return false;
  }
}

async function start(): Promise<void> {
  const terminal = new Terminal(process.stdin, process.stdout, process.stderr);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    // The second signal ends a program that does not end by the first.
    process.once(signal, () => {
      process.once(signal, () => process.exit(EXIT.interrupted));
      terminal.interrupt();
    });
  }
  process.exitCode = await main(process.argv.slice(2), terminal);
  terminal.close();
  // Messages that are still queued then are not waited for.
  if (terminal.interrupted) process.exit();
}

if (started()) void start();
