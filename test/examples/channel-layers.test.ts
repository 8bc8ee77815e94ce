/** The channel layers of `npm start`: the plan and its check, and the programs as a user runs them. */

import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import t, { type Test } from 'tap';
import {
  addressOf,
  arrivals,
  differences,
  type Parcel,
  type Report,
  type Step,
} from '../../examples/channel-layers/plan.ts';
import { Running } from '../cli/shell.ts';
import { RabbitmqBroker, skipRabbitmq } from '../support/layer/rabbitmq-broker.ts';

const BUILT = join(import.meta.dirname, '../../build/examples');

/** Nothing, but for programs that say that they deliver for longer than half a second at their end, as on a busy machine. */
const SLOW_END =
  /^(?:\(node:\d+\) WARNING: Waiting for queued ZeroMQ messages to be delivered\.[^\n]*\n)*$/;

const STEPS: readonly Step[] = [
  { kind: 'group', name: 'some', count: 4, consumers: [1, 3] },
  { kind: 'channel', name: 'second', count: 3, consumers: [2] },
  { kind: 'channel', name: 'jobs', count: 9, consumers: [1, 2, 3] },
];
const PRODUCERS = 2;

/** For each job the consumer that reads it. */
const shares = fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 9, maxLength: 9 });

t.test('a run in which everything went right has no differences', (t) => {
  t.equal(arrivals(STEPS[0]!, PRODUCERS), 16, 'a copy for each member');
  t.equal(arrivals(STEPS[2]!, PRODUCERS), 18, 'one for all readers');
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(shares, (share) => {
        return differences(STEPS, PRODUCERS, rightReports(share)).length === 0;
      }),
    ),
  );
  t.end();
});

t.test('whatever went wrong is told', (t) => {
  const reports = (): Got[] => rightReports([0, 1, 2, 0, 1, 2, 0, 1, 2]);
  const wrong = (spoil: (reports: Got[]) => void): string[] => {
    const spoilt = reports();
    spoil(spoilt);
    return differences(STEPS, PRODUCERS, spoilt);
  };
  const of = (all: Got[], consumer: number, address: string) =>
    all[consumer - 1]!.arrived.get(address)!.get(1)!;

  t.match(
    wrong((all) => of(all, 3, 'group some').pop()),
    ['group some: consumer 3 got from producer 1 not 4 in order'],
  );
  t.match(
    wrong((all) => of(all, 2, 'channel second').reverse()),
    [/channel second: .* in order/],
  );
  t.match(
    wrong((all) => of(all, 1, 'channel jobs').push(1)),
    ['channel jobs: 10 arrived, not each of 9 once'],
  );
  t.match(
    wrong((all) => all[1]!.arrived.set('group some', new Map([[1, [0]]]))),
    ['group some: consumer 2 got from producer 1 what is not for it'],
  );
  const stray: Parcel = { to: 'group some', from: 1, n: 0, text: '' };
  t.match(
    wrong((all) => all[1]!.strays.push(stray)),
    ['consumer 2 got a message to group some'],
  );
  t.match(
    wrong((all) => {
      all[0]!.missing = 2;
    }),
    ['consumer 1 has counted 2 as missing'],
  );
  t.end();
});

t.test('npm start counts words, and then shows the layers', async (t) => {
  const file = join(t.testdir(), 'text');
  await writeFile(file, 'the quick brown fox');
  const { code, stdout, stderr } = await start(t, '--workers', '1', '--repeat', '2', file).over;
  t.equal(code, 0);
  t.match(stderr, SLOW_END);
  t.match(stdout, /a direct count in one process agrees\n\nembedded layer: 1 producer, 3 cons/);
  t.match(stdout, /^group everyone +10 000 +30 000 .* consumers 1, 2 and 3$/m);
  t.match(stdout, /^group some +10 000 +20 000 .* consumers 1 and 3$/m);
  t.match(stdout, /^dedicated layer: 2 producers, 2 consumers, a hub in between$/m);
  t.match(stdout, /^channel jobs +10 000 +10 000 .* one of consumers 1 and 2$/m);
  t.equal(stdout.match(/^every message arrived where it should, and nowhere else$/gm)?.length, 2);
});

t.test('npm start ends with its first part when that is all, or failed', async (t) => {
  const help = await start(t, '--help').over;
  t.equal(help.code, 0);
  t.match(help.stdout, /^Counts the words/);
  t.notMatch(help.stdout, /embedded layer/);
  const refused = await start(t, '--workers', '0').over;
  t.same([refused.code, refused.stdout], [2, '']);
});

t.test(
  'npm start -- --layer rabbitmq, on the broker it is told of',
  {
    skip: skipRabbitmq,
  },
  async (t) => {
    const broker = await RabbitmqBroker.start();
    t.teardown(() => broker.stop());
    const words = ['--layer', 'rabbitmq', '--url'];
    const { code, stdout, stderr } = await start(t, ...words, broker.url()).over;
    t.equal(code, 0);
    t.match(stderr, SLOW_END);
    t.match(stdout, /^RabbitMQ layer: 2 producers, 2 consumers, a broker in between$/m);
    t.match(stdout, /^group both +10 000 +20 000 .* consumers 1 and 2$/m);
    t.match(stdout, /^channel jobs +10 000 +10 000 .* one of consumers 1 and 2$/m);
    t.match(stdout, /^every message arrived where it should, and nowhere else$/m);
    t.notMatch(stdout, /words|embedded|hub/, 'and nothing else');
    const wrong = await start(t, ...words, broker.url('guest', 'asgi', 'wrong')).over;
    t.equal(wrong.code, 1);
    t.match(
      wrong.stderr,
      /^channel-layers: no RabbitMQ broker can be used at 127.*ACCESS_REFUSED/i,
    );
    t.notMatch(wrong.stderr, /wrong/, 'without the password');
  },
);

t.test('where no broker answers, a sentence says so', async (t) => {
  const nowhere = ['--url', 'amqp://127.0.0.1:1/'];
  const none = await start(t, '--layer', 'rabbitmq', ...nowhere).over;
  t.same([none.code, none.stdout], [1, '']);
  const sentence =
    /^channel-layers: no RabbitMQ broker can be used at 127\.0\.0\.1:1: connect ECONNREFUSED .*; start one, or say where it is with --url amqp:.*\n$/;
  t.match(none.stderr, sentence);
  const unknown = await start(t, '--layer', 'redis').over;
  t.equal(
    unknown.stderr,
    'channel-layers: --layer must be embedded, dedicated, rabbitmq, not "redis"\n',
  );
  const odd = await start(t, '--layer', 'dedicated', ...nowhere).over;
  t.equal(odd.stderr, 'channel-layers: --url is for --layer rabbitmq\n');
});

t.test(
  'a consumer that dies is an error, ends the others of its act, and hides no later one',
  {
    skip: process.platform !== 'linux' && 'finds processes in /proc',
  },
  async (t) => {
    const running = play(t, 'channel-layers/main.js');
    await running.said(/^embedded layer/m);
    let victim: number | undefined;
    while (victim === undefined) {
      await sleep(20);
      victim = childrenOf(running.pid).find((pid) => commandOf(pid).includes('consumer.js'));
    }
    process.kill(victim, 'SIGKILL');
    const { code, stdout, stderr } = await running.over;
    t.equal(code, 1);
    t.match(stderr, /^channel-layers: consumer \d ended early \(SIGKILL\)\n$/);
    const [, later] = stdout.split(/^dedicated layer.*$/m);
    t.match(later, /^every message arrived where it should, and nowhere else$/m);
  },
);

/** A report as the check sees it, but one that can be changed. */
interface Got extends Report {
  readonly arrived: Map<string, Map<number, number[]>>;
  readonly strays: Parcel[];
  missing: number;
}

/** What three consumers report when all went well, and they have shared the jobs in that way. */
function rightReports(share: readonly number[]): Got[] {
  return [1, 2, 3].map((consumer): Got => {
    const arrived: Got['arrived'] = new Map();
    for (const step of STEPS) {
      if (!step.consumers.includes(consumer)) continue;
      const numbers = () => {
        const all = Array.from({ length: step.count }, (_, n) => n);
        return step.name === 'jobs' ? all.filter((n) => share[n] === consumer - 1) : all;
      };
      arrived.set(
        addressOf(step),
        new Map([
          [1, numbers()],
          [2, numbers()],
        ]),
      );
    }
    return { arrived, strays: [], missing: 0 };
  });
}

function start(t: Test, ...words: string[]): Running {
  return play(t, 'start.js', ...words);
}

function play(t: Test, program: string, ...words: string[]): Running {
  const running = new Running(process.execPath, [join(BUILT, program), ...words]);
  t.teardown(() => running.kill('SIGKILL'));
  return running;
}

function childrenOf(pid: number): number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return text.split(' ').filter(Boolean).map(Number);
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1');
  } catch {
    return '';
  }
}
