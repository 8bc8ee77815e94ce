/** TypeScript: the types of all doors under each compiler and each way to find modules, those of the package checked as well. */

import { join } from 'node:path';
import type { Project, Step } from './projects.ts';
import { run } from './run.ts';

const PROGRAM = `
import * as zmq from 'zeromq-pure';
import * as carrier from 'zeromq-pure/layer/carrier';
import { conformance } from 'zeromq-pure/layer/conformance';
import { DedicatedLayer, Hub, MemoryLayer } from 'zeromq-pure/layer';
import { daemon, runAll } from 'zeromq-pure/daemon';
import { Encoder } from 'zeromq-pure/wire';
import * as draft from 'zeromq-pure/draft';
import * as v5 from 'zeromq-pure/v5-compat';
import { Push } from 'zeromq';
export async function main(): Promise<unknown[]> {
  const pull: zmq.Pull = new zmq.Pull({ linger: 0 });
  await new Push().send(['a', Buffer.from('b')]);
  for await (const [part] of pull) console.log(part!.length);
  const layer = new MemoryLayer<{ type: 'a'; n: number }>();
  for await (const { n } of layer.messages('a')) console.log(n + 1);
  return [DedicatedLayer, Hub, carrier, conformance, daemon, runAll, Encoder, draft, v5];
}
`;

/** Each compiler with types of Node that it can read; the first is the oldest that is supported. */
const VERSIONS = [
  ['5.0.4', '20.11.30'],
  ['5.4.5', '20.19.43'],
  ['5.9.3', '24'],
  ['6.0.3', '24'],
  ['latest', 'latest'],
] as const;

const OLD = ['--module', 'commonjs', '--moduleResolution', 'node'];

/** Of each way: its name, its program, its flags. */
const WAYS = [
  ['node10', 'program.ts', OLD],
  ['node16, CommonJS', 'program.cts', ['--module', 'node16']],
  ['node16, ES modules', 'program.mts', ['--module', 'node16']],
  ['nodenext, CommonJS', 'program.cts', ['--module', 'nodenext']],
  ['nodenext, ES modules', 'program.mts', ['--module', 'nodenext']],
  ['bundler', 'program.ts', ['--module', 'esnext', '--moduleResolution', 'bundler']],
] as const;

export const COMPILERS: readonly Project[] = VERSIONS.map(([version, types]) => ({
  name: `typescript ${version}`,
  packages: [`typescript@${version}`, `@types/node@${types}`],
  files: Object.fromEntries(['ts', 'cts', 'mts'].map((kind) => [`program.${kind}`, PROGRAM])),
  steps: WAYS.flatMap(([title, program, flags]): Step[] => {
    const old = flags === OLD;
    // TypeScript 7 has no node10 any more.
    if (old && version === 'latest') return [];
    const more = old && version.startsWith('6') ? ['--ignoreDeprecations', '6.0'] : [];
    const common = ['--noEmit', '--strict', '--skipLibCheck', 'false', '--target', 'es2022'];
    const args = [...common, '--types', 'node', ...flags, ...more, program];
    const compile = async (cwd: string) => {
      await run('node', [join('node_modules', 'typescript', 'bin', 'tsc'), ...args], cwd);
    };
    return [{ title, take: compile }];
  }),
}));
