// A job's key in the text of jobs.yaml, and nothing else of it: comments, order, quotes and line ends stay byte for byte. A
// key that is not written out where the job stands (it comes from an anchor, or with escapes) is refused, not guessed at.
import { isMap, isScalar, type Pair, parseDocument } from 'yaml';

/** The text with the key `from` of `jobs` called `to`; null when that key is not one plain word there. */
export function renameInYaml(text: string, from: string, to: string): string | null {
  const mark = text.startsWith('\uFEFF') ? 1 : 0;
  const root = parseDocument(text.slice(mark), { uniqueKeys: false, logLevel: 'silent' }).contents;
  const jobs = isMap(root) ? pairOf(root.items, 'jobs')?.value : undefined;
  const key = isMap(jobs) ? pairOf(jobs.items, from)?.key : undefined;
  if (!isScalar(key) || !key.range) return null;
  const [start, end] = [key.range[0] + mark, key.range[1] + mark];
  const written = text.slice(start, end);
  if (!['', "'", '"'].some((quote) => written === `${quote}${from}${quote}`)) return null;
  return text.slice(0, start) + written.replace(from, to) + text.slice(end);
}

function pairOf(pairs: readonly Pair[], name: string): Pair | undefined {
  return pairs.find(({ key }) => isScalar(key) && key.value === name);
}
