// The printer of problems: a greppable first line, the line of source it is about, a caret with the hint.
//
//   jobs.yaml:5:5 error DJ1003 unknown key "timout" in job "closeUnpaidOrders"
//     5 |     timout: 50s
//       |     ^^^^^^ did you mean "timeout"?
//
// Pure: text in, text out; colour is the caller's decision. Source is shown as it is but for what would break the
// terminal or the caret: tabs become spaces, control characters a mark, long lines a window around the caret.

export interface Problem {
  readonly code: string;
  readonly severity: 'error' | 'warning';
  readonly message: string;
  readonly hint?: string;
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 units. */
  readonly column: number;
  /** In UTF-16 units, at least 1. */
  readonly length: number;
}

export interface PrintOptions {
  readonly problems: readonly Problem[];
  /** The text of a file that problems name; without it they are printed without a frame. */
  readonly textOf: (file: string) => string | undefined;
  /** ANSI colours; leave off when the output is no terminal or NO_COLOR is set. */
  readonly color: boolean;
}

const MOST_SHOWN = 20;
const MOST_COLUMNS = 100;
const TAB = '  ';

/** All problems as text that ends in a line break; errors first get the room there is. Empty without problems. */
export function formatProblems(options: PrintOptions): string {
  const { problems, textOf } = options;
  if (problems.length === 0) return '';
  const paint = options.color ? paintAnsi : paintNothing;
  const shown = choose(problems);
  const lines = linesOf(textOf);
  const blocks = shown.map((problem) => formatOne(problem, lines(problem.file)?.[problem.line - 1], paint));
  const more = problems.length - shown.length;
  const rest = more > 0 ? [`and ${more} more; all of them: npx dal-job gen --format json`] : [];
  return `${[...blocks, ...rest, summary(problems)].join('\n')}\n`;
}

/** `2 errors, 1 warning. Nothing was written.` */
export function summary(problems: readonly Problem[]): string {
  const errors = problems.filter((problem) => problem.severity === 'error').length;
  const counts = [count(errors, 'error'), count(problems.length - errors, 'warning')].filter((text) => text !== '');
  return `${counts.join(', ')}.${errors > 0 ? ' Nothing was written.' : ''}`;
}

function count(number: number, word: string): string {
  return number === 0 ? '' : `${number} ${word}${number === 1 ? '' : 's'}`;
}

/** By file, line and column; errors before warnings when they share a place. */
export function sortProblems(problems: readonly Problem[]): Problem[] {
  return [...problems].sort(
    (a, b) =>
      compare(a.file, b.file) ||
      a.line - b.line ||
      a.column - b.column ||
      compare(a.severity, b.severity) ||
      compare(a.code, b.code),
  );
}

function compare(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

function choose(problems: readonly Problem[]): Problem[] {
  const sorted = sortProblems(problems);
  const errors = sorted.filter((problem) => problem.severity === 'error');
  const warnings = sorted.filter((problem) => problem.severity === 'warning');
  return sortProblems([...errors, ...warnings].slice(0, MOST_SHOWN));
}

function linesOf(textOf: PrintOptions['textOf']): (file: string) => string[] | undefined {
  const cache = new Map<string, string[] | undefined>();
  return (file) => {
    if (!cache.has(file))
      cache.set(
        file,
        textOf(file)
          ?.replace(/^\uFEFF/, '')
          .split(/\r?\n/),
      );
    return cache.get(file);
  };
}

type Paint = (text: string, style: 'red' | 'yellow' | 'bold' | 'dim') => string;
const paintNothing: Paint = (text) => text;
const STYLES = { red: 31, yellow: 33, bold: 1, dim: 2 } as const;
const paintAnsi: Paint = (text, style) => `\u001b[${STYLES[style]}m${text}\u001b[0m`;

function formatOne(problem: Problem, source: string | undefined, paint: Paint): string {
  const tone = problem.severity === 'error' ? 'red' : 'yellow';
  const place = paint(`${problem.file}:${problem.line}:${problem.column}`, 'bold');
  const head = `${place} ${paint(problem.severity, tone)} ${problem.code} ${printable(problem.message)}`;
  const hint = problem.hint === undefined ? '' : ` ${printable(problem.hint)}`;
  if (source === undefined) return hint === '' ? head : `${head}\n  ${hint.trim()}`;
  const { text, indent, carets } = frame(source, problem);
  const gutter = `  ${problem.line}`;
  const shown = `${paint(`${gutter} |`, 'dim')} ${text}`.trimEnd();
  const below = `${paint(`${' '.repeat(gutter.length)} |`, 'dim')} ${' '.repeat(indent)}${paint('^'.repeat(carets), tone)}${hint}`;
  return [head, shown, below].join('\n');
}

/** The part of the line to show, and where the carets go, in terminal columns. */
function frame(source: string, { column, length }: Problem): { text: string; indent: number; carets: number } {
  const start = Math.min(column - 1, source.length);
  const end = Math.min(start + length, source.length);
  const from = start > MOST_COLUMNS - 20 ? boundary(source, start - 40) : 0;
  const to = boundary(source, Math.min(source.length, from + MOST_COLUMNS));
  const before = from > 0 ? '…' : '';
  const after = to < source.length ? '…' : '';
  const text = `${before}${printable(source.slice(from, to))}${after}`;
  const indent = before.length + width(printable(source.slice(from, start)));
  return { text, indent, carets: Math.max(1, width(printable(source.slice(start, Math.min(end, to))))) };
}

/** Never between the halves of a surrogate pair. */
function boundary(text: string, at: number): number {
  const code = text.charCodeAt(at);
  return code >= 0xdc00 && code <= 0xdfff ? at - 1 : at;
}

/** Tabs as spaces, and a mark for what would move the cursor or turn the reading direction. */
function printable(text: string): string {
  return text.replace(/\t/g, TAB).replace(/[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu, '\ufffd');
}

/** Terminal columns: East Asian wide characters and emoji take two, combining marks none. */
export function width(text: string): number {
  let columns = 0;
  for (const char of text) columns += widthOf(char);
  return columns;
}

const NO_WIDTH = /^[\p{Mn}\p{Me}\p{Cf}]$/u;
const WIDE =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]$/u;

function widthOf(char: string): number {
  if (char <= '~') return 1;
  if (NO_WIDTH.test(char)) return 0;
  return WIDE.test(char) ? 2 : 1;
}
