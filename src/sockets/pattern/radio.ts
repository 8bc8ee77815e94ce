/** RadioPattern: RADIO (RFC 48). Each message goes to every peer that has joined its group. */

import type { Message } from '../message.ts';
import type { Pipe } from '../routing/pipe.ts';
import { CANCEL, SUBSCRIBE } from '../routing/subscription.ts';
import { GROUP_MAX, groupKey, groupName } from './group.ts';
import type { PatternHost } from './pattern.ts';
import { PublishPattern } from './publish.ts';

/** Options of a RADIO; read at each use, since they may be set late. */
export interface RadioOptions {
  /** `ZMQ_XPUB_NODROP`. A message waits until all members take it, instead of being dropped. */
  readonly noDrop: boolean;
}

/**
 * A PUB whose subscriptions are groups. Messages come from the class as two parts, and go to the peers as two others:
 *
 *     [length of the group: 1 octet, group] [body]   →   [group] [body]
 */
export class RadioPattern extends PublishPattern {
  readonly #host: PatternHost;

  constructor(host: PatternHost, options: RadioOptions) {
    super(host, {
      get noDrop() {
        return options.noDrop;
      },
      invertMatching: false,
    });
    this.#host = host;
  }

  /** Exempts messages from the limit on parts: the class refuses several parts with an error of its own. */
  get addedParts(): number {
    return Number.NEGATIVE_INFINITY;
  }

  override attach(pipe: Pipe): void {
    if (pipe.takesAll) super.take(pipe, EVERYTHING, false);
    super.attach(pipe);
  }

  override established(pipe: Pipe): void {
    if (pipe.takesAll) this.#host.subscribed?.(pipe, this.countOf(pipe));
  }

  override accept(message: Message): boolean {
    const key = message[0]!;
    return this.sendAs([key.subarray(1), message[1]!], key);
  }

  protected override take(pipe: Pipe, part: Buffer): void {
    if (part[0] !== SUBSCRIBE && part[0] !== CANCEL) return;
    const group = groupName(part.subarray(1));
    if (group.length > GROUP_MAX) {
      pipe.fail(`a group of ${group.length} octets, at most ${GROUP_MAX} are allowed`);
      return;
    }
    super.take(pipe, Buffer.concat([part.subarray(0, 1), groupKey(group)]), true);
    if (this.countOf(pipe) > GROUPS_MAX) pipe.fail(`more than ${GROUPS_MAX} groups`);
  }
}

/** The subscription to the empty prefix, which matches the key of every group. */
const EVERYTHING = Buffer.of(SUBSCRIBE);
/** Groups that one peer may join: some megabytes of memory. */
const GROUPS_MAX = 65_536;
