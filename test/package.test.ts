/** The package as a user gets it: packed, installed in an empty project, imported, compiled. */

import { execFile } from 'node:child_process';
import {
  access,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t, { type Test } from 'tap';

const ROOT = join(import.meta.dirname, '..');

/** The values of zeromq v6 that a drop-in must have. */
const NAMES = [
  'Context',
  'Dealer',
  'Observer',
  'Pair',
  'Proxy',
  'Publisher',
  'Pull',
  'Push',
  'Reply',
  'Request',
  'Router',
  'Socket',
  'Stream',
  'Subscriber',
  'XPublisher',
  'XSubscriber',
  'capability',
  'context',
  'curveKeyPair',
  'version',
];

/** Its types that have no value. */
const TYPES = [
  'Event',
  'EventOfType',
  'EventSubscriber',
  'EventType',
  'Message',
  'MessageLike',
  'RouterConnectOptions',
  'StreamConnectOptions',
  'SocketOptions<Push>',
  'Readable',
  'Writable',
];

/** Sends one message from `zmq.Push` to `zmq.Pull`: in which way `zmq` was had. Prints it. */
const ONE_MESSAGE = `async function oneMessage(zmq, how, client = {}, server = {}) {
  const push = new zmq.Push(client);
  const pull = new zmq.Pull(server);
  await pull.bind('tcp://127.0.0.1:*');
  push.connect(pull.lastEndpoint);
  await push.send(['by', how]);
  console.log((await pull.receive()).map(String).join(' '));
  push.close();
  pull.close();
}
`;

/** What the package names as its dependencies, and what it does without. */
let dependencies: string[] = [];
let optional: string[] = [];

const project = await mkdtemp(join(tmpdir(), 'zeromq-pure-'));
t.teardown(() => rm(project, { recursive: true }));

t.before(async () => {
  // The build has been made by `npm test`, and must not change under the tests beside this one.
  await access(join(ROOT, 'lib/index.cjs'));
  await run('npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', project], ROOT);
  const [tarball = ''] = await readdir(project);
  await run('tar', ['-xzf', tarball], project);
  await writeFile(join(project, 'package.json'), '{ "name": "user", "private": true }');
  const manifest = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));
  dependencies = Object.keys(manifest.dependencies ?? {}).sort();
  optional = Object.keys(manifest.optionalDependencies ?? {}).sort();
  await install([tarball, ...(await packed(dependencies))]);
});

/** Pack packages of this checkout as a registry has them: the names of the tarballs in `project`. */
async function packed(names: readonly string[]): Promise<string[]> {
  const folders = names.map((name) => join(ROOT, 'node_modules', name));
  const packing = ['pack', '--ignore-scripts', '--silent', '--pack-destination', project];
  return (await run('npm', [...packing, ...folders], project)).trim().split('\n');
}

/** Offline: everything comes from this checkout. */
async function install(tarballs: readonly string[]): Promise<void> {
  const options = ['--offline', '--omit=optional', '--no-audit', '--no-fund'];
  await run('npm', ['install', ...options, ...tarballs.map((name) => `./${name}`)], project);
}

t.test('the tarball holds the build and nothing to compile or run on install', async (t) => {
  const files = await readdir(join(project, 'package'), { recursive: true });
  for (const file of ['package.json', 'LICENSE', 'README.md', 'lib/index.cjs', 'lib/index.d.cts']) {
    t.ok(files.includes(file), `${file} is in`);
  }
  const strange = files.filter((file) =>
    /\.node$|binding\.gyp$|\.tsbuildinfo$|^test|^bench/.test(file),
  );
  t.same(strange, []);
  const manifest = JSON.parse(await readFile(join(project, 'package/package.json'), 'utf8'));
  t.notOk(manifest.gypfile);
  for (const script of ['preinstall', 'install', 'postinstall', 'prepare']) {
    t.notOk(manifest.scripts?.[script], `no ${script} script`);
  }
  for (const [door, target] of Object.entries(manifest.exports)) {
    for (const [, file = ''] of JSON.stringify(target).matchAll(/"\.\/([^"]+)"/g)) {
      t.ok(files.includes(file), `${door}: ${file} is in`);
    }
  }
  let size = 0;
  let count = 0;
  for (const file of files) {
    const found = await stat(join(project, 'package', file));
    if (!found.isFile()) continue;
    size += found.size;
    count++;
  }
  t.ok(count <= 60, `${count} files, 60 at most`);
  t.ok(size <= 1_075_000, `${size} octets, 1 075 000 at most`);
});

t.test('installing it brings nothing native, and no more than it names', async (t) => {
  const names = await installed();
  t.same(names, [...dependencies, 'zeromq-pure'].sort());
  await nothingNative(t, names);
});

async function nothingNative(t: Test, names: readonly string[]): Promise<void> {
  for (const name of names) {
    const folder = join(project, 'node_modules', name);
    const files = await readdir(folder, { recursive: true });
    t.same(
      files.filter((file) => /\.node$|binding\.gyp$/.test(file)),
      [],
      name,
    );
    const manifest = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
    if (dependencies.includes(name))
      t.same(manifest.dependencies ?? {}, {}, `${name} stands alone`);
    for (const script of ['preinstall', 'install', 'postinstall']) {
      t.notOk(manifest.scripts?.[script], `${name} has no ${script} script`);
    }
  }
}

t.test('what talks in the clear needs none of the dependencies', async (t) => {
  const set = (from: string, to: string) => rename(join(project, from), join(project, to));
  const scopes = [...new Set(dependencies.map((name) => name.split('/')[0]!))];
  for (const scope of scopes)
    await set(`node_modules/${scope}`, `without-${scopes.indexOf(scope)}`);
  await writeFile(
    join(project, 'clear.mjs'),
    `import * as zmq from 'zeromq-pure';\n${ONE_MESSAGE}await oneMessage(zmq, 'itself');`,
  );
  t.equal(await run('node', ['clear.mjs'], project), 'by itself\n');
  for (const scope of scopes)
    await set(`without-${scopes.indexOf(scope)}`, `node_modules/${scope}`);
});

t.test('CURVE needs nothing that is optional', async (t) => {
  await writeFile(
    join(project, 'curve.mjs'),
    `import * as zmq from 'zeromq-pure';
    const { publicKey, secretKey } = zmq.curveKeyPair();
    const own = { curvePublicKey: publicKey, curveSecretKey: secretKey };
    ${ONE_MESSAGE}
    await oneMessage(zmq, 'CURVE', { ...own, curveServerKey: publicKey }, { ...own, curveServer: true });`,
  );
  const required = await installed();
  t.same(
    required.filter((name) => optional.includes(name)),
    [],
  );
  t.equal(await run('node', ['curve.mjs'], project), 'by CURVE\n');

  t.same(optional, ['libsodium-wrappers']);
  await install(await packed([...optional, 'libsodium']));
  const all = await installed();
  t.same(all, [...required, ...optional, 'libsodium'].sort());
  await nothingNative(t, all);
  t.equal(await run('node', ['curve.mjs'], project), 'by CURVE\n');
});

t.test('it is had by name, as a whole, and by require', async (t) => {
  await writeFile(
    join(project, 'named.mjs'),
    `import { Pull, Push } from 'zeromq-pure';\n${ONE_MESSAGE}await oneMessage({ Pull, Push }, 'name');`,
  );
  await writeFile(
    join(project, 'whole.mjs'),
    `import zmq, * as all from 'zeromq-pure';\n${ONE_MESSAGE}await oneMessage(zmq, 'default');
    console.log(Object.keys(all).every((name) => name === 'default' || all[name] === zmq[name]));`,
  );
  await writeFile(
    join(project, 'required.cjs'),
    `const zmq = require('zeromq-pure');\n${ONE_MESSAGE}oneMessage(zmq, 'require').then(async () => {
      const imported = await import('zeromq-pure');
      const [pull, push] = [new zmq.Pull(), new imported.Push()];
      await pull.bind('inproc://both');
      push.connect('inproc://both');
      await push.send('met');
      console.log(zmq.Push === imported.Push, zmq.context === imported.context, String(await pull.receive()));
    });`,
  );
  t.equal(await run('node', ['named.mjs'], project), 'by name\n');
  t.equal(await run('node', ['whole.mjs'], project), 'by default\ntrue\n', 'the same objects');
  t.equal(await run('node', ['required.cjs'], project), 'by require\ntrue true met\n', 'one state');
});

t.test(
  'importing it loads no module of Node, and nothing that the first socket needs',
  async (t) => {
    const count = `process.moduleLoadList.filter((name) => !/internal/.test(name)).length`;
    await writeFile(
      join(project, 'lazy.cjs'),
      `const before = ${count};
    const zmq = require('zeromq-pure');
    const chunks = () => Object.keys(require.cache).map((path) => path.replace(/.*[/\\\\]/, ''));
    console.log(${count} - before, chunks().includes('engine.cjs'), chunks().includes('zmtp.cjs'));
    new zmq.Push().close();
    console.log(chunks().includes('engine.cjs'));`,
    );
    t.equal(await run('node', ['lazy.cjs'], project), '0 false false\ntrue\n');
  },
);

t.test('the doors of the channel layers', async (t) => {
  const work = `async function work({ DedicatedLayer, Hub, MemoryLayer }, { conformance }) {
    const hub = new Hub({ bind: 'tcp://127.0.0.1:*' });
    await hub.start();
    const layer = new DedicatedLayer({ hub: hub.stats().bind });
    const channel = await layer.newChannel();
    await layer.groupAdd('room', channel);
    await layer.groupSend('room', { text: 'hello' }, { except: 'someone' });
    await layer.send('jobs', { n: 1 });
    console.log((await layer.receive(channel)).text, (await layer.receive('jobs')).n);
    await layer.close();
    await hub.close();
    let count = 0;
    const running = [];
    conformance({
      test: (name, body) => running.push(body().then(() => count++)),
      create: async (options) => {
        const memory = new MemoryLayer(options);
        return { layers: [memory], close: () => memory.close() };
      },
    });
    await Promise.all(running);
    console.log(count === running.length && count > 20);
  }\n`;
  await writeFile(
    join(project, 'layer.mjs'),
    `import * as layers from 'zeromq-pure/layer';
    import * as suite from 'zeromq-pure/layer/conformance';\n${work}await work(layers, suite);`,
  );
  await writeFile(
    join(project, 'layer.cjs'),
    `const layers = require('zeromq-pure/layer');
    const suite = require('zeromq-pure/layer/conformance');\n${work}work(layers, suite);`,
  );
  t.equal(await run('node', ['layer.mjs'], project), 'hello 1\ntrue\n');
  t.equal(await run('node', ['layer.cjs'], project), 'hello 1\ntrue\n');
});

/** Names in the project's node_modules, scoped ones whole. */
async function installed(): Promise<string[]> {
  const folder = join(project, 'node_modules');
  const names: string[] = [];
  for (const entry of await readdir(folder)) {
    if (entry.startsWith('.')) continue;
    if (!entry.startsWith('@')) names.push(entry);
    else for (const name of await readdir(join(folder, entry))) names.push(`${entry}/${name}`);
  }
  return names.sort();
}

t.test('it has every name of zeromq v6', async (t) => {
  const print = `import('zeromq-pure').then((all) => console.log(JSON.stringify(Object.keys(all))))`;
  const names: string[] = JSON.parse(await run('node', ['-e', print], project));
  t.same(
    NAMES.filter((name) => !names.includes(name)),
    [],
  );
});

t.test('types', async (t) => {
  const folder = join(project, 'typed');
  await mkdir(folder);
  // The types of Node, as users have them; the compiler is this project's own.
  await mkdir(join(folder, 'node_modules/@types'), { recursive: true });
  for (const name of ['@types/node', 'undici-types', 'zeromq']) {
    await symlink(join(ROOT, 'node_modules', name), join(folder, 'node_modules', name));
  }
  const compilerOptions = {
    target: 'es2023',
    module: 'nodenext',
    types: ['node'],
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    noEmit: true,
    // Ours are to be checked too.
    skipLibCheck: false,
  };
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions }));

  const good: Record<string, string> = {
    'message over push and pull': `
      import { Pull, Push } from 'zeromq-pure';
      const push = new Push({ linger: 0, sendHighWaterMark: 10 });
      const pull: Pull = new Pull();
      await pull.bind('tcp://127.0.0.1:*');
      push.connect(pull.lastEndpoint!);
      push.conflate = true;
      await push.send(['text', Buffer.from('x'), null, new Uint8Array(2)]);
      const [first]: Buffer[] = await pull.receive();
      for await (const [part, rest] of pull) console.log(first, part?.length, rest);`,
    'options of subscribers and routers': `
      import { Reply, Request, Router, Subscriber, type Event } from 'zeromq-pure';
      const subscriber = new Subscriber({ receiveTimeout: 5 });
      subscriber.subscribe('a', Buffer.from('b'));
      new Router({ mandatory: true, handover: true }).connect('tcp://a:1', { routingId: 'x' });
      new Request({ relaxed: true, correlate: true, routingId: 'me' });
      const show = (event: Event) => console.log(event.type);
      new Reply().events.on('accept', (event) => show(event));`,
    'every name': `
      import zmq, { ${NAMES.join(', ')} } from 'zeromq-pure';
      import type { ${TYPES.map((type) => type.replace(/<.*/, '')).join(', ')} } from 'zeromq-pure';
      export const all: unknown[] = [zmq, zmq.Push, ${NAMES.join(', ')}];
      export type All = [${TYPES.join(', ')}];`,
    'where zeromq is typed so': `
      import * as zmq from 'zeromq-pure';
      import type * as theirs from 'zeromq';
      type Theirs<C extends abstract new (...given: never[]) => object, Without extends string = never> =
        Omit<InstanceType<C>, 'context' | 'events' | 'connect' | Without>;
      // What takes theirs, takes ours: methods, options and what they hold.
      export const sockets: [
        Theirs<typeof theirs.Pair>, Theirs<typeof theirs.Publisher>, Theirs<typeof theirs.Subscriber>,
        Theirs<typeof theirs.Request>, Theirs<typeof theirs.Reply>, Theirs<typeof theirs.Dealer>,
        // A ROUTER's message has at least an id: ours is stricter.
        Theirs<typeof theirs.Router, 'send'>,
        Theirs<typeof theirs.Pull>, Theirs<typeof theirs.Push>, Theirs<typeof theirs.XPublisher>,
        Theirs<typeof theirs.XSubscriber>, Theirs<typeof theirs.Stream>,
      ] = [
        new zmq.Pair(), new zmq.Publisher(), new zmq.Subscriber(), new zmq.Request(), new zmq.Reply(),
        new zmq.Dealer(), new zmq.Router(), new zmq.Pull(), new zmq.Push(), new zmq.XPublisher(),
        new zmq.XSubscriber(), new zmq.Stream(),
      ];
      export const context: Omit<theirs.Context, never> = zmq.context;
      export const proxy: Omit<theirs.Proxy, 'frontEnd' | 'backEnd'> =
        new zmq.Proxy(new zmq.Router(), new zmq.Dealer());
      type Given<S extends theirs.Socket> = Omit<theirs.SocketOptions<S>, 'context'>;
      export const router = (options: Given<theirs.Router>) => new zmq.Router(options);
      export const xpub = (options: Given<theirs.XPublisher>) => new zmq.XPublisher(options);
      export const dealer = (options: Given<theirs.Dealer>) => new zmq.Dealer(options);
      export const part = (value: theirs.MessageLike) => new zmq.Push().send(value);
      // Events, but that there are more codes here, and no number for a handshake that took too long.
      type Same = 'accept' | 'accept:error' | 'bind' | 'bind:error' | 'connect' | 'connect:delay' | 'connect:retry'
        | 'close' | 'close:error' | 'disconnect' | 'handshake' | 'handshake:error:auth' | 'end' | 'unknown';
      export const event = (event: zmq.EventOfType<Same>): theirs.EventOfType<Same> => event;`,
    'interfaces of both directions': `
      import type { EventSubscriber, Readable, Writable } from 'zeromq-pure';
      import * as zmq from 'zeromq-pure';
      export function bound(to: Writable, from: Readable): void {
        to.sendHighWaterMark = to.sendTimeout = to.sendBufferSize = to.multicastHops = 1;
        from.receiveHighWaterMark = from.receiveTimeout = from.receiveBufferSize = 1;
      }
      bound(new zmq.Push(), new zmq.Pull());
      export const subscriber: EventSubscriber = new zmq.Pull().events.on('end', () => {});`,
    'an option by number': `
      import { Dealer, Socket, SocketType } from 'zeromq-pure';
      export class Own extends Socket {
        constructor() { super(SocketType.Dealer); }
        get patience(): number { return this.getInt32Option(17); }
      }
      export class Same extends Dealer {
        get patience(): number { return this.getInt32Option(17); }
      }`,
    'channel layers': `
      import { type ChannelLayer, DedicatedLayer, EmbeddedLayer, Hub, MemoryLayer } from 'zeromq-pure/layer';
      interface Said { readonly type: 'said'; readonly text: string; readonly at?: bigint }
      const layers: ChannelLayer<Said>[] = [
        new MemoryLayer<Said>({ capacity: 5, channelCapacity: { 'http.*': 200 } }),
        new EmbeddedLayer<Said>({ address: 'ipc://a', channelCapacity: [[/^ws/, 2]], prefix: 'site' }),
        new DedicatedLayer<Said>({ hub: 'ipc://b', codec: 'json', wire: 'native' }),
        new DedicatedLayer<Said>({ hubs: ['ipc://b', 'ipc://c'] }),
      ];
      for (const layer of layers) {
        await layer.groupSend('g', { type: 'said', text: '' }, { except: ['a', 'b'] });
        const { text }: Said = await layer.receive('a', { timeout: 1, signal: AbortSignal.abort() });
        for await (const said of layer.messages('a')) console.log(said.text, text, layer.capabilities.ordinaryChannels);
        layer.events.on('lost', ({ count, why }) => console.log(count + 1, why.length));
      }
      const hub = new Hub({ bind: 'tcp://*:1' });
      console.log((await hub.start(), hub.stats().outstanding + 1));
      await new MemoryLayer().send('a', { bytes: new Uint8Array(1), n: [1n, null, { x: true }] });`,
    'the suite for layers': `
      import { type AnyLayer, conformance } from 'zeromq-pure/layer/conformance';
      import { MemoryLayer } from 'zeromq-pure/layer';
      conformance({
        test: (name: string, body: () => Promise<void>) => console.log(name, body),
        create: async (options) => {
          const layer: AnyLayer = new MemoryLayer(options);
          return { layers: [layer], close: () => layer.close() };
        },
      });`,
    'a class of one’s own': `
      import { Push } from 'zeromq-pure';
      export class Logged extends Push {
        log(text: string): Promise<void> { return this.send(text); }
      }`,
  };
  const bad: Record<string, string> = {
    'a Pull does not send': `new zmq.Pull().send('x');`,
    'a Push does not receive': `new zmq.Push().receive();`,
    'a Push cannot be iterated': `for await (const m of new zmq.Push()) console.log(m);`,
    'a Publisher does not receive': `new zmq.Publisher().receive();`,
    'a Subscriber does not send': `new zmq.Subscriber().send('x');`,
    'a Dealer does not subscribe': `new zmq.Dealer().subscribe('x');`,
    'a Push takes no subscription': `new zmq.Push({ subscribe: 1 });`,
    'a Pull has no send mark': `new zmq.Pull({ sendHighWaterMark: 1 });`,
    'a Dealer is not mandatory': `new zmq.Dealer({ mandatory: true });`,
    'a misspelt option': `new zmq.Push().conflat = true;`,
    'an option of the wrong type': `new zmq.Push({ linger: 'long' });`,
    'the last endpoint is only read': `new zmq.Push().lastEndpoint = 'tcp://a:1';`,
    'options by number are for subclasses': `new zmq.Push().getInt32Option(17);`,
    'a Socket has a type of its own': `new zmq.Socket(5);`,
    'an address is a text': `new zmq.Push().connect(5555);`,
    'a message must be present': `new zmq.Push().send();`,
    'only a Router chooses a routing id': `new zmq.Push().connect('tcp://a:1', { routingId: 'x' });`,
    'a misspelt option of a layer': `new layers.MemoryLayer({ capasity: 1 });`,
    'a layer without its address': `new layers.EmbeddedLayer({});`,
    'a hub without its address': `new layers.Hub({ pull: 'tcp://*:1', pub: 'tcp://*:2' });`,
    'a memory layer has no address': `new layers.MemoryLayer({ address: 'ipc://a' });`,
    'an unknown wire': `new layers.DedicatedLayer({ hub: 'a', wire: 'redis' });`,
    'no other message': `new layers.MemoryLayer<{ a: 1 }>().send('x', { a: 2 });`,
    'an unknown event of a layer': `new layers.MemoryLayer().events.on('lots', () => {});`,
    'an unknown event': `new zmq.Push().events.on('acept', () => {});`,
  };
  // One compilation for all: each bad line must be an error, and nothing else may be.
  const goods = Object.entries(good);
  const bads = Object.entries(bad);
  const both = `import * as zmq from 'zeromq-pure'; import * as layers from 'zeromq-pure/layer';`;
  await Promise.all(goods.map(([, code], i) => writeFile(join(folder, `good-${i}.mts`), code)));
  await Promise.all(
    bads.map(([, code], i) => writeFile(join(folder, `bad-${i}.mts`), `${both}\n${code}\n`)),
  );
  // For CommonJS there are types of their own. Other compilers and ways to find modules: `npm run test:consumers`.
  await writeFile(
    join(folder, 'required.cts'),
    `import * as zmq from 'zeromq-pure'; import { MemoryLayer } from 'zeromq-pure/layer';
    import { daemon } from 'zeromq-pure/daemon'; import { Encoder } from 'zeromq-pure/wire';
    export const all: unknown[] = [new zmq.Push(), new MemoryLayer(), daemon, Encoder];`,
  );
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
  const output = await run('node', [tsc, '-p', '.', '--pretty', 'false'], folder, true);
  const errors = output.split('\n').filter((line) => /error TS/.test(line));

  goods.forEach(([title], i) => {
    const own = errors.filter((error) => error.startsWith(`good-${i}.mts`));
    t.same(own, [], `compiles: ${title}`);
  });
  bads.forEach(([title], i) => {
    const own = errors.filter((error) => error.startsWith(`bad-${i}.mts(2,`));
    t.equal(own.length, 1, `does not compile: ${title}`);
  });
  const other = errors.filter((error) => !/^(good-\d+\.mts|bad-\d+\.mts\(2,)/.test(error));
  t.same(other, [], 'no other complaint');
});

t.test('publint and attw find no fault', async (t) => {
  const [tarball = ''] = (await readdir(project)).filter((name) => /^zeromq-pure.*tgz$/.test(name));
  const bin = (name: string) => join(ROOT, 'node_modules/.bin', name);
  await t.resolves(run(bin('publint'), ['run', '--strict', tarball], project), 'publint');
  await t.resolves(run(bin('attw'), [tarball, '--no-emoji'], project), 'attw');
});

t.test('a program and a bundle in either format', async (t) => {
  const esbuild = join(ROOT, 'node_modules/.bin/esbuild');
  await writeFile(
    join(project, 'entry.mjs'),
    `import * as zmq from 'zeromq-pure';\n${ONE_MESSAGE}oneMessage(zmq, 'bundle');`,
  );
  for (const [format, file] of [
    ['cjs', 'bundle.cjs'],
    ['esm', 'bundle.mjs'],
  ] as const) {
    const moved = join(project, 'moved', file);
    const flags = ['--bundle', '--platform=node', `--format=${format}`, `--outfile=${moved}`];
    await run(esbuild, ['entry.mjs', ...flags, '--external:libsodium-wrappers'], project);
    t.equal(await run('node', [moved], project), 'by bundle\n', format);
  }
});

/** Runs a program and gives what it printed. Rejects unless it ends well or `may` fail. */
async function run(file: string, args: string[], cwd: string, may = false): Promise<string> {
  // The test runner's loaders are not for the programs under test, nor npm's settings for npm.
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^NODE_OPTIONS$|^npm_|^TAP/.test(name)),
  );
  try {
    const { stdout } = await promisify(execFile)(file, args, { cwd, env, timeout: 600_000 });
    return stdout;
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    if (may) return stdout;
    throw new Error(`${file} ${args.join(' ')} failed: ${stderr || stdout}`, { cause: error });
  }
}
