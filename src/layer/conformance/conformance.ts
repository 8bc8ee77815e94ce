/** Conformance: declares the tests, and runs each on a stage of its own. */

import { clearTimeout, setTimeout } from 'node:timers';
import type { Capabilities } from '../carrier/capabilities.ts';
import type { LayerOptions } from '../options.ts';
import { CAPACITY } from './capacity.ts';
import { DELIVERY } from './delivery.ts';
import { EXPIRY } from './expiry.ts';
import { GROUPS } from './groups.ts';
import { LIFECYCLE } from './lifecycle.ts';
import { NAMES } from './names.ts';
import { type AnyLayer, type Case, chance, Time } from './stage.ts';

/** Layers that exchange messages: the first one sends. The others, if any, stand for other processes. */
export interface Deployment {
  /** One to three layers. */
  readonly layers: readonly AnyLayer[];
  /** Closes the layers, and the hub or broker between them. */
  close(): Promise<void>;
}

/** Options of `conformance`: the layers to test, and the test runner. */
export interface ConformanceOptions {
  /** Declares a test, as the `test` of most runners does. */
  test(name: string, body: () => Promise<void>): void;
  /** Creates a deployment whose layers have these options; options that they do not support may be left out. */
  create(options: LayerOptions): Promise<Deployment>;
  /**
   * What the layer supports: only tests for that are declared. Default: each test asks the deployment, and passes without
   * doing anything if it needs more.
   */
  capabilities?: Capabilities;
  /** False: the option `clock` has no effect, and tests that need it are left out. Default true. */
  clock?: boolean;
  /** Milliseconds that one test may take. Default 20 000. */
  timeout?: number;
  /** Seed of the random numbers, an integer from 0. Default: another one each time; the error of a failed test names it. */
  seed?: number;
}

/** Declares the conformance tests that the options allow. */
export function conformance(options: ConformanceOptions): void {
  const { test, create, capabilities, clock = true, timeout = 20_000 } = options;
  const seed = options.seed ?? Math.floor(Math.random() * 2 ** 32);
  for (const each of CASES) {
    if (each.timed && !clock) continue;
    if (capabilities !== undefined && each.needs?.(capabilities) === false) continue;
    test(each.name, () => run(each, create, timeout, seed));
  }
}

async function run(
  { options = {}, needs, timed, body }: Case,
  create: ConformanceOptions['create'],
  timeout: number,
  seed: number,
): Promise<void> {
  const time = new Time();
  const deployment = await create(timed ? { ...options, clock: () => time.now } : options);
  try {
    const sender = deployment.layers[0]!;
    const receiver = deployment.layers[1] ?? sender;
    const other = deployment.layers[2] ?? receiver;
    if (needs?.(sender.capabilities) === false) return;
    const random = chance(seed);
    await within(timeout, body({ sender, receiver, other, time, random }));
  } catch (error) {
    if (error instanceof Error) error.message += ` (conformance seed ${seed})`;
    throw error;
  } finally {
    await deployment.close();
  }
}

async function within(timeout: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const expired = new Promise<void>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done after ${timeout} ms`)), timeout);
  });
  try {
    await Promise.race([work, expired]);
  } finally {
    clearTimeout(timer);
  }
}

const CASES: readonly Case[] = [
  ...DELIVERY,
  ...CAPACITY,
  ...NAMES,
  ...GROUPS,
  ...EXPIRY,
  ...LIFECYCLE,
];
