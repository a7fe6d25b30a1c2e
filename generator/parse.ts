// From the text of a YAML file to plain data, with the place of every key and value.
// Whatever is in the text, the answer is data or problems with line and column: never an exception, never a hang.
// What the YAML package lets pass and we do not: unknown tags, keys that are no strings, aliases that expand too far.
// Knows nothing of jobs: it will read other files of ours too.

import { parseDocument } from 'yaml';
import type { Report } from './report.js';
import type { SourceText, Span } from './source.js';
import { createResolver } from './yaml/anchors.js';
import { toData } from './yaml/data.js';
import { createLocator, type Locator } from './yaml/locate.js';
import { findUnquoted, refuseText, syntaxFinding } from './yaml/syntax.js';

/** Keys from the root down; a list's items by their number. */
export type Path = readonly (string | number)[];

export interface ParsedYaml extends Locator {
  /** Maps are plain objects, lists arrays; shared anchors are shared objects. */
  readonly data: unknown;
}

/** Null when the text cannot be read at all; then the report has at least one error. */
export function parseYaml(source: SourceText, report: Report): ParsedYaml | null {
  if (refuseText(source.text, report)) return null;
  try {
    return parse(source, report);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error; // the parser ran out of stack
    report.add({ code: 'DJ1024', span: { start: 0, end: 1 }, message: 'maps and lists are nested too deeply' });
    return null;
  }
}

function parse(source: SourceText, report: Report): ParsedYaml | null {
  const document = parseDocument(source.text, {
    uniqueKeys: false,
    stringKeys: false,
    logLevel: 'error',
    merge: false,
    prettyErrors: false,
  });
  if (document.errors.length > 0) {
    const unquoted = findUnquoted(source.text, document.errors);
    const findings =
      unquoted.length > 0 ? unquoted : document.errors.slice(0, 1).map((error) => syntaxFinding(source.text, error));
    for (const finding of findings) report.add(finding);
    return null;
  }
  const resolve = createResolver(document);
  const data = toData(document.contents, resolve, report);
  return data === undefined ? null : { data, ...createLocator(document.contents, resolve, source.text) };
}

/** A path as people write it: `retry.for[0]`. */
export function showPath(path: Path): string {
  return path.map((step, index) => showStep(step, index)).join('');
}

function showStep(step: string | number, index: number): string {
  if (typeof step === 'number' || /^[0-9]+$/.test(step)) return `[${step}]`;
  return index === 0 ? step : `.${step}`;
}

export type { Locator, Span };
