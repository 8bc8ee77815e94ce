/** Section: the part of bench/RESULTS.md that `npm run bench:layer` writes, and `npm run bench` keeps. */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT } from './build.ts';

export const RESULTS_FILE: string = join(ROOT, 'bench/RESULTS.md');
export const SECTION_BEGIN = '<!-- layers -->';
export const SECTION_END = '<!-- /layers -->';

/** All of the file; empty where there is none. */
export async function readResultsFile(): Promise<string> {
  try {
    return await readFile(RESULTS_FILE, 'utf8');
  } catch {
    return '';
  }
}

/** The file around the section; all of it is `before` where there is none. */
export function splitSection(file: string): { before: string; section: string; after: string } {
  const [begin, end] = [file.indexOf(SECTION_BEGIN), file.indexOf(SECTION_END)];
  if (begin < 0 || end < begin) return { before: file && `${file}\n`, section: '', after: '' };
  const rest = end + SECTION_END.length + 1;
  return {
    before: file.slice(0, begin),
    section: file.slice(begin, rest),
    after: file.slice(rest),
  };
}
