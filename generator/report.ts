// Collects the problems of one source text: code, place, words.
// The severity comes from the table of codes, so that one code never is an error here and a warning there.
// Two problems of one code at one place are one problem (a shared anchor would repeat it for every use).

import { GENERATOR_CODES, type GeneratorCode } from './codes.js';
import type { Problem } from './diagnostics.js';
import type { SourceText, Span } from './source.js';

export interface Finding {
  readonly code: GeneratorCode;
  readonly span: Span;
  readonly message: string;
  readonly hint?: string | undefined;
}

export interface Report {
  readonly problems: readonly Problem[];
  add(finding: Finding): void;
  hasErrors(): boolean;
}

export function createReport(source: SourceText): Report {
  const problems: Problem[] = [];
  const seen = new Set<string>();
  const add = ({ code, span, message, hint }: Finding): void => {
    const key = `${code} ${span.start} ${span.end}`;
    if (seen.has(key)) return;
    seen.add(key);
    const words = hint === undefined ? { message } : { message, hint };
    problems.push({
      code,
      severity: GENERATOR_CODES[code].severity,
      ...words,
      file: source.file,
      ...source.place(span),
    });
  };
  return { problems, add, hasErrors: () => problems.some((problem) => problem.severity === 'error') };
}
