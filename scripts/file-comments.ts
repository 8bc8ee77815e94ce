/**
 * FileComments: a plugin that leaves out of bundled types the path of each file, and its comment where that stands before the
 * comment of its first name.
 */

import type { Plugin } from 'rolldown';

/** The comment of a file is for its readers: in an editor nothing shows it. */
export function fileComments(): Plugin {
  return {
    name: 'file-comments',
    renderChunk: (code) => code.replace(FILE_COMMENT, '').replace(FILE_PATH, ''),
  };
}

/** A doc comment at the margin that is followed by another one. */
const FILE_COMMENT = /^\/\*\*(?:(?!\*\/)[\s\S])*\*\/\n(?=\/\*\*)/gm;
/** What the bundler puts before the first names of a chunk. */
const FILE_PATH = /^\/\/ dist\/.*\n/gm;
