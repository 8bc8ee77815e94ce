/** `proxy`: runs a device between two endpoints. */

import { clearInterval, setInterval } from 'node:timers';
import { Context, Device, type ProxyStatistics, type SideType } from '../../index.ts';
import { UsageError } from '../arguments.ts';
import { type Command, EXIT } from '../command.ts';
import { grouped } from '../meter.ts';
import { certificatesOf, curveOptions, SECURITY_OPTIONS } from '../security.ts';

/** The socket types of the two sides of each type of device. */
const TYPES: Readonly<Record<Type, readonly [front: SideType, back: SideType]>> = {
  queue: ['router', 'dealer'],
  forwarder: ['xsub', 'xpub'],
  streamer: ['pull', 'push'],
  monitored: ['router', 'dealer'],
};

const NAMES = ['queue', 'forwarder', 'streamer', 'monitored'] as const;
type Type = (typeof NAMES)[number];

/** Milliseconds between two looks at the counters. */
const LOOK = 200;

export const proxy: Command = {
  name: 'proxy',
  summary: 'stand between programs: a queue, a forwarder, a streamer',
  usage: '[--type TYPE] --front ENDPOINT --back ENDPOINT [OPTIONS]',
  description:
    'Pass messages on between two sides until Ctrl-C. Clients, publishers and feeders come to the front,\n' +
    'servers, subscribers and workers to the back.',
  options: {
    type: {
      type: 'string',
      value: 'TYPE',
      help:
        'queue: req to rep (default)\nforwarder: pub to sub\nstreamer: push to pull\n' +
        'monitored: a queue whose copies begin with the part in or out',
    },
    front: { type: 'string', multiple: true, value: 'ENDPOINT', help: 'listen there; repeatable' },
    back: { type: 'string', multiple: true, value: 'ENDPOINT', help: 'listen there; repeatable' },
    'connect-front': {
      type: 'string',
      multiple: true,
      value: 'ENDPOINT',
      help: 'connect there instead, or as well',
    },
    'connect-back': {
      type: 'string',
      multiple: true,
      value: 'ENDPOINT',
      help: 'connect there instead, or as well',
    },
    capture: { type: 'string', value: 'ENDPOINT', help: 'publish a copy of every message there' },
    ...SECURITY_OPTIONS,
    stats: { type: 'boolean', help: 'show at the end how many messages went through' },
  },
  examples: [
    'zeromq-pure proxy --front tcp://*:5559 --back tcp://*:5560',
    'zeromq-pure proxy --type forwarder --front tcp://*:5559 --back tcp://*:5560',
    'zeromq-pure proxy --type monitored --front tcp://*:5559 --back tcp://*:5560 --capture tcp://*:5562',
    'zeromq-pure proxy --front tcp://*:5559 --back tcp://*:5560 --cert proxy.key --allow clients',
    'zeromq-pure sub -c tcp://localhost:5562                  # what goes through it',
  ],
  async run(given, terminal) {
    given.noPositionals();
    const type = given.choice('type', NAMES);
    const sides = { front: ends('front'), back: ends('back') };
    const capture = given.text('capture');
    if (type === 'monitored' && capture === undefined) {
      throw new UsageError('a monitored queue needs --capture ENDPOINT');
    }
    const [front, back] = TYPES[type];
    const { authenticate, ...options } = curveOptions(await certificatesOf(given));
    const context = new Context();
    context.authenticate = authenticate;
    const device = new Device({
      context,
      in: { type: front, ...sides.front, options },
      out: { type: back, ...sides.back, options },
      monitor: capture === undefined ? undefined : { type: 'pub', bind: capture, options },
      prefixes: type === 'monitored' ? ['in', 'out'] : undefined,
    });
    const { signal } = terminal;
    signal.addEventListener('abort', () => void device.stop());
    await device.start();
    for (const [side, endpoints] of Object.entries(device.endpoints)) {
      for (const endpoint of endpoints) terminal.note(`${WORDS[side] ?? side} at ${endpoint}`);
    }
    const timer = setInterval(async () => {
      if (terminal.showsStatus) terminal.status(summary(await device.statistics()));
    }, LOOK);
    try {
      await device.join();
    } finally {
      clearInterval(timer);
      terminal.status('');
    }
    if (given.has('stats')) terminal.note(summary(await device.statistics()));
    return EXIT.done;

    function ends(side: 'front' | 'back') {
      const [bind, connect] = [given.texts(side), given.texts(`connect-${side}`)];
      if (bind.length + connect.length > 0) return { bind, connect };
      throw new UsageError(`--${side} ENDPOINT is missing`);
    }
  },
};

function summary({ front, back, dropped }: ProxyStatistics): string {
  const lost = dropped === 0 ? '' : `, ${grouped(dropped)} dropped`;
  const there = `${grouped(front.received.messages)} messages to the back`;
  return `${there}, ${grouped(back.received.messages)} to the front${lost}`;
}

/** The names that this program shows for the sides of a device. */
const WORDS: Readonly<Record<string, string>> = { in: 'front', out: 'back', monitor: 'capture' };
