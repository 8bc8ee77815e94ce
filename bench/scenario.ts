/** Scenario: what is measured, as data. */

import type { Style } from './ends/style.ts';

/** How its ends are arranged: see trial.ts. */
export type Kind =
  | 'push-pull'
  | 'inproc'
  | 'req-rep'
  | 'pub-sub'
  | 'dealer-router'
  | 'handshake'
  | 'flood'
  | 'idle';

/** One figure of a trial. */
export interface Metric {
  readonly key: string;
  readonly label: string;
  readonly unit:
    | 'messages/s'
    | 'deliveries/s'
    | 'round trips/s'
    | 'handshakes/s'
    | 'µs'
    | 's'
    | 'bytes'
    | '%';
  readonly better: 'higher' | 'lower';
}

/** One scenario. */
export interface Scenario {
  readonly name: string;
  /** What charts and tables of several scenarios put together. */
  readonly group: string;
  readonly title: string;
  /** What sets it apart within its group. */
  readonly label: string;
  readonly kind: Kind;
  readonly transport: 'tcp' | 'ipc' | 'inproc';
  /** The first is what it is about. */
  readonly metrics: readonly Metric[];
  /** Of zeromq-pure; the others have one each. */
  readonly styles: readonly Style[];
  /** Systems that have no such thing. */
  readonly without?: readonly string[];
  /** Octets of a body. */
  readonly size: number;
  /** Senders, subscribers, clients or idle connections: all in one process where they are more than one. */
  readonly peers: number;
  /** What else its ends want to know. */
  readonly orders: Readonly<Record<string, number>>;
}

const ROUND_TRIPS: readonly Metric[] = [
  rate('round trips/s'),
  { key: 'p50', label: 'p50', unit: 'µs', better: 'lower' },
  { key: 'p99', label: 'p99', unit: 'µs', better: 'lower' },
  { key: 'p999', label: 'p99.9', unit: 'µs', better: 'lower' },
];

/** The figures that each kind yields. */
const METRICS: Record<Kind, readonly Metric[]> = {
  'push-pull': [rate('messages/s')],
  inproc: [rate('messages/s')],
  'req-rep': ROUND_TRIPS,
  'pub-sub': [rate('deliveries/s')],
  'dealer-router': [rate('round trips/s')],
  handshake: [rate('handshakes/s')],
  flood: ROUND_TRIPS,
  idle: [
    { key: 'memory', label: 'memory per connection', unit: 'bytes', better: 'lower' },
    { key: 'connect', label: 'time to connect all', unit: 's', better: 'lower' },
    { key: 'processor', label: 'CPU while idle', unit: '%', better: 'lower' },
  ],
};

const ALL_STYLES: readonly Style[] = ['await', 'iterate', 'try', 'batch'];

/** In the order in which they run. */
export const SCENARIOS: readonly Scenario[] = [
  ...[1, 8].flatMap((peers) =>
    (['tcp', 'ipc'] as const).flatMap((transport) =>
      [16, 256, 4096, 65_536, 1_048_576].map((size) => pushPull(transport, size, peers)),
    ),
  ),
  ...[16, 4096].map(
    (size): Scenario => ({
      name: `req-rep-tcp-${sizeName(size)}`,
      group: 'REQ/REP over tcp',
      title: `REQ/REP, ${sizeText(size)} over tcp`,
      label: sizeText(size),
      kind: 'req-rep',
      transport: 'tcp',
      metrics: METRICS['req-rep'],
      styles: ['await', 'iterate', 'try'],
      size,
      peers: 1,
      orders: {},
    }),
  ),
  ...[1, 8, 64].map(
    (peers): Scenario => ({
      name: `pub-sub-tcp-64B-${peers}-subscriber${peers > 1 ? 's' : ''}`,
      group: 'PUB/SUB fan-out, 64 B over tcp',
      title: `PUB/SUB, 64 B over tcp to ${plural(peers, 'subscriber')}`,
      label: plural(peers, 'subscriber'),
      kind: 'pub-sub',
      transport: 'tcp',
      metrics: METRICS['pub-sub'],
      styles: ALL_STYLES,
      size: 64,
      peers,
      orders: { subscriptions: 1 },
    }),
  ),
  ...[1, 1_000, 100_000].map(
    (subscriptions): Scenario => ({
      name: `pub-sub-tcp-64B-${subscriptions}-subscription${subscriptions > 1 ? 's' : ''}`,
      group: 'PUB/SUB subscriptions, 64 B over tcp',
      title: `PUB/SUB, 64 B over tcp, ${plural(subscriptions, 'subscription')} of one subscriber`,
      label: plural(subscriptions, 'subscription'),
      kind: 'pub-sub',
      transport: 'tcp',
      metrics: METRICS['pub-sub'],
      styles: ['await', 'batch'],
      without: ['ceiling'],
      size: 64,
      peers: 1,
      orders: { subscriptions },
    }),
  ),
  ...[1, 500].map(
    (peers): Scenario => ({
      name: `dealer-router-tcp-64B-${peers}-client${peers > 1 ? 's' : ''}`,
      group: 'DEALER/ROUTER, 64 B over tcp',
      title: `DEALER/ROUTER, 64 B over tcp, ${plural(peers, 'client')}, ${peers > 1 ? '2 questions each' : '64 questions'} under way`,
      label: plural(peers, 'client'),
      kind: 'dealer-router',
      transport: 'tcp',
      metrics: METRICS['dealer-router'],
      styles: ['await', 'batch'],
      size: 64,
      peers,
      orders: { window: peers > 1 ? 2 : 64 },
    }),
  ),
  {
    name: 'inproc-16B',
    group: 'PUSH/PULL over inproc',
    title: 'PUSH/PULL, 16 B over inproc (libzmq: between two threads)',
    label: '16 B',
    kind: 'inproc',
    transport: 'inproc',
    metrics: METRICS.inproc,
    styles: ALL_STYLES,
    without: ['ceiling'],
    size: 16,
    peers: 1,
    orders: { mark: 1000 },
  },
  ...[64, 1024, 65_536].flatMap((size) => [curve(size, 'libsodium'), curve(size, 'noble')]),
  {
    name: 'curve-handshakes',
    group: 'Handshakes under CURVE',
    title: 'Clients that connect under CURVE, ask once, and leave; 16 at a time',
    label: 'handshakes',
    kind: 'handshake',
    transport: 'tcp',
    metrics: METRICS.handshake,
    styles: ['await'],
    without: ['ceiling'],
    size: 1,
    peers: 16,
    orders: { curve: 1 },
  },
  {
    name: 'curve-flood-500',
    group: 'REQ/REP under CURVE and a flood of bad HELLOs',
    title: 'REQ/REP, 64 B under CURVE, while 500 strangers a second send a bad HELLO',
    label: 'under a flood',
    kind: 'flood',
    transport: 'tcp',
    metrics: METRICS.flood,
    styles: ['await'],
    without: ['ceiling'],
    size: 64,
    peers: 1,
    orders: { curve: 1, flood: 500 },
  },
  {
    name: 'idle-tcp-10000',
    group: 'Idle connections',
    title: '10 000 idle connections to one ROUTER, heartbeats every second',
    label: '10 000 connections',
    kind: 'idle',
    transport: 'tcp',
    metrics: METRICS.idle,
    styles: ['await'],
    size: 0,
    peers: 10_000,
    orders: { heartbeat: 1000 },
  },
];

/**
 * Those that `patterns` name: an exact name is that scenario alone, anything else all whose name contains it.
 * None means all. @throws Error for a pattern that names nothing
 */
export function selectScenarios(patterns: readonly string[]): Scenario[] {
  if (patterns.length === 0) return [...SCENARIOS];
  const selected = new Set<Scenario>();
  for (const pattern of patterns) {
    const exact = SCENARIOS.filter(({ name }) => name === pattern);
    const found = exact.length > 0 ? exact : SCENARIOS.filter(({ name }) => name.includes(pattern));
    if (found.length === 0) throw new Error(`no scenario "${pattern}"; --list shows them`);
    for (const each of found) selected.add(each);
  }
  return SCENARIOS.filter((each) => selected.has(each));
}

function pushPull(transport: 'tcp' | 'ipc', size: number, peers: number): Scenario {
  const many = peers > 1 ? `, ${peers} peers into one PULL` : '';
  return {
    name: `push-pull-${transport}-${sizeName(size)}${peers > 1 ? `-${peers}-peers` : ''}`,
    group: `PUSH/PULL over ${transport}${many}`,
    title: `PUSH/PULL, ${sizeText(size)} over ${transport}${many}`,
    label: sizeText(size),
    kind: 'push-pull',
    transport,
    metrics: METRICS['push-pull'],
    styles: ALL_STYLES,
    size,
    peers,
    // A thousand messages of 1 MiB in a queue would be memory measured, not messaging.
    orders: { mark: size > 65_536 ? 100 : 1000 },
  };
}

/** The receiver is the server. Other systems than zeromq-pure have one library only: beside them it may use either. */
function curve(size: number, library: 'noble' | 'libsodium'): Scenario {
  const by = library === 'libsodium' ? '' : ', zeromq-pure without libsodium-wrappers';
  return {
    ...pushPull('tcp', size, 1),
    name: `curve-push-pull-tcp-${sizeName(size)}${library === 'libsodium' ? '' : '-noble'}`,
    group: `PUSH/PULL under CURVE${by}`,
    title: `PUSH/PULL, ${sizeText(size)} over tcp under CURVE${by}`,
    styles: ['await', 'batch'],
    without: ['ceiling'],
    orders: { mark: 1000, curve: library === 'libsodium' ? 1 : 2 },
  };
}

function rate(unit: Metric['unit']): Metric {
  return { key: 'rate', label: unit, unit, better: 'higher' };
}

function sizeName(size: number): string {
  return sizeText(size).replace(' ', '');
}

/** `4 KiB`. */
export function sizeText(size: number): string {
  if (size >= 1_048_576) return `${size / 1_048_576} MiB`;
  return size >= 1024 ? `${size / 1024} KiB` : `${size} B`;
}

function plural(count: number, noun: string): string {
  const digits = count >= 10_000 ? count.toLocaleString('en').replaceAll(',', ' ') : count;
  return `${digits} ${noun}${count === 1 ? '' : 's'}`;
}
