/**
 * LazyRequires: has a CommonJS chunk load Node's own modules when they are first used, not when the chunk is loaded: by
 * `process.getBuiltinModule`, which bundlers leave alone in whatever format they write.
 */

import type { Plugin } from 'rolldown';

/**
 * The plugin, for the CommonJS that rolldown renders. `late`: names of chunks that others load when they first use them, in the
 * order in which they are loaded: one loads those before it at once.
 */
export function lazyRequires(late: readonly string[]): Plugin {
  return {
    name: 'lazy-requires',
    renderChunk(code, chunk) {
      const lateHere = late.slice(late.indexOf(chunk.name) + 1).map((name) => `./${name}.cjs`);
      const program = this.parse(code) as unknown as Node & { body: Node[] };
      const edits: Edit[] = [];
      const names = new Set<string>();
      for (const statement of program.body) {
        const found = requireOf(statement);
        if (found === undefined) continue;
        const { name, specifier } = found;
        const builtin = specifier.startsWith('node:');
        if (!builtin && !lateHere.includes(specifier)) continue;
        names.add(name);
        const load = builtin
          ? `process.getBuiltinModule("${specifier}")`
          : `require("${specifier}")`;
        const text = `let ${name}$;\nconst ${name} = () => ${name}$ ??= ${load};`;
        edits.push({ start: statement.start, end: statement.end, text });
      }
      walk(program, [], (node, parents) => edits.push(...editsOf(node, parents, names)));
      return { code: edited(code, edits) };
    },
  };
}

interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [key: string]: unknown;
}

interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** `let node_net = require("node:net");` */
function requireOf(statement: Node): { name: string; specifier: string } | undefined {
  if (statement.type !== 'VariableDeclaration') return undefined;
  const [declarator, more] = statement['declarations'] as Node[];
  const call = declarator?.['init'] as Node | null;
  if (more !== undefined || call?.type !== 'CallExpression') return undefined;
  if ((call['callee'] as Node)['name'] !== 'require') return undefined;
  const name = (declarator!['id'] as Node)['name'] as string;
  return { name, specifier: (call['arguments'] as Node[])[0]!['value'] as string };
}

/** What becomes of a use of one of `names`: `node_net.default.Socket` is `node_net().Socket`. */
function editsOf(node: Node, parents: readonly Node[], names: ReadonlySet<string>): Edit[] {
  const [parent, grand] = [parents.at(-1), parents.at(-2)];
  if (node.type === 'AssignmentExpression' && parent?.type === 'ExpressionStatement') {
    // `node_net = __toESM(node_net, 1)`: there is nothing to convert any more.
    const left = (node['left'] as Node)['name'] as string | undefined;
    if (names.has(left ?? '')) return [{ start: parent.start, end: parent.end, text: '' }];
  }
  if (node.type !== 'Identifier' || parent === undefined) return [];
  const name = node['name'] as string;
  if (!names.has(name) || parents.some((each) => isConversion(each, names))) return [];
  if (
    (parent.type === 'VariableDeclarator' && parent['id'] === node) ||
    (parent.type === 'CallExpression' && isRequire(parent))
  )
    return [];
  if (parent.type === 'MemberExpression' && parent['property'] === node) return [];
  const whole =
    parent.type === 'MemberExpression' && (parent['property'] as Node)['name'] === 'default';
  const used = whole ? parent : node;
  const edits: Edit[] = [{ start: used.start, end: used.end, text: `${name}()` }];
  // `new node_net().Socket()` would make a `node_net`.
  const callee = whole ? grand : parent;
  const maker = whole ? parents.at(-3) : grand;
  if (maker?.type === 'NewExpression' && maker['callee'] === callee) {
    edits.push({ start: callee!.start, end: callee!.start, text: '(' });
    edits.push({ start: callee!.end, end: callee!.end, text: ')' });
  }
  return edits;
}

function isConversion(node: Node, names: ReadonlySet<string>): boolean {
  const left = node.type === 'AssignmentExpression' ? (node['left'] as Node)['name'] : undefined;
  return typeof left === 'string' && names.has(left);
}

function isRequire(call: Node): boolean {
  return (call['callee'] as Node)['name'] === 'require';
}

function walk(
  node: Node,
  parents: readonly Node[],
  visit: (node: Node, parents: readonly Node[]) => void,
): void {
  visit(node, parents);
  const path = [...parents, node];
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value]) {
      if (typeof child?.type === 'string') walk(child as Node, path, visit);
    }
  }
}

function edited(code: string, edits: readonly Edit[]): string {
  let [text, at] = ['', 0];
  // What is put in at one place stays in the order in which it was asked for.
  const sorted = [...edits].sort((a, b) => a.start - b.start || a.end - b.end);
  for (const edit of sorted) {
    text += code.slice(at, edit.start) + edit.text;
    at = edit.end;
  }
  return text + code.slice(at);
}
