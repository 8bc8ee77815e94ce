/** JSON text: its depth, and its large integers, which `JSON.parse` does not tell; each is found in one pass. */

import { LayerError } from '../errors.ts';
import { DEPTH_MAX } from './value.ts';

/**
 * Refuses text with more values inside each other than a message may have: recursion through them would overflow the stack.
 * @throws LayerError `ERR_CODEC`
 */
export function checkDepth(text: string): void {
  if (text.length <= 2 * DEPTH_MAX) return;
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit === QUOTE) i = endOfString(text, i);
    else if (unit === SQUARE || unit === CURLY) {
      if (++depth > DEPTH_MAX) {
        throw new LayerError('ERR_CODEC', `more than ${DEPTH_MAX} values inside each other`);
      }
    } else if (unit === SQUARE_END || unit === CURLY_END) depth--;
  }
}

/** `text`, which is JSON, with `replace(digits)` in place of each integer of at least `length` characters. */
export function replaceIntegers(
  text: string,
  length: number,
  replace: (digits: string) => string,
): string {
  let result = '';
  let copied = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit === QUOTE) i = endOfString(text, i);
    if (unit !== MINUS && !isDigit(unit)) continue;
    const start = i;
    let whole = true;
    for (i++; isNumeric(text.charCodeAt(i)); i++) whole &&= isDigit(text.charCodeAt(i));
    if (whole && i - start >= length) {
      result += text.slice(copied, start) + replace(text.slice(start, i));
      copied = i;
    }
    i--;
  }
  return result + text.slice(copied);
}

/** Where the string that begins at `start` has its last quote; the end of the text if it has none. */
function endOfString(text: string, start: number): number {
  for (let i = start + 1; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit === QUOTE) return i;
    if (unit === BACKSLASH) i++;
  }
  return text.length;
}

function isDigit(unit: number): boolean {
  return unit >= 0x30 && unit <= 0x39;
}

/** Whether `unit` can be part of a number: a digit, `.`, `e`, `E`, `+` or `-`. */
function isNumeric(unit: number): boolean {
  return (
    isDigit(unit) || unit === 0x2e || (unit | 0x20) === 0x65 || unit === 0x2b || unit === MINUS
  );
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const MINUS = 0x2d;
const SQUARE = 0x5b;
const SQUARE_END = 0x5d;
const CURLY = 0x7b;
const CURLY_END = 0x7d;
