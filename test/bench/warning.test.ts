/** What the harness says against its own figures. */

import t from 'tap';
import { METRICS } from '../../bench/metric.ts';
import type { SubjectResult } from '../../bench/results.ts';
import { spreadOf } from '../../bench/statistics.ts';
import { warningsOf } from '../../bench/warning.ts';

const metrics = METRICS['push-pull'];
const quiet = { duration: 1000, load: 1, cores: 2 };

function subject(name: string, rates: number[], more: Record<string, number> = {}): SubjectResult {
  const rounds = rates.map((rate) => ({ rate, seconds: 1, foreign: 0, ...more }));
  const [system = '', style = 'await'] = name.split('/');
  const spreads = { rate: spreadOf(rates) };
  return { name, system, style, count: 1, rounds, spreads, ratios: {} } as unknown as SubjectResult;
}

t.test('nothing speaks against plausible figures', async (t) => {
  const subjects = [
    subject('zeromq-pure/await', [100, 110, 120]),
    subject('zeromq-pure/batch', [300, 310, 320]),
    subject('libzmq', [200, 210, 220]),
  ];
  t.same(warningsOf(subjects, metrics, quiet), []);
});

t.test('rounds, styles and systems that are too far apart', async (t) => {
  const subjects = [
    subject('zeromq-pure/await', [100, 110, 210]),
    subject('zeromq-pure/batch', [6000, 6100, 6200]),
    subject('libzmq', [200, 210, 220]),
  ];
  t.same(warningsOf(subjects, metrics, quiet), [
    'rounds of zeromq-pure/await are 2.10 times apart',
    'zeromq-pure/batch has 55.5 times the messages/s of zeromq-pure/await: is that plausible?',
    'zeromq-pure/batch has 29.0 times the messages/s of libzmq: is that plausible?',
  ]);
});

t.test('a machine that others use, and a measurement that was too short', async (t) => {
  const subjects = [subject('libzmq', [100, 110], { seconds: 0.05, foreign: 0.34 })];
  t.same(warningsOf(subjects, metrics, { ...quiet, load: 7.5 }), [
    'the load average was 7.50 when this began, there are 2 cores',
    'other programs had up to 34.0 % of the processors',
    'libzmq was measured for 50.0 ms only',
  ]);
  t.same(warningsOf(subjects, metrics, { ...quiet, duration: 60 }).length, 1, 'as it was ordered');
});

t.test('a scenario without figures has no warnings about them', async (t) => {
  const failed = { ...subject('libzmq', []), rounds: [null], spreads: {} };
  t.same(warningsOf([failed], metrics, quiet), []);
});
