// The holder's writes after an acquire: the next attempt, the end of the run, the unstarted run given back.
// What must hold: each demands the fence and the acq_id of that acquire; job_info first, then job_log; 0 rows means "I
// lost it": nothing of the transaction stays, and the caller writes nothing more.
import { ROLLBACK } from '../db/database.js';
import { affected, rows, type Step } from '../db/step.js';
import type { Acquired } from './acquire.js';
import { freeRow } from './free.js';
import type { Instance } from './instance.js';
import { maxAttempts } from './job.js';
import { type Ending, endLogRow, insertWaiting, newLogId } from './logRow.js';
import { dueAtWhenIdle, type JobRow, selectRow } from './row.js';

/** The run as its holder knows it: the acquire, and the attempt it has come to. */
export interface Held {
  readonly run: Acquired;
  readonly attempt: number;
  readonly logId: string;
}

/** The attempt after this one. Made before the step, so that a repeated step writes the same row. */
export function attemptAfter(held: Held): Held {
  return { run: held.run, attempt: held.attempt + 1, logId: newLogId() };
}

/** Ends the attempt as failed and writes the next one, which waits out its backoff; the row stays RUNNING. ROLLBACK: lost. */
export function* nextAttemptStep(
  instance: Instance,
  from: Held,
  { next, ending }: { next: Held; ending: Ending },
): Step<true | typeof ROLLBACK> {
  const { app, database } = instance;
  const { run } = from;
  const changed = yield* affected(
    `UPDATE ${database.tables.job_info} SET run_attempt = ?, run_log_id = ?
     WHERE app = ? AND name = ? AND status = 'RUNNING' AND fence = ? AND acq_id = ?`,
    [next.attempt, next.logId, app, run.job.name, run.fence, run.acqId],
  );
  if (changed === 0) return ROLLBACK;
  if ((yield* endLogRow(instance, from.logId, ending)) === 0) return ROLLBACK;
  const { manual, fireMs, kind } = run.grant;
  const row = {
    id: next.logId,
    job: run.job.name,
    manual,
    fireMs,
    slot: '',
    attempt: next.attempt,
    kind,
    fence: run.fence,
  } as const;
  yield* insertWaiting(instance, row);
  return true;
}

/** Ends the run. ROLLBACK: lost. */
export function* finishStep(instance: Instance, held: Held, ending: Ending): Step<true | typeof ROLLBACK> {
  const { app, database } = instance;
  const { run } = held;
  const now = database.dialect.now;
  const good = ending.outcome === 'succeeded';
  const changed = yield* affected(
    `UPDATE ${database.tables.job_info} SET status = 'IDLE', owner = NULL, acq_id = NULL,
       run_kind = NULL, run_manual = 0, run_fire_at = NULL, run_attempt = NULL, run_log_id = NULL, run_input = NULL, deadline_at = NULL,
       last_outcome = ?, last_finished_at = ${now}, last_duration_ms = ${now} - started_at, last_error = ?,
       failures_in_a_row = ${good ? '0' : 'failures_in_a_row + 1'}, due_at = ${dueAtWhenIdle(instance)}
     WHERE app = ? AND name = ? AND status = 'RUNNING' AND fence = ? AND acq_id = ?`,
    [ending.outcome, briefly(ending), app, run.job.name, run.fence, run.acqId],
  );
  if (changed === 0) return ROLLBACK;
  return (yield* endLogRow(instance, held.logId, ending)) === 0 ? ROLLBACK : true;
}

/** Ends several runs that succeeded, each as finishStep would. ROLLBACK: one of them at least is lost, and none is ended. */
export function* finishManyStep(instance: Instance, helds: readonly Held[]): Step<true | typeof ROLLBACK> {
  const { app, database } = instance;
  const { tables, dialect } = database;
  const one = '(name = ? AND fence = ? AND acq_id = ?)';
  const ended = yield* affected(
    `UPDATE ${tables.job_info} ${dialect.byPrimaryKey} SET status = 'IDLE', owner = NULL, acq_id = NULL,
       run_kind = NULL, run_manual = 0, run_fire_at = NULL, run_attempt = NULL, run_log_id = NULL, run_input = NULL, deadline_at = NULL,
       last_outcome = 'succeeded', last_finished_at = ${dialect.now}, last_duration_ms = ${dialect.now} - started_at,
       last_error = NULL, failures_in_a_row = 0, due_at = ${dueAtWhenIdle(instance)}
     WHERE app = ? AND status = 'RUNNING' AND (${helds.map(() => one).join(' OR ')})`,
    [app, ...helds.flatMap(({ run }) => [run.job.name, run.fence, run.acqId])],
  );
  if (ended !== helds.length) return ROLLBACK;
  const logged = yield* affected(
    `UPDATE ${tables.job_log} ${dialect.byPrimaryKey} SET outcome = 'succeeded',
       finished_at = ${dialect.now}, duration_ms = ${dialect.now} - started_at
     WHERE outcome = 'running' AND id IN (${helds.map(() => '?').join(', ')})`,
    helds.map(({ logId }) => logId),
  );
  return logged === helds.length ? true : ROLLBACK;
}

/**
 * Ends a run that shutdown cut short although its job asks to be run at least once (onLost rerun): cancelled, and to be
 * run again by somebody else. ROLLBACK: lost.
 */
export function* handOverStep(instance: Instance, held: Held, ending: Ending): Step<true | typeof ROLLBACK> {
  const row = yield* lockRun(instance, held.run);
  if (row === undefined) return ROLLBACK;
  const attempt = held.attempt + 1;
  const rerun = attempt <= maxAttempts(row.max_retries) ? ({ kind: 'rerun', attempt } as const) : null;
  const where = { sql: 'acq_id = ?', values: [held.run.acqId] };
  if ((yield* freeRow(instance, { row, outcome: ending.outcome, rerun, where })) === 0) return ROLLBACK;
  return (yield* endLogRow(instance, held.logId, ending)) === 0 ? ROLLBACK : true;
}

/** The same for a run whose attempt still waits out its backoff: it never began, so it is what somebody else begins. */
export function* handOverWaitingStep(instance: Instance, held: Held): Step<true | typeof ROLLBACK> {
  const row = yield* lockRun(instance, held.run);
  if (row === undefined) return ROLLBACK;
  const rerun = { kind: held.run.grant.kind, attempt: held.attempt };
  const where = { sql: 'acq_id = ?', values: [held.run.acqId] };
  if ((yield* freeRow(instance, { row, outcome: 'cancelled', rerun, where })) === 0) return ROLLBACK;
  return (yield* deleteUnstarted(instance, held.logId)) === 0 ? ROLLBACK : true;
}

/**
 * Gives back an abandoned acquire: its handler never started, so the run goes to the rerun slot with the same attempt and
 * its log row is deleted (left there, its key would bar the fire for ever). false: it is not in a row.
 */
export function* giveBackStep(instance: Instance, acqId: string): Step<boolean> {
  const { app, database } = instance;
  const where = `WHERE j.app = ? AND j.status = 'RUNNING' AND j.owner = ? AND j.acq_id = ? ${database.dialect.forUpdate}`;
  const [row] = yield* rows<JobRow>(`${selectRow(instance)} ${where}`, [app, instance.id, acqId]);
  if (row === undefined || row.run_attempt === null || row.run_kind === null) return false;
  const rerun = { kind: row.run_kind, attempt: row.run_attempt };
  const freed = yield* freeRow(instance, { row, outcome: null, rerun, where: { sql: 'acq_id = ?', values: [acqId] } });
  if (freed === 0) return false;
  if (row.run_log_id !== null) yield* deleteUnstarted(instance, row.run_log_id);
  return true;
}

function* deleteUnstarted({ database }: Instance, logId: string): Step<number> {
  return yield* affected(`DELETE FROM ${database.tables.job_log} WHERE id = ? AND outcome = 'running'`, [logId]);
}

/** acq_ids of this instance's that stand in rows as running. @throws DatabaseError */
export async function heldAcqIds({ database, app, id }: Instance): Promise<readonly string[]> {
  const found = await database.query<{ acq_id: string }>(
    `SELECT acq_id FROM ${database.tables.job_info} WHERE app = ? AND status = 'RUNNING' AND owner = ?`,
    [app, id],
  );
  return found.map(({ acq_id }) => acq_id);
}

function* lockRun(instance: Instance, { job, acqId, fence }: Acquired): Step<JobRow | undefined> {
  const { app, database } = instance;
  const where = `WHERE j.app = ? AND j.name = ? AND j.status = 'RUNNING' AND j.fence = ? AND j.acq_id = ?`;
  const values = [app, job.name, fence, acqId];
  const [row] = yield* rows<JobRow>(`${selectRow(instance)} ${where} ${database.dialect.forUpdate}`, values);
  return row;
}

/**
 * The statement of ctx.guard: the last one before the caller's COMMIT. It changes a column, so that 0 rows can only mean
 * that this run does not own the job any more.
 */
export function guardStatement(
  { database, app }: Instance,
  run: Acquired,
): { sql: string; values: readonly (string | number)[] } {
  return {
    sql: `UPDATE ${database.tables.job_info} SET guards = guards + 1
          WHERE app = ? AND name = ? AND status = 'RUNNING' AND fence = ? AND acq_id = ?`,
    values: [app, run.job.name, run.fence, run.acqId],
  };
}

function briefly({ errorName, errorMessage }: Ending): string | null {
  if (errorName === null) return null;
  return `${errorName}: ${errorMessage ?? ''}`.slice(0, 1000);
}
