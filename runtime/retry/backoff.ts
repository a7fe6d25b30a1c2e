// How long to wait before the next attempt, and whether an error is worth one. Pure.
import type { Backoff, ErrorClass } from '../types.js';

/**
 * delay × 2^(n−1) for exponential, delay for fixed; at most maxMs; then ± jitter × that, drawn evenly (full spread keeps
 * instances that failed together from coming back together).
 * @param failures attempts that failed so far, from 1
 * @param random 0 ≤ random < 1
 */
export function backoffMs(backoff: Backoff, failures: number, random: number): number {
  const grown = backoff.type === 'fixed' ? backoff.delayMs : backoff.delayMs * 2 ** Math.min(failures - 1, 52);
  const capped = Math.min(grown, backoff.maxMs);
  return Math.max(0, Math.round(capped * (1 + backoff.jitter * (2 * random - 1))));
}

/** Error classes by the names jobs.yaml uses; `Error` is anything thrown. */
export type ErrorClasses = ReadonlyMap<string, ErrorClass | undefined>;

/**
 * Is this error, or one of its causes, named by `for`? By instanceof where the class is known; by `name` or `code` for
 * errors that crossed a process or come from a second copy of a package.
 */
export function isRetryable(error: unknown, names: readonly string[], classes: ErrorClasses): boolean {
  if (names.includes('Error')) return true;
  const seen = new Set<unknown>();
  for (let at = error; at instanceof Error && !seen.has(at); at = at.cause) {
    seen.add(at);
    if (names.some((name) => matches(at as Error, name, classes.get(name)))) return true;
  }
  return false;
}

function matches(error: Error & { code?: unknown }, name: string, type: ErrorClass | undefined): boolean {
  return (type !== undefined && error instanceof type) || error.name === name || error.code === name;
}
