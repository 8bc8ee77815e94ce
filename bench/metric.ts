/** Metric: one figure of a trial, and the figures that each kind of scenario yields. */

/** How its ends are arranged: see trial.ts. */
export type Kind =
  | 'push-pull'
  | 'inproc'
  | 'threads'
  | 'req-rep'
  | 'pub-sub'
  | 'dealer-router'
  | 'backlog'
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
    | 'ns'
    | 'µs'
    | 's'
    | 'octets'
    | 'writes'
    | 'bytes'
    | '%';
  readonly better: 'higher' | 'lower';
}

const LATENCIES: readonly Metric[] = [
  { key: 'p50', label: 'p50', unit: 'µs', better: 'lower' },
  { key: 'p99', label: 'p99', unit: 'µs', better: 'lower' },
  { key: 'p999', label: 'p99.9', unit: 'µs', better: 'lower' },
];

/** The first is what the scenario is about. */
export const METRICS: Readonly<Record<Kind, readonly Metric[]>> = {
  'push-pull': [rate('messages/s'), processor('push'), processor('pull')],
  inproc: [rate('messages/s'), processor('inproc')],
  threads: [rate('messages/s'), processor('inproc')],
  'req-rep': [rate('round trips/s'), ...LATENCIES, processor('req'), processor('rep')],
  'pub-sub': [rate('deliveries/s'), processor('pub'), processor('sub')],
  'dealer-router': [rate('round trips/s'), processor('dealer'), processor('router')],
  backlog: [
    { key: 'memory', label: 'memory per message', unit: 'octets', better: 'lower' },
    processor('backlog'),
    { ...rate('messages/s'), label: 'drained' },
  ],
  handshake: [rate('handshakes/s'), processor('newcomers'), processor('router')],
  flood: [rate('round trips/s'), ...LATENCIES, processor('req'), processor('rep')],
  idle: [
    { key: 'memory', label: 'memory per connection', unit: 'bytes', better: 'lower' },
    { key: 'connect', label: 'time to connect all', unit: 's', better: 'lower' },
    { key: 'processor', label: 'CPU while idle', unit: '%', better: 'lower' },
  ],
};

/** Of an end that is judged alone: its processor time first. */
export function metricsAlone(kind: Kind, role: string): readonly Metric[] {
  const other = METRICS[kind].filter(({ key }) => !key.startsWith('processor-'));
  return [processor(role), ...other];
}

/** Processor time of the end that plays `role`, for each message that was measured. */
function processor(role: string): Metric {
  const label = `processor, ${role.toUpperCase()}`;
  return { key: `processor-${role}`, label, unit: 'ns', better: 'lower' };
}

function rate(unit: Metric['unit']): Metric {
  return { key: 'rate', label: unit, unit, better: 'higher' };
}
