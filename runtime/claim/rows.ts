// Rows on their way from the table to the handler: how each column is selected, and what the handler sees of it.
// What must hold: a value is what its type in jobs.yaml says; a time is the instant that was meant, whatever zone the
// column is written in; key values come back exactly as they can be compared again.
import type { ClaimColumnKind } from '../claim-types.js';
import type { SqlValue } from '../db/step.js';
import type { Zone } from '../schedule/zone.js';
import { type Claim, quoted, type RowKey } from './claim.js';

/** A row with its key and how often it was handed over, this time included. */
export interface TakenRow {
  readonly key: RowKey;
  readonly attempts: number;
  readonly row: Readonly<Record<string, unknown>>;
}

type Found = Readonly<Record<string, SqlValue | boolean>>;

/** The select list of the key, as `k0`, `k1` …, and of the counter, as `attempts`. */
export function keyList(claim: Claim): string {
  const { key, attemptsColumn } = claim.definition;
  const keys = key.map((column, at) => `${selected(claim, column)} AS k${at}`);
  return [...keys, `${attemptsColumn === null ? '0' : quoted(attemptsColumn)} AS attempts`].join(', ');
}

/** The same with every column, as `c0`, `c1` …. */
export function rowList(claim: Claim): string {
  const columns = Object.keys(claim.definition.columns).map((column, at) => `${selected(claim, column)} AS c${at}`);
  return [keyList(claim), ...columns].join(', ');
}

/** Texts and times as text: drivers have their own ideas of dates, decimals, JSON and numbers beyond 2^53. */
function selected({ definition, dialect }: Claim, column: string): string {
  const kind = definition.columns[column];
  if (dialect.name === 'sqlite') return kind === 'string' ? `CAST(${quoted(column)} AS TEXT)` : quoted(column);
  const asText = kind === 'string' || kind === 'date-time' || kind === 'json';
  return asText ? `CAST(${quoted(column)} AS CHAR)` : quoted(column);
}

export function keyOf({ definition }: Claim, found: unknown): RowKey {
  return definition.key.map((_, at) => (found as Found)[`k${at}`] as SqlValue);
}

export function attemptsOf(found: unknown): number {
  return Number((found as Found).attempts ?? 0);
}

export function takenRow(claim: Claim, found: unknown): TakenRow {
  const entries = Object.entries(claim.definition.columns).map(([column, kind], at) => {
    return [column, toJs(claim, { column, kind, value: (found as Found)[`c${at}`] ?? null })] as const;
  });
  return { key: keyOf(claim, found), attempts: attemptsOf(found), row: Object.fromEntries(entries) };
}

function toJs(
  claim: Claim,
  { column, kind, value }: { column: string; kind: ClaimColumnKind; value: SqlValue | boolean },
): unknown {
  if (value === null) return null;
  switch (kind) {
    case 'integer':
    case 'number':
      return Number(value);
    case 'boolean':
      return Number(value) !== 0;
    case 'string':
      return String(value);
    case 'date-time':
      return toDate(value, claim.timestamps.has(column) ? null : claim.zone);
    case 'json':
      return typeof value === 'string' ? parsed(value) : value;
  }
}

/** A text that is no JSON stands for itself. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

const DATE_TIME = /^(\d{4})-(\d\d)-(\d\d)(?:[ T](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?)?\s*(Z|z|[-+]\d\d:?\d\d)?$/;

/** null for what is no time, such as a zero date. A number is epoch milliseconds. */
export function toDate(value: SqlValue | boolean, zone: Zone | null): Date | null {
  if (typeof value === 'number') return new Date(value);
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '', offset] =
    DATE_TIME.exec(String(value)) ?? [];
  if (year === undefined || Number(month) === 0 || Number(day) === 0) return null;
  const ms = Math.trunc(Number(`0.${fraction === '' ? '0' : fraction}`) * 1_000 + 1e-6);
  const wallMs = Date.UTC(
    Number(year),
    Number(month) - 1,
    Number(day),
    Number(hour),
    Number(minute),
    Number(second),
    ms,
  );
  return new Date(offset === undefined ? instantOf(wallMs, zone) : wallMs - offsetMs(offset));
}

function offsetMs(text: string): number {
  const [, sign, hours, minutes] = /^([-+])(\d\d):?(\d\d)$/.exec(text) ?? [];
  return (sign === '-' ? -1 : 1) * (Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * 60_000;
}

/** What clocks of the zone showed then. An hour that they showed twice is taken for the first, one left out for the next. */
function instantOf(wallMs: number, zone: Zone | null): number {
  if (zone === null) return wallMs;
  const guessMs = wallMs - zone.stretchAt(wallMs).offsetMs;
  const fits = [wallMs - 86_400_000, guessMs, wallMs + 86_400_000]
    .map((nearMs) => wallMs - zone.stretchAt(nearMs).offsetMs)
    .filter((instantMs) => instantMs + zone.stretchAt(instantMs).offsetMs === wallMs);
  return fits.length === 0 ? wallMs - zone.stretchAt(guessMs).offsetMs : Math.min(...fits);
}
