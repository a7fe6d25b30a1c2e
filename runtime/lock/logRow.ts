// Rows of job_log: a row an attempt, or a decision (attempt 0). All INSERTs into that table are here, but for the
// conditional start of multi-instance jobs (multi.ts).
// What must hold: the UNIQUE key (app, job, manual, fire, slot, attempt) is the second wall behind `fire_at`: a run row
// that exists already is an error (1062), a decision row that exists already is left as it is.

import { affected, rows, type SqlValue, type Step } from '../db/step.js';
import type { Outcome, RunKind } from '../types.js';
import { newId } from './ids.js';
import type { Instance } from './instance.js';

/** The fields that every row of job_log has. */
export interface LogRow {
  readonly id: string;
  readonly job: string;
  readonly manual: 0 | 1;
  readonly fireMs: number;
  /** '' or, for jobs that run on every instance, the instance. */
  readonly slot: string;
  readonly attempt: number;
  readonly kind: RunKind;
  readonly fence: number;
  readonly outcome: Outcome;
  readonly missedCount: number | null;
  readonly note: string | null;
}

/** Time-ordered, so that rows are inserted at the end of the primary key. */
export function newLogId(): string {
  return newId();
}

const COLUMNS = `(id, app, job_name, manual, fire_at, slot, attempt, kind, fence, owner, outcome, started_at, finished_at,
  duration_ms, missed_count, note)`;
const PLACEHOLDERS = 16;

/** Attempts that begin. 1062 when one of them exists. */
export function* insertRuns(instance: Instance, runs: readonly LogRow[], nowMs: number): Step<void> {
  if (runs.length > 0) yield* insert(instance, runs, nowMs, '');
}

/** An attempt that waits out a backoff before it starts. */
export function* insertWaiting(instance: Instance, row: Omit<LogRow, 'outcome' | 'missedCount' | 'note'>): Step<void> {
  const nowMs = yield* readNow(instance);
  yield* insertRuns(instance, [{ ...row, outcome: 'running', missedCount: null, note: 'backoff' }], nowMs);
}

/** The wait is over: the attempt starts now. 0 rows: it was ended meanwhile. @throws DatabaseError */
export function startWaiting({ database }: Instance, logId: string): Promise<number> {
  const set = `SET started_at = ${database.dialect.now}, note = NULL`;
  const where = `WHERE id = ? AND outcome = 'running' AND note = 'backoff'`;
  return database.execute(`UPDATE ${database.tables.job_log} ${set} ${where}`, [logId]);
}

/** Does that row stand with that outcome? For a write whose reply was lost. @throws DatabaseError */
export async function isWritten({ database }: Instance, logId: string, outcome: Outcome): Promise<boolean> {
  const sql = `SELECT 1 AS found FROM ${database.tables.job_log} WHERE id = ? AND outcome = ?`;
  return (await database.query(sql, [logId, outcome])).length === 1;
}

/** The database's clock inside a step. */
export function* readNow({ database }: Instance): Step<number> {
  const [clock] = yield* rows<{ now_ms: number }>(`SELECT ${database.dialect.now} AS now_ms`, []);
  return clock?.now_ms ?? 0;
}

/** Decisions. */
export function* insertDecisions(instance: Instance, decisions: readonly LogRow[], nowMs: number): Step<void> {
  if (decisions.length > 0) yield* insert(instance, decisions, nowMs, instance.database.dialect.keepExisting('id'));
}

function* insert(instance: Instance, logRows: readonly LogRow[], nowMs: number, suffix: string): Step<void> {
  const one = `(${Array(PLACEHOLDERS).fill('?').join(', ')})`;
  const places = logRows.map(() => one).join(', ');
  const values = logRows.flatMap((row) => valuesOf(instance, row, nowMs));
  yield* affected(`INSERT INTO ${instance.database.tables.job_log} ${COLUMNS} VALUES ${places} ${suffix}`, values);
}

function valuesOf(instance: Instance, row: LogRow, nowMs: number): SqlValue[] {
  const over = row.outcome !== 'running';
  const who = [row.id, instance.app, row.job, row.manual, row.fireMs, row.slot, row.attempt, row.kind, row.fence];
  const when = [nowMs, over ? nowMs : null, over ? 0 : null];
  return [...who, instance.id, row.outcome, ...when, row.missedCount, row.note];
}

/** A decision about a fire that nobody runs. */
export function decision(
  of: Pick<LogRow, 'job' | 'fireMs' | 'outcome' | 'note'> &
    Partial<Pick<LogRow, 'missedCount' | 'slot' | 'fence' | 'manual'>>,
): LogRow {
  return { id: newLogId(), manual: 0, slot: '', attempt: 0, kind: 'cron', fence: 0, missedCount: null, ...of };
}

export interface Ending {
  readonly outcome: Exclude<Outcome, 'running' | 'skipped' | 'missed' | 'requeued' | 'discarded'>;
  readonly errorName: string | null;
  readonly errorMessage: string | null;
  readonly errorStack: string | null;
  readonly note: string | null;
}

/** Ends an attempt. 0 rows: it has ended already, by somebody else. */
export function* endLogRow({ database }: Instance, logId: string, ending: Ending): Step<number> {
  const now = database.dialect.now;
  return yield* affected(
    `UPDATE ${database.tables.job_log} SET outcome = ?, error_name = ?, error_message = ?, error_stack = ?, note = ?,
       finished_at = ${now}, duration_ms = ${now} - started_at
     WHERE id = ? AND outcome = 'running'`,
    [ending.outcome, ending.errorName, ending.errorMessage, ending.errorStack, ending.note, logId],
  );
}

export function endingWithout(outcome: Ending['outcome'], note: string | null = null): Ending {
  return { outcome, errorName: null, errorMessage: null, errorStack: null, note };
}
