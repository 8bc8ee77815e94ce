/** `ping`: shows what is at an endpoint. Reads its greeting and its READY, and disconnects. */

import { connect, type Socket as Stream } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import {
  decodeError,
  decodeMetadata,
  encodeGreeting,
  property,
  type WireItem,
  WireReader,
} from '../../wire.ts';
import { UsageError } from '../arguments.ts';
import { type Command, EXIT } from '../command.ts';
import { showLine } from '../format.ts';

/** What a peer announces in its handshake. */
interface Portrait {
  readonly version: string;
  readonly mechanism: string;
  /** Undefined where the mechanism asks for credentials before it tells. */
  readonly socketType: string | undefined;
  readonly routingId: string | undefined;
  /** Milliseconds until the connection was open, and until greeting and READY had arrived. */
  readonly times: { readonly connect: number; readonly greeting: number; readonly ready?: number };
}

const PATIENCE = 5_000;

export const ping: Command = {
  name: 'ping',
  summary: 'who is at an endpoint: version, mechanism, socket type, time',
  usage: 'ENDPOINT [OPTIONS]',
  description:
    'Connect to a tcp or ipc endpoint and show who is there. The handshake is not completed, so that no message is sent to us.',
  options: {
    count: { type: 'string', short: 'n', value: 'N', help: 'ping N times; default 1' },
    interval: { type: 'string', short: 'i', value: 'MS', help: 'between two pings; default 1000' },
    timeout: { type: 'string', short: 't', value: 'MS', help: 'for each ping; default 5000' },
    json: { type: 'boolean', help: 'one JSON object a line' },
  },
  examples: [
    'zeromq-pure ping tcp://localhost:5555',
    'zeromq-pure ping ipc:///tmp/feeds -n 3',
    'until zeromq-pure ping -t 500 tcp://localhost:5555; do sleep 1; done   # wait for a service',
  ],
  async run(given, terminal) {
    const [endpoint, ...more] = given.positionals;
    if (endpoint === undefined) throw new UsageError('which endpoint?');
    if (more.length > 0) throw new UsageError(`"${more[0]}" is not expected here`);
    const address = addressOf(endpoint);
    const count = given.count('count', 1) ?? 1;
    const interval = given.number('interval') ?? 1_000;
    const timeout = given.number('timeout') ?? PATIENCE;
    const { signal } = terminal;

    for (let n = 0; n < count; n++) {
      if (n > 0) await pause(interval, undefined, { signal });
      const portrait = await portraitOf(
        address,
        AbortSignal.any([signal, AbortSignal.timeout(timeout)]),
      );
      const { version, mechanism, socketType, routingId, times } = portrait;
      if (given.has('json')) {
        await terminal.line(JSON.stringify({ endpoint, ...portrait }));
        continue;
      }
      const who = socketType ?? `(needs ${mechanism} credentials to tell its type)`;
      const id = routingId === undefined ? '' : ` "${showLine(routingId)}"`;
      const total = (times.ready ?? times.greeting).toFixed(1);
      const detail = `connect ${times.connect.toFixed(1)}, greeting ${times.greeting.toFixed(1)}`;
      await terminal.line(
        `${endpoint}: ZMTP ${version}, ${mechanism}, ${terminal.paint('green', showLine(who))}${id}, ` +
          `${total} ms ${terminal.paint('dim', `(${detail})`)}`,
      );
    }
    return EXIT.done;
  },
};

/** Reads the handshake of the peer at `address`. Rejects when it is no ZMTP peer, or does not answer in time. */
async function portraitOf(
  address: { host: string; port: number } | { path: string },
  signal: AbortSignal,
): Promise<Portrait> {
  const started = performance.now();
  const elapsed = (): number => performance.now() - started;
  const stream: Stream = connect({ ...address, signal, noDelay: true });
  const reader = new WireReader({ maxFrameSize: 65_536, maxParts: 1 });
  let [connected, greeted] = [0, 0];
  let [version, mechanism] = ['', ''];
  try {
    stream.once('connect', () => {
      connected = elapsed();
      // The whole greeting is sent first: peers hold back parts of theirs until they have seen parts of ours.
      stream.write(encodeGreeting('NULL'));
    });
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      for (const item of reader.read(chunk)) {
        if (item.kind === 'greeting') {
          greeted = elapsed();
          ({ version, mechanism } = item);
          if (mechanism === 'NULL') continue;
          const times = { connect: connected, greeting: greeted };
          return { version, mechanism, times, socketType: undefined, routingId: undefined };
        }
        const times = { connect: connected, greeting: greeted, ready: elapsed() };
        return { version, mechanism, times, ...readyOf(item) };
      }
    }
    throw new Error(greeted > 0 ? 'closed before it was ready' : 'closed without a greeting');
  } catch (error) {
    if (!signal.aborted) throw error;
    const where = connected === 0 ? 'no connection' : greeted === 0 ? 'no greeting' : 'no READY';
    throw Object.assign(new Error(`${where} in time`), { code: 'EAGAIN' });
  } finally {
    stream.destroy();
  }
}

/** Socket type and routing id from READY. @throws Error for anything else in its place, with the reason of an ERROR */
function readyOf(item: WireItem): Pick<Portrait, 'socketType' | 'routingId'> {
  if (item.kind === 'error') throw item.error;
  if (item.kind !== 'command') throw new Error(`peer sent a ${item.kind}, expected READY`);
  const { name, data } = item;
  if (name === 'ERROR') throw new Error(`peer refuses the handshake: "${decodeError(data)}"`);
  if (name !== 'READY') throw new Error(`peer sent ${name}, expected READY`);
  const metadata = decodeMetadata(data);
  return {
    socketType: property(metadata, 'Socket-Type')?.toString('latin1'),
    routingId: property(metadata, 'Identity')?.toString() || undefined,
  };
}

function addressOf(endpoint: string): { host: string; port: number } | { path: string } {
  const [, host, port] = /^tcp:\/\/(?:\[([^\]]+)\]|[^:/]+):(\d+)$/.exec(endpoint) ?? [];
  if (port !== undefined) {
    return {
      host: host ?? endpoint.slice('tcp://'.length, endpoint.lastIndexOf(':')),
      port: Number(port),
    };
  }
  const [, path] = /^ipc:\/\/(.+)$/.exec(endpoint) ?? [];
  if (path === undefined) {
    throw new UsageError(`"${endpoint}" is not tcp://HOST:PORT or ipc://PATH`);
  }
  return { path: path.replace(/^@/, '\0') };
}
