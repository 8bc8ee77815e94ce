/** Runner: calibrates, then measures all subjects of a scenario in turns, round by round. */

import { availableParallelism, loadavg } from 'node:os';
import type { Progress } from './progress.ts';
import { type Measured, type ScenarioResult, summarize } from './results.ts';
import type { Scenario } from './scenario.ts';
import { type Subject, type System, subjectsOf } from './system.ts';
import { type Outcome, runTrial } from './trial.ts';
import { warningsOf } from './warning.ts';

/** How to run scenarios. */
export interface RunPlan {
  readonly systems: readonly System[];
  /** Whether a subject takes part. */
  readonly wanted: (subject: Subject) => boolean;
  readonly rounds: number;
  /** Milliseconds of one measurement. */
  readonly duration: number;
  /** Count what is allocated and collected, in one more trial of each subject. */
  readonly countsHeap: boolean;
  /** For ipc sockets. */
  readonly directory: string;
  readonly progress: Progress;
  /** Aborted = stop, and reject with its reason. */
  readonly signal: AbortSignal;
}

/** A subject on its way through the rounds. */
interface Runner {
  readonly subject: Subject;
  readonly system: System;
  count: number;
  counts: Record<string, number> | undefined;
  readonly rounds: (Record<string, number> | null)[];
  failure: string | undefined;
  failureCount: number;
}

/** Runs one scenario. A subject that fails is reported; the others go on. */
export async function runScenario(scenario: Scenario, plan: RunPlan): Promise<ScenarioResult> {
  const { progress } = plan;
  progress.begin(scenario.name);
  const [load = 0] = loadavg();
  const runners = runnersOf(scenario, plan);
  for (const runner of runners) {
    progress.show(`${scenario.name}: warm-up, ${runner.subject.name}`);
    const first = await calibrate(scenario, runner, plan);
    // A run of full length is as good as any later one: they all took turns in it, too.
    if (first !== undefined) runner.rounds.push(first.values);
    if (plan.countsHeap && runner.system.countsHeap) {
      runner.counts = await count(scenario, runner, plan);
    }
  }
  const failuresMax = scenario.kind === 'idle' ? IDLE_FAILURES_MAX : FAILURES_MAX;
  for (let round = 0; round < plan.rounds; round++) {
    for (let i = 0; i < runners.length; i++) {
      // Each round begins with another one, so that no place in the order is anybody's.
      const runner = runners[(round + i) % runners.length]!;
      if (runner.rounds.length > round) continue;
      if (runner.failureCount >= failuresMax) {
        runner.rounds.push(null);
        continue;
      }
      progress.show(`${scenario.name}: round ${round + 1}/${plan.rounds}, ${runner.subject.name}`);
      const outcome = await attempt(scenario, runner, plan);
      runner.rounds.push(outcome === undefined ? null : outcome.values);
    }
  }
  progress.clear();
  const { duration } = plan;
  const circumstances = { duration, load, cores: availableParallelism() };
  const result = summarize(scenario, runners.map(measured));
  const warnings = warningsOf(result.subjects, result.metrics, circumstances);
  return warnings.length === 0 ? result : { ...result, warnings };
}

function runnersOf(scenario: Scenario, { systems, wanted }: RunPlan): Runner[] {
  const able = systems.filter(({ name }) => !scenario.without?.includes(name));
  if (scenario.alone !== undefined && partnerIn(systems) === undefined) return [];
  return subjectsOf(able, scenario.styles)
    .filter(wanted)
    .map((subject) => ({
      subject,
      system: able.find(({ name }) => name === subject.system)!, // made from these systems
      count: initialCount(scenario),
      counts: undefined,
      rounds: [],
      failure: undefined,
      failureCount: 0,
    }));
}

/**
 * Finds how many messages take about as long as a measurement should: few of them first, more while that was too
 * quick to tell. This is the warm-up of the machine, too. Returns the last run, if it was as long as those of the rounds will be.
 */
async function calibrate(
  scenario: Scenario,
  runner: Runner,
  plan: RunPlan,
): Promise<Outcome | undefined> {
  if (scenario.kind === 'idle' || scenario.kind === 'backlog') return undefined;
  const duration = plan.duration / 1000;
  for (let run = 0; run < CALIBRATIONS_MAX; run++) {
    const outcome = await attempt(scenario, runner, plan);
    if (outcome === undefined) {
      if (runner.failureCount >= FAILURES_MAX) return undefined;
      continue;
    }
    const factor = duration / Math.max(outcome.seconds, 1e-5);
    const whole = factor <= WHOLE_MAX && factor >= 1 / WHOLE_MAX;
    if (whole) return outcome;
    runner.count = wholeShares(runner.count * Math.min(factor, GROWTH_MAX), scenario);
    if (factor < 2) return undefined;
  }
  return undefined;
}

/** What is allocated and collected for each message, in a trial that counts in no round. */
async function count(
  scenario: Scenario,
  runner: Runner,
  plan: RunPlan,
): Promise<Record<string, number> | undefined> {
  const values = (await attempt(scenario, runner, plan, true))?.values ?? {};
  const counted = Object.entries(values).filter(([key]) => /^(allocated|collections)-/.test(key));
  return counted.length === 0 ? undefined : Object.fromEntries(counted);
}

async function attempt(
  scenario: Scenario,
  runner: Runner,
  { systems, duration, directory, signal }: RunPlan,
  counting = false,
): Promise<Outcome | undefined> {
  const { subject, system, count } = runner;
  const warmup = wholeShares(warmupOf(count, scenario), scenario);
  const partner = partnerIn(systems);
  const plan = { scenario, subject, system, partner, count, warmup, duration, counting, directory };
  try {
    signal.throwIfAborted();
    return await runTrial(plan);
  } catch (error) {
    signal.throwIfAborted();
    runner.failure = (error as Error).message;
    runner.failureCount++;
    return undefined;
  }
}

/**
 * How many messages come before those that are measured: half as many, and where that is less than a runtime needs to compile
 * what it runs, up to three times as many. Idle connections and queues that grow have no code to warm up.
 */
function warmupOf(count: number, { kind }: Scenario): number {
  const share = WARMUP_SHARE * count;
  if (kind === 'idle' || kind === 'backlog') return share;
  return Math.max(share, Math.min(WARMUP_MIN, WARMUP_SHARE_MAX * count));
}

/** Who plays the other end where a subject is judged alone. */
function partnerIn(systems: readonly System[]): System | undefined {
  return systems.find(({ name }) => name === 'libzmq');
}

/** Each peer sends an equal share. */
function wholeShares(count: number, { peers }: Scenario): number {
  return Math.max(1, Math.round(count / peers)) * peers;
}

/** Few enough for the slowest system. */
function initialCount(scenario: Scenario): number {
  switch (scenario.kind) {
    case 'idle':
      return 1;
    case 'backlog':
      return Math.round(scenario.orders['depth']! / (1 + WARMUP_SHARE));
    case 'req-rep':
    case 'flood':
      return 500;
    case 'handshake':
      return 160;
    case 'pub-sub':
      return Math.max(100, 5000 / scenario.peers);
    default:
      return wholeShares(
        Math.max(50, Math.min(5000, 8_388_608 / Math.max(1, scenario.size))),
        scenario,
      );
  }
}

function measured({ subject, count, counts, rounds, failure }: Runner): Measured {
  return { ...subject, count, rounds, ...(counts && { counts }), ...(failure && { failure }) };
}

const CALIBRATIONS_MAX = 6;
/** Few messages tell little: do not jump too far from what they say. */
const GROWTH_MAX = 100;
/** How far a run may be from the duration that was asked for, and still count. */
const WHOLE_MAX = 1.25;
/** Messages before those that are measured, as a share of these: as a rule, and at most. */
const WARMUP_SHARE = 0.5;
const WARMUP_SHARE_MAX = 3;
/** A round trip of REQ/REP takes a third less processor time after 40 000 of them than after 6000. */
const WARMUP_MIN = 40_000;
/** A subject that has failed so often is tried no more; where a failure takes minutes, once. */
const FAILURES_MAX = 3;
const IDLE_FAILURES_MAX = 1;
