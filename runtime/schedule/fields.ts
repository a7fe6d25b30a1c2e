// One field of a cron expression: a comma list of *, values, ranges and steps, with its limits and names.
//
// Here text becomes checked numbers, and numbers become the plain syntax that the cron package reads: no names, no range
// that wraps, no weekday 7, no open end. What a field matches is decided by that package alone (matching.ts).
// Days that are no plain number (L, W, #, ?) are day-rules.ts; nothing here knows the calendar.

import { reject, splitToken, type Token } from './cron-error.js';

/** Limits and names of a field. `names[0]` stands for `min`; a value is the user's, before any renumbering. */
export interface FieldSpec {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  readonly names: readonly string[];
  /** The value beyond `max` that also means `min` (7 = Sunday where weekdays are 0-6). */
  readonly alias?: number;
  /** What to add to a value to get the cron package's. */
  readonly shift?: number;
}

/** One item of a list, ends included; `to < from` wraps. `open`: `*`, a range or a step, not one fixed value. */
export interface FieldItem {
  readonly from: number;
  readonly to: number;
  readonly step: number;
  readonly open: boolean;
}

export const FIRST_YEAR = 1970;
export const LAST_YEAR = 2099;

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const WEEKDAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

export const SECOND: FieldSpec = { name: 'second', min: 0, max: 59, names: [] };
export const MINUTE: FieldSpec = { name: 'minute', min: 0, max: 59, names: [] };
export const HOUR: FieldSpec = { name: 'hour', min: 0, max: 23, names: [] };
export const DAY_OF_MONTH: FieldSpec = { name: 'day of month', min: 1, max: 31, names: [] };
export const MONTH: FieldSpec = { name: 'month', min: 1, max: 12, names: MONTHS };
export const WEEKDAY: FieldSpec = { name: 'weekday', min: 0, max: 6, names: WEEKDAYS, alias: 7 };
export const QUARTZ_WEEKDAY: FieldSpec = { name: 'weekday', min: 1, max: 7, names: WEEKDAYS, shift: -1 };
export const YEAR: FieldSpec = { name: 'year', min: FIRST_YEAR, max: LAST_YEAR, names: [] };

/** The items of a whole field. Throws CronError at the item at fault. */
export function parseItems(field: Token, spec: FieldSpec): FieldItem[] {
  return splitToken(field, ',', spec.name).map((item) => parseItem(item, spec));
}

/** One item: `*`, `a`, `a-b`, each with or without `/n`; `a/n` runs to the field's end. */
export function parseItem(item: Token, spec: FieldSpec): FieldItem {
  const [base, stepToken, ...more] = splitToken(item, '/', spec.name);
  if (base === undefined || more.length > 0) reject(item, `${spec.name} "${item.text}" has more than one "/"`);
  const range = parseBase(base, spec, stepToken !== undefined);
  if (spec.name === 'year' && range.to < range.from) {
    reject(base, `year "${base.text}" ends before it begins`, 'years do not wrap; put the earlier one first');
  }
  if (stepToken === undefined) return { ...range, step: 1 };
  return { ...range, step: parseStep(stepToken, spec, range) };
}

function parseBase(base: Token, spec: FieldSpec, stepped: boolean): Omit<FieldItem, 'step'> {
  if (base.text === '*') return { from: spec.min, to: spec.max, open: true };
  const ends = splitToken(base, '-', spec.name);
  if (ends.length > 2) reject(base, `${spec.name} "${base.text}" has more than one "-"`);
  const [first, last] = ends;
  const from = parseValue(first as Token, spec);
  if (last !== undefined) return { from: normalize(from, spec), to: rangeEnd(from, last, spec), open: true };
  return { from: normalize(from, spec), to: stepped ? spec.max : normalize(from, spec), open: stepped };
}

/** A range may end at the alias (FRI-7): the day before it is the last one of the field, then the first one follows. */
function rangeEnd(from: number, last: Token, spec: FieldSpec): number {
  const to = parseValue(last, spec);
  if (to !== spec.alias) return to;
  return normalize(from, spec) === spec.min && from !== to ? spec.max : spec.min;
}

function normalize(value: number, spec: FieldSpec): number {
  return value === spec.alias ? spec.min : value;
}

function parseStep(token: Token, spec: FieldSpec, range: { from: number; to: number }): number {
  if (!/^\d+$/.test(token.text)) reject(token, `${spec.name} step "${token.text}" is not a whole number`);
  const step = Number(token.text);
  if (step === 0) reject(token, `${spec.name} step 0 never moves on`, 'the smallest step is 1');
  const reach = distance(range.from, range.to, spec);
  if (step > 1 && step > reach) {
    const message = `${spec.name} step ${step} is larger than its range ${range.from}-${range.to}, so it never steps`;
    reject(token, message, `write ${range.from} if that is meant; the largest step here is ${Math.max(1, reach)}`);
  }
  return step;
}

/** One number or name as the user's value, checked against the limits. */
export function parseValue(token: Token, spec: FieldSpec): number {
  const { text } = token;
  const named = spec.names.indexOf(text.toUpperCase());
  if (named >= 0) return spec.min + named;
  if (!/^\d+$/.test(text)) {
    reject(token, `${spec.name} "${text}" is not valid: allowed are ${allowed(spec)}`, strangerHint(text, spec));
  }
  const value = Number(text);
  if ((value < spec.min || value > spec.max) && value !== spec.alias) {
    reject(token, `${spec.name} ${text} is out of range: allowed are ${allowed(spec)}`, rangeHint(value, spec));
  }
  return value;
}

function allowed(spec: FieldSpec): string {
  const numbers = `${spec.min}-${spec.alias ?? spec.max}`;
  return spec.names.length === 0 ? numbers : `${numbers} and ${spec.names[0]}-${spec.names.at(-1)}`;
}

function rangeHint(value: number, spec: FieldSpec): string | undefined {
  if (spec === HOUR && value === 24) return 'midnight is hour 0';
  if ((spec === MINUTE || spec === SECOND) && value === 60) return 'the full minute or hour is 0';
  if (spec === QUARTZ_WEEKDAY && value === 0) return 'Quartz counts from 1 = SUN to 7 = SAT; a name is always clear';
  return undefined;
}

function strangerHint(text: string, spec: FieldSpec): string | undefined {
  const short = spec.names.find((name) => text.length > 3 && text.toUpperCase().startsWith(name));
  if (short !== undefined) return `write ${short}`;
  if (text.includes('?')) return '"?" may stand alone for day of month or weekday only';
  if (text.includes('*')) return '"*" stands alone or before a step, as in */5';
  if (/^[LW]$|#/i.test(text))
    return 'L and W belong to the day of month, L and # to the weekday of a Quartz expression';
  return undefined;
}

function distance(from: number, to: number, spec: FieldSpec): number {
  return to >= from ? to - from : to - from + (spec.max - spec.min + 1);
}

/** The items in the cron package's own syntax and numbering; a range that wraps becomes two, no item at all `*`. */
export function toPlainSyntax(items: readonly FieldItem[], spec: FieldSpec): string {
  if (items.length === 0) return '*';
  const { shift = 0 } = spec;
  return items.flatMap((item) => plainRanges(item, spec).map((range) => render(range, shift))).join(',');
}

function plainRanges(item: FieldItem, spec: FieldSpec): FieldItem[] {
  if (item.to >= item.from) return [item];
  const span = spec.max - spec.min + 1;
  const stepsBeforeEnd = Math.floor((spec.max - item.from) / item.step) + 1;
  const resume = item.from + stepsBeforeEnd * item.step - span;
  const head = { ...item, to: spec.max };
  return resume > item.to ? [head] : [head, { ...item, from: resume }];
}

function render({ from, to, step }: FieldItem, shift: number): string {
  const range = from === to ? `${from + shift}` : `${from + shift}-${to + shift}`;
  return step === 1 || from === to ? range : `${range}/${step}`;
}

/** Whether a year field holds `year`; the cron package has no years. */
export function itemsHold(items: readonly FieldItem[], year: number): boolean {
  return items.some(({ from, to, step }) => year >= from && year <= to && (year - from) % step === 0);
}
