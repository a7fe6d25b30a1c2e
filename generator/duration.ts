// Durations of jobs.yaml: one whole number and one unit, `500ms`, `30s`, `10m`, `1h`, `1d`.
// One unit only, so that a duration reads the same to everybody; what people write instead (`1h30m`, `90 sec`)
// is understood just well enough to name the right spelling, never accepted.

const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
type Unit = keyof typeof UNIT_MS;

const EXACT = /^([0-9]+)(ms|s|m|h|d)$/;
const PART =
  /([0-9]+(?:\.[0-9]+)?)\s*(milliseconds?|millis|msecs?|ms|seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|h|days?|d)\s*/iy;

/** The duration in milliseconds, or null when the text is none. */
export function parseDurationMs(text: string): number | null {
  const match = EXACT.exec(text);
  if (match === null) return null;
  const ms = Number(match[1]) * UNIT_MS[match[2] as Unit];
  return Number.isSafeInteger(ms) ? ms : null;
}

/** The duration in the greatest unit that needs no fraction: 5400000 is `90m`. */
export function formatDuration(ms: number): string {
  const units = (Object.keys(UNIT_MS) as Unit[]).reverse();
  const unit = units.find((candidate) => ms % UNIT_MS[candidate] === 0) ?? 'ms';
  return ms === 0 ? '0s' : `${ms / UNIT_MS[unit]}${unit}`;
}

/** What somebody who wrote `1h30m`, `90 sec` or `1.5h` should write; null when it cannot be guessed. */
export function suggestDuration(text: string): string | null {
  let totalMs = 0;
  PART.lastIndex = 0;
  let at = 0;
  for (let part = PART.exec(text.trim()); part !== null; part = PART.exec(text.trim())) {
    totalMs += Number(part[1]) * UNIT_MS[unitOf(part[2] ?? '')];
    at = PART.lastIndex;
  }
  const understood = at > 0 && at === text.trim().length && Number.isSafeInteger(totalMs);
  return understood ? formatDuration(totalMs) : null;
}

function unitOf(word: string): Unit {
  const lower = word.toLowerCase();
  if (lower.startsWith('ms') || lower.startsWith('mil')) return 'ms';
  return lower.charAt(0) as Unit;
}
