// The export of a handler under its new name: the fewest ranges that do it. An export list gets another outer name; a declared
// export is renamed with everything in the file that refers to it, which TypeScript's own rename finds, shadowing and
// shorthands included. Refused: `export *`, an export that is not there, and a new name that the file uses already.
import { ts } from 'ts-morph';
import { declaredValues } from '../exports.js';
import { type FilePlace, hasModifier, placeOf } from '../source-file.js';
import type { Edit } from './edit.js';

export interface NoEdits {
  readonly why: string;
  readonly place?: FilePlace;
}

/** The edits that make the export `from` the export `to`. */
export function exportEdits(file: ts.SourceFile, from: string, to: string): Edit[] | NoEdits {
  const listed = file.statements.flatMap((statement) => listEdits(file, statement, { from, to }));
  if (listed.length > 0) return listed;
  const declared = file.statements.flatMap((statement) => exportedNames(statement)).find((name) => name.text === from);
  if (declared === undefined) return { why: `it has no export "${from}" written out` };
  const taken = useOf(file, to);
  if (taken !== null) return { why: `it uses the name "${to}" already`, place: placeOf(file, taken.getStart(file)) };
  return referenceEdits(file, declared, to) ?? { why: `the places that use "${from}" cannot be found` };
}

/** `export { from }`, `export { x as from }`, `export { from } from`, `export * as from from`. */
function listEdits(
  file: ts.SourceFile,
  statement: ts.Statement,
  { from, to }: { readonly from: string; readonly to: string },
): Edit[] {
  if (!ts.isExportDeclaration(statement) || statement.isTypeOnly || statement.exportClause === undefined) return [];
  const { exportClause } = statement;
  const elements = ts.isNamedExports(exportClause) ? exportClause.elements : [exportClause];
  return elements.flatMap((element): Edit[] => {
    if (element.name.text !== from || (ts.isExportSpecifier(element) && element.isTypeOnly)) return [];
    const whole = { start: element.name.getStart(file), end: element.name.getEnd() };
    const alone = ts.isExportSpecifier(element) && element.propertyName === undefined;
    return [alone ? { start: whole.end, end: whole.end, text: ` as ${to}` } : { ...whole, text: to }];
  });
}

function exportedNames(statement: ts.Statement): ts.Identifier[] {
  const named =
    hasModifier(statement, ts.SyntaxKind.ExportKeyword) && !hasModifier(statement, ts.SyntaxKind.DefaultKeyword);
  return named ? declaredValues(statement) : [];
}

/** A use of the name as a name of its own, not as a property of something. */
function useOf(node: ts.Node, name: string): ts.Node | null {
  if (ts.isIdentifier(node) && node.text === name && !isProperty(node)) return node;
  return ts.forEachChild(node, (child) => useOf(child, name) ?? undefined) ?? null;
}

function isProperty(node: ts.Identifier): boolean {
  const { parent } = node;
  if (parent === undefined) return false;
  if (ts.isPropertyAccessExpression(parent) || ts.isPropertyAssignment(parent)) return parent.name === node;
  if (ts.isBindingElement(parent)) return parent.propertyName === node;
  return ts.isPropertySignature(parent) || ts.isMethodDeclaration(parent) || ts.isPropertyDeclaration(parent);
}

/** null: TypeScript does not know how. */
function referenceEdits(file: ts.SourceFile, name: ts.Identifier, to: string): Edit[] | null {
  const service = ts.createLanguageService(hostOf(file));
  const found = service.findRenameLocations(file.fileName, name.getStart(file), false, false, {
    providePrefixAndSuffixTextForRename: true,
  });
  if (found === undefined || found.length === 0) return null;
  return found.map(({ textSpan: { start, length }, prefixText = '', suffixText = '' }) => ({
    start,
    end: start + length,
    text: `${prefixText}${to}${suffixText}`,
  }));
}

/** A world of this one file. */
function hostOf({ fileName, text }: ts.SourceFile): ts.LanguageServiceHost {
  const isFile = (path: string) => path === fileName;
  return {
    getScriptFileNames: () => [fileName],
    getScriptVersion: () => '1',
    getScriptSnapshot: (path) => (isFile(path) ? ts.ScriptSnapshot.fromString(text) : undefined),
    getCurrentDirectory: () => '/',
    getCompilationSettings: () => ({ noLib: true, noResolve: true, allowJs: true, target: ts.ScriptTarget.ES2022 }),
    getDefaultLibFileName: () => 'lib.d.ts',
    fileExists: isFile,
    readFile: (path) => (isFile(path) ? text : undefined),
  };
}
