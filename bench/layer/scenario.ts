/** Scenarios of the channel layers: what is sent through which kind of layer, and which figures come out. */

import type { Metric } from '../metric.ts';

export interface LayerScenario {
  readonly name: string;
  readonly title: string;
  /**
   * `crowd`: channels and groups without messages; `rabbitmq-crowd`: the same on a broker, which is then killed and started again;
   * `processes-crowd`: as many connections to a hub, each a member of a group.
   */
  readonly kind: 'embedded' | 'hub' | 'crowd' | 'processes-crowd' | 'rabbitmq' | 'rabbitmq-crowd';
  /**
   * `send` goes to channels that the consumers have made, `jobs` to an ordinary one that all of them read. `paced`: `send`,
   * one by one and a millisecond apart, for the time each takes from end to end. `awaited`: `send`, each after the one before.
   */
  readonly verb: 'groupSend' | 'send' | 'jobs' | 'paced' | 'awaited';
  /** Layers that receive; they share one process. */
  readonly consumers: number;
  /** Channels of each; in a group, if that is what is sent to. */
  readonly channels: number;
  readonly metrics: readonly Metric[];
  /** Whether the Python layers take part, each in its own topology. */
  readonly compared: boolean;
  /** Messages in the first try. */
  readonly count: number;
}

const DELIVERIES: readonly Metric[] = [
  { key: 'rate', label: 'deliveries a second', unit: 'deliveries/s', better: 'higher' },
];
const MESSAGES: readonly Metric[] = [
  { key: 'rate', label: 'messages a second', unit: 'messages/s', better: 'higher' },
];

/** Of what goes through a hub. */
const WITH_WRITES: readonly Metric[] = [
  ...MESSAGES,
  { key: 'writes', label: 'writes of the hub for each', unit: 'writes', better: 'lower' },
  { key: 'own', label: 'processor time of the two ends for each', unit: 'µs', better: 'lower' },
  { key: 'between', label: 'processor time of the hub', unit: 'µs', better: 'lower' },
];
const WITH_PROCESSOR: readonly Metric[] = [
  { key: 'rate', label: 'deliveries a second', unit: 'deliveries/s', better: 'higher' },
  { key: 'own', label: 'processor time of the two ends for each', unit: 'µs', better: 'lower' },
  { key: 'between', label: 'processor time of hub or broker', unit: 'µs', better: 'lower' },
];

export const LAYER_SCENARIOS: readonly LayerScenario[] = [
  {
    name: 'group-1-to-1',
    title: 'groupSend of 64 characters, one producer, one consumer',
    kind: 'embedded',
    verb: 'groupSend',
    consumers: 1,
    channels: 1,
    metrics: DELIVERIES,
    compared: true,
    count: 2000,
  },
  {
    name: 'group-50-channels',
    title: 'groupSend of 64 characters to 50 channels of one process',
    kind: 'embedded',
    verb: 'groupSend',
    consumers: 1,
    channels: 50,
    metrics: DELIVERIES,
    compared: true,
    count: 200,
  },
  {
    name: 'group-100000-channels',
    title: 'groupSend of 64 characters to 100 000 channels of one process',
    kind: 'embedded',
    verb: 'groupSend',
    consumers: 1,
    channels: 100_000,
    metrics: [
      { key: 'delay', label: 'event-loop delay, 99 of 100 below', unit: 'µs', better: 'lower' },
      ...DELIVERIES,
      { key: 'own', label: 'processor time of the two ends for each', unit: 'µs', better: 'lower' },
    ],
    compared: false,
    count: 3,
  },
  {
    name: 'crowd',
    title: '100 000 channels, each with a reader, in 10 000 groups of one process',
    kind: 'crowd',
    verb: 'groupSend',
    consumers: 1,
    channels: 100_000,
    metrics: [
      { key: 'memory', label: 'memory per channel', unit: 'bytes', better: 'lower' },
      { key: 'seconds', label: 'time to add them all', unit: 's', better: 'lower' },
    ],
    compared: false,
    count: 1,
  },
  ...[1, 10, 100].map((consumers): LayerScenario => {
    const who = consumers === 1 ? 'one consumer' : `${consumers} consumers`;
    return {
      name: `hub-send-${consumers}`,
      title: `through a hub: send of 64 characters, ${who}`,
      kind: 'hub',
      verb: 'send',
      consumers,
      channels: 1,
      metrics: WITH_WRITES,
      compared: consumers === 1,
      count: 2000,
    };
  }),
  {
    name: 'hub-send-awaited',
    title: 'through a hub: send of 64 characters, one after the other',
    kind: 'hub',
    verb: 'awaited',
    consumers: 1,
    channels: 1,
    metrics: WITH_WRITES,
    compared: true,
    count: 500,
  },
  ...[1, 10, 100].map((consumers): LayerScenario => {
    const who = consumers === 1 ? 'one consumer' : `${consumers} consumers`;
    return {
      name: `hub-group-${consumers}`,
      title: `through a hub: groupSend of 64 characters, ${who}`,
      kind: 'hub',
      verb: 'groupSend',
      consumers,
      channels: 1,
      metrics: [...DELIVERIES, ...WITH_WRITES.slice(1)],
      compared: false,
      count: 2000,
    };
  }),
  ...[1, 10].map(
    (consumers): LayerScenario => ({
      name: consumers === 1 ? 'hub-jobs-1' : 'hub-jobs',
      title: `through a hub: send of 64 characters to one channel that ${consumers === 1 ? 'one consumer reads' : 'ten consumers share'}`,
      kind: 'hub',
      verb: 'jobs',
      consumers,
      channels: 1,
      metrics: WITH_WRITES,
      compared: true,
      count: 2000,
    }),
  ),
  {
    name: 'hub-processes',
    title: 'a hub with 1000 processes, each with a channel in a group of its own',
    kind: 'processes-crowd',
    verb: 'groupSend',
    consumers: 1000,
    channels: 1,
    metrics: [
      { key: 'rate', label: 'joins a second', unit: 'messages/s', better: 'higher' },
      { key: 'memory', label: 'memory of the hub for each', unit: 'bytes', better: 'lower' },
      { key: 'processor', label: 'processor time of the idle hub', unit: '%', better: 'lower' },
    ],
    compared: false,
    count: 1,
  },
  {
    name: 'hub-latency',
    title: 'through a hub: from send to receive, one at a time',
    kind: 'hub',
    verb: 'paced',
    consumers: 1,
    channels: 1,
    metrics: [
      { key: 'p50', label: 'median', unit: 'µs', better: 'lower' },
      { key: 'p99', label: '99 of 100 below', unit: 'µs', better: 'lower' },
    ],
    compared: true,
    count: 300,
  },
  ...(
    [
      ['group-1-to-1', 'groupSend of 64 characters, one consumer', 'groupSend', 1, 2000],
      [
        'group-50',
        'groupSend of 64 characters to 50 channels of one process',
        'groupSend',
        50,
        200,
      ],
      ['send-awaited', 'send of 64 characters, one after the other', 'awaited', 1, 500],
      ['send-pipelined', 'send of 64 characters, many under way', 'send', 1, 2000],
    ] as const
  ).map(
    ([name, what, verb, channels, count]): LayerScenario => ({
      name: `rabbitmq-${name}`,
      title: `through RabbitMQ: ${what}`,
      kind: 'rabbitmq',
      verb,
      consumers: 1,
      channels,
      metrics: WITH_PROCESSOR,
      compared: true,
      count,
    }),
  ),
  {
    name: 'rabbitmq-crowd',
    title: 'through RabbitMQ: 10 000 channels, each with a reader, in 1 000 groups of one process',
    kind: 'rabbitmq-crowd',
    verb: 'groupSend',
    consumers: 1,
    channels: 10_000,
    metrics: [
      { key: 'memory', label: 'memory per channel', unit: 'bytes', better: 'lower' },
      { key: 'seconds', label: 'time to add them all', unit: 's', better: 'lower' },
      {
        key: 'recovery',
        label: 'from the broker listening again to all groups bound',
        unit: 's',
        better: 'lower',
      },
    ],
    compared: false,
    count: 1,
  },
];
