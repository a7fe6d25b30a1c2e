// A cron expression from text to what it matches on a plain wall clock: times of day, and days of any month.
//
// Four dialects, told apart by the text alone: nicknames (@daily); five fields; six, seconds first; and Quartz, six or
// seven fields with ?, L, W, #, or a year. They differ in how weekdays count: Quartz 1-7 from Sunday, the others 0-7
// with Sunday both 0 and 7. What can never fire is refused here. Nothing here knows zones, instants or today.

import { CronError, reject } from './cron-error.js';
import {
  createMonthMask,
  type DayField,
  daysMask,
  type MonthMask,
  type MonthShape,
  parseDays,
  parseWeekdays,
  weekdaysMask,
} from './day-rules.js';
import { type CronDialect, type FieldTokens, readTokens } from './dialect.js';
import {
  DAY_OF_MONTH,
  FIRST_YEAR,
  type FieldItem,
  type FieldSpec,
  HOUR,
  itemsHold,
  LAST_YEAR,
  MINUTE,
  MONTH,
  parseItems,
  QUARTZ_WEEKDAY,
  SECOND,
  toPlainSyntax,
  WEEKDAY,
  YEAR,
} from './fields.js';
import { matchFields } from './matching.js';

export type { CronDialect };
export { CronError };

/** What an expression matches on a wall clock without a zone. Fires lie in the years 1970 to 2099. */
export interface CronExpression {
  readonly text: string;
  readonly dialect: CronDialect;
  /** Ascending, never empty. */
  readonly seconds: readonly number[];
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  /** The hour field has a wildcard, a range or a step: such jobs fire in both passes of a repeated hour. */
  readonly repeatsHours: boolean;
  /** The matching days of a month (1-12) as a mask, bit 0 for the 1st; 0 for years outside 1970-2099. */
  daysOf(year: number, month: number): number;
}

interface DayMasks {
  readonly days: MonthMask | null;
  readonly weekdays: MonthMask | null;
}

interface ParsedFields {
  readonly seconds: readonly FieldItem[];
  readonly minutes: readonly FieldItem[];
  readonly hours: readonly FieldItem[];
  readonly days: DayField;
  readonly months: readonly FieldItem[];
  readonly weekdays: DayField;
  readonly years: readonly FieldItem[];
}

/**
 * Reads an expression of any dialect. Lists, ranges (which may wrap: 22-2, FRI-MON, NOV-FEB), steps and names are the
 * same in all of them. Throws CronError for what cannot be read, what is surely a mistake (a step larger than its
 * range) and what can never fire (30 February).
 */
export function parseCron(expression: string): CronExpression {
  const tokens = readTokens(expression);
  const weekdaySpec = tokens.dialect === 'quartz' ? QUARTZ_WEEKDAY : WEEKDAY;
  const fields = readFields(tokens, weekdaySpec);
  const plain = matchFields(plainSyntax(fields, weekdaySpec));
  const masks: DayMasks = {
    days: daysMask(fields.days, plain.days),
    weekdays: weekdaysMask(fields.weekdays, plain.weekdays),
  };
  if (tokens.dialect === 'quartz') refuseTwoDayFields(tokens, masks);
  const daysOf = createCalendar(createMonthMask(masks.days, masks.weekdays), plain.months, fields.years);
  refuseNever(expression, tokens, daysOf);
  return {
    text: expression,
    dialect: tokens.dialect,
    seconds: plain.seconds,
    minutes: plain.minutes,
    hours: plain.hours,
    repeatsHours: fields.hours.some((item) => item.open),
    daysOf,
  };
}

function readFields(tokens: FieldTokens, weekdaySpec: FieldSpec): ParsedFields {
  if (tokens.day.text === '?' && tokens.weekday.text === '?') {
    reject(
      tokens.weekday,
      '"?" stands for both day of month and weekday; one of them has to say something',
      'write * for one',
    );
  }
  return {
    seconds: parseItems(tokens.second, SECOND),
    minutes: parseItems(tokens.minute, MINUTE),
    hours: parseItems(tokens.hour, HOUR),
    days: parseDays(tokens.day),
    months: parseItems(tokens.month, MONTH),
    weekdays: parseWeekdays(tokens.weekday, weekdaySpec),
    years: parseItems(tokens.year, YEAR),
  };
}

/** The six fields for the cron package; a day field of rules alone becomes `*`, and its values are not used. */
function plainSyntax(fields: ParsedFields, weekdaySpec: FieldSpec): string[] {
  return [
    toPlainSyntax(fields.seconds, SECOND),
    toPlainSyntax(fields.minutes, MINUTE),
    toPlainSyntax(fields.hours, HOUR),
    toPlainSyntax(fields.days.items, DAY_OF_MONTH),
    toPlainSyntax(fields.months, MONTH),
    toPlainSyntax(fields.weekdays.items, weekdaySpec),
  ];
}

/** Quartz never said whether both would have to match or either; neither do we. */
function refuseTwoDayFields(tokens: FieldTokens, restricts: DayMasks): void {
  if (restricts.days === null || restricts.weekdays === null) return;
  const message = `a Quartz expression takes either a day of month ("${tokens.day.text}") or a weekday ("${tokens.weekday.text}")`;
  reject(tokens.weekday, message, 'write ? for the other one');
}

function createCalendar(
  mask: MonthMask,
  months: readonly number[],
  years: readonly FieldItem[],
): CronExpression['daysOf'] {
  return (year, month) => {
    if (!months.includes(month) || !itemsHold(years, year)) return 0;
    return mask(monthShape(year, month));
  };
}

function monthShape(year: number, month: number): MonthShape {
  return {
    length: new Date(Date.UTC(year, month, 0)).getUTCDate(),
    firstWeekday: new Date(Date.UTC(year, month - 1, 1)).getUTCDay(),
  };
}

/** From 1970 to 2099 every length of a month meets every first weekday, so that what is not there never comes. */
function refuseNever(expression: string, tokens: FieldTokens, daysOf: CronExpression['daysOf']): void {
  for (let year = FIRST_YEAR; year <= LAST_YEAR; year += 1) {
    for (let month = 1; month <= 12; month += 1) if (daysOf(year, month) !== 0) return;
  }
  const { day, month, weekday, year } = tokens;
  const dates = `day of month ${day.text}, month ${month.text}, weekday ${weekday.text}, year ${year.text}`;
  const end = Math.max(weekday.offset + weekday.text.length, year.offset + year.text.length);
  const text = expression.slice(day.offset, end).trimEnd();
  reject(
    { text, offset: day.offset },
    `the expression never fires: no date has ${dates}`,
    'check the days the month has',
  );
}
