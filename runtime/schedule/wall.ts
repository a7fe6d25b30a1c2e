// Arithmetic on a plain wall clock: the matching second after or before another, and how many lie between.
//
// Wall seconds count from 1970-01-01 00:00:00 on the clock's face, as if every day had 86,400 of them; no zone is in
// them. Times of day are numbered, so that counting multiplies: the cost goes with the months looked at, never with the
// matches. Nothing here may become an instant; that is fires.ts.

import type { CronExpression } from './cron.js';
import { FIRST_YEAR, LAST_YEAR } from './fields.js';

const DAY = 86_400;

/** An expression on the wall clock; all arguments and results are wall seconds. */
export interface WallClock {
  /** The first match at or after `second`; null when none is left before the year 2100. */
  atOrAfter(second: number): number | null;
  /** The last match before `second`; null when there is none since 1970. */
  before(second: number): number | null;
  /** How many matches lie in [from, to). */
  count(from: number, to: number): number;
}

/** The times of one day, numbered from 0 in order. */
interface DayTimes {
  readonly total: number;
  /** How many of them come before a second of the day. */
  rank(second: number): number;
  /** The second of the day with this number. */
  at(rank: number): number;
}

/** The matching days, numbered from 1970-01-01. */
interface MatchingDays {
  has(day: number): boolean;
  atOrAfter(day: number): number | null;
  atOrBefore(day: number): number | null;
  count(from: number, to: number): number;
}

export function createWallClock(expression: CronExpression): WallClock {
  const times = createDayTimes(expression);
  const days = createMatchingDays(expression);

  const atOrAfter = (second: number): number | null => {
    const today = Math.floor(second / DAY);
    const rank = days.has(today) ? times.rank(second - today * DAY) : times.total;
    if (rank < times.total) return today * DAY + times.at(rank);
    const day = days.atOrAfter(today + 1);
    return day === null ? null : day * DAY + times.at(0);
  };

  const before = (second: number): number | null => {
    const today = Math.floor(second / DAY);
    const rank = days.has(today) ? times.rank(second - today * DAY) : 0;
    if (rank > 0) return today * DAY + times.at(rank - 1);
    const day = days.atOrBefore(today - 1);
    return day === null ? null : day * DAY + times.at(times.total - 1);
  };

  const partOf = (day: number, second: number): number => (days.has(day) ? times.rank(second - day * DAY) : 0);

  const count = (from: number, to: number): number => {
    if (to <= from) return 0;
    const [first, last] = [Math.floor(from / DAY), Math.floor(to / DAY)];
    return days.count(first, last) * times.total + partOf(last, to) - partOf(first, from);
  };

  return { atOrAfter, before, count };
}

function createDayTimes({ hours, minutes, seconds }: CronExpression): DayTimes {
  const below = { hour: ranks(hours, 24), minute: ranks(minutes, 60), second: ranks(seconds, 60) };
  const perMinute = seconds.length;
  const perHour = minutes.length * perMinute;

  const rank = (second: number): number => {
    const hour = Math.floor(second / 3600);
    const minute = Math.floor(second / 60) % 60;
    const passed = (below.hour[hour] as number) * perHour;
    if (below.hour[hour] === below.hour[hour + 1]) return passed;
    const passedMinutes = passed + (below.minute[minute] as number) * perMinute;
    if (below.minute[minute] === below.minute[minute + 1]) return passedMinutes;
    return passedMinutes + (below.second[second % 60] as number);
  };

  const at = (number: number): number => {
    const hour = hours[Math.floor(number / perHour)] as number;
    const minute = minutes[Math.floor(number / perMinute) % minutes.length] as number;
    return hour * 3600 + minute * 60 + (seconds[number % perMinute] as number);
  };

  return { total: hours.length * perHour, rank, at };
}

/** For each value up to `size`, how many of the sorted `values` are smaller. */
function ranks(values: readonly number[], size: number): number[] {
  return Array.from({ length: size + 1 }, (_, value) => values.filter((other) => other < value).length);
}

function createMatchingDays({ daysOf }: CronExpression): MatchingDays {
  const has = (day: number): boolean => {
    const { year, month, date } = calendarOf(day);
    return (daysOf(year, month) & (1 << (date - 1))) !== 0;
  };

  const atOrAfter = (day: number): number | null => {
    const start = calendarOf(Math.max(day, FIRST_DAY));
    let unwanted = start.date - 1;
    for (let month = start.index; month <= LAST_MONTH; month += 1) {
      const mask = maskOf(month) & (-1 << unwanted);
      if (mask !== 0) return firstDayOf(month) + 31 - Math.clz32(mask & -mask);
      unwanted = 0;
    }
    return null;
  };

  const atOrBefore = (day: number): number | null => {
    const start = calendarOf(Math.min(day, LAST_DAY));
    let wanted = start.date;
    for (let month = start.index; month >= FIRST_MONTH; month -= 1) {
      const mask = maskOf(month) & (-1 >>> (32 - wanted));
      if (mask !== 0) return firstDayOf(month) + 31 - Math.clz32(mask);
      wanted = 31;
    }
    return null;
  };

  const count = (from: number, to: number): number => {
    const [first, last] = [calendarOf(Math.max(from, FIRST_DAY)), calendarOf(Math.min(to, LAST_DAY + 1))];
    let days =
      bits(maskOf(last.index) & ~(-1 << (last.date - 1))) - bits(maskOf(first.index) & ~(-1 << (first.date - 1)));
    for (let month = first.index; month < last.index; month += 1) days += bits(maskOf(month));
    return days;
  };

  const maskOf = (index: number): number => daysOf(Math.floor(index / 12), (index % 12) + 1);

  return { has, atOrAfter, atOrBefore, count };
}

const FIRST_DAY = Date.UTC(FIRST_YEAR, 0, 1) / (DAY * 1000);
const LAST_DAY = Date.UTC(LAST_YEAR, 11, 31) / (DAY * 1000);
const FIRST_MONTH = FIRST_YEAR * 12;
const LAST_MONTH = LAST_YEAR * 12 + 11;

/** A day number as a date; `index` numbers months through all years. */
function calendarOf(day: number): { year: number; month: number; date: number; index: number } {
  const date = new Date(day * DAY * 1000);
  const year = date.getUTCFullYear();
  const month = date.getUTCMonth() + 1;
  return { year, month, date: date.getUTCDate(), index: year * 12 + month - 1 };
}

function firstDayOf(index: number): number {
  return Date.UTC(Math.floor(index / 12), index % 12, 1) / (DAY * 1000);
}

function bits(mask: number): number {
  let left = mask;
  let count = 0;
  for (; left !== 0; left &= left - 1) count += 1;
  return count;
}
