/** Runner: finds how many messages fill a measurement, then measures all subjects in turns, round by round. */

import type { Progress } from '../progress.ts';
import type { LayerScenarioResult, LayerSubjectResult } from './results.ts';
import type { LayerScenario } from './scenario.ts';
import { BARE, HUB, type LayerSubject, OURS } from './subject.ts';
import { runLayerTrial } from './trial.ts';

/** How to run scenarios. */
export interface LayerRunPlan {
  readonly subjects: readonly LayerSubject[];
  readonly rounds: number;
  /** Milliseconds of one measurement. */
  readonly duration: number;
  readonly progress: Progress;
}

/** Runs one scenario. A subject that fails is reported; the others go on. */
export async function runLayerScenario(
  scenario: LayerScenario,
  { subjects, rounds, duration, progress }: LayerRunPlan,
): Promise<LayerScenarioResult> {
  progress.begin(scenario.name);
  const runners = subjects
    .filter(({ name }) => name === OURS || takesPart(scenario, name))
    .map((subject) => new Runner(scenario, subject, duration));
  for (const runner of runners) {
    progress.show(`${scenario.name}: warm-up, ${runner.name}`);
    await runner.calibrate();
  }
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < runners.length; i++) {
      // Each round begins with another one, so that no place in the order is anybody's.
      const runner = runners[(round + i) % runners.length]!;
      progress.show(`${scenario.name}: round ${round + 1}/${rounds}, ${runner.name}`);
      await runner.measure();
    }
  }
  progress.clear();
  const { name, title, metrics } = scenario;
  return { name, title, metrics, subjects: runners.map((runner) => runner.result) };
}

/** Not all of them have all that is measured. */
function takesPart({ compared, kind, verb }: LayerScenario, name: string): boolean {
  if (name === BARE) return kind === 'hub' && verb === 'awaited';
  if (!compared) return false;
  const onBroker = name === 'channels_rabbitmq' || name === HUB;
  if (kind === 'rabbitmq') return onBroker || name === 'channels_redis';
  if (onBroker) return false;
  // There, a channel is heard from its first receive on, and nothing waits for that.
  return verb === 'groupSend' || name === 'channels_redis';
}

/** A subject on its way through the rounds. */
class Runner {
  readonly name: string;
  readonly #scenario: LayerScenario;
  readonly #subject: LayerSubject;
  readonly #duration: number;
  readonly #rounds: (Readonly<Record<string, number>> | null)[] = [];
  #count: number;
  #failure: string | undefined;
  #failureCount = 0;

  constructor(scenario: LayerScenario, subject: LayerSubject, duration: number) {
    this.name = subject.name;
    this.#scenario = scenario;
    this.#subject = subject;
    this.#duration = duration;
    this.#count = scenario.count;
  }

  get result(): LayerSubjectResult {
    const failure = this.#failure;
    return { name: this.name, rounds: this.#rounds, ...(failure !== undefined && { failure }) };
  }

  /** Few messages first, more while that was too quick to tell. */
  async calibrate(): Promise<void> {
    if (this.#scenario.kind.endsWith('crowd')) return;
    for (let run = 0; run < CALIBRATIONS_MAX; run++) {
      const outcome = await this.#attempt();
      if (outcome === undefined) return;
      const factor = this.#duration / 1000 / Math.max(outcome.seconds, 1e-3);
      this.#count = Math.max(1, Math.round(this.#count * Math.min(factor, GROWTH_MAX)));
      if (factor < 2) return;
    }
  }

  async measure(): Promise<void> {
    const outcome = this.#failureCount < FAILURES_MAX ? await this.#attempt() : undefined;
    this.#rounds.push(outcome?.values ?? null);
  }

  async #attempt() {
    try {
      return await runLayerTrial(this.#scenario, this.#subject, this.#count, this.#duration);
    } catch (error) {
      this.#failure = (error as Error).message;
      this.#failureCount++;
      return undefined;
    }
  }
}

const CALIBRATIONS_MAX = 4;
/** A cold process is slow: do not jump too far from what it says. */
const GROWTH_MAX = 20;
/** A subject that has failed so often is tried no more. */
const FAILURES_MAX = 3;
