// What a user's file exports, from its syntax alone: never type-checked, never edited. What must hold: a file that is
// half typed still gives every export the parser can recover, because a broken handler must not stop generation;
// and whatever cannot be known here (`export *`) is trusted, since tsc has the last word.
import { ts } from 'ts-morph';
import {
  type FilePlace,
  firstSyntaxError,
  hasModifier,
  parseSource,
  placeOf,
  type SyntaxFault,
} from './source-file.js';

export interface FileExports {
  /** Names exported as values; `default` for a default export. */
  readonly names: readonly string[];
  /** There is an `export *`: any name may be there. */
  readonly star: boolean;
  /** Top-level values that are declared and not exported, with their places. */
  readonly hidden: Readonly<Record<string, FilePlace>>;
  /** The first syntax error, if any. */
  readonly syntaxError: SyntaxFault | null;
}

/** Reads the exports of one TypeScript file. Never throws. */
export function readExports(path: string, text: string): FileExports {
  const file = parseSource(path, text);
  const names = new Set<string>();
  const locals = new Map<string, number>();
  let star = false;
  for (const statement of file.statements) {
    if (isStar(statement)) star = true;
    for (const name of exportedNames(statement)) names.add(name);
    for (const identifier of declaredValues(statement)) locals.set(identifier.text, identifier.getStart(file));
  }
  const hidden = [...locals].filter(([name]) => !names.has(name));
  return {
    names: [...names],
    star,
    hidden: Object.fromEntries(hidden.map(([name, offset]) => [name, placeOf(file, offset)])),
    syntaxError: firstSyntaxError(file),
  };
}

function isStar(statement: ts.Statement): boolean {
  return ts.isExportDeclaration(statement) && !statement.isTypeOnly && statement.exportClause === undefined;
}

function exportedNames(statement: ts.Statement): string[] {
  if (ts.isExportDeclaration(statement)) return reexportedNames(statement);
  if (ts.isExportAssignment(statement)) return ['default'];
  if (!hasModifier(statement, ts.SyntaxKind.ExportKeyword)) return [];
  if (hasModifier(statement, ts.SyntaxKind.DefaultKeyword)) return ['default'];
  return declaredValues(statement).map((identifier) => identifier.text);
}

/** `export { x, y as z }`, with or without `from`; `export * as x from`. */
function reexportedNames({ exportClause, isTypeOnly }: ts.ExportDeclaration): string[] {
  if (exportClause === undefined || isTypeOnly) return [];
  if (ts.isNamespaceExport(exportClause)) return [exportClause.name.text];
  return exportClause.elements.filter((element) => !element.isTypeOnly).map((element) => element.name.text);
}

/** The names a statement declares as values. */
export function declaredValues(statement: ts.Statement): ts.Identifier[] {
  if (ts.isVariableStatement(statement)) {
    return statement.declarationList.declarations.flatMap((declaration) => boundNames(declaration.name));
  }
  const named =
    ts.isFunctionDeclaration(statement) ||
    ts.isClassDeclaration(statement) ||
    ts.isEnumDeclaration(statement) ||
    ts.isModuleDeclaration(statement) ||
    ts.isImportEqualsDeclaration(statement);
  if (!named || statement.name === undefined || !ts.isIdentifier(statement.name)) return [];
  return [statement.name];
}

/** Destructured names, at any depth. */
function boundNames(name: ts.BindingName): ts.Identifier[] {
  if (ts.isIdentifier(name)) return [name];
  return name.elements.flatMap((element) => (ts.isBindingElement(element) ? boundNames(element.name) : []));
}
