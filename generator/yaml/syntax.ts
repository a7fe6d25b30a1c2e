// What can be said of the text before and while it is read as YAML: size, merge markers, and syntax errors.
// Syntax errors cascade, so only the first is told, but for values that lack quotes: those are found line by line,
// since `cron: */5 * * * *` is what everybody writes first and YAML's own words for it (an alias) help nobody.

import { Lexer, type YAMLParseError } from 'yaml';
import type { Finding, Report } from '../report.js';

const MOST_BYTES = 1_048_576;
const MARKER = /^(?:<{7}|>{7}|\|{7})(?: .*)?\r?$/m;

/** Adds an error and answers true when the text should not be parsed at all. */
export function refuseText(text: string, report: Report): boolean {
  const bytes = Buffer.byteLength(text);
  if (bytes > MOST_BYTES) {
    const message = `the file has ${(bytes / MOST_BYTES).toFixed(1)} MB; up to 1 MB is read`;
    report.add({ code: 'DJ1019', span: { start: 0, end: 1 }, message });
    return true;
  }
  const marker = MARKER.exec(text);
  if (marker === null) return refuseIndent(text, report) || refuseDepth(text, report) || refuseDirectives(text, report);
  report.add({
    code: 'DJ1018',
    span: { start: marker.index, end: marker.index + marker[0].trimEnd().length },
    message: 'the file holds an unfinished merge',
    hint: 'resolve the conflict, then remove its markers',
  });
  return true;
}

/** Each line further in than the one before: such maps cost the parser the square of their depth, too. */
function refuseIndent(text: string, report: Report): boolean {
  const open: number[] = [];
  for (const match of text.matchAll(/^( *)[^\s]/gm)) {
    const indent = (match[1] ?? '').length;
    while (open.length > 0 && (open.at(-1) ?? 0) >= indent) open.pop();
    open.push(indent);
    if (open.length <= MOST_OPEN) continue;
    const start = match.index + indent;
    report.add({ code: 'DJ1024', span: { start, end: start + 1 }, message: TOO_DEEP });
    return true;
  }
  return false;
}

/** Lists in lists on one line, which the parser follows until there is no memory left. */
const MANY_SIGNS = /^[ \t]*(?:[-?:][ \t]+){101}/m;

/** Nested so deeply, brackets cost the parser time that grows with the square of their number; its lexer is quick. */
function refuseDepth(text: string, report: Report): boolean {
  const signs = MANY_SIGNS.exec(text);
  if (signs !== null) {
    const start = signs.index + signs[0].search(/\S/);
    report.add({ code: 'DJ1024', span: { start, end: start + 1 }, message: TOO_DEEP });
    return true;
  }
  if ((text.match(/[[{]/g)?.length ?? 0) <= MOST_OPEN) return false;
  let [offset, depth] = [0, 0];
  for (const token of new Lexer().lex(text)) {
    if (token === '[' || token === '{') depth += 1;
    if (token === ']' || token === '}') depth -= 1;
    if (depth > MOST_OPEN) {
      report.add({ code: 'DJ1024', span: { start: offset, end: offset + 1 }, message: TOO_DEEP });
      return true;
    }
    if (!LEXER_SIGNS.has(token)) offset += token.length;
  }
  return false;
}

const MOST_OPEN = 200;
const TOO_DEEP = 'maps and lists are nested too deeply';
/** What the lexer says that is not in the text: a document, a scalar, the end of brackets. */
const LEXER_SIGNS = new Set(['\u0002', '\u0018', '\u001f']);

/** The parser takes a second %YAML line for an answer; YAML does not. */
function refuseDirectives(text: string, report: Report): boolean {
  if (!/^(?:#.*\n|\s)*%/.test(text)) return false;
  const head = text.slice(0, Math.max(0, text.search(/^---/m)));
  const [, second] = [...head.matchAll(/^%YAML\b.*$/gm)];
  if (second === undefined) return false;
  const span = { start: second.index, end: second.index + second[0].length };
  report.add({ code: 'DJ1001', span, message: 'a second %YAML line', hint: 'keep one' });
  return true;
}

/** A key and, up to the end of the line or of its pair, a bare value that starts with a character YAML keeps for itself. */
const UNQUOTED =
  /((?:^|[{,])[ \t]*(?:- +)*[\w$.-]+ *: +)([*@%`][^\n}#]*?)(?=\s*(?:,\s*[\w"'-]+ *:|\}|#|,?[ \t\r]*$))/gm;

/** Bare values that need quotes, when one of them is what the parser stumbled over. */
export function findUnquoted(text: string, errors: readonly YAMLParseError[]): Finding[] {
  const found = [...text.matchAll(UNQUOTED)].filter(
    (match) => !isAlias(match[2] ?? '') && !isInQuotes(text, match.index),
  );
  const first = errors[0]?.pos[0] ?? 0;
  const firstLine = text.lastIndexOf('\n', first - 1) + 1;
  const isCause = found.some((match) => match.index >= firstLine - 200 && match.index <= first);
  return isCause ? found.map(unquotedFinding) : [];
}

function isAlias(value: string): boolean {
  return /^\*[\w-]+$/.test(value);
}

/** Inside a string or a comment, as far as its own line tells. */
function isInQuotes(text: string, at: number): boolean {
  const before = text.slice(text.lastIndexOf('\n', at - 1) + 1, at);
  return before.split('"').length % 2 === 0 || before.split("'").length % 2 === 0 || /(?:^|\s)#/.test(before);
}

function unquotedFinding(match: RegExpMatchArray): Finding {
  const value = match[2] ?? '';
  const start = (match.index ?? 0) + (match[1] ?? '').length;
  return {
    code: 'DJ1002',
    span: { start, end: start + value.length },
    message: `a value that starts with ${value.charAt(0)} must be quoted`,
    hint: `write ${JSON.stringify(value)}`,
  };
}

/** The parser's error in our words. */
export function syntaxFinding(text: string, error: YAMLParseError): Finding {
  const [from, to] = error.pos;
  const start = Math.min(from, Math.max(0, text.length - 1));
  const span = { start, end: Math.max(start + 1, to) };
  if (error.code === 'TAB_AS_INDENT' || /^\s*\t/.test(lineBefore(text, start))) {
    return { code: 'DJ1023', span: tabSpan(text, start), message: 'a tab in the indentation', hint: 'use spaces' };
  }
  if (error.code === 'RESOURCE_EXHAUSTION') {
    return { code: 'DJ1024', span, message: TOO_DEEP };
  }
  if (error.code === 'MULTIPLE_DOCS') {
    return { code: 'DJ1020', span, message: 'the file holds more than one YAML document', hint: 'keep one' };
  }
  const words = /^Flow (?:map|sequence)/.test(error.message) ? UNCLOSED : EXPLAINED[error.code];
  return { code: 'DJ1001', span, message: words?.[0] ?? `not valid YAML: ${plain(error.message)}`, hint: words?.[1] };
}

const UNCLOSED = ['a { or [ above is not closed before this', 'close it with } or ]'] as const;

const EXPLAINED: Partial<Record<string, readonly [string, string]>> = {
  BAD_INDENT: ['the indentation does not fit the lines around', 'keys of one map start in the same column'],
  BLOCK_AS_IMPLICIT_KEY: ['a second ": " on one line', 'quote the value, or begin a new line'],
  BAD_DQ_ESCAPE: ['an unknown escape in a double-quoted string', 'write \\\\ for a backslash, or use single quotes'],
  BAD_SCALAR_START: ['a bare value may not start with this character', 'quote the value'],
};

function plain(message: string): string {
  const first = (message.split('\n')[0] ?? '').replace(/ at line \d+, column \d+:?$/, '').replace(/[.:]$/, '');
  return first.charAt(0).toLowerCase() + first.slice(1);
}

function lineBefore(text: string, at: number): string {
  const start = text.lastIndexOf('\n', at - 1) + 1;
  return text.slice(start, at + 1);
}

function tabSpan(text: string, at: number): { start: number; end: number } {
  const lineStart = text.lastIndexOf('\n', at - 1) + 1;
  const tab = text.indexOf('\t', lineStart);
  const start = tab === -1 ? at : tab;
  return { start, end: start + 1 };
}
