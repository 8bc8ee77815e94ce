/** What `npm start` shows: the word count, with the arguments it was given, and then the channel layers; or one layer alone. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

async function run(program: string, words: readonly string[]): Promise<number> {
  const file = join(import.meta.dirname, program);
  const child = spawn(process.execPath, [file, ...words], { stdio: 'inherit' });
  const [code] = await once(child, 'exit');
  return code ?? 1;
}

// Ctrl-C reaches the program that runs, which ends then; this one ends after it.
process.on('SIGINT', () => {});

const words = process.argv.slice(2);
if (words.some((word) => /^--layer(=|$)/.test(word))) {
  process.exitCode = await run('channel-layers/main.js', words);
} else {
  process.exitCode = await run('word-count/main.js', words);
  if (process.exitCode === 0 && !words.includes('--help')) {
    console.log();
    process.exitCode = await run('channel-layers/main.js', []);
  }
}
