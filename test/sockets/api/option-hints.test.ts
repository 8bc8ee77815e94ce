/** What an editor shows over an option that is given to a constructor: its documentation. */

import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import ts from 'typescript';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');
const FILE = resolve(ROOT, 'test/sockets/api/hints.ts');

/** The options to look at: of each kind, and with other types to set than to read. */
const PROGRAM = `import { Push, Router, XPublisher } from '../../../src/index.ts';
new Push({ sendHighWaterMark: 1, linger: 0, context: undefined as never });
new Router({ routingId: Buffer.of(1), mandatory: true });
new XPublisher({ welcomeMessage: 'hello', verbosity: 'allSubs' });
`;

/** The TypeScript of an editor, with \`PROGRAM\` as an open file. */
function service(): ts.LanguageService {
  const { config } = ts.readConfigFile(resolve(ROOT, 'tsconfig.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, ROOT);
  const read = (path: string): string | undefined =>
    path === FILE ? PROGRAM : ts.sys.readFile(path);
  return ts.createLanguageService({
    getCompilationSettings: () => options,
    getScriptFileNames: () => [FILE],
    getScriptVersion: () => '1',
    getScriptSnapshot: (path) => {
      const text = read(path);
      return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text);
    },
    getCurrentDirectory: () => ROOT,
    getDefaultLibFileName: ts.getDefaultLibFilePath,
    fileExists: (path) => path === FILE || ts.sys.fileExists(path),
    readFile: read,
    readDirectory: ts.sys.readDirectory,
    directoryExists: ts.sys.directoryExists,
    getDirectories: ts.sys.getDirectories,
  });
}

t.test('an option of a constructor shows its documentation', async (t) => {
  const editor = service();
  t.same(editor.getSemanticDiagnostics(FILE), []);
  for (const [option, text] of [
    ['sendHighWaterMark', 'ZMQ_SNDHWM'],
    ['linger', 'ZMQ_LINGER'],
    ['context', '`context`'],
    ['routingId', 'ZMQ_ROUTING_ID'],
    ['mandatory', 'ZMQ_ROUTER_MANDATORY'],
    ['welcomeMessage', 'ZMQ_XPUB_WELCOME_MSG'],
    ['verbosity', 'ZMQ_XPUB_VERBOSE'],
  ] as const) {
    const hint = editor.getQuickInfoAtPosition(FILE, PROGRAM.indexOf(`${option}:`));
    t.match(ts.displayPartsToString(hint?.documentation), text, option);
  }
});
