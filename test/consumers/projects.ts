/** Projects: who uses the package, with what tools, and what must come of it. */

import { equal, match } from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { access, copyFile, cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NotHere, run } from './run.ts';

/** One consumer. */
export interface Project {
  readonly name: string;
  /** What it installs beside the package, as for `npm install`. */
  readonly packages: readonly string[];
  /** Its files, by name. */
  readonly files: Readonly<Record<string, string>>;
  /** What its package.json says beside that. */
  readonly manifest?: object;
  /** Packages that are taken away after the installation. */
  readonly without?: readonly string[];
  readonly steps: readonly Step[];
}

/** Something that must work in the folder `cwd` of its project. */
export interface Step {
  readonly title: string;
  take(cwd: string): Promise<void>;
}

/** Where npm puts the programs of packages. */
export const bin = (cwd: string, name: string): string => join(cwd, 'node_modules', '.bin', name);

/** A program of this folder. */
export const own = (name: string): string => readFileSync(join(import.meta.dirname, name), 'utf8');

const PROGRAM = own('program.mjs');
const BUNDLED = { 'program.mjs': PROGRAM, 'host.mjs': "import 'zeromq-pure/device-host';\n" };

/** What a test runner is given: the name that programs of zeromq.js ask for. */
const BODY = `
  const pull = new zmq.Pull();
  await pull.bind('tcp://127.0.0.1:*');
  const push = new zmq.Push();
  push.connect(pull.lastEndpoint);
  await push.send('a');
  if (String(await pull.receive()) !== 'a') throw new Error('another message');
  push.close();
  pull.close();
`;
const REQUIRED = `const zmq = require('zeromq');\nconst { test: _ } = global;\n(global.test || global.it)('a message', async () => {${BODY}});\n`;
const IMPORTED = `import * as zmq from 'zeromq';\ntest('a message', async () => {${BODY}});\n`;
const TYPED = IMPORTED.replace('lastEndpoint', 'lastEndpoint!');
const FOR_VITEST = IMPORTED.replace('import', "import { test } from 'vitest';\nimport");

/** A test runner that must be content with `file`. */
function testing(
  name: string,
  packages: readonly string[],
  [file, text]: readonly [string, string],
  command: readonly string[],
  more: { files?: Record<string, string>; manifest?: object } = {},
): Project {
  const [program = '', ...args] = command;
  const take = async (cwd: string) => {
    await run(bin(cwd, program), args, cwd, { CI: 'true' });
  };
  return {
    name,
    packages,
    files: { [file]: text, ...more.files },
    ...(more.manifest && { manifest: more.manifest }),
    steps: [{ title: 'its test passes', take }],
  };
}

const PRESETS = { presets: [['@babel/preset-env', { targets: { node: 'current' } }]] };
const BABEL = JSON.stringify(PRESETS);
const JEST_BABEL = ['jest', 'babel-jest', '@babel/core', '@babel/preset-env'];
const TS_JEST = JSON.stringify({
  compilerOptions: { module: 'commonjs', target: 'es2022', strict: true, types: ['node', 'jest'] },
});
const TS_JEST_PACKAGES = ['jest', 'ts-jest', 'typescript@5.9', '@types/jest', '@types/node@20'];

const RUNNERS: readonly Project[] = [
  testing('jest, no transform', ['jest'], ['a.test.js', REQUIRED], ['jest'], {
    manifest: { jest: { transform: {} } },
  }),
  testing('jest, babel-jest', JEST_BABEL, ['a.test.js', IMPORTED], ['jest'], {
    files: { 'babel.config.json': BABEL },
  }),
  testing(
    'jest, babel-jest, jsdom',
    [...JEST_BABEL, 'jest-environment-jsdom'],
    ['a.test.js', IMPORTED],
    ['jest', '--env=jsdom'],
    { files: { 'babel.config.json': BABEL } },
  ),
  testing('jest, ts-jest', TS_JEST_PACKAGES, ['a.test.ts', TYPED], ['jest'], {
    files: { 'tsconfig.json': TS_JEST },
    manifest: { jest: { preset: 'ts-jest' } },
  }),
  testing('vitest', ['vitest'], ['a.test.js', FOR_VITEST], ['vitest', 'run']),
  testing(
    'vitest, jsdom',
    ['vitest', 'jsdom'],
    ['a.test.js', FOR_VITEST],
    ['vitest', 'run', '--environment=jsdom'],
  ),
  testing('mocha, CommonJS', ['mocha'], ['a.test.cjs', REQUIRED], ['mocha', 'a.test.cjs']),
  testing(
    'mocha, ES modules',
    ['mocha'],
    ['a.test.mjs', IMPORTED.replace('test(', 'it(')],
    ['mocha', 'a.test.mjs'],
  ),
];

const BUN_PACKAGE = `@oven/bun-${process.platform}-${process.arch}`;

/** Builds `program` and `host` into the folder `out`; the names of both there. */
type Build = (cwd: string) => Promise<readonly [program: string, host: string]>;

/** A bundler, whose product is moved to where no package is. */
function bundling(
  name: string,
  packages: readonly string[],
  build: Build,
  files: Record<string, string> = {},
): readonly Project[] {
  const steps: Step[] = [
    {
      title: 'the bundle runs elsewhere, devices in threads and processes too',
      async take(cwd) {
        const [program, host] = await build(cwd);
        const elsewhere = await mkdtemp(join(tmpdir(), 'zeromq-pure-moved-'));
        try {
          await cp(join(cwd, 'out'), elsewhere, { recursive: true });
          // What it is made of is no longer there, wherever that was written down.
          await rm(join(cwd, 'node_modules/zeromq'), { recursive: true });
          await rm(join(cwd, 'node_modules/zeromq-pure'), { recursive: true });
          const start = (extra: Record<string, string>) =>
            run(process.execPath, [join(elsewhere, program)], elsewhere, extra);
          const said = await start({ HOST: join(elsewhere, host) });
          match(said, /^runs\nmessages 1 [\d.]+\nthread: through\nprocess: through\n$/);
          match(await start({}), /^runs\n.*\nthread: ENOENT\nprocess: ENOENT\n$/, 'no host named');
        } finally {
          await rm(elsewhere, { recursive: true, force: true });
        }
      },
    },
  ];
  const project = { name, packages, files: { ...BUNDLED, ...files }, steps };
  const without = ['libsodium-wrappers'];
  return [project, { ...project, name: `${name}, no libsodium`, without }];
}

const ESM = ['program.mjs', 'host.mjs'] as const;
const CJS = ['program.cjs', 'host.cjs'] as const;

/** A bundler that is told all by a file of its own. */
function configured(program: string, args: readonly string[], names: typeof ESM | typeof CJS) {
  return async (cwd: string) => {
    await run(bin(cwd, program), args, cwd);
    return names;
  };
}

function esbuild(format: 'esm' | 'cjs'): Build {
  const extension = format === 'esm' ? '.mjs' : '.cjs';
  return async (cwd) => {
    const flags = ['--bundle', '--platform=node', '--outdir=out', '--log-level=error'];
    const kind = [`--format=${format}`, `--out-extension:.js=${extension}`];
    await run(bin(cwd, 'esbuild'), ['program.mjs', 'host.mjs', ...flags, ...kind], cwd);
    return format === 'esm' ? ESM : CJS;
  };
}

const INPUT = "input: { program: './program.mjs', host: './host.mjs' }";
const ROLLUP = `
import { nodeResolve } from '@rollup/plugin-node-resolve';
import commonjs from '@rollup/plugin-commonjs';
import json from '@rollup/plugin-json';
export default { ${INPUT}, plugins: [nodeResolve({ preferBuiltins: true }), commonjs(), json()],
  external: /^node:/, onwarn() {}, output: { dir: 'out', entryFileNames: '[name].mjs', format: 'esm' } };
`;
const ROLLDOWN = (format: 'esm' | 'cjs') => `
export default { ${INPUT}, platform: 'node',
  output: { dir: 'out', format: '${format}', entryFileNames: '[name].${format === 'esm' ? 'mjs' : 'cjs'}' } };
`;
const WEBPACK = `
module.exports = { mode: 'production', target: 'node', entry: { program: './program.mjs', host: './host.mjs' },
  output: { path: require('path').join(__dirname, 'out'), filename: '[name].cjs' } };
`;
const VITE = `
export default { ssr: { noExternal: true }, logLevel: 'error', build: { ssr: true, outDir: 'out',
  rollupOptions: { ${INPUT}, output: { entryFileNames: '[name].mjs' } } } };
`;
const ROLLUP_PACKAGES = [
  'rollup',
  '@rollup/plugin-node-resolve',
  '@rollup/plugin-commonjs',
  '@rollup/plugin-json',
];

const BUNDLERS: readonly Project[] = [
  ...bundling('esbuild, ES modules', ['esbuild'], esbuild('esm')),
  ...bundling('esbuild, CommonJS', ['esbuild'], esbuild('cjs')),
  ...bundling('rollup', ROLLUP_PACKAGES, configured('rollup', ['-c', 'rollup.config.mjs'], ESM), {
    'rollup.config.mjs': ROLLUP,
  }),
  ...bundling(
    'rolldown, ES modules',
    ['rolldown'],
    configured('rolldown', ['-c', 'rolldown.config.mjs'], ESM),
    { 'rolldown.config.mjs': ROLLDOWN('esm') },
  ),
  ...bundling(
    'rolldown, CommonJS',
    ['rolldown'],
    configured('rolldown', ['-c', 'rolldown.config.mjs'], CJS),
    { 'rolldown.config.mjs': ROLLDOWN('cjs') },
  ),
  ...bundling('webpack', ['webpack', 'webpack-cli'], configured('webpack', [], CJS), {
    'webpack.config.cjs': WEBPACK,
  }),
  ...bundling('vite, ssr', ['vite'], configured('vite', ['build'], ESM), {
    'vite.config.mjs': VITE,
  }),
  ...bundling('bun build', [BUN_PACKAGE], async (cwd) => {
    const flags = ['--target=node', '--outdir=out', '--entry-naming=[name].mjs'];
    await run(await bun(cwd), ['build', 'program.mjs', 'host.mjs', ...flags], cwd);
    return ESM;
  }),
];

/** Compiles a program of the project into one file, which is named. */
type Compile = (cwd: string, program: string) => Promise<string>;

/** Something that makes one executable file of a program; `process` is what becomes of a device there, with a host. */
function compiling(
  name: string,
  packages: readonly string[],
  compile: Compile,
  process: string,
): readonly Project[] {
  const once = (said: string) => equal(said.match(/^runs$/gm)?.length, 1, `runs once: ${said}`);
  const steps: Step[] = [
    {
      title: 'runs; devices start, or say why not, and never the program again',
      async take(cwd) {
        const program = await compile(cwd, 'program.mjs');
        const host = join(cwd, 'node_modules/zeromq-pure/lib/device-host.cjs');
        const said = await run(program, [], cwd, { HOST: host });
        match(said, /^runs\nmessages 1 [\d.]+\nthread: through\nprocess: .*\n$/);
        match(said, new RegExp(`process: ${process}\\n`));
        await rm(join(cwd, 'node_modules'), { recursive: true });
        const alone = await run(program, [], cwd);
        once(alone);
        match(alone, /thread: ENOENT\nprocess: (ENOENT|ENOTSUP)\n$/);
      },
    },
  ];
  const crew: Step = {
    title: 'runAll starts each daemon once',
    async take(cwd) {
      const said = await run(await compile(cwd, 'crew.mjs'), [], cwd);
      equal(said.match(/^runs$/gm)?.length, 3, said);
      equal(said.match(/^begun$/gm)?.length, 2, said);
    },
  };
  const files = { ...BUNDLED, 'crew.mjs': own('crew.mjs') };
  const project = { name, packages, files, steps: [crew, ...steps] };
  const without = ['libsodium-wrappers'];
  return [project, { ...project, name: `${name}, no libsodium`, without, steps }];
}

const EXECUTABLES: readonly Project[] = [
  ...compiling(
    'bun build --compile',
    [BUN_PACKAGE],
    async (cwd, program) => {
      const file = join(cwd, `${program}.exe`);
      await run(await bun(cwd), ['build', '--compile', program, '--outfile', file], cwd);
      return file;
    },
    'through',
  ),
  ...compiling('SEA of Node', ['esbuild', 'postject'], sea, 'ENOTSUP'),
];

async function sea(cwd: string, program: string): Promise<string> {
  if (process.platform !== 'linux') throw new NotHere('tried on Linux alone');
  const bundle = `${program}.cjs`;
  const flags = ['--bundle', '--platform=node', '--format=cjs', `--outfile=${bundle}`];
  await run(bin(cwd, 'esbuild'), [program, ...flags, '--log-level=error'], cwd);
  const config = { main: bundle, output: 'sea.blob', disableExperimentalSEAWarning: true };
  await writeFile(join(cwd, 'sea.json'), JSON.stringify(config));
  await run(process.execPath, ['--experimental-sea-config', 'sea.json'], cwd);
  const file = join(cwd, `${program}.exe`);
  await copyFile(process.execPath, file);
  const fuse = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';
  await run(
    bin(cwd, 'postject'),
    [file, 'NODE_SEA_BLOB', 'sea.blob', '--sentinel-fuse', fuse],
    cwd,
  );
  return file;
}

/** The program of Bun: that of the environment, or of the package of this platform. */
async function bun(cwd: string): Promise<string> {
  const { BUN: named } = process.env;
  if (named) return named;
  const file = join(cwd, 'node_modules', BUN_PACKAGE, 'bin/bun');
  await access(file).catch(() => {
    throw new NotHere('Bun has no package for this platform');
  });
  return file;
}

const TWICE = `
const required = require('zeromq-pure');
import('zeromq-pure').then(async (imported) => {
  const pull = new required.Pull();
  await pull.bind('inproc://one');
  const push = new imported.Push();
  push.connect('inproc://one');
  await push.send('met');
  console.log(String(await pull.receive()), required.context === imported.context);
});
`;

const STATE: Project = {
  name: 'import and require in one process',
  packages: [],
  files: { 'twice.cjs': TWICE },
  steps: [
    {
      title: 'share names of inproc and the context',
      async take(cwd) {
        equal(await run(process.execPath, ['twice.cjs'], cwd), 'met true\n');
      },
    },
  ],
};

/** All of them but the compilers of TypeScript. */
export const PROJECTS: readonly Project[] = [STATE, ...RUNNERS, ...BUNDLERS, ...EXECUTABLES];
