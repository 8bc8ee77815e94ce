/** Ini: configuration files, by the parser of the package `ini`. */

import { parse } from 'ini';

/** Sections by name, each an object of texts; keys outside any section beside them. */
export function parseIni(text: string): Record<string, unknown> {
  // To that parser a dot in the name of a section begins a section within it.
  return parse(text.replace(/^[ \t]*\[[^\]]+\]/gm, (header) => header.replaceAll('.', '\\.')));
}
