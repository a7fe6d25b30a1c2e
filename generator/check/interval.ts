// The shortest time between two fires of an expression, on a wall clock without daylight saving. Pure.

import type { CronExpression } from '../../runtime/schedule/cron.js';

const DAY_MS = 86_400_000;
/** Two leap years and every weekday of the year's end lie in these. */
const YEARS = [2024, 2032] as const;

type Times = Pick<CronExpression, 'seconds' | 'minutes' | 'hours' | 'daysOf'>;

/** In milliseconds; infinite when it fires once only. */
export function shortestIntervalMs(cron: Times): number {
  const minuteTurn = first(cron.seconds) - last(cron.seconds);
  const hourTurn = (first(cron.minutes) - last(cron.minutes)) * 60 + minuteTurn;
  const dayTurn = (first(cron.hours) - last(cron.hours)) * 3_600 + hourTurn;
  const withinDay = Math.min(
    closest(cron.seconds),
    closest(cron.minutes) * 60 + minuteTurn,
    closest(cron.hours) * 3_600 + hourTurn,
  );
  const acrossDays = closestDaysMs(cron) + dayTurn * 1_000;
  return Math.min(withinDay * 1_000, acrossDays);
}

function first(values: readonly number[]): number {
  return values[0] ?? 0;
}

function last(values: readonly number[]): number {
  return values[values.length - 1] ?? 0;
}

function closest(values: readonly number[]): number {
  return values
    .slice(1)
    .reduce((least, value, index) => Math.min(least, value - (values[index] ?? 0)), Number.POSITIVE_INFINITY);
}

/** The fewest days between two days that match, found at once for daily schedules. */
function closestDaysMs(cron: Times): number {
  let leastMs = Number.POSITIVE_INFINITY;
  let before: number | null = null;
  for (let month = 0; month < (YEARS[1] - YEARS[0]) * 12; month++) {
    const year = YEARS[0] + Math.floor(month / 12);
    const mask = cron.daysOf(year, (month % 12) + 1);
    for (let day = 0; day < 31; day++) {
      if ((mask & (1 << day)) === 0) continue;
      const at = Date.UTC(year, month % 12, day + 1);
      if (before !== null) leastMs = Math.min(leastMs, at - before);
      if (leastMs === DAY_MS) return leastMs;
      before = at;
    }
  }
  return leastMs;
}
