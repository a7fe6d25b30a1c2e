// One source text with its lines: turns offsets into the line and column that editors show.
// Columns count UTF-16 units from 1, as editors and the language server do. A byte-order mark is not part of
// the text. Nothing here knows YAML.

/** A stretch of the text, by offsets; `end` is not part of it. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Where a stretch begins, and how long its part on that line is (at least 1). */
export interface Place {
  readonly line: number;
  readonly column: number;
  readonly length: number;
}

export interface SourceText {
  readonly file: string;
  readonly text: string;
  place(span: Span): Place;
  /** The text of a line, counted from 1, without its line break. */
  line(line: number): string;
}

export function sourceText(file: string, raw: string): SourceText {
  const text = raw.charCodeAt(0) === 0xfeff ? raw.slice(1) : raw;
  const starts = lineStarts(text);
  const line = (number: number): string => {
    const end = starts[number] ?? text.length + 1;
    return text.slice(starts[number - 1] ?? text.length, end - 1).replace(/\r$/, '');
  };
  const place = (span: Span): Place => {
    const number = lineAt(starts, span.start);
    const column = Math.min(span.start - (starts[number - 1] ?? 0), line(number).length) + 1;
    const rest = line(number).length - column + 1;
    return { line: number, column, length: Math.max(1, Math.min(span.end - span.start, rest)) };
  };
  return { file, text, place, line };
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}

/** The last line that starts at or before the offset, by halving. */
function lineAt(starts: readonly number[], offset: number): number {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return low + 1;
}
