// The types of `dal-job`: with `declaration` a compiler writes down what it inferred of an application's code, and can name
// only what the package exports. So every type that an exported one mentions is exported, too.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { ts } from 'ts-morph';

const FILES = ['types.ts', 'service-types.ts', 'claim-types.ts', 'event-types.ts'];

function parsed(file: string): ts.SourceFile {
  const path = fileURLToPath(new URL(`../../runtime/${file}`, import.meta.url));
  return ts.createSourceFile(file, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest, true);
}

function isPublic(node: ts.Node): node is ts.InterfaceDeclaration | ts.TypeAliasDeclaration {
  if (!ts.isInterfaceDeclaration(node) && !ts.isTypeAliasDeclaration(node)) return false;
  return node.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) === true;
}

/** The names of types that a declaration mentions. */
function mentioned(node: ts.Node): string[] {
  const own = ts.isTypeReferenceNode(node) || ts.isExpressionWithTypeArguments(node) ? node.getText() : '';
  const names = own === '' ? [] : [/^\w+/.exec(own)?.[0] ?? ''];
  ts.forEachChild(node, (child) => {
    names.push(...mentioned(child));
  });
  return names;
}

describe('the types of dal-job', () => {
  it('are exported with every type that they mention', () => {
    const declared = new Map(
      FILES.flatMap((file) =>
        parsed(file)
          .statements.filter(isPublic)
          .map((node) => [node.name.text, node] as const),
      ),
    );
    const exported = parsed('index.ts').statements.flatMap((statement) => {
      const clause = ts.isExportDeclaration(statement) ? statement.exportClause : undefined;
      return clause !== undefined && ts.isNamedExports(clause) ? clause.elements.map(({ name }) => name.text) : [];
    });
    const needed = exported.flatMap((name) => {
      const node = declared.get(name);
      return node === undefined ? [] : mentioned(node).filter((other) => declared.has(other));
    });
    expect(needed).to.include('TriggerReceipt');
    expect([...new Set(needed)].filter((name) => !exported.includes(name)).sort()).to.deep.equal([]);
  });
});
