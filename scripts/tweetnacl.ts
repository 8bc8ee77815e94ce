/**
 * TweetNaCl: takes in of the library what CURVE uses. It is one function of CommonJS, of which bundlers leave nothing out. As an
 * ES module it loses its signatures, hashes and curves; what stays is as it was written.
 */

import type { Plugin } from 'rolldown';

/** The plugin. `used`: the functions of `nacl.lowlevel` that are called. */
export function tweetnacl(used: readonly string[]): Plugin {
  return {
    name: 'tweetnacl',
    transform(code, id) {
      if (!id.includes('/tweetnacl/')) return null;
      const end = code.indexOf(END);
      const missing = used.filter((name) => !code.includes(`${name}: ${name},`));
      if (!code.startsWith(BEGIN) || end < 0 || missing.length > 0) {
        throw new Error(`${id} is not written as TweetNaCl 1.0.3 is: ${missing}`);
      }
      const body = code.slice(BEGIN.length, end);
      return `${body}\nexport default { lowlevel: { ${used.join(', ')} } };\n`;
    },
  };
}

const BEGIN = '(function(nacl) {\n';
const END = 'nacl.lowlevel = {';
