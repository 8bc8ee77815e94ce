/** Every name that a user can reach by a door says what it is, in a sentence, with the unit of what is measured. */

import { join } from 'node:path';
import t from 'tap';
import ts from 'typescript';
import { DOORS } from '../scripts/doors.ts';

const SRC = join(import.meta.dirname, '../src');

/** The doors of the package, but for the host of devices, which exports nothing. */
const FILES = Object.values(DOORS)
  .map((source) => `${source}.ts`)
  .filter((file) => file !== 'sockets/device/host.ts');

/** Phrases that are no documentation by themselves. */
const EMPTY = /^(likewise|at once|the same|see above)\.?$/i;
/** Sentences that need the one of a neighbour. */
const VAGUE = /(^|[.!?:]\s+)(Likewise|At once)[,.\s]/;
/** Constants of version 5, which libzmq's manual documents. */
const BY_NUMBER = /^(ZMQ|STATE)_/;
/** How names of durations, times and sizes end; the number of sockets in a Poller is none. */
const MEASURE =
  /^(timeout|expiry|interval|delay|linger|uptime|ttl|age|size|octets|late|soundAfter|patience)$|[a-z](Timeout|Expiry|Interval|Delay|Linger|Ttl|Age|Size|Bytes|Octets)$/;
const UNIT = /\b(milliseconds|seconds|ms|s|octets|bytes|characters)\b|\b[KM]iB\b/i;

const program = ts.createProgram(
  FILES.map((file) => join(SRC, file)),
  {
    module: ts.ModuleKind.NodeNext,
    target: ts.ScriptTarget.ES2023,
    strict: true,
    allowImportingTsExtensions: true,
    noEmit: true,
    skipLibCheck: true,
  },
);
const checker = program.getTypeChecker();

/** Its doc comment, or that of the interface it implements; `@throws` counts. */
function documentation(symbol: ts.Symbol): string {
  const parts = symbol.getDocumentationComment(checker);
  const tags = symbol.getJsDocTags(checker).filter(({ name }) => name === 'throws');
  return [...parts, ...tags.flatMap(({ text = [] }) => text)].map(({ text }) => text).join('');
}

function isOurs(symbol: ts.Symbol): boolean {
  const [declaration] = symbol.declarations ?? [];
  if (declaration === undefined || !declaration.getSourceFile().fileName.startsWith(SRC)) {
    return false;
  }
  if (ts.getCombinedModifierFlags(declaration) & ts.ModifierFlags.Private) return false;
  const named = ts.getNameOfDeclaration(declaration);
  if (named !== undefined && ts.isPrivateIdentifier(named)) return false;
  // What is under a symbol is for this package, but for the ones that the language knows.
  if (named !== undefined && ts.isComputedPropertyName(named)) return false;
  return !symbol.getJsDocTags(checker).some(({ name }) => name === 'internal');
}

/** Whether it is a number that has to have a unit: a duration, a time or a size. */
function isMeasure(symbol: ts.Symbol): boolean {
  const declaration = symbol.valueDeclaration;
  if (declaration === undefined || !MEASURE.test(symbol.name)) return false;
  // How many sockets a Poller has.
  if (symbol.name === 'size' && ts.isGetAccessor(declaration)) return false;
  const type = checker.getNonNullableType(checker.getTypeOfSymbolAtLocation(symbol, declaration));
  return (type.flags & ts.TypeFlags.NumberLike) !== 0;
}

/** All names behind a door, members as `Class.member`. */
function* names(door: string): Generator<[name: string, symbol: ts.Symbol]> {
  const file = checker.getSymbolAtLocation(program.getSourceFile(join(SRC, door))!)!;
  for (const exported of checker.getExportsOfModule(file)) {
    const alias = (exported.flags & ts.SymbolFlags.Alias) !== 0;
    const symbol = alias ? checker.getAliasedSymbol(exported) : exported;
    if (symbol.name === 'default' || !isOurs(symbol) || BY_NUMBER.test(exported.name)) continue;
    yield [exported.name, symbol];
    if ((symbol.flags & (ts.SymbolFlags.Class | ts.SymbolFlags.Interface)) === 0) continue;
    for (const member of checker.getDeclaredTypeOfSymbol(symbol).getProperties()) {
      if (isOurs(member)) yield [`${exported.name}.${member.name}`, member];
    }
  }
}

for (const file of FILES) {
  t.test(file, async (t) => {
    const all = [...names(file)];
    const lacking = (what: (text: string, symbol: ts.Symbol) => boolean): string[] =>
      all.filter(([, symbol]) => what(documentation(symbol), symbol)).map(([name]) => name);
    t.same(
      lacking((text) => text === ''),
      [],
      'every name is documented',
    );
    t.same(
      lacking((text) => EMPTY.test(text.trim())),
      [],
      'no phrase stands for a sentence',
    );
    t.same(
      lacking((text) => VAGUE.test(text)),
      [],
      'each can be read alone',
    );
    t.same(
      lacking((text, symbol) => isMeasure(symbol) && !UNIT.test(text)),
      [],
      'what is measured has a unit',
    );
    t.comment(`${all.length} names`);
  });
}

t.test('the rules find what they are for', async (t) => {
  for (const text of ['Likewise.', 'At once.', 'At once', 'The same.']) t.match(text, EMPTY);
  for (const text of ['Endpoints to connect to. Likewise.', 'Likewise, a whole one.']) {
    t.match(text, VAGUE);
  }
  t.notMatch('Sends at once what waits, likewise elsewhere.', VAGUE);
  for (const name of [
    'timeout',
    'groupExpiry',
    'uptime',
    'maxMessageSize',
    'maxAge',
    'delay',
    'markBytes',
  ]) {
    t.match(name, MEASURE);
  }
  for (const name of ['count', 'page', 'storage', 'resize', 'handshakeTimes']) {
    t.notMatch(name, MEASURE);
  }
  const measures = FILES.flatMap((file) => [...names(file)]).filter(([, symbol]) =>
    isMeasure(symbol),
  );
  t.ok(measures.length > 20, `${measures.length} measures`);
});
