// What plain fields match, as the cron package decides it.
//
// The package parses the six fields at offset 0, where its daylight-saving code never runs. Its `toJSON` calls a field
// "*" when everything but the highest value is in (0-58 as much as 0-59), so for those the package is asked by one
// step of its own clock, from an instant of 1970: its searches end eight years after now. It must never be asked
// for a fire time in a real zone, and never for the next fire: its answer depends on when it is asked.

import { createRequire } from 'node:module';

// Not by `import`: that reads all of a CommonJS package once more for the names in it.
const { CronTime } = createRequire(import.meta.url)('cron') as typeof import('cron');

/** The values that each field of a plain expression matches, ascending; months 1-12, weekdays 0-6 from Sunday. */
export interface PlainFields {
  readonly seconds: readonly number[];
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  readonly days: readonly number[];
  readonly months: readonly number[];
  readonly weekdays: readonly number[];
}

interface Unit {
  readonly min: number;
  readonly max: number;
  /** The last second before the field's highest value begins, with every other field free. */
  readonly beforeHighest: number;
}

const UNITS: readonly Unit[] = [
  { min: 0, max: 59, beforeHighest: Date.UTC(1970, 0, 1, 0, 0, 58) },
  { min: 0, max: 59, beforeHighest: Date.UTC(1970, 0, 1, 0, 58, 59) },
  { min: 0, max: 23, beforeHighest: Date.UTC(1970, 0, 1, 22, 59, 59) },
  { min: 1, max: 31, beforeHighest: Date.UTC(1970, 0, 30, 23, 59, 59) },
  { min: 1, max: 12, beforeHighest: Date.UTC(1970, 10, 30, 23, 59, 59) },
  { min: 0, max: 6, beforeHighest: Date.UTC(1970, 0, 2, 23, 59, 59) },
];

/** Matches six fields, seconds first, already in the package's syntax. */
export function matchFields(fields: readonly string[]): PlainFields {
  const matched = parse(fields.join(' ')).toJSON();
  const [seconds, minutes, hours, days, months, weekdays] = UNITS.map((unit, index) => {
    const text = matched[index] ?? '*';
    if (text !== '*') return text.split(',').map(Number);
    return valuesUpTo(unit, matchesHighest(fields, index, unit) ? unit.max : unit.max - 1);
  }) as [number[], number[], number[], number[], number[], number[]];
  return { seconds, minutes, hours, days, months, weekdays };
}

/** UTC as an offset: a zone's name it looks up first, for which luxon asks for the locale (milliseconds of every start). */
function parse(fields: string): InstanceType<typeof CronTime> {
  return new CronTime(fields, null, 0);
}

function matchesHighest(fields: readonly string[], index: number, unit: Unit): boolean {
  const field = fields[index];
  if (field === '*' || field === `${unit.min}-${unit.max}`) return true;
  const alone = fields.map((text, other) => (other === index ? text : '*')).join(' ');
  const next = parse(alone).getNextDateFrom(new Date(unit.beforeHighest), 'UTC');
  return next.toMillis() === unit.beforeHighest + 1000;
}

function valuesUpTo({ min }: Unit, max: number): number[] {
  return Array.from({ length: max - min + 1 }, (_, index) => min + index);
}
