// The statements that end a claim of retry records: one for each table and state, whatever the number of records.
// What must hold: every write demands the claim's key and a state that is still open (RUNNING, or UNKNOWN: a late, true
// result ends the doubt); by primary key, ids sorted; no SET reads a column that another SET of it writes. The key stays
// in the row, so that a write whose reply was lost can be told from a loss; an UNKNOWN one keeps its owner, too, for a person.
import type { Database } from '../db/database.js';
import { affected, rows, type SqlValue, type Step } from '../db/step.js';
import { type ErrorText, errorText } from './error-text.js';
import { type CallOutcome, type ClaimedRecord, tableOf } from './record.js';

/** What names a claim of one record. */
export type SettleKey = Pick<ClaimedRecord, 'kind' | 'id' | 'claimKey' | 'attempt' | 'generation'>;

export interface Ended {
  readonly key: SettleKey;
  readonly outcome: CallOutcome;
}

type FinalState = CallOutcome['state'];

interface Where {
  readonly sql: string;
  readonly values: readonly SqlValue[];
}

/**
 * Settles records of one kind that ended in the same state.
 * @param withText false: leave out what their errors say (the database refused it)
 * @returns the ids that stand as asked
 */
export function* settleStep(database: Database, ended: readonly Ended[], withText = true): Step<ReadonlySet<string>> {
  const sorted = [...ended].sort((a, b) => (a.key.id < b.key.id ? -1 : 1));
  const first = sorted[0];
  if (first === undefined) return new Set();
  const { kind } = first.key;
  const { state } = first.outcome;
  let settled = yield* write(database, sorted, state, withText);
  if (settled < sorted.length && kind === 'afterward') settled += yield* putBackMerged(database, sorted);
  const all = sorted.map(({ key }) => key.id);
  return new Set(settled === all.length ? all : yield* standing(database, sorted, state));
}

function* write(database: Database, ended: readonly Ended[], state: FinalState, withText: boolean): Step<number> {
  const { dialect } = database;
  const kind = ended[0]?.key.kind ?? 'beforehand';
  const set = setOf(database, ended, { state, withText });
  const where = mine(ended, kind === 'afterward' ? 'generation = ?' : null);
  return yield* affected(
    `UPDATE ${tableOf(database, kind)} ${dialect.byPrimaryKey} SET state = '${state}', ${state === 'UNKNOWN' ? '' : 'owner = NULL, '}${set.sql}
     WHERE state IN ('RUNNING', 'UNKNOWN') AND ${where.sql}`,
    [...set.values, ...where.values],
  );
}

function setOf(
  { dialect }: Database,
  ended: readonly Ended[],
  { state, withText }: { state: FinalState; withText: boolean },
): Where {
  const kind = ended[0]?.key.kind;
  const free = kind === 'afterward' && state !== 'RETRY' ? ', live_key = NULL' : '';
  const finished = `finished_at = ${dialect.now}${free}`;
  if (state === 'SUCCEEDED') return { sql: finished, values: [] };
  const texts = ended.map(({ outcome }) => ('error' in outcome && withText ? errorText(outcome.error) : NO_TEXT));
  const parts = [
    perRow('error_name', ended, (_, at) => (texts[at] ?? NO_TEXT).name),
    perRow('error_message', ended, (_, at) => (texts[at] ?? NO_TEXT).message),
  ];
  if (state === 'RETRY') parts.push(waits(dialect.now, ended));
  const sql = parts.map((part) => part.sql).join(', ');
  const isOpen = state === 'RETRY' || state === 'UNKNOWN';
  return { sql: isOpen ? sql : `${sql}, ${finished}`, values: parts.flatMap(({ values }) => values) };
}

const NO_TEXT: Omit<ErrorText, 'stack'> = { name: 'Error', message: 'the text of its error could not be stored' };

function waits(now: string, ended: readonly Ended[]): Where {
  const delay = perRow('next_at', ended, ({ outcome }) => ('delayMs' in outcome ? outcome.delayMs : 0));
  return { sql: delay.sql.replace('next_at = ', `next_at = ${now} + `), values: delay.values };
}

/** `column = ?` when all rows get the same, else a CASE over their ids. */
function perRow(column: string, ended: readonly Ended[], of: (one: Ended, at: number) => string | number): Where {
  const values = ended.map(of);
  const [first] = values;
  if (first !== undefined && values.every((value) => value === first)) return { sql: `${column} = ?`, values: [first] };
  const cases = ended.map(() => 'WHEN ? THEN ?').join(' ');
  return {
    sql: `${column} = CASE id ${cases} END`,
    values: ended.flatMap(({ key }, at) => [key.id, values[at] ?? null]),
  };
}

/**
 * Newer arguments came while the old ones ran: the record waits again, with them. The run of the old ones says nothing of
 * them, so at least one attempt is left for them.
 */
function* putBackMerged(database: Database, ended: readonly Ended[]): Step<number> {
  const where = mine(ended, 'generation <> ?');
  return yield* affected(
    `UPDATE ${tableOf(database, 'afterward')} ${database.dialect.byPrimaryKey} SET state = 'RETRY', owner = NULL,
       next_at = ${database.dialect.now}, attempt = CASE WHEN attempt > max_retries THEN max_retries ELSE attempt END
     WHERE state IN ('RUNNING', 'UNKNOWN') AND ${where.sql}`,
    where.values,
  );
}

/** After fewer rows than asked: those that stand so under our key, now or since an earlier write. */
function* standing(database: Database, ended: readonly Ended[], state: FinalState): Step<readonly string[]> {
  const kind = ended[0]?.key.kind ?? 'beforehand';
  const where = mine(ended, null);
  const states = kind === 'afterward' ? `'${state}', 'RETRY'` : `'${state}'`;
  const found = yield* rows<{ id: string }>(
    `SELECT id FROM ${tableOf(database, kind)} WHERE state IN (${states}) AND ${where.sql}`,
    where.values,
  );
  return found.map(({ id }) => id);
}

/** Ids under their claims' keys. A claim has many records, so this is short. */
function mine(ended: readonly Ended[], generation: string | null): Where {
  const groups = new Map<string, { values: SqlValue[]; ids: string[] }>();
  for (const { key } of ended) {
    const given = generation === null ? [key.claimKey] : [key.claimKey, key.generation ?? 0];
    const group = groups.get(given.join(' ')) ?? { values: given, ids: [] };
    groups.set(given.join(' '), group);
    group.ids.push(key.id);
  }
  const all = [...groups.values()];
  const extra = generation === null ? '' : ` AND ${generation}`;
  const one = ({ ids }: { ids: string[] }) => `(claim_key = ?${extra} AND id IN (${ids.map(() => '?').join(', ')}))`;
  return { sql: `(${all.map(one).join(' OR ')})`, values: all.flatMap(({ values, ids }) => [...values, ...ids]) };
}
