// Taking rows: look for candidates, stamp a window of them with a random key of this instance, read back what it got.
// What must hold: candidates come from a plain SELECT, which locks nothing and may be out of date; the stamp is an UPDATE by
// primary key that asks again whether the row is free, still waits, has attempts left, and whether this instance's own lease
// holds. No candidate left is the only sign that there is no more work: a stamp that got nothing means that others were
// faster.
import { affected, type Step } from '../db/step.js';
import { type Instance, leaseHolds } from '../lock/instance.js';
import { CLAIM_KEY, type Claim, inParts, isOneOf, quoted, type RowKey, type Sql, sortedKeys } from './claim.js';
import { attemptsOf, keyList, keyOf, rowList, type TakenRow, takenRow } from './rows.js';
import { fits, searches } from './where.js';

export interface Candidate {
  readonly key: RowKey;
  /** How often it was handed over before. */
  readonly attempts: number;
}

export interface Candidates {
  /** In order; [] only when there are none. */
  readonly rows: readonly Candidate[];
  /** The database's clock, as far as a claim that names a zone needs it; else 0. */
  readonly nowMs: number;
}

/** Free rows that wait, as many as `spread` batches have. @throws DatabaseError */
export async function findCandidates({ database }: Instance, claim: Claim, spread = 1): Promise<Candidates> {
  const nowMs = await aboutNow(claim, database);
  const { sql, values } = candidatesSql(claim, nowMs, spread);
  const found = await database.query(sql, values);
  return { rows: found.map((row) => ({ key: keyOf(claim, row), attempts: attemptsOf(row) })), nowMs };
}

/** The statement of findCandidates. With several values under `in`, the first of each, sorted together. */
export function candidatesSql(claim: Claim, nowMs: number, spread = 1): Sql {
  const { definition } = claim;
  const limit = definition.batch * spread;
  const parts = searches(claim, nowMs);
  const order = definition.orderBy.map(quoted).join(', ');
  const one = (list: string, part: Sql) =>
    `SELECT ${list} FROM ${quoted(definition.table)} WHERE ${quoted(CLAIM_KEY)} IS NULL AND ${part.sql} ORDER BY ${order} LIMIT ${limit}`;
  const values = parts.flatMap((part) => part.values);
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return { sql: one(keyList(claim), only), values };
  const list = [keyList(claim), ...definition.orderBy.map((column, at) => `${quoted(column)} AS o${at}`)].join(', ');
  const union = parts.map((part, at) => `SELECT * FROM (${one(list, part)}) p${at}`).join(' UNION ALL ');
  const sorted = definition.orderBy.map((_, at) => `o${at}`).join(', ');
  return { sql: `SELECT * FROM (${union}) u ORDER BY ${sorted} LIMIT ${limit}`, values };
}

/** Asked only where it matters: a zone's offset. */
async function aboutNow({ zone, dialect }: Claim, database: Instance['database']): Promise<number> {
  if (zone === null) return 0;
  const [row] = await database.query<{ now_ms: number }>(`SELECT ${dialect.now} AS now_ms`, []);
  return Number(row?.now_ms ?? 0);
}

/** Rows whose attempts are used up: they are given up, not handed over again. */
export function usedUp({ definition: { maxAttempts } }: Claim, candidates: readonly Candidate[]): readonly Candidate[] {
  return maxAttempts === null ? [] : candidates.filter(({ attempts }) => attempts >= maxAttempts);
}

/**
 * One batch of the candidates, drawn at random. A row that was handed over before and has one attempt left goes alone, when its
 * turn comes: if it is what makes the handler throw, it must not use up the attempts of its neighbours.
 */
export function chooseBatch(
  { definition: { batch, maxAttempts } }: Claim,
  candidates: readonly Candidate[],
  random: () => number = Math.random,
): readonly Candidate[] {
  const start = Math.floor(random() * Math.ceil(candidates.length / batch)) * batch;
  const window = candidates.slice(start, start + batch);
  if (maxAttempts === null) return window;
  const goesAlone = ({ attempts }: Candidate) => attempts >= mostTogether(maxAttempts);
  const [first] = window;
  return first !== undefined && goesAlone(first) ? [first] : window.filter((candidate) => !goesAlone(candidate));
}

/** A row that was handed over so often, or more, goes alone; a row that never was may go with others. */
function mostTogether(maxAttempts: number): number {
  return Math.max(1, maxAttempts - 1);
}

/** Stamps those that are still free, and were not handed over too often meanwhile; how many. @throws DatabaseError, after which the key is in doubt */
export async function stamp(
  instance: Instance,
  claim: Claim,
  { key, rows, nowMs }: { key: string } & Candidates,
): Promise<number> {
  const { database } = instance;
  const { maxAttempts } = claim.definition;
  const most = maxAttempts === null || rows.length === 1 ? maxAttempts : mostTogether(maxAttempts);
  const statements = inParts(sortedKeys(rows)).map((part) =>
    stampSql(instance, claim, { key, rows: part, nowMs, most }),
  );
  const [only] = statements;
  if (statements.length === 1 && only !== undefined) return database.execute(only.sql, only.values);
  return (await database.transaction(() => all(statements))) as number;
}

function* all(statements: readonly Sql[]): Step<number> {
  let count = 0;
  for (const { sql, values } of statements) count += yield* affected(sql, values);
  return count;
}

/** The statement that takes ownership; `most`: only of rows that were handed over less often. */
export function stampSql(
  instance: Instance,
  claim: Claim,
  { key, rows, nowMs, most = claim.definition.maxAttempts }: Candidates & { key: string; most?: number | null },
): Sql {
  const { table, attemptsColumn } = claim.definition;
  const these = isOneOf(
    claim,
    rows.map((row) => row.key),
  );
  const wanted = fits(claim, 'check', nowMs);
  const counted = attemptsColumn === null ? null : quoted(attemptsColumn);
  const next = `COALESCE(${counted}, 0) + 1`; // a sum, so that SQLite compares a number, whatever type its column keeps
  const counter = counted === null ? '' : `, ${counted} = ${next}`;
  const left = counted === null || most === null ? '' : ` AND ${next} <= ${Math.trunc(most)}`;
  return {
    sql: `UPDATE ${quoted(table)} ${claim.dialect.byPrimaryKey} SET ${quoted(CLAIM_KEY)} = ?${counter}
          WHERE ${these.sql} AND ${quoted(CLAIM_KEY)} IS NULL AND ${wanted.sql}${left} AND ${leaseHolds(instance)}`,
    values: [key, ...these.values, ...wanted.values, instance.id],
  };
}

/** The rows that carry the key, in the order of the candidates. @throws DatabaseError */
export async function readBack(
  { database }: Instance,
  claim: Claim,
  { key, rows }: { key: string; rows: readonly Candidate[] },
): Promise<readonly TakenRow[]> {
  const taken = new Map<string, TakenRow>();
  for (const part of inParts(sortedKeys(rows))) {
    const these = isOneOf(
      claim,
      part.map((row) => row.key),
    );
    const sql = `SELECT ${rowList(claim)} FROM ${quoted(claim.definition.table)} WHERE ${these.sql} AND ${quoted(CLAIM_KEY)} = ?`;
    for (const found of await database.query(sql, [...these.values, key])) {
      const row = takenRow(claim, found);
      taken.set(JSON.stringify(row.key), row);
    }
  }
  return rows.flatMap((row) => taken.get(JSON.stringify(row.key)) ?? []);
}
