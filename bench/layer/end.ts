/** End: one process of a scenario on our layers: `producer`, `consumer`, `hub`, `crowd` or `processes`. See ../ends/contract.ts. */

import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { Request, Router } from 'zeromq-pure';
import { type ChannelLayer, DedicatedLayer, EmbeddedLayer, Hub } from 'zeromq-pure/layer';
import { RabbitmqLayer } from 'zeromq-pure/layer/rabbitmq';
import { Orders, say, told } from '../ends/contract.ts';
import { Meter, roundTripResult } from '../ends/meter.ts';

interface Parcel {
  readonly type: string;
  readonly text: string;
  /** Microseconds on the clock of the machine, when it was sent. */
  readonly at?: number;
}

const TEXT = 'x'.repeat(64);
const JOBS = 'bench.jobs';
const NAMES = 'bench.names';
/** Sends that are under way at once: each is confirmed. */
const WINDOW = 1000;

const orders = new Orders(process.argv.slice(2));

function makeLayer(): ChannelLayer<Parcel> & { bind?(): Promise<void> } {
  // As much as is measured may wait: what is dropped would be no delivery.
  const options = { capacity: 10_000_000, expiry: 3_600_000 };
  if (orders.text('kind') === 'hub') {
    return new DedicatedLayer<Parcel>({
      hub: orders.text('address'),
      ...options,
    });
  }
  if (orders.text('kind').startsWith('rabbitmq')) {
    const capacities = { localCapacity: 1000, remoteCapacity: 10_000_000 };
    const reconnect = { reconnectInterval: 10, reconnectMaxInterval: 10 };
    const where = { url: orders.text('address'), prefix: orders.text('prefix') };
    return new RabbitmqLayer<Parcel>({ ...where, ...options, ...capacities, ...reconnect });
  }
  return new EmbeddedLayer<Parcel>({ address: orders.text('address'), ...options });
}

function microseconds(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1e6 + nanoseconds / 1000;
}

async function produce(): Promise<void> {
  if (orders.text('kind') === 'bare') return ask();
  const layer = makeLayer();
  if (layer instanceof EmbeddedLayer) await layer.bind();
  else await layer.ready();
  say({ ready: true });
  await told('go');
  const verb = orders.text('verb');
  const [warmup, count] = [orders.number('warmup'), orders.number('count')];
  const channels = verb === 'groupSend' || verb === 'jobs' ? [JOBS] : await namesFrom(layer);
  const under = new UnderWay();
  const send = async (n: number): Promise<void> => {
    if (verb === 'groupSend') return layer.groupSend('bench', { type: 'bench', text: TEXT });
    const sent = layer.send(channels[n % channels.length]!, { type: 'bench', text: TEXT });
    if (verb === 'awaited' || verb === 'paced') return sent;
    under.add(sent);
    if (under.count >= WINDOW) await under.half();
  };
  for (let n = 0; n < warmup; n++) await send(n);
  // Once all of them are read: what still waits somewhere would count as received in the time that is measured.
  await told('measure');
  if (verb === 'paced') {
    for (let n = 0; n < count; n++) {
      await layer.send(channels[0]!, { type: 'bench', text: TEXT, at: microseconds() });
      await sleep(1);
    }
  } else for (let n = 0; n < count; n++) await send(n);
}

/** Sends that are not confirmed. */
class UnderWay {
  count = 0;
  #half: (() => void) | undefined;

  add(sent: Promise<void>): void {
    this.count++;
    void sent.then(() => {
      this.count--;
      if (this.count * 2 <= WINDOW) this.#half?.();
    });
  }

  /** Settles when half of them are confirmed: there are always some under way. */
  half(): Promise<void> {
    return new Promise((resolve) => {
      this.#half = resolve;
    });
  }
}

/** What a `send` is at least: a question and an answer, without a layer. */
async function ask(): Promise<void> {
  const request = new Request();
  request.connect(orders.text('address'));
  say({ ready: true });
  await told('go');
  const meter = new Meter(orders.number('warmup'), orders.number('count'));
  for (; !meter.over; meter.passed(1)) {
    await request.send(TEXT);
    await request.receive();
  }
  say({ result: meter.result });
}

/** The channels that the consumers have made. */
async function namesFrom(layer: ChannelLayer<Parcel>): Promise<string[]> {
  const names: string[] = [];
  while (names.length < orders.number('consumers')) names.push((await layer.receive(NAMES)).text);
  return names;
}

async function consume(): Promise<void> {
  const [consumers, channels] = [orders.number('consumers'), orders.number('channels')];
  const verb = orders.text('verb');
  const copies = verb === 'groupSend' ? consumers * channels : 1;
  const [warmup, count] = [orders.number('warmup'), orders.number('count')];
  const meter = new Meter(warmup * copies, count * copies);
  const times: number[] = [];
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const read = async (layer: ChannelLayer<Parcel>, channel: string): Promise<void> => {
    while (!meter.over) {
      const { at } = await layer.receive(channel);
      if (at !== undefined) times.push((microseconds() - at) / 1000);
      if (meter.passed(1)) delay.enable();
      if (!meter.over) continue;
      delay.disable();
      const result = { ...meter.result, delay: delay.percentile(99) / 1000 };
      const latencies = Float64Array.from(times);
      say({ result: verb === 'paced' ? roundTripResult(latencies, result.seconds) : result });
    }
  };
  for (let i = 0; i < consumers; i++) {
    const layer = makeLayer();
    if (verb === 'groupSend') {
      let adding: Promise<void>[] = [];
      for (let k = 0; k < channels; k++) {
        const channel = await layer.newChannel();
        adding.push(layer.groupAdd('bench', channel));
        void read(layer, channel);
        if (adding.length < 1000) continue;
        await Promise.all(adding);
        adding = [];
      }
      await Promise.all(adding);
    } else if (verb === 'jobs') void read(layer, JOBS);
    else {
      const channel = await layer.newChannel();
      await layer.send(NAMES, { type: 'name', text: channel });
      void read(layer, channel);
    }
    await layer.ready();
  }
  say({ ready: true });
}

async function crowd(): Promise<void> {
  const layer = makeLayer();
  await layer.ready();
  const channels = orders.number('channels');
  say({ ready: true });
  await told('go');
  const before = used();
  const startedAt = performance.now();
  let adding: Promise<void>[] = [];
  for (let n = 0; n < channels; n++) {
    const channel = await layer.newChannel();
    adding.push(layer.groupAdd(`bench.${n % (channels / 10)}`, channel));
    layer.receive(channel).catch(() => {});
    if (adding.length < 1000) continue;
    await Promise.all(adding);
    adding = [];
  }
  await Promise.all(adding);
  await layer.ready();
  const seconds = (performance.now() - startedAt) / 1000;
  const back = new Promise<void>((resolve) => layer.events.once('connect', () => resolve()));
  say({ result: { seconds, messages: channels, memory: (used() - before) / channels } });
  await back;
  say({ back: true });
}

/** Octets that are in use, after what is not has been collected. */
function used(): number {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

async function processes(): Promise<void> {
  const layers = Array.from({ length: orders.number('consumers') }, () => makeLayer());
  await Promise.all(layers.map((layer) => layer.ready()));
  say({ ready: true });
  await told('go');
  const startedAt = performance.now();
  await Promise.all(
    layers.map(async (layer, n) => layer.groupAdd(`bench.${n}`, await layer.newChannel())),
  );
  const seconds = (performance.now() - startedAt) / 1000;
  say({ result: { seconds, messages: layers.length } });
  await told('end');
  for (const layer of layers) await layer.close();
}

async function hub(): Promise<void> {
  if (orders.text('kind') === 'bare') {
    const router = new Router();
    await router.bind(orders.text('address'));
    say({ ready: true });
    for await (const parts of router) await router.send(parts);
  }
  const running = new Hub({ bind: orders.text('address') });
  await running.start();
  say({ ready: true });
  for (;;) {
    await told('memory');
    say({ memory: used() });
  }
}

const ROLES: Readonly<Record<string, () => Promise<void>>> = {
  producer: produce,
  consumer: consume,
  crowd,
  hub,
  processes,
};
await ROLES[orders.role]!();
