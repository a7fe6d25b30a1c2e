// Reads the project's TypeScript sources into plain facts: what each file imports and exports, and the strings it holds.
// Parsing only, no types and no resolving of packages: a file that does not compile yet still has its imports.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { ts } from 'ts-morph';

export interface Import {
  /** As written. */
  readonly specifier: string;
  /** Path from the project root for our own files, else the package's name. */
  readonly target: string;
  readonly kind: 'static' | 'type' | 'dynamic';
}

export interface Source {
  /** From the project root, with `/`. */
  readonly path: string;
  readonly lines: number;
  readonly imports: readonly Import[];
  readonly exportsAll: boolean;
  readonly exportsDefault: boolean;
  readonly hasEnum: boolean;
  /** String and template literals as they stand in the source, expressions of templates included. */
  readonly strings: readonly string[];
}

const FOLDERS = ['runtime', 'generator', 'cli', 'generated', 'handlers', 'test', 'bench', 'scripts', 'examples'];
/** What `import 'dal-job'` means inside the project. */
const SELF: Readonly<Record<string, string>> = {
  'dal-job': 'runtime/index.ts',
  'dal-job/models': 'runtime/db/models.ts',
  'dal-job/validate': 'runtime/validate.ts',
};

/** Every .ts file of the project but the expected output of golden tests. */
export function readSources(root: string): Source[] {
  return FOLDERS.filter((folder) => existsSync(join(root, folder)))
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((name) => `${folder}/${name}`),
    )
    .filter((path) => /\.[cm]?ts$/.test(path) && !path.startsWith('test/golden/') && !path.includes('/node_modules/'))
    .sort()
    .map((path) => readSource(path, readFileSync(join(root, path), 'utf8')));
}

/** The facts of one file. */
export function readSource(path: string, text: string): Source {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true);
  const imports: Import[] = [];
  const strings: string[] = [];
  const seen = { exportsAll: false, exportsDefault: false, hasEnum: false };
  const visit = (node: ts.Node): void => {
    const found = importOf(node);
    if (found !== undefined) imports.push({ ...found, target: resolve(path, found.specifier) });
    if (ts.isExportDeclaration(node) && isStar(node)) seen.exportsAll = true;
    if (isDefaultExport(node)) seen.exportsDefault = true;
    if (ts.isEnumDeclaration(node)) seen.hasEnum = true;
    if (ts.isStringLiteralLike(node) || ts.isTemplateExpression(node)) strings.push(node.getText(file));
    ts.forEachChild(node, visit);
  };
  visit(file);
  const lines = text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
  return { path, lines, imports, strings, ...seen };
}

function importOf(node: ts.Node): Omit<Import, 'target'> | undefined {
  if ((ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) && node.moduleSpecifier !== undefined) {
    return { specifier: textOf(node.moduleSpecifier), kind: isTypeOnly(node) ? 'type' : 'static' };
  }
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
    return { specifier: textOf(node.argument.literal), kind: 'type' };
  }
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
    const [argument] = node.arguments;
    return argument && ts.isStringLiteralLike(argument) ? { specifier: argument.text, kind: 'dynamic' } : undefined;
  }
  return undefined;
}

function isTypeOnly(node: ts.ImportDeclaration | ts.ExportDeclaration): boolean {
  const clause = ts.isImportDeclaration(node) ? node.importClause : node;
  if (clause === undefined) return false;
  if (clause.isTypeOnly) return true;
  const named = ts.isImportClause(clause) ? clause.namedBindings : clause.exportClause;
  if (ts.isImportClause(clause) && clause.name !== undefined) return false;
  if (named === undefined || !(ts.isNamedImports(named) || ts.isNamedExports(named))) return false;
  return named.elements.length > 0 && [...named.elements].every((element) => element.isTypeOnly);
}

function isStar(node: ts.ExportDeclaration): boolean {
  return node.exportClause === undefined || ts.isNamespaceExport(node.exportClause);
}

function isDefaultExport(node: ts.Node): boolean {
  if (ts.isExportAssignment(node)) return true;
  if (ts.isExportSpecifier(node)) return node.name.text === 'default';
  return (
    ts.canHaveModifiers(node) && (ts.getModifiers(node) ?? []).some(({ kind }) => kind === ts.SyntaxKind.DefaultKeyword)
  );
}

function resolve(from: string, specifier: string): string {
  if (specifier.startsWith('.')) return posix.join(posix.dirname(from), specifier).replace(/\.js$/, '.ts');
  return SELF[specifier] ?? packageOf(specifier);
}

function packageOf(specifier: string): string {
  const parts = specifier.split('/');
  return specifier.startsWith('@') ? parts.slice(0, 2).join('/') : (parts[0] ?? specifier);
}

function textOf(node: ts.Node): string {
  return ts.isStringLiteralLike(node) ? node.text : node.getText();
}
