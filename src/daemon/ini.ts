/** Ini: configuration files, by the parser of the package `ini`. */

import { parse } from 'ini';

/** Parses `text` to sections by name, each an object of strings; keys outside any section stand beside the sections. */
export function parseIni(text: string): Record<string, unknown> {
  // The parser reads a dot in the name of a section as a section within a section.
  return parse(text.replace(/^[ \t]*\[[^\]]+\]/gm, (header) => header.replaceAll('.', '\\.')));
}
