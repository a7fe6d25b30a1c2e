// A user's TypeScript or JavaScript file, parsed by itself: no types, no other files, whatever is in it. Read only.
import { ts } from 'ts-morph';

/** A place in a file, from 1, in UTF-16 units. */
export interface FilePlace {
  readonly line: number;
  readonly column: number;
}

export interface SyntaxFault extends FilePlace {
  readonly message: string;
}

/** Parses a file, with parent links when something is to be looked up from within. Never throws. */
export function parseSource(path: string, text: string, options: { parents?: boolean } = {}): ts.SourceFile {
  return ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, options.parents ?? false, scriptKind(path));
}

function scriptKind(path: string): ts.ScriptKind {
  if (/\.tsx$/.test(path)) return ts.ScriptKind.TSX;
  if (/\.jsx$/.test(path)) return ts.ScriptKind.JSX;
  return /\.[mc]?js$/.test(path) ? ts.ScriptKind.JS : ts.ScriptKind.TS;
}

export function placeOf(file: ts.SourceFile, offset: number): FilePlace {
  const { line, character } = file.getLineAndCharacterOfPosition(offset);
  return { line: line + 1, column: character + 1 };
}

/** The first one, if any. */
export function firstSyntaxError(file: ts.SourceFile): SyntaxFault | null {
  const { parseDiagnostics } = file as ts.SourceFile & {
    readonly parseDiagnostics?: readonly ts.DiagnosticWithLocation[];
  };
  const first = parseDiagnostics?.[0];
  if (first === undefined) return null;
  return { ...placeOf(file, first.start), message: ts.flattenDiagnosticMessageText(first.messageText, ' ') };
}

export function hasModifier(statement: ts.Statement, kind: ts.SyntaxKind): boolean {
  return ts.canHaveModifiers(statement) && (ts.getModifiers(statement) ?? []).some((one) => one.kind === kind);
}
