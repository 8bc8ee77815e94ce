/** OwnHelpers: gives each chunk the one helper that chunks call, in place of a file with all of rolldown's. */

import type { Plugin } from 'rolldown';

/** The plugin, for the CommonJS that rolldown writes. */
export function ownHelpers(): Plugin {
  let name: string | undefined;
  return {
    name: 'own-helpers',
    renderChunk(code, { fileName }) {
      if (fileName === FILE)
        name = /(\w+)['"], \{[^{}]*\{[^{}]*return __exportAll;/.exec(code)?.[1];
      return null;
    },
    generateBundle(_options, bundle) {
      if (name === undefined) throw new Error('rolldown has no helper __exportAll');
      delete bundle[FILE];
      for (const file of Object.values(bundle)) {
        if (file.type !== 'chunk') continue;
        file.code = file.code.replace(REQUIRE, (_all, taken: string | undefined) =>
          taken === undefined ? '0' : `={${name}:${EXPORT_ALL}}`,
        );
      }
    },
  };
}

const FILE = 'rolldown-runtime.cjs';
const REQUIRE = /(=)?require\("\.\/rolldown-runtime\.cjs"\)/;
/** From functions that return the exports of a module to an object with these exports. */
const EXPORT_ALL =
  'e=>{let t=Object.create(null);for(let n in e)Object.defineProperty(t,n,{get:e[n],enumerable:!0});return t}';
