// The statements that end a claim of retry records: one for each table and state, whatever the number of records.
// What must hold: every write demands the claim's key and a state that is still open (RUNNING, or UNKNOWN: a late, true
// result ends the doubt); by primary key, ids sorted; no SET reads a column that another SET of it writes. The key stays
// in the row, so that a write whose reply was lost can be told from a loss; an UNKNOWN one keeps its owner, too, for a person.
import type { Database } from '../db/database.js';
import { affected, rows, type SqlValue, type Step } from '../db/step.js';
import { type ErrorText, errorText } from './error-text.js';
import { type CallOutcome, type ClaimedRecord, tableOf } from './record.js';

/** What names a claim of one record. */
export type SettleKey = Pick<
  ClaimedRecord,
  'kind' | 'id' | 'service' | 'method' | 'claimKey' | 'attempt' | 'generation'
>;

export interface Ended {
  readonly key: SettleKey;
  readonly outcome: CallOutcome;
  /** Wait of newer arguments that came while the old ones ran. */
  readonly mergedDelayMs: number;
}

export type FinalState = CallOutcome['state'];

interface Where {
  readonly sql: string;
  readonly values: readonly SqlValue[];
}

/** What became of records, by id; without those that are not ours any more. */
export type Standing = ReadonlyMap<string, FinalState>;

/**
 * Settles records of one kind that ended in the same state.
 * @param withText false: leave out what their errors say (the database refused it)
 * @returns those that stand as asked; RETRY: or wait again, with newer arguments
 */
export function* settleStep(database: Database, ended: readonly Ended[], withText = true): Step<Standing> {
  const sorted = [...ended].sort((a, b) => (a.key.id < b.key.id ? -1 : 1));
  const first = sorted[0];
  if (first === undefined) return new Map();
  const { state } = first.outcome;
  const settled = yield* write(database, sorted, state, withText);
  if (settled === sorted.length) return new Map(sorted.map(({ key }) => [key.id, state]));
  if (first.key.kind === 'afterward') yield* putBackMerged(database, sorted, withText);
  return yield* standing(database, sorted, state);
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
  const said = texts(ended, withText);
  if (state === 'UNKNOWN') return joined(said);
  return joined([...said, state === 'RETRY' ? waits(dialect.now, ended) : { sql: finished, values: [] }]);
}

/** What their errors say. */
function texts(ended: readonly Ended[], withText: boolean): readonly Where[] {
  const said = ended.map(({ outcome }) => ('error' in outcome && withText ? errorText(outcome.error) : NO_TEXT));
  return [
    perRow('error_name', ended, (_, at) => (said[at] ?? NO_TEXT).name),
    perRow('error_message', ended, (_, at) => (said[at] ?? NO_TEXT).message),
  ];
}

function joined(parts: readonly Where[]): Where {
  return { sql: parts.map(({ sql }) => sql).join(', '), values: parts.flatMap(({ values }) => values) };
}

const NO_TEXT: Omit<ErrorText, 'stack'> = { name: 'Error', message: 'the text of its error could not be stored' };

function waits(now: string, ended: readonly Ended[]): Where {
  const delay = perRow('next_at', ended, ({ outcome, mergedDelayMs }) =>
    'delayMs' in outcome ? outcome.delayMs : mergedDelayMs,
  );
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
 * them, so at least one attempt is left for them; the call that brought them has just failed, so they do not come at once.
 */
function* putBackMerged(database: Database, ended: readonly Ended[], withText: boolean): Step<number> {
  const { dialect } = database;
  const failed = ended[0]?.outcome.state !== 'SUCCEEDED';
  const set = joined([...(failed ? texts(ended, withText) : []), waits(dialect.now, ended)]);
  const where = mine(ended, 'generation <> ?');
  return yield* affected(
    `UPDATE ${tableOf(database, 'afterward')} ${dialect.byPrimaryKey} SET state = 'RETRY', owner = NULL, ${set.sql},
       attempt = CASE WHEN attempt > max_retries THEN max_retries ELSE attempt END
     WHERE state IN ('RUNNING', 'UNKNOWN') AND ${where.sql}`,
    [...set.values, ...where.values],
  );
}

/** After fewer rows than asked: those that stand so under our key, now or since an earlier write. */
function* standing(database: Database, ended: readonly Ended[], state: FinalState): Step<Standing> {
  const kind = ended[0]?.key.kind ?? 'beforehand';
  const where = mine(ended, null);
  const states = kind === 'afterward' ? `'${state}', 'RETRY'` : `'${state}'`;
  const found = yield* rows<{ id: string; state: FinalState }>(
    `SELECT id, state FROM ${tableOf(database, kind)} WHERE state IN (${states}) AND ${where.sql}`,
    where.values,
  );
  return new Map(found.map((row) => [row.id, row.state]));
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
