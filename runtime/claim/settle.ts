// The end of a claim: rows are done, given up, or released. All by primary key, each demanding the claim's key, which is the
// fence here: 0 rows means that the row is no longer ours.
// What must hold: a row that the application changed meanwhile only loses its key; nothing of it is overwritten.
import { affected, type Step } from '../db/step.js';
import { CLAIM_KEY, type Claim, inParts, isOneOf, quoted, type RowKey, type Sql, sortedKeys } from './claim.js';
import { fits, toSqlValue } from './where.js';

export type SettledAs = 'done' | 'failed';

export interface ClaimedRows {
  /** The claim's key. */
  readonly claimKey: string;
  readonly rows: readonly { readonly key: RowKey }[];
}

export interface Settled {
  readonly settled: number;
  /** Changed by the application: they lost their key only. */
  readonly changed: number;
}

/** Settles them all, in one transaction. Repeatable: rows without the key are left alone. */
export function* settleStep(claim: Claim, claimed: ClaimedRows, as: SettledAs, nowMs: number): Step<Settled> {
  let [settled, changed] = [0, 0];
  for (const rows of inParts(sortedKeys(claimed.rows))) {
    const part = { claimKey: claimed.claimKey, rows };
    const set = settleSql(claim, part, as, nowMs);
    const count = yield* affected(set.sql, set.values);
    settled += count;
    if (count === rows.length) continue;
    const rest = releaseSql(claim, part);
    changed += yield* affected(rest.sql, rest.values);
  }
  return { settled, changed };
}

/** The one statement that settles them, if one can name them all; rows that it does not meet are left to settleStep. */
export function settleAtOnce(claim: Claim, claimed: ClaimedRows, as: SettledAs, nowMs: number): Sql | null {
  const parts = inParts(sortedKeys(claimed.rows));
  const [rows] = parts;
  return parts.length === 1 && rows !== undefined ? settleSql(claim, { ...claimed, rows }, as, nowMs) : null;
}

/** Frees them for others. */
export function* releaseStep(claim: Claim, claimed: ClaimedRows, uncounted = false): Step<number> {
  let count = 0;
  for (const rows of inParts(sortedKeys(claimed.rows))) {
    const { sql, values } = releaseSql(claim, { claimKey: claimed.claimKey, rows }, uncounted);
    count += yield* affected(sql, values);
  }
  return count;
}

/** SET of `done` or `failed` on rows that still fit `where`. */
export function settleSql(claim: Claim, { claimKey, rows }: ClaimedRows, as: SettledAs, nowMs: number): Sql {
  const these = isOneOf(
    claim,
    rows.map(({ key }) => key),
  );
  const wanted = fits(claim, 'check', nowMs);
  const columns = Object.entries(claim.definition[as] ?? {});
  const set = columns.map(([column, value]) => `${quoted(column)} = ${value === null ? 'NULL' : '?'}, `).join('');
  const values = columns.flatMap(([, value]) => (value === null ? [] : [toSqlValue(value)]));
  return {
    sql: `UPDATE ${quoted(claim.definition.table)} ${claim.dialect.byPrimaryKey} SET ${set}${quoted(CLAIM_KEY)} = NULL
          WHERE ${these.sql} AND ${quoted(CLAIM_KEY)} = ? AND ${wanted.sql}`,
    values: [...values, ...these.values, claimKey, ...wanted.values],
  };
}

/** `uncounted`: no handler has seen them, so that the attempt does not count. */
export function releaseSql(claim: Claim, { claimKey, rows }: ClaimedRows, uncounted = false): Sql {
  const these = isOneOf(
    claim,
    rows.map(({ key }) => key),
  );
  return {
    sql: `UPDATE ${quoted(claim.definition.table)} ${claim.dialect.byPrimaryKey} SET ${quoted(CLAIM_KEY)} = NULL${uncount(claim, uncounted)}
          WHERE ${these.sql} AND ${quoted(CLAIM_KEY)} = ?`,
    values: [...these.values, claimKey],
  };
}

/** SQL: the attempt is taken back. */
export function uncount({ definition: { attemptsColumn } }: Claim, uncounted: boolean): string {
  if (!uncounted || attemptsColumn === null) return '';
  return `, ${quoted(attemptsColumn)} = ${quoted(attemptsColumn)} - 1`;
}

/** Gives up free rows whose attempts are used up. */
export function* giveUpStep(claim: Claim, rows: readonly { readonly key: RowKey }[], nowMs: number): Step<number> {
  const { definition, dialect } = claim;
  const { table, attemptsColumn, maxAttempts, failed } = definition;
  if (attemptsColumn === null || maxAttempts === null || failed === null) return 0;
  const columns = Object.entries(failed);
  const set = columns.map(([column, value]) => `${quoted(column)} = ${value === null ? 'NULL' : '?'}`).join(', ');
  const values = columns.flatMap(([, value]) => (value === null ? [] : [toSqlValue(value)]));
  let count = 0;
  for (const part of inParts(sortedKeys(rows))) {
    const these = isOneOf(
      claim,
      part.map(({ key }) => key),
    );
    const wanted = fits(claim, 'check', nowMs);
    count += yield* affected(
      `UPDATE ${quoted(table)} ${dialect.byPrimaryKey} SET ${set} WHERE ${these.sql} AND ${quoted(CLAIM_KEY)} IS NULL
       AND ${quoted(attemptsColumn)} >= ? AND ${wanted.sql}`,
      [...values, ...these.values, maxAttempts, ...wanted.values],
    );
  }
  return count;
}
