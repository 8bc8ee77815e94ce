/** Subjects: our layers, those of Python where they are installed, and what was recorded of those elsewhere. */

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { BUILT, packageVersion, ROOT } from '../build.ts';

export const OURS = 'zeromq-pure';
/** Our own REQ and ROUTER without a layer: what a `send` that is waited for would take at least. */
export const BARE = 'a bare REQ and ROUTER';
/** Our own layer behind a hub, beside that on a broker. */
export const HUB = 'zeromq-pure, a hub';
export const PYTHON_LAYERS = [
  'channels_zmq',
  'channels_redis',
  'channels_redis pubsub',
  'channels_rabbitmq',
] as const;
export type PythonLayer = (typeof PYTHON_LAYERS)[number];

/** One implementation that can be run here. */
export interface LayerSubject {
  readonly name: typeof OURS | typeof BARE | typeof HUB | PythonLayer;
  readonly version: string;
  /** The program of an end; its role and orders follow. */
  readonly command: readonly string[];
  /** What has to run beside it, with the path of its socket as `PATH`. */
  readonly server?: readonly string[];
}

/** Deliveries a second on two cores, recorded when the Python layers were studied: for where they are not installed. */
export const RECORDED: Readonly<Record<string, Partial<Record<PythonLayer, number>>>> = {
  'group-1-to-1': { channels_zmq: 20_000, channels_redis: 850 },
  'group-50-channels': { 'channels_redis pubsub': 160_000 },
  'rabbitmq-group-1-to-1': { channels_rabbitmq: 2_000 },
  'rabbitmq-group-50': { channels_rabbitmq: 43_000 },
};

/** Those that can be run here. */
export async function findSubjects(): Promise<LayerSubject[]> {
  const ours: LayerSubject = {
    name: OURS,
    version: packageVersion(),
    command: [process.execPath, '--expose-gc', join(BUILT, 'layer/end.js')],
  };
  const command = [PYTHON, join(ROOT, 'bench/layer/end.py')];
  const found: LayerSubject[] = [ours, { ...ours, name: BARE }, { ...ours, name: HUB }];
  const redis = await versionOf('channels_redis', 'channels_redis.pubsub');
  const server = ['redis-server', '--port', '0', '--unixsocket', 'PATH', '--save', ''];
  if (redis !== undefined && (await succeeds('redis-server', '--version'))) {
    for (const name of ['channels_redis', 'channels_redis pubsub'] as const) {
      found.push({ name, version: redis, command, server });
    }
  }
  const zeromq = await versionOf('channels_zmq', 'channels_zmq');
  if (zeromq !== undefined) found.push({ name: 'channels_zmq', version: zeromq, command });
  // Its folder, with what it imports, is in CHANNELS_RABBITMQ.
  const folder = process.env['CHANNELS_RABBITMQ'];
  if (folder !== undefined) {
    const name = 'channels_rabbitmq';
    found.push({ name, version: folder, command: ['env', `PYTHONPATH=${folder}`, ...command] });
  }
  return found;
}

async function versionOf(distribution: string, module: string): Promise<string | undefined> {
  const program = `from django.conf import settings; settings.configure()
import ${module}
from importlib.metadata import version; print(version("${distribution}"))`;
  try {
    return (await promisify(execFile)(PYTHON, ['-c', program])).stdout.trim();
  } catch {
    return undefined;
  }
}

async function succeeds(...[file, ...args]: [string, ...string[]]): Promise<boolean> {
  try {
    await promisify(execFile)(file, args);
    return true;
  } catch {
    return false;
  }
}

/** Debian's, which has Debian's packages. */
const PYTHON = '/usr/bin/python3';
