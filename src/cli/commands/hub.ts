/** `hub`: the program between the processes of a dedicated channel layer. */

import { readFileSync } from 'node:fs';
import { clearInterval, setInterval } from 'node:timers';
import { ProcessHold } from '../../base/process-hold.ts';
import { Authenticator, Certificate } from '../../index.ts';
import type { LayerCurve } from '../../layer/index.ts';
import { Arguments, type OptionSet, UsageError } from '../arguments.ts';
import { type Command, EXIT } from '../command.ts';
import { FORMATS, HubLog } from '../hub-log.ts';
import { answerAt, figuresOf, hostAndPort, type Service, serveAt } from '../hub-service.ts';
import { type CurveOptions, certificatesOf } from '../security.ts';

const WIRES = ['native', 'channels_zmq'] as const;

/** Options of the command line; the file of `--config` has them by the same long names. */
const SETTINGS: OptionSet = {
  bind: {
    type: 'string',
    multiple: true,
    value: 'ENDPOINT',
    help: 'where layers connect; may be given several times, as with tcp:// and ws:// for pages',
  },
  wire: {
    type: 'string',
    value: 'WIRE',
    help: 'the protocol: native (default), or channels_zmq, which Python processes speak',
  },
  pull: {
    type: 'string',
    value: 'ENDPOINT',
    help: 'with channels_zmq, in place of --bind: where layers push messages to',
  },
  pub: {
    type: 'string',
    value: 'ENDPOINT',
    help: 'with channels_zmq, in place of --bind: where layers subscribe to messages',
  },
  'max-message-size': { type: 'string', value: 'N', help: 'octets in a message; default 8388608' },
  'local-capacity': {
    type: 'string',
    value: 'N',
    help: 'messages that may wait in all channels together; default no limit',
  },
  'group-expiry': {
    type: 'string',
    value: 'SECONDS',
    help: 'seconds that a membership lasts; default 86400',
  },
  cert: {
    type: 'string',
    value: 'FILE',
    help: 'encrypt with CURVE under this certificate (see keygen); let in clients that have it, too',
  },
  allow: {
    type: 'string',
    value: 'FOLDER',
    help: 'instead, let in clients with a certificate in FOLDER; * for all who know our public key',
  },
  control: {
    type: 'string',
    value: 'ENDPOINT',
    help: 'a REP there answers "health" and "stats", under the same --cert and --allow',
  },
  http: { type: 'string', value: '[HOST:]PORT', help: 'a web server with /health and /stats' },
  report: {
    type: 'string',
    value: 'SECONDS',
    help: 'seconds between two log lines with the counters; default 60, 0 for none',
  },
  log: { type: 'string', value: 'FORMAT', help: 'text (default), json or none; on standard error' },
};

export const hub: Command = {
  name: 'hub',
  summary: 'stand between the processes of a channel layer',
  usage: '(--bind ENDPOINT… | --wire channels_zmq --pull ENDPOINT --pub ENDPOINT) [OPTIONS]',
  description:
    'Hold the messages of dedicated layers until they are read, and pass them on to their readers.\n' +
    'Ctrl-C or SIGTERM ends it when what has arrived is passed on, SIGUSR2 logs the counters.',
  options: {
    ...SETTINGS,
    config: {
      type: 'string',
      short: 'c',
      value: 'FILE',
      help: 'a JSON file of options by their long names; the command line overrides it',
    },
  },
  examples: [
    'zeromq-pure hub --bind tcp://*:5570',
    'zeromq-pure hub -c hub.json --http 8080                  # curl localhost:8080/stats',
    'zeromq-pure hub --bind tcp://*:5570 --bind ws://*:5571',
    'zeromq-pure hub --bind tcp://*:5570 --cert hub.key --allow clients',
    'zeromq-pure hub --wire channels_zmq --pull tcp://*:5570 --pub tcp://*:5571',
  ],
  async run(given, terminal) {
    given.noPositionals();
    const path = given.text('config');
    const told = path === undefined ? given : given.withDefaults(readConfig(path));
    const where = addressesOf(told);
    const maxMessageSize = told.count('max-message-size', 1);
    const localCapacity = told.count('local-capacity', 1);
    const groupExpiry = told.number('group-expiry', 0.1);
    const report = told.number('report') ?? 60;
    const [control, http] = [told.text('control'), told.text('http')];
    // A mistake in the address is reported before the hub listens.
    const web = http === undefined ? undefined : hostAndPort(http);
    const curve = await curveOf(told);
    const log = new HubLog(told.choice('log', FORMATS), (line) => terminal.note(line));
    // Only here: the other subcommands start sooner without it.
    const { Hub } = await import('../../layer/index.ts');
    const running = new Hub({
      ...where,
      ...(maxMessageSize !== undefined && { maxMessageSize }),
      ...(localCapacity !== undefined && { localCapacity }),
      ...(groupExpiry !== undefined && { groupExpiry: groupExpiry * 1000 }),
      ...(curve !== undefined && { curve }),
    });

    const services: Service[] = [];
    const counters = (): void => log.info('counters', figuresOf(running));
    let timer: NodeJS.Timeout | undefined;
    try {
      await running.start();
      if (control !== undefined) {
        services.push(await answerAt(control, running, controlSecurity(curve)));
      }
      if (web !== undefined) services.push(await serveAt(web, running));
      log.watch(running);
      const { id, endpoints, pull, pub } = running.stats();
      const listening = 'bind' in where ? { bind: endpoints.join(' ') } : { pull, pub };
      const at = Object.fromEntries(services.map(({ name, address }) => [name, address]));
      log.info('listening', { hub: id, ...listening, ...at, pid: process.pid });
      process.on('SIGUSR2', counters);
      if (report > 0) timer = setInterval(counters, report * 1000);
      await interrupted(terminal.signal);
      log.info('draining');
    } finally {
      clearInterval(timer);
      process.off('SIGUSR2', counters);
      for (const service of services) await service.close();
      await running.close();
    }
    log.info('ended', figuresOf(running));
    return EXIT.done;
  },
};

/** @throws UsageError */
function addressesOf(
  told: Arguments,
): { bind: readonly string[] } | { wire: 'channels_zmq'; pull: string; pub: string } {
  const [bind, pull, pub] = [told.texts('bind'), told.text('pull'), told.text('pub')];
  const wire = told.choice('wire', WIRES);
  if (wire === 'channels_zmq') {
    if (bind.length > 0 || pull === undefined || pub === undefined) {
      throw new UsageError('--wire channels_zmq needs --pull ENDPOINT and --pub ENDPOINT');
    }
    return { wire, pull, pub };
  }
  if (pull !== undefined || pub !== undefined) {
    throw new UsageError('--pull and --pub are for --wire channels_zmq; give --bind ENDPOINT');
  }
  if (bind.length === 0) throw new UsageError('--bind ENDPOINT is needed');
  return { bind };
}

async function curveOf(told: Arguments): Promise<LayerCurve | undefined> {
  const certificates = await certificatesOf(told);
  if (certificates === undefined) return undefined;
  const { own, allow } = certificates;
  const { publicKey, secretKey } = own;
  const clients = allow === undefined || allow === '*' ? allow : { folder: allow };
  return { publicKey, secretKey, ...(clients !== undefined && { clients }) };
}

/** The security of the REP of `--control`: it lets in the peers that the hub lets in. */
function controlSecurity(curve: LayerCurve | undefined): CurveOptions {
  if (curve === undefined) return {};
  const { publicKey, secretKey, clients } = curve;
  return {
    curveServer: true,
    ...new Certificate({ publicKey, secretKey }).options,
    authenticate: new Authenticator().curve(clients ?? [publicKey]).authenticate,
  };
}

/** @throws UsageError */
function readConfig(path: string): Arguments {
  let settings: unknown;
  try {
    settings = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new UsageError(`${path}: ${(error as Error).message}`);
  }
  if (typeof settings !== 'object' || settings === null || Array.isArray(settings)) {
    throw new UsageError(`${path}: expected an object of options`);
  }
  const words = Object.entries(settings).flatMap(([name, value]) =>
    [value].flat().map((each) => `--${name}=${each}`),
  );
  try {
    return new Arguments(words, SETTINGS);
  } catch (error) {
    throw new UsageError(`${path}: ${(error as Error).message}`);
  }
}

/** Resolves when `signal` aborts; the process is kept alive until then. */
function interrupted(signal: AbortSignal): Promise<void> {
  const aborted = new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
  return new ProcessHold().during(aborted);
}
