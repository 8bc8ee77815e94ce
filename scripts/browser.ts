/** Browser: how the file of the browser's door is made out of `dist`: one ES module, with shims in place of what only Node has. */

import { join } from 'node:path';
import { type Plugin, rolldown } from 'rolldown';
import { dts } from 'rolldown-plugin-dts';
import { BROWSER_DOORS, browserFileName } from './doors.ts';
import { fileComments } from './file-comments.ts';
import { GLOBALS, STAND_INS } from './stand-ins.ts';

/** Writes `browser.mjs` into `lib`. */
export async function bundleBrowser(dist: string, lib: string): Promise<void> {
  const shim = (name: string): string => join(dist, 'browser', `${name}.js`);
  const bundle = await rolldown({
    input: inputs(dist, '.js'),
    preserveEntrySignatures: 'allow-extension',
    platform: 'browser',
    experimental: { lazyBarrel: true },
    plugins: [standIn(dist), onTop(dist)],
    transform: {
      inject: Object.fromEntries(
        Object.entries(GLOBALS).map(([name, file]) => [name, [shim(file), name]]),
      ),
    },
  });
  const { output } = await bundle.write({
    dir: lib,
    format: 'esm',
    entryFileNames: '[name].mjs',
    comments: false,
    minify: {
      mangle: { toplevel: true, keepNames: { function: false, class: false } },
      compress: true,
      codegen: { removeWhitespace: true },
    },
  });
  for (const file of output) {
    const strange = file.type === 'chunk' ? file.imports.filter((id) => !FILES.test(id)) : [];
    if (strange.length > 0) throw new Error(`${file.fileName} imports ${strange}: no page has it`);
  }
}

function inputs(dist: string, extension: string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(BROWSER_DOORS).map(([door, source]) => [
      browserFileName(door),
      join(dist, source + extension),
    ]),
  );
}

function standIn(dist: string): Plugin {
  const files = new Map(
    Object.entries(STAND_INS).map(([name, shim]) => [
      name.startsWith('node:') ? name : join(dist, name),
      join(dist, 'browser', `${shim}.js`),
    ]),
  );
  return {
    name: 'stand-in',
    resolveId(id, importer) {
      if (id.startsWith('node:')) {
        // What has none is imported by files of which nothing is used: that is seen in the end.
        return files.get(id) ?? { id, external: true, moduleSideEffects: false };
      }
      // What stands in for something may know it.
      if (!id.startsWith('.') || importer === undefined || importer.includes('/browser/'))
        return null;
      return files.get(join(importer, '..', id)) ?? null;
    },
  };
}

/** Has every other file stand on that of the sockets, so that all it needs of them is there once. */
function onTop(dist: string): Plugin {
  const [first, ...others] = Object.values(inputs(dist, '.js'));
  return {
    name: 'on-top',
    transform: (code, id) =>
      others.includes(id) ? `import ${JSON.stringify(first)};\n${code}` : null,
  };
}

/** What one of these files may import: another. */
const FILES = /^browser[\w-]*\.mjs$/;

/** Writes what these files declare into `lib`, without the types of Node. */
export async function bundleBrowserTypes(dist: string, lib: string): Promise<void> {
  const buffer = join(dist, 'browser/buffer.js');
  const bundle = await rolldown({
    input: inputs(dist, '.d.ts'),
    platform: 'browser',
    experimental: { lazyBarrel: true },
    plugins: [
      {
        name: 'events',
        resolveId: (id) => (id === 'node:events' ? join(dist, 'browser/event-emitter.d.ts') : null),
      },
      {
        name: 'buffer',
        transform: (code, id) =>
          id.endsWith('.d.ts') && /\bBuffer\b/.test(code) && !id.includes('/browser/buffer.')
            ? `import type { Buffer } from ${JSON.stringify(buffer)};\n${code}`
            : null,
      },
      dts({ dtsInput: true }),
      fileComments(),
      {
        name: 'disposing',
        renderChunk: (code, { name }) => (name === 'shared' ? `${DISPOSING}\n${code}` : null),
      },
    ],
  });
  await bundle.write({
    dir: lib,
    format: 'esm',
    entryFileNames: '[name].mts',
    chunkFileNames: 'browser-shared.d.mts',
    codeSplitting: { groups: [{ name: 'shared', test: /\.d\.ts$/, minShareCount: 2 }] },
  });
}

/** Names that compilers know by a library that projects for browsers rarely ask for, as the types of Node have them. */
const DISPOSING = `declare global {
  interface SymbolConstructor {
    readonly dispose: unique symbol;
    readonly asyncDispose: unique symbol;
  }
}`;
