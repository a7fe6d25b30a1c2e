// What every emitted file has in common: its header, its quoting, its comments, and ts-morph as a printer.
// One createSourceFile call a file, from structures, in memory: adding statements one by one is quadratic. Importing
// ts-morph costs 0.4 s, so everything under emit/ is imported by plan.ts only, and that lazily. No formatter, no date,
// no version: the bytes depend on the model only.
import { IndentationText, NewLineKind, Project, QuoteKind, type SourceFileStructure } from 'ts-morph';
import { commentLines } from '../comment.js';
import { HEADER } from '../header.js';

type Statements = Extract<NonNullable<SourceFileStructure['statements']>, readonly unknown[]>;
/** A statement as a ts-morph structure, or its text. */
export type Statement = Statements[number];

export interface FileContent {
  readonly statements: readonly Statement[];
  readonly tail?: string;
}

/** A ts-morph project that never touches a disk and loads no library. */
export function createProject(): Project {
  return new Project({
    useInMemoryFileSystem: true,
    skipFileDependencyResolution: true,
    skipLoadingLibFiles: true,
    compilerOptions: { noLib: true },
    manipulationSettings: {
      indentationText: IndentationText.TwoSpaces,
      quoteKind: QuoteKind.Single,
      newLineKind: NewLineKind.LineFeed,
    },
  });
}

/**
 * The text of one file: header, statements, and a tail that is source already. ts-morph parses what it prints, which
 * for the registry's one great literal costs more than everything else; such text goes into the tail.
 */
export function printFile(project: Project, path: string, { statements, tail = '' }: FileContent): string {
  const file = project.createSourceFile(`/${path}`, { statements: [...statements] }, { overwrite: true });
  const printed = file.getFullText().replaceAll('\r\n', '\n').trim();
  project.removeSourceFile(file);
  return [HEADER, printed, tail.trim()]
    .filter((part) => part !== '')
    .join('\n')
    .replace(/\n*$/, '\n');
}

/** A string as a single-quoted literal. */
export function quote(text: string): string {
  const inner = JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'");
  return `'${inner.replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029')}'`;
}

/** Plain data as source text: JSON with bare keys where they are identifiers, on one line. */
export function literal(value: unknown): string {
  if (typeof value === 'string') return quote(value);
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`;
  if (value === null || typeof value !== 'object') return String(value);
  const entries = Object.entries(value).map(([key, item]) => `${propertyKey(key)}: ${literal(item)}`);
  return entries.length === 0 ? '{}' : `{ ${entries.join(', ')} }`;
}

/** `__proto__: x` in a literal would set the prototype; computed, it is a property like any other. */
function propertyKey(key: string): string {
  if (key === '__proto__') return "['__proto__']";
  return /^[A-Za-z_$][A-Za-z0-9_$]*$/.test(key) ? key : quote(key);
}

/** The `docs` of a structure; none for an empty text. */
export function docs(text: string): { description: string }[] {
  const description = commentLines(text).join('\n');
  if (description === '') return [];
  return [{ description: description.includes('\n') ? `\n${description}` : description }];
}
