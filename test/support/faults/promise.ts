/** What each toxic may cost: the rows of docs/promises.md, as checks on an account. */

import type { Toxic } from './proxy.ts';
import type { RequestAccount } from './request.ts';
import { type Account, type FaultPattern, WINDOW } from './trial.ts';

export interface ToxicPromise {
  readonly name: string;
  readonly toxic: (n: number, random: () => number) => Toxic | undefined;
  /** `smooth` = the connection stays up; `breaks` = it does not; `alters` = octets are not what was sent. */
  readonly effect: 'smooth' | 'breaks' | 'alters';
  /** Row names of the table. */
  readonly rows: string;
}

/** Each connection meets it anew, after so many octets that a handshake is well over. */
function after(random: () => number): number {
  return 3_000 + Math.floor(random() * 6_000);
}

export const TOXICS: readonly ToxicPromise[] = [
  { name: 'none', toxic: () => undefined, effect: 'smooth', rows: 'M1' },
  {
    name: 'latency of 5 ms and up to 20 more',
    toxic: () => ({ kind: 'latency', delay: 5, jitter: 20 }),
    effect: 'smooth',
    rows: 'M1',
  },
  {
    name: '50 KB a second',
    toxic: () => ({ kind: 'bandwidth', rate: 50_000 }),
    effect: 'smooth',
    rows: 'M1',
  },
  { name: 'one octet at a time', toxic: () => ({ kind: 'slicer' }), effect: 'smooth', rows: 'M1' },
  {
    name: 'a slow close',
    toxic: () => ({ kind: 'slow close', delay: 50 }),
    effect: 'smooth',
    rows: 'M1',
  },
  {
    name: 'a reset now and then',
    toxic: (_, random) => ({ kind: 'reset', after: after(random) }),
    effect: 'breaks',
    rows: 'L1 L2 L3',
  },
  {
    name: 'an end after n octets',
    toxic: (_, random) => ({ kind: 'limit', after: after(random) }),
    effect: 'breaks',
    rows: 'L1 L2 L3',
  },
  {
    name: 'half-open after n octets',
    toxic: (_, random) => ({ kind: 'blackhole', after: after(random) }),
    effect: 'breaks',
    rows: 'L1 L2 L5',
  },
  {
    name: 'one bit flipped',
    toxic: (_, random) => ({ kind: 'corrupt', after: after(random) }),
    effect: 'alters',
    rows: 'V3',
  },
];

/** What `account` has that the promise does not allow. Under CURVE a changed octet ends the connection. */
export function broken(
  { effect }: ToxicPromise,
  { waits }: FaultPattern,
  account: Account,
  sealed = false,
): string[] {
  const faults: string[] = [];
  const ensure = (holds: boolean, what: string): void => {
    if (!holds) faults.push(what);
  };
  const uncounted = account.lost - account.counted;
  // On a busy machine a heartbeat may be missed, too.
  const ends = Math.max(account.struck, account.connections - 1);
  ensure(account.doubled === 0, 'nothing comes twice');
  ensure(account.received > 0, 'something comes');
  if (effect === 'alters' && !sealed) return faults;
  ensure(account.disordered === 0, 'the order is kept');
  ensure(account.altered === 0, 'nothing comes changed');
  if (effect === 'smooth') {
    ensure(account.connections === 1, 'the connection stays');
    ensure(uncounted === 0, 'what is lost is counted');
    ensure(!waits || account.lost === 0, 'nothing is lost');
    return faults;
  }
  ensure(account.struck > 0, 'the toxic strikes');
  // A stretch for what each connection had; where nothing waits, one more for the time without a connection.
  const stretches = ends * (waits ? 1 : 2);
  ensure(account.gaps <= stretches, 'lost is what one connection had, in one stretch');
  ensure(uncounted <= ends * ON_ITS_WAY, 'no more is lost than was on its way');
  return faults;
}

/** Options for the sockets of a trial. */
export function optionsFor({ effect }: ToxicPromise): object {
  // A frame may seem to be as long as a number says, and a limit is what finds that out.
  if (effect === 'alters') return { maxMessageSize: 1_000 };
  // Nothing shall end but by the toxic, however busy the machine.
  return effect === 'smooth' ? { heartbeatInterval: 0 } : {};
}

/** Likewise for REQ and REP. */
export function brokenRequests({ effect }: ToxicPromise, account: RequestAccount): string[] {
  const { asked, answered, doubled, altered } = account;
  const ends = Math.max(account.struck, account.connections - 1);
  const faults: string[] = [];
  if (doubled > 0) faults.push('no question is asked twice');
  if (altered > 0 && effect !== 'alters') faults.push('a reply belongs to its question');
  // A silence is noticed late: a few questions may be given up meanwhile.
  if (asked - answered > (effect === 'smooth' ? 0 : 4 * ends)) {
    faults.push('all is answered but what was struck');
  }
  return faults;
}

/** Messages between `send` and the listener, those of the time included in which the loss is not noticed. */
const ON_ITS_WAY = WINDOW + 100;
