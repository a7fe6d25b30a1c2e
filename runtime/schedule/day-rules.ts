// The days of a month that an expression names: plain days and weekdays, and Quartz's L, L-n, LW, nW, nL, n#k.
//
// A month's days are a 31-bit mask, bit 0 for the 1st. Every rule yields at most one day of a month and none when the
// month does not have it: 31W is silent in June as 31 is, L-30 is silent in February. Nothing here ever leaves the
// month: the weekday nearest to Saturday the 1st is Monday the 3rd, and to Sunday the 31st it is Friday the 29th.

import { reject, splitToken, type Token } from './cron-error.js';
import { DAY_OF_MONTH, type FieldItem, type FieldSpec, parseItem, parseValue } from './fields.js';

/** A month: how many days, and the weekday of its first (0 = Sunday). */
export interface MonthShape {
  readonly length: number;
  readonly firstWeekday: number;
}

/** The day a rule names in a month; 0 when that month has none. */
export type DayRule = (month: MonthShape) => number;

/** A day field: plain items, and rules beside them. `any` for `*` and `?`. */
export interface DayField {
  readonly any: boolean;
  readonly items: readonly FieldItem[];
  readonly rules: readonly DayRule[];
}

const ANY: DayField = { any: true, items: [], rules: [] };

/** Whether the two day fields use what only Quartz has: ?, L, W, #. */
export function usesQuartzDays(dayOfMonth: string, weekday: string): boolean {
  return /[?LW]/i.test(dayOfMonth) || /[?#]|(^|,)(\d|[a-z]{3})?L(,|$)/i.test(weekday);
}

/** Reads a day-of-month field, with or without Quartz's letters. */
export function parseDays(field: Token): DayField {
  return parseDayField(field, DAY_OF_MONTH, (item) => dayRule(item) ?? parseItem(item, DAY_OF_MONTH));
}

/** Reads a weekday field; `spec` says how its numbers count. */
export function parseWeekdays(field: Token, spec: FieldSpec): DayField {
  return parseDayField(field, spec, (item) => weekdayRule(item, spec) ?? parseItem(item, spec));
}

function parseDayField(field: Token, spec: FieldSpec, read: (item: Token) => FieldItem | DayRule): DayField {
  if (field.text === '*' || field.text === '?') return ANY;
  const parts = splitToken(field, ',', spec.name).map(read);
  return {
    any: false,
    items: parts.filter((part) => typeof part !== 'function'),
    rules: parts.filter((part) => typeof part === 'function'),
  };
}

/** L, L-n, LW, L-nW and nW. */
function dayRule(item: Token): DayRule | null {
  const fromEnd = /^L(?:-(\d+))?(W)?$/i.exec(item.text);
  if (fromEnd !== null) return dayFromEnd(item, Number(fromEnd[1] ?? 0), fromEnd[2] !== undefined);
  const nearest = /^(.+)W$/i.exec(item.text);
  if (nearest === null) return null;
  const [, text = ''] = nearest;
  if (!/^\d+$/.test(text)) reject(item, `day of month "${item.text}" is not valid`, 'W takes one day: 15W or LW');
  const day = parseValue({ text, offset: item.offset }, DAY_OF_MONTH);
  return (month) => nearestWorkday(month, day);
}

function dayFromEnd(item: Token, back: number, workday: boolean): DayRule {
  if (back > 30) reject(item, `day of month "${item.text}" is out of range: allowed are L-1 to L-30`);
  if (workday) return (month) => nearestWorkday(month, month.length - back);
  return (month) => Math.max(0, month.length - back);
}

/** nL and n#k; an L alone is the last day of the week, every week. */
function weekdayRule(item: Token, spec: FieldSpec): DayRule | FieldItem | null {
  if (/^L$/i.test(item.text)) return { from: spec.max, to: spec.max, step: 1, open: false };
  const found = /^([^#]*)(L|#)([^#]*)$/i.exec(item.text);
  if (found === null || (found[2] !== '#' && found[3] !== '')) return null;
  const [, text = '', mark, count = ''] = found;
  const weekday = parseValue({ text, offset: item.offset }, spec) - spec.min;
  if (mark !== '#') return (month) => lastOf(month, weekday);
  if (!/^[1-5]$/.test(count)) {
    reject(item, `weekday "${item.text}" is not valid: "#" takes 1-5`, 'the last one of a month is L, as in FRIL');
  }
  return (month) => nthOf(month, weekday, Number(count));
}

function nearestWorkday({ length, firstWeekday }: MonthShape, day: number): number {
  if (day < 1 || day > length) return 0;
  const weekday = (firstWeekday + day - 1) % 7;
  if (weekday === 6) return day > 1 ? day - 1 : day + 2;
  if (weekday === 0) return day < length ? day + 1 : day - 2;
  return day;
}

function nthOf({ length, firstWeekday }: MonthShape, weekday: number, count: number): number {
  const day = 1 + ((weekday - firstWeekday + 7) % 7) + 7 * (count - 1);
  return day <= length ? day : 0;
}

function lastOf(month: MonthShape, weekday: number): number {
  return nthOf(month, weekday, 5) || nthOf(month, weekday, 4);
}

/** Which days of one month match, as a mask; bit 0 is the 1st. */
export type MonthMask = (month: MonthShape) => number;

/** What both day fields together match. When both restrict the day, either may match (cron's classic rule). */
export function createMonthMask(days: MonthMask | null, weekdays: MonthMask | null): MonthMask {
  return (month) => {
    const all = -1 >>> (32 - month.length);
    if (days === null && weekdays === null) return all;
    return all & ((days?.(month) ?? 0) | (weekdays?.(month) ?? 0));
  };
}

/** The mask of a day field whose plain items matched `values`; null when it restricts nothing. */
export function daysMask(field: DayField, values: readonly number[]): MonthMask | null {
  const days = plainValues(field, values);
  if (field.any || days.length === 31) return null;
  const plain = days.reduce((mask, day) => mask | dayBit(day), 0);
  return (month) => plain | rulesMask(field.rules, month);
}

/** The mask of a weekday field whose plain items matched `values` (0 = Sunday); null when it restricts nothing. */
export function weekdaysMask(field: DayField, values: readonly number[]): MonthMask | null {
  const plain = plainValues(field, values);
  if (field.any || plain.length === 7) return null;
  const byFirstWeekday = [0, 1, 2, 3, 4, 5, 6].map((first) => weeksMask(plain, first));
  return (month) => (byFirstWeekday[month.firstWeekday] as number) | rulesMask(field.rules, month);
}

/** A field of rules alone has no plain values; the cron package was given `*` for it. */
function plainValues(field: DayField, values: readonly number[]): readonly number[] {
  return field.items.length === 0 ? [] : values;
}

function weeksMask(weekdays: readonly number[], firstWeekday: number): number {
  let mask = 0;
  for (let day = 1; day <= 31; day += 1) {
    if (weekdays.includes((firstWeekday + day - 1) % 7)) mask |= dayBit(day);
  }
  return mask;
}

function rulesMask(rules: readonly DayRule[], month: MonthShape): number {
  let mask = 0;
  for (const rule of rules) mask |= dayBit(rule(month));
  return mask;
}

/** The bit of a day; of day 0, which is none, nothing. */
function dayBit(day: number): number {
  return day === 0 ? 0 : 1 << (day - 1);
}
