/** Stage: what a conformance test works with. Layers, a clock, random numbers, and functions that wait for what it expects. */

import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import type { Capabilities } from '../carrier/capabilities.ts';
import type { WaitOptions } from '../carrier/carrier.ts';
import type { Message } from '../codec/value.ts';
import type { LayerStats } from '../events.ts';
import type { LayerOptions } from '../options.ts';

/** What the tests use of a layer: methods of `ChannelLayer`, which layers of other packages can have as well. */
export interface AnyLayer {
  /** Optional parts of the specification that it supports; `groups` is needed by most tests. */
  readonly extensions: readonly string[];
  /** What it supports; tests for more are not run. */
  readonly capabilities: Capabilities;
  /** Sends to one reader of `channel`. */
  send(channel: string, message: Message): Promise<void>;
  /** Resolves with the next message of `channel`. */
  receive(channel: string, options?: WaitOptions): Promise<Message>;
  /** The messages of `channel`, as an iterator. */
  messages(channel: string, options?: { signal?: AbortSignal }): AsyncIterableIterator<Message>;
  /** Makes up the name of a channel that only this layer reads. */
  newChannel(prefix?: string): Promise<string>;
  /** Makes `channel` a member of `group`. */
  groupAdd(group: string, channel: string): Promise<void>;
  /** Ends a membership. */
  groupDiscard(group: string, channel: string): Promise<void>;
  /** Sends to all members of `group`. */
  groupSend(group: string, message: Message, options?: { except?: string }): Promise<void>;
  /** Forgets all messages and memberships. */
  flush(): Promise<void>;
  /** Resolves when what was asked for is in force. */
  ready(options?: WaitOptions): Promise<void>;
  /** Closes the layer. */
  close(): Promise<void>;
  /** Its counters; layers in other processes may answer later. */
  stats(): LayerStats | Promise<LayerStats>;
}

/** One test. */
export interface Case {
  readonly name: string;
  /** The options of its layers; default none. */
  readonly options?: LayerOptions;
  /** Whether a layer with these capabilities has to pass it; default: every layer has to. */
  readonly needs?: (capabilities: Capabilities) => boolean;
  /** Whether the test sets the clock of its layers. */
  readonly timed?: boolean;
  body(stage: Stage): Promise<void>;
}

/** The argument of a test: layers, a clock and random numbers. */
export interface Stage {
  /** The first layer: it sends. */
  readonly sender: AnyLayer;
  /** The second layer; the first one where there is no second. */
  readonly receiver: AnyLayer;
  /** The third layer; the second one where there is no third. */
  readonly other: AnyLayer;
  readonly time: Time;
  /** A random number from 0 to below 1; the sequence depends on the seed alone. */
  random(): number;
}

/** A clock in milliseconds that moves only when a test sets it. */
export class Time {
  now = 1000;
}

/** Whether there are ordinary channels, which hand each message to one reader. */
export function single({ ordinaryChannels }: Capabilities): boolean {
  return ordinaryChannels === 'one-reader';
}

/** Whether each message to a channel has one reader, whatever channels there are. */
export function exclusive({ ordinaryChannels }: Capabilities): boolean {
  return ordinaryChannels !== 'every-reader';
}

/** Whether `send` rejects as soon as the channels of a route hold `capacity` messages, and not before. */
export function exact({ confirmed, capacity }: Capabilities): boolean {
  return confirmed && capacity === 'route';
}

/** A channel that `layer` can read: the ordinary one of this name, where there are such, else a new one. */
export async function channelOf(layer: AnyLayer, name: string): Promise<string> {
  return layer.capabilities.ordinaryChannels === 'none' ? layer.newChannel(name) : name;
}

/** Numbers from 0 to below 1 that are the same for the same seed: a linear congruential generator. */
export function chance(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Fails unless `channel` is empty and nothing is on its way to it. */
export async function silent(layer: AnyLayer, channel: string): Promise<void> {
  await layer.ready();
  const message = await layer.receive(channel, { timeout: 50 }).catch((error) => {
    if (error.code !== 'ERR_TIMEOUT') throw error;
    return undefined;
  });
  assert.equal(message, undefined, `nothing in ${channel}`);
}

/** Resolves when `count` messages have been put into channels of the layer since it was created. */
export function arrived(layer: AnyLayer, count: number): Promise<void> {
  return eventually(async () => (await layer.stats()).delivered >= count);
}

/** Resolves when `done` returns true; fails after 5 seconds, with its last error if there was one. */
export async function eventually(done: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + 5000;
  for (;;) {
    try {
      if (await done()) return;
    } catch (error) {
      if (performance.now() > end) throw error;
    }
    if (performance.now() > end) assert.fail('it does not happen');
    await turn();
  }
}
