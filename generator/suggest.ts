// "Did you mean": the nearest of a few known words by edit distance.
// Only near words are offered: a wrong guess costs the reader more than none. Never used to decide anything,
// only to word a hint and to see that a missing key and an unknown one are the same slip.

/** The nearest known word within about a third of the word's length, or undefined. */
export function suggest(word: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const candidate of known) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (isNear(distance, word, candidate) && distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

function isNear(distance: number, word: string, candidate: string): boolean {
  const longest = Math.max(word.length, candidate.length);
  if (word.length > 100) return false;
  const [shorter, longer] = word.length < candidate.length ? [word, candidate] : [candidate, word];
  const part = shorter.length >= 3 && (longer.startsWith(shorter) || longer.endsWith(shorter));
  return distance <= Math.max(1, Math.floor(longest / 3)) || (part && distance <= 4);
}

/** Insertions, deletions, replacements and swaps of neighbours between two words. */
export function editDistance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > 20) return Math.max(a.length, b.length);
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      const step = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + (same ? 0 : 1));
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      row.push(swapped ? Math.min(step, (before[j - 2] ?? 0) + 1) : step);
    }
    before = last;
    last = row;
  }
  return last[b.length] ?? 0;
}
