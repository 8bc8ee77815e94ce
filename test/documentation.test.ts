/** Every name that a user of the sockets or of the wire can reach says what it is. */

import { join } from 'node:path';
import t from 'tap';
import ts from 'typescript';

const SRC = join(import.meta.dirname, '../src');
const DOORS = ['index.ts', 'wire.ts'].map((door) => join(SRC, door));

const program = ts.createProgram(DOORS, {
  module: ts.ModuleKind.NodeNext,
  target: ts.ScriptTarget.ES2023,
  allowImportingTsExtensions: true,
  noEmit: true,
  skipLibCheck: true,
});
const checker = program.getTypeChecker();

/** Has a doc comment of its own, or of the interface it implements. */
function isDocumented(symbol: ts.Symbol): boolean {
  return (
    symbol.getDocumentationComment(checker).length > 0 ||
    symbol.getJsDocTags(checker).some(({ name }) => name === 'throws')
  );
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

for (const door of DOORS) {
  t.test(door.slice(SRC.length + 1), async (t) => {
    const silent: string[] = [];
    let count = 0;
    const file = checker.getSymbolAtLocation(program.getSourceFile(door)!)!;
    for (const exported of checker.getExportsOfModule(file)) {
      const alias = (exported.flags & ts.SymbolFlags.Alias) !== 0;
      const symbol = alias ? checker.getAliasedSymbol(exported) : exported;
      if (symbol.name === 'default' || !isOurs(symbol)) continue;
      count++;
      if (!isDocumented(symbol)) silent.push(exported.name);
      if ((symbol.flags & (ts.SymbolFlags.Class | ts.SymbolFlags.Interface)) === 0) continue;
      for (const member of checker.getDeclaredTypeOfSymbol(symbol).getProperties()) {
        if (!isOurs(member)) continue;
        count++;
        if (!isDocumented(member)) silent.push(`${exported.name}.${member.name}`);
      }
    }
    t.same(silent, []);
    t.comment(`${count} names`);
  });
}
