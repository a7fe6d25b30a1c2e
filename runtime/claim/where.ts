// `where` as SQL: which rows wait for work.
// What must hold: a row fits by the database's clock only; what a SELECT uses can be answered by an index (no function
// around a column there), and an UPDATE by primary key, which may run in a session of the application's with a time zone
// of its own, means the same rows.
import type { ClaimCondition } from '../claim-types.js';
import type { SqlValue } from '../db/step.js';
import { type Claim, quoted, type Sql } from './claim.js';

/** search: for an index, in a session of ours. check: by primary key, in any session. */
export type Use = 'search' | 'check';

/** SQL: the row fits `where`. `nowMs` is about the database's now: it only tells summer time in claims that name a zone. */
export function fits(claim: Claim, use: Use, nowMs: number): Sql {
  return conjunction(claim.definition.where.map((condition) => sqlOf(claim, condition, { use, nowMs })));
}

/**
 * The same, taken apart: for each combination of the values that `in` lists, conditions that are equalities and times only, so
 * that an index gives the rows of each in order.
 */
export function searches(claim: Claim, nowMs: number): readonly Sql[] {
  const choices = claim.definition.where.map((condition): readonly ClaimCondition[] =>
    condition.is === 'in'
      ? condition.values.map((value) => ({ column: condition.column, is: 'equal', value }))
      : [condition],
  );
  const combinations = choices.reduce<readonly (readonly ClaimCondition[])[]>(
    (all, some) => all.flatMap((head) => some.map((one) => [...head, one])),
    [[]],
  );
  return combinations.map((conditions) =>
    conjunction(conditions.map((condition) => sqlOf(claim, condition, { use: 'search', nowMs }))),
  );
}

/** SQL: the columns that lead an index, compared; for statements that look for claimed rows. */
export function leading({ definition, ledByClaimKey }: Claim): Sql {
  if (ledByClaimKey) return { sql: '1 = 1', values: [] };
  return conjunction(definition.where.filter(({ is }) => is !== 'before').map(plain));
}

function conjunction(parts: readonly Sql[]): Sql {
  return { sql: parts.map(({ sql }) => sql).join(' AND '), values: parts.flatMap(({ values }) => values) };
}

function sqlOf(claim: Claim, condition: ClaimCondition, at: { use: Use; nowMs: number }): Sql {
  return condition.is === 'before' ? { sql: isBefore(claim, condition, at), values: [] } : plain(condition);
}

function plain(condition: ClaimCondition): Sql {
  const column = quoted(condition.column);
  if (condition.is === 'equal') return { sql: `${column} = ?`, values: [toSqlValue(condition.value)] };
  if (condition.is === 'null') return { sql: `${column} IS NULL`, values: [] };
  if (condition.is === 'before') return { sql: '1 = 1', values: [] };
  return {
    sql: `${column} IN (${condition.values.map(() => '?').join(', ')})`,
    values: condition.values.map(toSqlValue),
  };
}

function isBefore(
  claim: Claim,
  { column, ms }: { column: string; ms: number },
  { use, nowMs }: { use: Use; nowMs: number },
): string {
  const { dialect, timestamps } = claim;
  const limitMs = `(${dialect.now}) - ${Math.trunc(ms)}`;
  if (dialect.name === 'sqlite')
    return isBeforeOnSqlite(claim, { column, limitMs, offsetMs: offsetMs(claim, nowMs - ms) });
  if (!timestamps.has(column))
    return `${quoted(column)} < ${asDateTime(`${limitMs} + ${offsetMs(claim, nowMs - ms)}`)}`;
  if (use === 'search') return `${quoted(column)} < ${asDateTime(limitMs)}`;
  return `UNIX_TIMESTAMP(${quoted(column)}) * 1000 < ${limitMs}`;
}

/** No function that asks the session for its zone. */
function asDateTime(epochMs: string): string {
  return `TIMESTAMPADD(MICROSECOND, (${epochMs}) * 1000, '1970-01-01 00:00:00')`;
}

/** A text that names its offset knows its instant; one that does not is read in the claim's zone. */
function isBeforeOnSqlite(
  { zone }: Claim,
  { column, limitMs, offsetMs }: { column: string; limitMs: string; offsetMs: number },
): string {
  const name = quoted(column);
  const instant = `CAST(round(unixepoch(${name}, 'subsec') * 1000) AS INTEGER)`;
  if (zone === null) return `${instant} < ${limitMs}`;
  const named = `(${name} GLOB '*[Zz]' OR ${name} GLOB '*[-+][0-9][0-9]:[0-9][0-9]')`;
  return `${instant} < ${limitMs} + CASE WHEN ${named} THEN 0 ELSE ${offsetMs} END`;
}

function offsetMs({ zone }: Claim, instantMs: number): number {
  return zone === null ? 0 : zone.stretchAt(instantMs).offsetMs;
}

/** Booleans are 1 and 0 on every database. */
export function toSqlValue(value: string | number | boolean | null): SqlValue {
  return typeof value === 'boolean' ? Number(value) : value;
}
