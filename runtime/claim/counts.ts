// What became of a run's rows, in words: for job_log, the log and the live display.
import type { RowCounts } from '../claim-types.js';

const WORDS: readonly (readonly [keyof RowCounts, string])[] = [
  ['done', 'done'],
  ['failed', 'given up'],
  ['released', 'released'],
  ['changed', 'changed meanwhile'],
];

/** `rows: 120 done, 3 released`; null when there was nothing to do. */
export function tellRows(counts: RowCounts): string | null {
  const parts = WORDS.flatMap(([name, word]) => (counts[name] === 0 ? [] : [`${counts[name]} ${word}`]));
  return parts.length === 0 ? null : `rows: ${parts.join(', ')}`;
}
