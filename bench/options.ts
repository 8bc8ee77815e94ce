/** The command line of `npm run bench`. */

import { parseArgs } from 'node:util';
import { type OwnSystem, SYSTEM_NOTES } from './system.ts';

/** What `--help` shows. */
export const USAGE = `Measures zeromq-pure, libzmq, zeromq.js and a bare node:net loop side by side.

  npm run bench -- [options]

  --scenario NAME   only this one, or all whose name contains NAME; may be repeated
  --targets         only scenarios and styles that have a target, and nothing else of them; what became of each is the last table
  --system NAME     only this system (zeromq-pure) or style (zeromq-pure/batch); may be repeated
  --system-command NAME=PROGRAM…
                    measure a program of your own beside them; its arguments are separated by spaces, and what it is told
                    and has to say is in bench/ends/contract.ts; may be repeated
  --rounds N        rounds after the warm-up, 5 by default
  --duration MS     what one measurement is to take, 1000 by default
  --connections N   of the idle scenario, 10000 by default
  --json FILE       write all figures there
  --report DIR      write DIR/index.html there: one file with charts, to be opened in a browser
  --write-results   write bench/RESULTS.md, and the table in the README that names it; what they say of other
                    scenarios stays, if this is the same machine
  --from FILE       take the figures of an earlier --json instead of measuring; may be repeated,
                    of a scenario in several files the last one counts
  --list            show the scenarios and systems
  --help            show this

  npm run bench -- --scenario push-pull-tcp-16B --system zeromq-pure --system libzmq
  npm run bench -- --scenario req-rep --rounds 9 --json req-rep.json
  npm run bench -- --targets --rounds 3 --duration 1500 --write-results
  npm run bench -- --from all.json --from req-rep.json --write-results --report build/report

libzmq takes part where its headers are: on Debian, apt-get install gcc libc6-dev libzmq3-dev`;

/** Rounds of published results at least: a median of fewer is a figure of one run. */
export const ROUNDS_MIN = 3;
/** What is said of fewer. */
export const TOO_FEW_ROUNDS = '--write-results needs at least three rounds';

/** A mistake on the command line, for the user to correct. */
export class UsageError extends Error {}

/** The command line, understood. */
export interface Options {
  readonly help: boolean;
  readonly list: boolean;
  readonly targets: boolean;
  readonly scenarios: readonly string[];
  readonly systems: readonly string[];
  readonly own: readonly OwnSystem[];
  readonly rounds: number;
  readonly duration: number;
  readonly connections: number;
  readonly json: string | undefined;
  readonly report: string | undefined;
  readonly writeResults: boolean;
  readonly from: readonly string[];
}

/** Understands `args`, or throws a `UsageError`. */
export function parseOptions(args: string[]): Options {
  const values = parse(args);
  const options = {
    help: values.help,
    list: values.list,
    targets: values.targets,
    scenarios: values.scenario,
    systems: values.system,
    own: values['system-command'].map(ownSystem),
    rounds: positive('--rounds', values.rounds, 1000),
    duration: positive('--duration', values.duration, 600_000),
    connections: positive('--connections', values.connections, 1_000_000),
    json: values.json,
    report: values.report,
    writeResults: values['write-results'],
    from: values.from,
  };
  const { from, scenarios, systems, targets } = options;
  if (from.length > 0 && (scenarios.length > 0 || systems.length > 0 || targets)) {
    throw new UsageError(
      '--from measures nothing: --scenario, --system and --targets do not go with it',
    );
  }
  if (options.writeResults && options.from.length === 0) {
    if (options.systems.length > 0 || options.own.length > 0) {
      throw new UsageError('--write-results needs all systems, and no others');
    }
    if (options.rounds < ROUNDS_MIN) throw new UsageError(TOO_FEW_ROUNDS);
  }
  return options;
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        scenario: { type: 'string', multiple: true, default: [] },
        system: { type: 'string', multiple: true, default: [] },
        'system-command': { type: 'string', multiple: true, default: [] },
        rounds: { type: 'string', default: '5' },
        duration: { type: 'string', default: '1000' },
        connections: { type: 'string', default: '10000' },
        json: { type: 'string' },
        report: { type: 'string' },
        'write-results': { type: 'boolean', default: false },
        from: { type: 'string', multiple: true, default: [] },
        list: { type: 'boolean', default: false },
        targets: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }).values;
  } catch (error) {
    // The second sentence of Node explains how to pass positional arguments, of which there are none.
    throw new UsageError((error as Error).message.split('. ')[0]!);
  }
}

/** `NAME=PROGRAM ARGUMENT…`. */
function ownSystem(text: string): OwnSystem {
  const [, name, line] = /^([\w.-]+)=(.*\S.*)$/.exec(text) ?? [];
  if (name === undefined || line === undefined) {
    throw new UsageError(`--system-command must be NAME=PROGRAM…, not "${text}"`);
  }
  if (Object.hasOwn(SYSTEM_NOTES, name)) throw new UsageError(`there is a system ${name} already`);
  return { name, command: line.trim().split(/\s+/) };
}

/** A whole number from 1 to `most`. */
export function positive(option: string, text: string, most: number): number {
  const value = /^[1-9]\d*$/.test(text) ? Number(text) : 0;
  if (value >= 1 && value <= most) return value;
  throw new UsageError(`${option} must be a whole number from 1 to ${most}, not "${text}"`);
}
