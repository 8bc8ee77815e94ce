/** Who may import whom, and a few rules every source file obeys: read from the files themselves. */

import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import t from 'tap';
import { GLOBALS, STAND_INS } from '../scripts/stand-ins.ts';

const SRC = join(import.meta.dirname, '../src');

interface Source {
  /** Path under src, with slashes. */
  readonly path: string;
  /** As it is. */
  readonly text: string;
  /** Without comments and without what stands in quotes. */
  readonly code: string;
  /** What it imports: a path under src for a file of ours, else the specifier as written. */
  readonly imports: readonly string[];
}

const sources = new Map<string, Source>();
for (const entry of readdirSync(SRC, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || !entry.name.endsWith('.ts')) continue;
  const path = slashes(relative(SRC, join(entry.parentPath, entry.name)));
  sources.set(path, source(path, readFileSync(join(SRC, path), 'utf8')));
}

/** What a user of sockets inside the floor may know of them: what they export, and the types of that. */
const USES_SOCKETS =
  /^sockets\/(api\/|core\/(context|socket-type|waiter)\.ts$|[^/]+(?<!index)\.ts$)/;

/** A floor of the building, by its files, and what those may import. The first match decides. */
const RULES: readonly { readonly files: RegExp; readonly may: readonly RegExp[] }[] = [
  // Waiting: timers, promises and turns for all floors but ZMTP.
  { files: /^base\//, may: [/^base\//, /^node:/] },
  // ZMTP knows bytes: no sockets, no clock, no waiting. CURVE alone needs primitives from Node.
  { files: /^zmtp\/mechanism\/(curve|sodium)-/, may: [/^zmtp\//, /^node:crypto$/] },
  { files: /^zmtp\/mechanism\/nacl-/, may: [/^zmtp\//, /^tweetnacl$/] },
  { files: /^zmtp\//, may: [/^zmtp\//] },
  // Sockets, room by room, from the ground up. What moves messages between pipes is as pure as ZMTP.
  { files: /^sockets\/routing\//, may: [/^sockets\/(routing\/|message\.ts|errors\.ts)/] },
  // Whether a text is an IP address, Node knows.
  {
    files: /^sockets\/pattern\/datagram\.ts$/,
    may: [/^sockets\/(pattern\/|message\.ts|errors\.ts)/, /^node:net$/],
  },
  {
    files: /^sockets\/pattern\//,
    may: [/^sockets\/(pattern\/|routing\/|message\.ts|errors\.ts)/],
  },
  // Addresses are read by Node alone.
  { files: /^sockets\/options\/accept-filter\.ts$/, may: [/^node:net$/] },
  { files: /^sockets\/options\//, may: [/^sockets\/(options\/|errors\.ts)/, /^zmtp\/index\.ts$/] },
  { files: /^sockets\/security\/sodium\.ts$/, may: [/^zmtp\//, /^libsodium-wrappers$/] },
  {
    files: /^sockets\/security\//,
    may: [/^sockets\/(security\/|options\/|message\.ts|errors\.ts)/, /^zmtp\//, /^node:/],
  },
  // A transport is a guest of the core, and does not know it.
  {
    files: /^sockets\/transport\//,
    may: [/^sockets\/(?!core\/|api\/|adapter\/|device\/|index\.ts)/, /^(zmtp|base)\//, /^node:/],
  },
  {
    files: /^sockets\/core\//,
    may: [/^sockets\/(?!api\/|adapter\/|device\/|index\.ts)/, /^(zmtp|base)\//, /^node:/],
  },
  {
    files: /^sockets\/api\//,
    may: [
      /^sockets\/(?!transport\/|adapter\/|device\/|index\.ts)/,
      /^zmtp\/index\.ts$/,
      /^base\//,
      /^node:/,
    ],
  },
  {
    files: /^sockets\/draft\//,
    may: [/^sockets\/(draft|api|core|options|pattern)\//, /^sockets\/(message|errors)\.ts$/],
  },
  // Adapters and devices are users of sockets.
  { files: /^sockets\/adapter\//, may: [USES_SOCKETS, /^sockets\/adapter\//, /^base\//, /^node:/] },
  {
    files: /^sockets\/device\//,
    may: [USES_SOCKETS, /^sockets\/device\//, /^base\//, /^node:/],
  },
  { files: /^sockets\/index\.ts$/, may: [/^sockets\//] },
  { files: /^sockets\/[^/]+$/, may: [/^sockets\/[^/]+$/, /^zmtp\/index\.ts$/, /^node:/] },
  // The floors above come in by the door.
  {
    files: /^layer\//,
    may: [/^layer\//, /^base\//, /^sockets\/index\.ts$/, /^node:/, /^(?![.\w]+\/)/],
  },
  { files: /^daemon\//, may: [/^daemon\//, /^base\//, /^sockets\/index\.ts$/, /^node:/, /^ini$/] },
  // Pages: the doors of sockets and layers, and what stands in it for parts of them that only Node has.
  {
    files: /^browser\//,
    may: [
      /^browser\//,
      /^sockets\/((draft\/)?index|version|errors|message)\.ts$/,
      /^sockets\/(core|transport)\//,
      /^zmtp\//,
      /^node:(events|timers|net)$/,
      /^layer\/(index|errors)\.ts$/,
      /^base\//,
      /^@noble\/(ciphers|hashes)\//,
    ],
  },
  // The API of version 5 is a program that uses that of version 6.
  { files: /^compat\//, may: [/^compat\//, /^(sockets\/)?index\.ts$/, /^node:events$/] },
  // The tool for people uses the package as they do.
  {
    files: /^cli\//,
    may: [/^cli\//, /^base\//, /^(index|wire)\.ts$/, /^layer\/index\.ts$/, /^node:/],
  },
  { files: /^wire\.ts$/, may: [/^zmtp\//] },
  { files: /^index\.ts$/, may: [/^(sockets|zmtp)\//] },
];

/** The doors: what package.json exports. Everything else must be reachable from one of them. */
const DOORS = [
  'index.ts',
  'wire.ts',
  'layer/index.ts',
  'layer/carrier/index.ts',
  'layer/conformance/index.ts',
  'layer/rabbitmq/index.ts',
  'daemon/index.ts',
  'compat/index.ts',
  'browser/index.ts',
  'browser/draft.ts',
  'browser/layer.ts',
  'sockets/draft/index.ts',
  'cli/main.ts',
  'sockets/device/host.ts',
];

/** Files that may re-export. Elsewhere the defining file is imported. */
const BARRELS =
  /^(((zmtp|sockets|layer|daemon|compat|browser|sockets\/draft|layer\/(carrier|rabbitmq|conformance))\/)?index|wire|browser\/(draft|layer))\.ts$/;

t.test('every import follows an arrow of the design', async (t) => {
  t.ok(sources.size > 10, 'the sources were found');
  for (const { path, imports } of sources.values()) {
    const rule = RULES.find(({ files }) => files.test(path));
    if (rule === undefined) {
      t.fail(`no rule says what ${path} may import`);
      continue;
    }
    const forbidden = imports.filter((wanted) => !rule.may.some((allowed) => allowed.test(wanted)));
    t.same(forbidden, [], `${path} imports only what it may`);
  }
});

t.test('users of sockets look into none', async (t) => {
  // As zeromq.js does, `run` refuses sockets without endpoints.
  const knowing = ['sockets/device/proxy.ts'];
  for (const { path, code } of sources.values()) {
    if (!/^(sockets\/(adapter|device)|layer|daemon|cli|compat)\//.test(path)) continue;
    t.same(/\[core\]/.test(code), knowing.includes(path), `${path} has no core`);
  }
});

t.test('no file imports itself by way of others, types included', async (t) => {
  const levels = new Map<string, number>();
  const open: string[] = [];
  const levelOf = (path: string): number => {
    const known = levels.get(path);
    if (known !== undefined) return known;
    const at = open.indexOf(path);
    if (at >= 0) {
      t.fail(`a circle: ${[...open.slice(at), path].join(' → ')}`);
      return 0;
    }
    open.push(path);
    const below = sources.get(path)!.imports.filter((wanted) => sources.has(wanted));
    const level = 1 + Math.max(0, ...below.map(levelOf));
    open.pop();
    levels.set(path, level);
    return level;
  };
  const highest = Math.max(...[...sources.keys()].map(levelOf));
  const arrows = new Set<string>();
  for (const { path, imports } of sources.values()) {
    for (const wanted of imports) {
      if (sources.has(wanted) && ![dirname(path), 'base'].includes(dirname(wanted))) {
        arrows.add(`${dirname(path)} → ${dirname(wanted)}`);
      }
    }
  }
  t.comment(`${highest} levels of files, ${arrows.size} arrows between folders`);
  t.ok(highest <= LEVELS_MAX, `at most ${LEVELS_MAX} levels of imports`);
  t.ok(arrows.size <= ARROWS_MAX, `at most ${ARROWS_MAX} arrows between folders`);
});

t.test('what is imported exists, and by its defining file', async (t) => {
  for (const { path, imports } of sources.values()) {
    const ours = imports.filter((wanted) => wanted.endsWith('.ts'));
    const missing = ours.filter((wanted) => !sources.has(wanted));
    t.same(missing, [], `${path} imports files that exist`);
    const floor = path.slice(0, path.indexOf('/') + 1);
    const own = ours.filter((wanted) => BARRELS.test(wanted) && wanted.startsWith(floor));
    if (floor !== '') t.same(own, [], `${path} does not import by the door of its own floor`);
  }
});

t.test('the cores do not wait and have no clock', async (t) => {
  const waits = /\b(async|await|Promise|set(Timeout|Interval|Immediate)|queueMicrotask)\b/;
  const looks = /\b(process\.nextTick|Date\.now|new Date|performance\.now|Math\.random)\b/;
  for (const { path, code } of sources.values()) {
    if (!/^(zmtp\/|sockets\/(pattern\/|routing\/))/.test(path)) continue;
    t.same(linesWith(waits, code), [], `${path} does not wait`);
    t.same(linesWith(looks, code), [], `${path} is given the time and chance it needs`);
  }
});

t.test('no file is dead', async (t) => {
  const reached = new Set<string>(DOORS.filter((door) => sources.has(door)));
  for (const name of Object.values({ ...STAND_INS, ...GLOBALS })) reached.add(`browser/${name}.ts`);
  for (const path of reached) {
    for (const wanted of sources.get(path)?.imports ?? []) reached.add(wanted);
  }
  const dead = [...sources.keys()].filter((path) => !reached.has(path));
  t.same(dead, [], 'every file is reachable from a door');
});

t.test('timers come from node:timers, since a window may have others in their place', async (t) => {
  const names = /(?<![.\w])((?:set|clear)(?:Timeout|Interval|Immediate))\b/g;
  for (const { path, code } of sources.values()) {
    // What stands in for them in a page.
    if (/^browser\/(timers|layer-turn)\.ts$/.test(path)) continue;
    const imported = code.match(/import \{([^}]*)\} from ''/g)?.join() ?? '';
    const body = code.replace(/^import [^;]*;/gm, '');
    const foreign = [...body.matchAll(names)].filter(([name]) => !imported.includes(name));
    t.same(foreign, [], `${path} imports the timers it uses`);
  }
});

t.test('every file keeps the rules of the language', async (t) => {
  for (const { path, text, code } of sources.values()) {
    t.match(text.slice(0, 80), /^(#!.*\n)?\/\*\*/, `${path} starts by saying what it is`);
    t.same(linesWith(/[:<|&(,=]\s*any\b|\bas\s+any\b/, code), [], `${path} has no any`);
    t.same(linesWith(/^\s*(export |declare |const )*enum\s/, code), [], `${path} has no enum`);
    t.same(linesWith(/^\s*(export |declare )*namespace\s/, code), [], `${path} has no namespace`);
    const lines = text.split('\n').length - 1;
    t.ok(lines <= LINES_MAX || TABLES.includes(path), `${path} is read in one sitting`);
    const hidden = linesWith(/^\s*(private|public)\s+\w/, code);
    t.same(hidden, [], `${path} hides by #, not by a word`);
    t.same(linesWith(/@ts-(ignore|nocheck)/, text), [], `${path} does not silence the compiler`);
    if (!BARRELS.test(path)) {
      const passedOn = code.match(/^export\s*(type\s*)?[*{][^;]*?\bfrom\b/gm) ?? [];
      t.same(passedOn, [], `${path} re-exports nothing`);
    }
  }
});

t.test('every file loads', async (t) => {
  for (const path of sources.keys()) {
    await t.resolves(import(pathToFileURL(join(SRC, path)).href), path);
  }
});

function source(path: string, text: string): Source {
  // In one go, so that a quote in a comment and a slash in a string are each left to the other.
  const tokens =
    /\/\*[\s\S]*?\*\/|\/\/.*|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`/g;
  const code = text.replace(tokens, (token) => (token.startsWith('/') ? ' ' : "''"));
  const uncommented = text.replace(tokens, (token) => (token.startsWith('/') ? ' ' : token));
  const specifiers =
    /(?:^(?:import|export)\b[^'"`;=]*?\bfrom\s*|^import\s*|\b(?:import|require)\s*\(\s*)['"]([^'"]+)['"]/gm;
  const imports = [...uncommented.matchAll(specifiers)].map(([, specifier = '']) =>
    specifier.startsWith('.') ? slashes(join(dirname(path), specifier)) : specifier,
  );
  return { path, text, code, imports };
}

function linesWith(pattern: RegExp, text: string): string[] {
  return text.split('\n').filter((line) => pattern.test(line));
}

function slashes(path: string): string {
  return path.split(sep).join('/');
}

/** A file of more lines has a second noun in it that wants a file of its own. */
const LINES_MAX = 400;
/** But for these, of one row each for what is looked up in them. */
const TABLES: readonly string[] = ['sockets/options/option-table.ts'];
/** From a file that imports nothing to a door. More of them want a reason. */
const LEVELS_MAX = 37;
/** Without those to `base`: a copy of what is there would be worse than an arrow. */
const ARROWS_MAX = 96;
