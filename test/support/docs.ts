// The project's documentation as facts: its code blocks with what is said about running them, its links, its headings.
// A code block runs unless an HTML comment right above it says why not: `<!-- not run: … -->`. Other comments there say how.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface CodeBlock {
  /** `README.md:42`, for messages. */
  readonly place: string;
  readonly file: string;
  readonly language: string;
  readonly text: string;
  /** The comment above it, without its brackets; '' for none. */
  readonly remark: string;
}

export interface Link {
  readonly place: string;
  readonly file: string;
  readonly target: string;
}

/** Every page: README, CHANGELOG, CONTRIBUTING and docs/. */
export function pages(): readonly string[] {
  const docs = readdirSync(join(ROOT, 'docs')).filter((name) => name.endsWith('.md'));
  return ['README.md', 'CHANGELOG.md', 'CONTRIBUTING.md', ...docs.sort().map((name) => `docs/${name}`)];
}

export function readPage(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

/** The code blocks of the pages, in order. */
export function codeBlocks(files: readonly string[] = pages()): readonly CodeBlock[] {
  return files.flatMap((file) => blocksOf(file, readPage(file)));
}

/** Those that a test has to run. */
export function runnable(language: string): readonly CodeBlock[] {
  return codeBlocks().filter((block) => block.language === language && !block.remark.startsWith('not run: '));
}

function blocksOf(file: string, text: string): CodeBlock[] {
  const lines = text.split('\n');
  const blocks: CodeBlock[] = [];
  for (let at = 0; at < lines.length; at += 1) {
    const language = /^```(\w*)$/.exec(lines[at] ?? '')?.[1];
    if (language === undefined) continue;
    const end = lines.indexOf('```', at + 1);
    if (end < 0) throw new Error(`${file}:${at + 1}: this code block has no end`);
    const remark = /^<!-- (.*) -->$/.exec(lines[at - 1] ?? '')?.[1] ?? '';
    const body = lines.slice(at + 1, end).join('\n');
    blocks.push({ place: `${file}:${at + 1}`, file, language, text: body, remark });
    at = end;
  }
  return blocks;
}

/** Links of the pages' prose; code is left out. */
export function links(): readonly Link[] {
  return pages().flatMap((file) => {
    const prose = readPage(file).replace(/^```[\s\S]*?^```$/gm, (code) => code.replace(/[^\n]/g, ''));
    return prose.split('\n').flatMap((line, at) =>
      [...line.replace(/`[^`]*`/g, '').matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => ({
        place: `${file}:${at + 1}`,
        file,
        target,
      })),
    );
  });
}

/** Anchors of a page's headings, as they are made on the web. */
export function anchors(file: string): ReadonlySet<string> {
  const headings = readPage(file).matchAll(/^#{1,6} (.+)$/gm);
  return new Set([...headings].map(([, heading = '']) => anchorOf(heading)));
}

function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\- _]/gu, '')
    .replaceAll(' ', '-');
}

/** The first cells of the rows of every table below a heading, without their code marks; several in one cell are several. */
export function firstCells(file: string, heading: string): readonly string[] {
  const [, section = ''] = readPage(file).split(`\n## ${heading}\n`);
  const [own = ''] = section.split('\n## ');
  const rows = [...own.matchAll(/^\| (`[^|]+`)[^|]*\|/gm)];
  return rows.flatMap(([, cell = '']) => [...cell.matchAll(/`([^`]+)`/g)].map(([, word = '']) => word));
}
