/**
 * Bundle: `lib`, which is what is published, from `dist`, which the compiler has made. The code is CommonJS, once; what `import`
 * finds passes it on, so that both kinds of user have the same classes and the same state.
 */

import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { rolldown } from 'rolldown';
import { dts } from 'rolldown-plugin-dts';
import { bundleBrowser, bundleBrowserTypes } from './browser.ts';
import { chunkExports } from './chunk-exports.ts';
import { conditions, DOORS, fileName, PROGRAM } from './doors.ts';
import { fileComments } from './file-comments.ts';
import { lazyRequires } from './lazy-requires.ts';
import { ownHelpers } from './own-helpers.ts';
import { tweetnacl } from './tweetnacl.ts';

const ROOT = join(import.meta.dirname, '..');
const DIST = join(ROOT, 'dist');
const LIB = join(ROOT, 'lib');

/** The names that each file of a door exports. */
async function bundleCode(): Promise<Map<string, readonly string[]>> {
  const sources = { ...DOORS, [PROGRAM.name]: PROGRAM.source };
  const bundle = await rolldown({
    input: inputs(sources, '.js'),
    platform: 'node',
    external,
    preserveEntrySignatures: 'allow-extension',
    plugins: [
      {
        name: 'host-file',
        load: (id) => (id.endsWith('/device/host-file.js') ? HOST_FILE : null),
      },
      {
        name: 'sodium',
        transform: (code, id) =>
          id.endsWith('/security/sodium.js') ? code.replace(IMPORT_SODIUM, REQUIRE_SODIUM) : null,
      },
      tweetnacl(NACL),
      ownHelpers(),
      lazyRequires(LATE_CHUNKS),
      chunkExports(),
    ],
  });
  const { output } = await bundle.write({
    dir: LIB,
    format: 'cjs',
    exports: 'named',
    entryFileNames: '[name].cjs',
    chunkFileNames: '[name].cjs',
    dynamicImportInCjs: false,
    comments: false,
    // Names of classes and methods stay, for stack traces and inspection.
    minify: {
      mangle: { toplevel: true, keepNames: { function: false, class: true } },
      compress: true,
      codegen: { removeWhitespace: true },
    },
    codeSplitting: {
      // Each module where its own group has it: what the doors load stays apart from what the first socket does.
      includeDependenciesRecursively: false,
      groups: [
        {
          name: 'curve',
          test: /\/dist\/zmtp\/mechanism\/(curve-(client|server|box|traffic)|nacl|sodium)|tweetnacl|\/security\/sodium\.js/,
        },
        {
          name: 'ws',
          test: /\/dist\/(zmtp\/ws-|sockets\/transport\/(ws-stream|upgrade)\.js)/,
        },
        { name: 'keys', test: /\/dist\/zmtp\/(z85|mechanism\/curve-key-pair)\.js/ },
        { name: 'zmtp', test: /\/dist\/zmtp\// },
        { name: 'layers', test: /\/dist\/layer\//, minShareCount: 2 },
        { name: 'engine', test: ENGINE },
        {
          name: 'sockets',
          test: /\/dist\/(sockets\/(?!device\/host\.|security\/sodium|draft\/|core\/draft-types)|base\/)/,
        },
      ],
    },
  });
  return new Map(
    output.map((file) => [file.fileName, file.type === 'chunk' ? file.exports : []] as const),
  );
}

async function bundleTypes(): Promise<void> {
  const bundle = await rolldown({
    input: inputs(DOORS, '.d.ts'),
    platform: 'node',
    external: /^[^./]/,
    plugins: [dts({ dtsInput: true }), fileComments()],
  });
  const names = { entryFileNames: '[name].cts', chunkFileNames: '[name].cts' };
  await bundle.write({
    dir: LIB,
    format: 'esm',
    ...names,
    codeSplitting: { groups: [{ name: 'shared.d', test: /\.d\.ts$/, minShareCount: 2 }] },
  });
  // Helpers of code, which no declaration imports.
  await rm(join(LIB, 'rolldown-runtime.cts'), { force: true });
}

/** The files of a door for `import`, which pass on its `names`. */
async function passOn(door: string, names: readonly string[]): Promise<void> {
  const name = fileName(door);
  const whole = names.includes('default');
  // One by one: of `export *` from CommonJS, Bun's bundler leaves nothing.
  const named = names.filter((each) => each !== 'default').join(', ');
  const lines = [named ? `export { ${named} } from './${name}.cjs';` : `import './${name}.cjs';`];
  const typeLines = [`export * from './${name}.cjs';`];
  if (whole) {
    // The whole module under Node; its own default where the mark of a translated module counts.
    lines.unshift(`import all from './${name}.cjs';`);
    lines.push('export default all.default ?? all;');
    typeLines.unshift(`import * as all from './${name}.cjs';`);
    typeLines.push("declare const zmq: Omit<typeof all, 'default'>;", 'export default zmq;');
  }
  await writeFile(join(LIB, `${name}.mjs`), `${lines.join('\n')}\n`);
  await writeFile(join(LIB, `${name}.d.mts`), `${typeLines.join('\n')}\n`);
}

function inputs(
  sources: Readonly<Record<string, string>>,
  extension: string,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(sources).map(([door, source]) => [
      door.startsWith('.') ? fileName(door) : door,
      join(DIST, source + extension),
    ]),
  );
}

/** @throws when package.json shows other doors than the table has */
async function checkManifest(): Promise<void> {
  const { exports } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));
  const wanted: Record<string, unknown> = { './package.json': './package.json' };
  for (const door of Object.keys(DOORS)) wanted[door] = conditions(door);
  for (const door of new Set([...Object.keys(wanted), ...Object.keys(exports)])) {
    const [is, due] = [exports[door], wanted[door]].map((value) => JSON.stringify(value));
    if (is !== due) throw new Error(`package.json exports ${is} as "${door}", expected ${due}`);
  }
}

/** TweetNaCl is taken in: nobody is to install what he has already. */
function external(id: string): boolean {
  return /^[^./]/.test(id) && id !== 'tweetnacl';
}

/** What the first socket of a program loads. */
const ENGINE =
  /\/dist\/sockets\/((pattern|routing|transport)\/|core\/(core|counters|ending|endpoint-security|incoming|outgoing|watching|zap-dealer)\.js)/;
const LATE_CHUNKS = ['zmtp', 'engine', 'ws'];

/** Right within its `try`, where bundlers let what is optional be missing. */
const IMPORT_SODIUM = "const { default: sodium } = await import('libsodium-wrappers');";
const REQUIRE_SODIUM =
  "const library = require('libsodium-wrappers'); const sodium = library.default ?? library;";
/** What nacl-box.ts calls. */
const NACL = [
  'crypto_core_hsalsa20',
  'crypto_stream_salsa20_xor',
  'crypto_onetimeauth',
  'crypto_onetimeauth_verify',
];

/** In the bundle of somebody else there is no such file: they name their own. */
const HOST_FILE = `
import { existsSync } from 'node:fs';
import { SocketError } from '../errors.js';
export function hostFile() {
  const file = typeof __dirname === 'string' ? __dirname + '/device-host.cjs' : '';
  if (existsSync(file)) return file;
  throw new SocketError('ENOENT', {
    message: 'no program for devices beside this bundle: add an entry that imports zeromq-pure/device-host, and name it in the option host',
  });
}
`;

await checkManifest();
await rm(LIB, { recursive: true, force: true });
const [exported] = await Promise.all([
  bundleCode(),
  bundleTypes(),
  bundleBrowser(DIST, LIB),
  bundleBrowserTypes(DIST, LIB),
]);
await Promise.all(
  Object.keys(DOORS).map((door) => passOn(door, exported.get(`${fileName(door)}.cjs`)!)),
);
