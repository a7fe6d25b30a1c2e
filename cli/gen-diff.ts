// What a run would change, as a unified diff that `git apply` takes. Line ends do not count, as they do not for the run
// itself. The library is loaded only when there is something to compare.
import type { GenerateReport } from '../generator/index.js';

type Change = GenerateReport['changes'][number];

/** All changes, in the order of the report; empty without any. */
export async function unifiedDiff({ changes, textOf, newTextOf }: GenerateReport): Promise<string> {
  if (changes.length === 0) return '';
  const { structuredPatch } = await import('diff');
  const diffs = changes.map((change) => {
    if (change.kind === 'move') return moveOf(change.path, change.to);
    const [before, after] = [change.kind === 'create' ? '' : plain(textOf(change.path)), plain(newTextOf(change.path))];
    const { hunks } = structuredPatch('', '', before, after, undefined, undefined, { context: 3 });
    return [...headOf(change), ...hunks.flatMap(showHunk)].join('\n');
  });
  return diffs.join('\n');
}

function moveOf(from: string, to: string): string {
  return [`diff --git a/${from} b/${to}`, 'similarity index 100%', `rename from ${from}`, `rename to ${to}`].join('\n');
}

function plain(text: string | undefined): string {
  return (text ?? '').replaceAll('\r\n', '\n');
}

function headOf({ kind, path }: Change): string[] {
  return [
    `--- ${kind === 'create' ? '/dev/null' : `a/${path}`}`,
    `+++ ${kind === 'delete' ? '/dev/null' : `b/${path}`}`,
  ];
}

interface Hunk {
  readonly oldStart: number;
  readonly oldLines: number;
  readonly newStart: number;
  readonly newLines: number;
  readonly lines: readonly string[];
}

function showHunk({ oldStart, oldLines, newStart, newLines, lines }: Hunk): string[] {
  const start = (line: number, count: number): number => (count === 0 ? Math.max(0, line - 1) : line);
  return [`@@ -${start(oldStart, oldLines)},${oldLines} +${start(newStart, newLines)},${newLines} @@`, ...lines];
}
