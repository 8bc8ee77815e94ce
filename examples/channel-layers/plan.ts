/** The plan of an act: which messages are sent, which consumers must get them, and how the messages that arrived differ. */

/** One thing that every producer does: send `count` messages to a group or a channel. */
export interface Step {
  readonly kind: 'group' | 'channel';
  readonly name: string;
  readonly count: number;
  /** Numbers of the consumers that are members of the group, or read the channel; from 1. */
  readonly consumers: readonly number[];
}

/** What a producer sends. */
export interface Parcel {
  /** The address, as `addressOf` returns it. */
  readonly to: string;
  /** The number of the producer; from 1. */
  readonly from: number;
  /** Counts the messages of that producer to that address; from 0. */
  readonly n: number;
  readonly text: string;
}

/** The messages that a consumer got. */
export interface Report {
  /** By address and then by producer: the numbers of the messages in the order of their arrival. */
  readonly arrived: ReadonlyMap<string, ReadonlyMap<number, readonly number[]>>;
  /** Messages that arrived at another address than their own. */
  readonly strays: readonly Parcel[];
  /** Messages that its layer has counted as skipped, lost, expired or undecodable. */
  readonly missing: number;
}

/** "group everyone" */
export function addressOf({ kind, name }: Step): string {
  return `${kind} ${name}`;
}

/** Messages of `step` that arrive, if all goes well: a copy for each member, but each message on a channel once. */
export function arrivals({ kind, count, consumers }: Step, producers: number): number {
  return count * producers * (kind === 'group' ? consumers.length : 1);
}

/** How the `reports` of the consumers differ from the plan, a line for each difference. */
export function differences(
  steps: readonly Step[],
  producers: number,
  reports: readonly Report[],
): string[] {
  const wrong: string[] = [];
  reports.forEach(({ strays, missing }, i) => {
    for (const { to } of strays) wrong.push(`consumer ${i + 1} got a message to ${to}`);
    if (missing > 0) wrong.push(`consumer ${i + 1} has counted ${missing} as missing`);
  });
  for (const step of steps) {
    const address = addressOf(step);
    for (let producer = 1; producer <= producers; producer++) {
      const got = reports.map(({ arrived }) => arrived.get(address)?.get(producer) ?? []);
      got.forEach((numbers, i) => {
        const title = `${address}: consumer ${i + 1} got from producer ${producer}`;
        if (!step.consumers.includes(i + 1)) {
          if (numbers.length > 0) wrong.push(`${title} what is not for it`);
        } else if (step.kind === 'group' || step.consumers.length === 1) {
          if (!counts(numbers, step.count)) wrong.push(`${title} not ${step.count} in order`);
        }
      });
      if (step.kind === 'group') continue;
      const all = got.flat().sort((a, b) => a - b);
      if (!counts(all, step.count)) {
        wrong.push(`${address}: ${all.length} arrived, not each of ${step.count} once`);
      }
    }
  }
  return wrong;
}

/** Whether `numbers` are 0, 1, 2 and so on, `count` of them. */
function counts(numbers: readonly number[], count: number): boolean {
  return numbers.length === count && numbers.every((n, i) => n === i);
}
