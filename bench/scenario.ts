/** Scenario: what is measured, as data. */

import type { Style } from './ends/style.ts';
import { type Kind, METRICS, type Metric, metricsAlone } from './metric.ts';

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
  /** The role that the subject plays; the other end is a program in C, the same for all. Undefined: it plays both. */
  readonly alone?: string;
  /** How many there are of what grows from one scenario of its group to the next. */
  readonly grows?: number;
  /** What else its ends want to know. */
  readonly orders: Readonly<Record<string, number>>;
}

const ALL_STYLES: readonly Style[] = ['await', 'iterate', 'try', 'batch'];

/** In the order in which they run. */
export const SCENARIOS: readonly Scenario[] = [
  ...[1, 8].flatMap((peers) =>
    (['tcp', 'ipc'] as const).flatMap((transport) =>
      [16, 256, 4096, 65_536, 1_048_576].map((size) => pushPull(transport, size, peers)),
    ),
  ),
  ...[16, 4096].map((size) => reqRep(size)),
  ...[1, 8, 64].map((peers) => fanOut(peers)),
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
      orders: { subscriptions, drain: 0 },
    }),
  ),
  dealerRouter(1, 64),
  dealerRouter(500, 2),
  dealerRouter(5_000, 2),
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
  ...[16, 65_536].map(
    (size): Scenario => ({
      name: `inproc-threads-${size === 16 ? '16B' : '64KiB'}`,
      group: 'PUSH/PULL over inproc',
      title: `PUSH/PULL, ${size === 16 ? '16 B' : '64 KiB'} over inproc between two threads`,
      label: `${size === 16 ? '16 B' : '64 KiB'}, two threads`,
      kind: 'threads',
      transport: 'inproc',
      metrics: METRICS.threads,
      styles: ALL_STYLES,
      without: ['ceiling'],
      size,
      peers: 1,
      orders: { mark: 1000 },
    }),
  ),
  ...[64, 1024, 65_536].flatMap((size) => [curve(size, 'libsodium'), curve(size, 'javascript')]),
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
  ...[16, 256, 4096].flatMap((size) => [
    alone(pushPull('tcp', size, 1), 'push', 'PUSH alone', 'PULL is libzmq'),
    alone(pushPull('tcp', size, 1), 'pull', 'PULL alone', 'PUSH is libzmq'),
  ]),
  ...[1, 8, 64, 1_000].map((peers) => pubAlone(peers)),
  ...[1, 64].map(
    (peers): Scenario => ({
      ...alone(fanOut(peers), 'sub', 'SUB alone', 'one process; PUB is libzmq', 'await', 'batch'),
      // The only end of the ceiling that shakes hands.
      without: [],
    }),
  ),
  alone(reqRep(16), 'rep', 'REP alone', 'REQ is libzmq', 'await', 'try'),
  alone(reqRep(16), 'req', 'REQ alone', 'REP is libzmq', 'await', 'try'),
  ...[1, 10, 100, 1_000, 10_000].map((peers): Scenario => {
    const scenario = pubAlone(peers, 'await');
    const group = 'Growing: subscribers of a PUB';
    return { ...scenario, name: `grow-subscribers-${peers}`, group, grows: peers };
  }),
  ...[1, 10, 100, 1_000, 10_000].map((topics): Scenario => {
    const subscriptions = plural(topics, 'subscription');
    return {
      ...pubAlone(1, 'await'),
      name: `grow-topics-${topics}`,
      group: 'Growing: subscriptions of one subscriber',
      title: `PUB alone, 64 B over tcp to a bare subscriber with ${subscriptions}`,
      label: subscriptions,
      grows: topics,
      orders: { subscriptions: topics, drain: 1 },
    };
  }),
  ...[1, 10, 100, 1_000, 10_000].map((peers): Scenario => {
    const clients = dealerRouter(peers, 1);
    return {
      ...clients,
      name: `grow-clients-${peers}`,
      group: 'Growing: clients of a ROUTER',
      metrics: [...METRICS['dealer-router']].sort((a) => (a.key === 'processor-router' ? -1 : 0)),
      styles: ['await'],
      // A socket of libzmq takes two descriptors, and a process may often have 20 000 only.
      without: peers > 5_000 ? ['libzmq', 'zeromq.js'] : [],
      grows: peers,
    };
  }),
  ...[1_000, 10_000, 100_000, 1_000_000].map(
    (depth): Scenario => ({
      name: `grow-queue-${depth}`,
      group: 'Growing: messages that wait in a PUSH without a mark',
      title: `PUSH alone, ${plural(depth, 'message')} of 64 B wait, then go over ipc to a PULL of libzmq`,
      label: plural(depth, 'message'),
      kind: 'backlog',
      transport: 'ipc',
      metrics: METRICS.backlog,
      styles: ['await', 'batch'],
      without: ['ceiling'],
      size: 64,
      peers: 1,
      alone: 'backlog',
      grows: depth,
      orders: { mark: 0, depth },
    }),
  ),
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

/** PUSH and PULL over `transport`. `size` is in octets. */
export function pushPull(transport: 'tcp' | 'ipc', size: number, peers: number): Scenario {
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

function reqRep(size: number): Scenario {
  return {
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
  };
}

function fanOut(peers: number): Scenario {
  return {
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
    orders: { subscriptions: 1, drain: 0 },
  };
}

function dealerRouter(peers: number, window: number): Scenario {
  const questions = `${plural(window, 'question')}${peers > 1 ? ' each' : ''} under way`;
  return {
    name: `dealer-router-tcp-64B-${peers}-client${peers > 1 ? 's' : ''}`,
    group: 'DEALER/ROUTER, 64 B over tcp',
    title: `DEALER/ROUTER, 64 B over tcp, ${plural(peers, 'client')}, ${questions}`,
    label: plural(peers, 'client'),
    kind: 'dealer-router',
    transport: 'tcp',
    metrics: METRICS['dealer-router'],
    styles: ['await', 'batch'],
    size: 64,
    peers,
    orders: { window },
  };
}

/** The subscribers only read: what is measured is the publisher. */
function pubAlone(peers: number, ...styles: readonly Style[]): Scenario {
  const scenario = fanOut(peers);
  return {
    ...alone(
      scenario,
      'pub',
      'PUB alone',
      'bare subscribers',
      ...(styles.length > 0 ? styles : ALL_STYLES),
    ),
    orders: { subscriptions: 1, drain: 1 },
  };
}

/** `scenario` with the subject at the end that plays `role` only. */
function alone(
  scenario: Scenario,
  role: string,
  who: string,
  others: string,
  ...styles: readonly Style[]
): Scenario {
  const [, ...rest] = scenario.title.split(', ');
  return {
    ...scenario,
    name: `${role}-alone-${scenario.name}`,
    group: `${who} (${others})`,
    title: `${who}, ${rest.join(', ')} (${others})`,
    metrics: metricsAlone(scenario.kind, role),
    styles: styles.length > 0 ? styles : scenario.styles,
    without: ['ceiling'],
    alone: role,
  };
}

/** The receiver is the server. Other systems than zeromq-pure have one library only: beside them it may use either. */
function curve(size: number, library: 'javascript' | 'libsodium'): Scenario {
  const by = library === 'libsodium' ? '' : ', zeromq-pure without libsodium-wrappers';
  return {
    ...pushPull('tcp', size, 1),
    name: `curve-push-pull-tcp-${sizeName(size)}${library === 'libsodium' ? '' : '-javascript'}`,
    group: `PUSH/PULL under CURVE${by}`,
    title: `PUSH/PULL, ${sizeText(size)} over tcp under CURVE${by}`,
    styles: ['await', 'batch'],
    without: ['ceiling'],
    orders: { mark: 1000, curve: library === 'libsodium' ? 1 : 2 },
  };
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
