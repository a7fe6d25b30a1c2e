// A job's new name in the file of its handler: the only place where dal-job edits a file of the user's, and only because
// `dal-job rename` asked for it. What must hold: the file parses cleanly before and after; only the name is replaced, in the
// job's type, in the stub's error, and in the export with what refers to it; whatever is not certain is refused with a
// reason, and then nothing at all is changed.
import { ts } from 'ts-morph';
import { readExports } from '../exports.js';
import { jobOfType, typeAliases } from '../handler-exports.js';
import { type FilePlace, firstSyntaxError, parseSource } from '../source-file.js';
import { applyEdits, type Edit } from './edit.js';
import { exportEdits } from './export-edits.js';

export interface CodeRename {
  readonly path: string;
  readonly text: string;
  readonly from: string;
  readonly to: string;
  /** Whether the export has the job's name, and so gets the new one. */
  readonly renameExport: boolean;
}

export type RenamedCode =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly why: string; readonly place?: FilePlace };

/** The text of a handler's file under the job's new name. Never throws for what is in the text. */
export function renameInCode(request: CodeRename): RenamedCode {
  const { path, text, from, to, renameExport } = request;
  const file = parseSource(path, text, { parents: true });
  const fault = firstSyntaxError(file);
  if (fault !== null) return { ok: false, why: `it cannot be parsed: ${fault.message}`, place: fault };
  const exported = renameExport ? exportEdits(file, from, to) : [];
  if (!Array.isArray(exported)) return { ok: false, ...exported };
  const renamed = applyEdits(text, [...nameEdits(file, from, to), ...exported]);
  const problem = problemAfter(request, renamed);
  return problem === null ? { ok: true, text: renamed } : { ok: false, why: problem };
}

/** `JobHandler<'from'>`, by whatever name that type was imported, and `new NotImplementedError('from')`. */
function nameEdits(file: ts.SourceFile, from: string, to: string): Edit[] {
  const aliases = typeAliases(file);
  const edits: Edit[] = [];
  const visit = (node: ts.Node): void => {
    const literal = ts.isTypeReferenceNode(node) ? jobOfType(node, aliases) : errorName(node);
    if (literal?.text === from) edits.push({ start: literal.getStart(file) + 1, end: literal.getEnd() - 1, text: to });
    ts.forEachChild(node, visit);
  };
  visit(file);
  return edits;
}

function errorName(node: ts.Node): ts.StringLiteral | null {
  if (!ts.isNewExpression(node) || !ts.isIdentifier(node.expression)) return null;
  const argument = node.arguments?.[0];
  const isOurs = node.expression.text === 'NotImplementedError' && argument !== undefined;
  return isOurs && ts.isStringLiteral(argument) ? argument : null;
}

/** What would be wrong with the edited file. */
function problemAfter({ path, text, from, to, renameExport }: CodeRename, renamed: string): string | null {
  const before = readExports(path, text);
  const after = readExports(path, renamed);
  if (after.syntaxError !== null) return 'with the new name it could not be parsed';
  const expected = before.names.map((name) => (renameExport && name === from ? to : name));
  const same = expected.length === after.names.length && expected.every((name) => after.names.includes(name));
  return same ? null : `its exports would not be ${expected.join(', ')}`;
}
