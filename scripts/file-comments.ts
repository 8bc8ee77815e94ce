/** FileComments: a plugin that leaves the comment of each file out of bundled types, where it stands before that of its first name. */

import type { Plugin } from 'rolldown';

/** The comment of a file is for its readers: in an editor nothing shows it. */
export function fileComments(): Plugin {
  return {
    name: 'file-comments',
    renderChunk: (code) => code.replace(FILE_COMMENT, ''),
  };
}

/** A doc comment at the margin that is followed by another one. */
const FILE_COMMENT = /^\/\*\*(?:(?!\*\/)[\s\S])*\*\/\n(?=\/\*\*)/gm;
