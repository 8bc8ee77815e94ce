/**
 * ChunkExports: has a chunk export its names by one table instead of a call for each, which is 70 octets less a name in what
 * is published. A door assigns each: by that Node finds the names of CommonJS, and by a call only before it is minified.
 */

import type { Plugin } from 'rolldown';

/** The plugin, for the CommonJS that rolldown renders. */
export function chunkExports(): Plugin {
  return {
    name: 'chunk-exports',
    renderChunk(code, chunk) {
      if (chunk.isEntry)
        return code.replace(
          EXPORT,
          (_call, name, value) => `exports.${name.slice(1, -1)} = ${value};`,
        );
      const rows: string[] = [];
      const rest = code.replace(EXPORT, (_call, name: string, value: string) => {
        rows.push(`${name}: { get: () => ${value} }`);
        return '';
      });
      if (rows.length === 0) return null;
      return `${rest}\nObject.defineProperties(exports, { ${rows.join(', ')} });\n`;
    },
  };
}

/** `Object.defineProperty(exports, 'name', { enumerable: true, get: function() { return value; } });` */
const EXPORT =
  /Object\.defineProperty\(exports, (['"][\w$]+['"]), \{\s*enumerable: true,\s*get: function ?\(\) \{\s*return ([\w$.]+);\s*\}\s*\}\);/g;
