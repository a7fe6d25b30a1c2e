// The slow, plain answer that fire times are held against: it shares no code with runtime/schedule.
//
// It reads a clock through Intl minute by minute and asks of every second "does what the clock shows match?", and it
// states the daylight-saving rule in its own words: a wall time seen before is a repetition, a jump of the clock's face
// by more than a minute is a gap.

import { civil, type Drawn, type DrawnRule } from './expressions.js';

/** What a zone's clock shows, minute by minute, around one change of offset. */
export interface Window {
  readonly zone: string;
  readonly fromMs: number;
  /** Wall minutes since 1970 on the clock's face, one for each real minute from fromMs. */
  readonly walls: readonly number[];
}

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

// --- clocks ---

export type Face = (instantMs: number) => number;

/** Reads a zone's clock: wall minutes since 1970 on its face. */
export function clockFace(timeZone: string): Face {
  const format = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'short' });
  return (instantMs) => Date.parse(`${format.format(instantMs).replace(' ', 'T')}:00Z`) / 60_000;
}

/** Windows of a day to either side of each change of offset in the given years. */
export function changeWindows(zone: string, fromYear: number, toYear: number): Window[] {
  const face = clockFace(zone);
  const ahead = (ms: number) => face(ms) - ms / 60_000;
  const windows: Window[] = [];
  for (let day = Date.UTC(fromYear, 0, 1); day < Date.UTC(toYear + 1, 0, 1); day += DAY_MS) {
    if (ahead(day) === ahead(day + DAY_MS)) continue;
    let hour = day;
    while (ahead(hour + HOUR_MS) === ahead(hour)) hour += HOUR_MS;
    const fromMs = hour - DAY_MS;
    const minutes = (2 * DAY_MS + HOUR_MS) / 60_000;
    windows.push({ zone, fromMs, walls: Array.from({ length: minutes }, (_, index) => face(fromMs + index * 60_000)) });
  }
  return windows;
}

// --- the rule, second by second ---

export interface OracleFires {
  readonly fires: readonly number[];
  readonly gapFires: number;
  readonly repetitions: number;
}

/** All fires inside a window, which must be longer than any repetition before the first change. */
export function fireTimesByOracle(drawn: Drawn, rule: DrawnRule, { fromMs, walls }: Window): OracleFires {
  const fires: number[] = [];
  const seen = new Set<number>();
  const matches = minuteMatcher(drawn);
  const both = rule.overlap === null ? drawn.hour.open : rule.overlap === 'both';
  let gapFires = 0;
  let repetitions = 0;
  walls.forEach((wall, index) => {
    const minuteMs = fromMs + index * 60_000;
    const match = matches(wall);
    const swallowed = skippedMinutes(walls[index - 1] ?? wall, wall).some(matches);
    if (rule.gap === 'next' && swallowed && !(match && drawn.seconds.includes(0))) {
      fires.push(minuteMs);
      gapFires += 1;
    }
    if (match && seen.has(wall)) repetitions += 1;
    if (match && (both || !seen.has(wall))) for (const second of drawn.seconds) fires.push(minuteMs + second * 1000);
    seen.add(wall);
  });
  return { fires, gapFires, repetitions };
}

/** The minutes that the clock's face never showed between two that follow each other. */
function skippedMinutes(previous: number, wall: number): number[] {
  return Array.from({ length: Math.max(0, wall - previous - 1) }, (_, index) => previous + 1 + index);
}

function minuteMatcher({ minute, hour, date }: Drawn): (wall: number) => boolean {
  const knownDays = new Map<number, boolean>();
  return (wall) => {
    if (!minute.has(wall % 60) || !hour.has(Math.floor(wall / 60) % 24)) return false;
    const day = Math.floor(wall / 1440);
    const known = knownDays.get(day);
    if (known !== undefined) return known;
    const at = new Date(wall * 60_000);
    const matches = date.has(civil(at.getUTCFullYear(), at.getUTCMonth() + 1, at.getUTCDate()));
    knownDays.set(day, matches);
    return matches;
  };
}
