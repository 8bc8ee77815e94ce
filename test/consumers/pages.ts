/** Pages: who takes the files for browsers: bundlers, compilers without types of Node, a runtime of workers, and jszmq. */

import { equal, match } from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { WebSocket } from 'ws';
import { launchChromium, skipChromium } from '../support/chromium.ts';
import { bin, own, type Project } from './projects.ts';
import { NotHere, run } from './run.ts';

/** Where the peers of a page are. */
type Peers = Readonly<Record<'reply' | 'hub', string>>;

/** What the program for pages answers where everything works. */
const SAID = 'yes !, 7, true string';

const PAGE = { 'page.mjs': own('page.mjs') };

/** A bundler that writes `out/page.js` for pages, by `command`. */
function bundlingPage(
  name: string,
  packages: readonly string[],
  [program, ...args]: readonly [string, ...string[]],
  files: Record<string, string> = {},
): Project {
  return {
    name: `${name}, for pages`,
    packages,
    files: { ...PAGE, ...files },
    steps: [
      {
        title: skipChromium === false ? 'the bundle runs in Chromium' : 'the bundle runs in Node',
        async take(cwd) {
          await run(bin(cwd, program), args, cwd);
          const file = join(cwd, 'out/page.js');
          const code = await readFile(file, 'utf8');
          equal(/getBuiltinModule|["']node:/.test(code), false, 'nothing of Node is in it');
          equal(await withPeers(cwd, (peers) => inPage(file, code, peers)), SAID);
        },
      },
    ],
  };
}

/** What the program says in a page that has loaded `code`, which is in `file`. */
async function inPage(file: string, code: string, peers: Peers): Promise<unknown> {
  if (skipChromium !== false) {
    Object.assign(globalThis, { WebSocket: globalThis.WebSocket ?? WebSocket });
    await import(pathToFileURL(file).href);
    return program()(peers);
  }
  const browser = await launchChromium();
  try {
    const page = await browser.newPage();
    await page.addScriptTag({ content: code, type: 'module' });
    await page.waitForFunction('globalThis.inPage');
    return await page.evaluate(
      (peers) => (globalThis as unknown as { inPage: Program }).inPage(peers),
      peers,
    );
  } finally {
    await browser.close();
  }
}

type Program = (peers: Peers) => Promise<string>;

function program(): Program {
  return (globalThis as unknown as { inPage: Program }).inPage;
}

/** Calls `visit` with a REP and a hub that answer, both of the package that is installed in `cwd`. */
async function withPeers<T>(cwd: string, visit: (peers: Peers) => Promise<T>): Promise<T> {
  const lib = pathToFileURL(join(cwd, 'node_modules/zeromq-pure/lib/')).href;
  const zmq: typeof import('../../src/index.ts') = await import(`${lib}index.mjs`);
  const layers: typeof import('../../src/layer/index.ts') = await import(`${lib}layer.mjs`);
  const reply = new zmq.Reply();
  await reply.bind('ws://127.0.0.1:*');
  const hub = new layers.Hub({ bind: 'ws://127.0.0.1:*' });
  await hub.start();
  const layer = new layers.DedicatedLayer({ hub: hub.stats().bind });
  const replying = (async () => {
    for await (const [, part] of reply) await reply.send(['yes', part!]);
  })();
  const working = (async () => {
    for await (const { channel, octets } of layer.messages('jobs')) {
      await layer.send(String(channel), { octets });
    }
  })();
  try {
    return await visit({ reply: reply.lastEndpoint!, hub: hub.stats().bind });
  } finally {
    reply.close();
    await layer.close();
    await hub.close();
    await Promise.allSettled([replying, working]);
  }
}

const WEBPACK = `
module.exports = { mode: 'production', target: 'web', entry: './page.mjs', performance: { hints: false },
  output: { path: require('path').join(__dirname, 'out'), filename: 'page.js' } };
`;
const VITE = `
export default { logLevel: 'error', build: { outDir: 'out', modulePreload: false,
  rollupOptions: { input: './page.mjs', output: { entryFileNames: 'page.js' } } } };
`;
const ROLLUP = `
import { nodeResolve } from '@rollup/plugin-node-resolve';
export default { input: './page.mjs', plugins: [nodeResolve({ browser: true })],
  output: { file: 'out/page.js', format: 'esm' } };
`;

const ESBUILD = ['--bundle', '--platform=browser', '--minify', '--format=esm'];

const BUNDLERS: readonly Project[] = [
  bundlingPage(
    'esbuild',
    ['esbuild'],
    ['esbuild', 'page.mjs', ...ESBUILD, '--outfile=out/page.js', '--log-level=error'],
  ),
  bundlingPage('webpack', ['webpack', 'webpack-cli'], ['webpack'], {
    'webpack.config.cjs': WEBPACK,
  }),
  bundlingPage('vite', ['vite'], ['vite', 'build'], { 'vite.config.mjs': VITE }),
  bundlingPage(
    'rollup',
    ['rollup', '@rollup/plugin-node-resolve'],
    ['rollup', '-c', 'rollup.config.mjs', '--silent'],
    { 'rollup.config.mjs': ROLLUP },
  ),
];

const TYPED = `
import { Context, Request, type SocketOptions, Subscriber } from 'zeromq-pure';
import { Client } from 'zeromq-pure/draft';
import { DedicatedLayer, MemoryLayer } from 'zeromq-pure/layer';
export async function main(): Promise<unknown[]> {
  const options: SocketOptions<Request> = { linger: 0, context: new Context() };
  const request = new Request(options);
  request.events.on('handshake', ({ address }) => address.length);
  request.connect('ws://localhost:1');
  await request.send(['a', new Uint8Array(1)]);
  const [part] = await request.receive();
  const octets: Uint8Array = part!;
  const text: string = part!.toString('hex');
  for await (const [topic] of new Subscriber()) console.log(topic!.equals(octets));
  const layer = new DedicatedLayer<{ type: 'a'; n: number }>({ hub: 'ws://localhost:1' });
  layer.events.on('refused', ({ error, count }) => console.log(error.message, count + 1));
  for await (const { n } of layer.messages('a')) console.log(n + 1);
  return [Client, MemoryLayer, text];
}
`;

/** As a project for pages has it: no types of Node, those of the package checked as well. */
const tsconfig = (lib: readonly string[]) =>
  JSON.stringify({
    compilerOptions: {
      ...{ noEmit: true, strict: true, skipLibCheck: false, exactOptionalPropertyTypes: true },
      ...{ target: 'ES2022', lib, types: [], customConditions: ['browser'] },
      ...{ module: 'ESNext', moduleResolution: 'bundler' },
    },
    files: ['program.ts'],
  });

const TYPES: readonly Project[] = ['5.4.5', '5.9.3', 'latest'].map((version) => ({
  name: `typescript ${version}, for pages`,
  packages: [`typescript@${version}`],
  files: {
    'program.ts': TYPED,
    'tsconfig.json': tsconfig(['ES2022', 'DOM']),
    'tsconfig.newest.json': tsconfig(['ESNext', 'DOM']),
  },
  steps: ['tsconfig.json', 'tsconfig.newest.json'].map((file) => ({
    title: file === 'tsconfig.json' ? 'ES2022 and DOM alone' : 'ESNext and DOM',
    async take(cwd) {
      await run('node', [join('node_modules', 'typescript', 'bin', 'tsc'), '-p', file], cwd);
    },
  })),
}));

const CAPNP = (port: number) => `
using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .main),
    (name = "internet", network = (allow = ["local"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")],
);
const main :Workerd.Worker = (
  modules = [(name = "worker.js", esModule = embed "out/worker.js")],
  compatibilityDate = "2025-08-15",
);
`;

const WORKERD: Project = {
  name: 'workerd',
  packages: ['workerd', 'esbuild'],
  files: { ...PAGE, 'worker.mjs': own('worker.mjs') },
  steps: [
    {
      title: 'a worker talks to a REP and through a hub, in several requests at once',
      async take(cwd) {
        const flags = [...ESBUILD, '--outfile=out/worker.js', '--log-level=error'];
        await run(bin(cwd, 'esbuild'), ['worker.mjs', ...flags], cwd);
        const port = await freePort();
        await writeFile(join(cwd, 'config.capnp'), CAPNP(port));
        const file = bin(cwd, 'workerd');
        await access(file).catch(() => {
          throw new NotHere('workerd has no package for this platform');
        });
        const worker = spawn(file, ['serve', 'config.capnp'], { cwd, stdio: 'inherit' });
        const over = once(worker, 'exit');
        try {
          const said = await withPeers(cwd, (peers) => askWorker(worker, port, peers));
          equal(said.join('; '), [SAID, SAID, SAID].join('; '));
        } finally {
          worker.kill();
          await over;
        }
      },
    },
  ],
};

/** What the worker at `port` says in three requests at once, as soon as it is there. */
async function askWorker(worker: ChildProcess, port: number, peers: Peers): Promise<string[]> {
  const address = `http://127.0.0.1:${port}/?${new URLSearchParams(peers)}`;
  for (let i = 0; i < 200 && worker.exitCode === null; i++) {
    try {
      await fetch(address);
      break;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  return Promise.all([1, 2, 3].map(async () => (await fetch(address)).text()));
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  return port;
}

const JSZMQ: Project = {
  name: 'jszmq',
  packages: ['jszmq'],
  files: { 'program.mjs': own('jszmq.mjs') },
  steps: [
    {
      title: 'asks and answers, whoever connects',
      async take(cwd) {
        const address = `ws://127.0.0.1:${await freePort()}`;
        match(await run('node', ['program.mjs', address], cwd), /^ab cd ef\n$/);
      },
    },
  ],
};

/** All of them. */
export const PAGES: readonly Project[] = [...BUNDLERS, ...TYPES, WORKERD, JSZMQ];
