// Jobs that run on every instance (globalSingle: false). They take no lock: each instance keeps its own cursor and starts
// its own runs, so the only question to the database is "may I": not paused, not retired, my definition is the one in
// force, the fire is due by the database's clock, my lease holds. The log row, in a slot of its own, is the run's only
// row, and all later writes demand that it is still `running`.
import { ROLLBACK } from '../db/database.js';
import { DatabaseError } from '../db/errors.js';
import type { Step } from '../db/step.js';
import type { RunKind } from '../types.js';
import { type Instance, leaseHolds } from './instance.js';
import type { Job } from './job.js';
import { decision, type Ending, endLogRow, insertDecisions, insertWaiting, newLogId, readNow } from './logRow.js';

/** A run of one instance's own. */
export interface MultiRun {
  readonly job: Job;
  readonly fireMs: number;
  readonly kind: RunKind;
  readonly attempt: number;
  readonly logId: string;
}

/** Starts a run; null: not now (paused, retired, another definition, too early, or the lease is over). @throws DatabaseError */
export async function startMulti(
  instance: Instance,
  job: Job,
  { fireMs, kind, logId = newLogId() }: { fireMs: number; kind: RunKind; logId?: string },
): Promise<MultiRun | null> {
  const run: MultiRun = { job, fireMs, kind, attempt: 1, logId };
  try {
    return (await insertStart(instance, run)) === 1 ? run : null;
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error;
    if (error.kind === 'duplicate') return earlierStart(instance, run);
    const found = error.commitUnknown ? await earlierStart(instance, run) : null;
    if (found === null) throw error;
    return found;
  }
}

/**
 * Is another definition of the job in force than ours, or none, for as long as it is retired? Then it is not for us to say
 * what was missed, before ours is in force again. @throws DatabaseError
 */
export async function isRedefined({ database, app }: Instance, { name, defHash }: Job): Promise<boolean> {
  const sql = `SELECT 1 AS found FROM ${database.tables.job_info} WHERE app = ? AND name = ? AND (def_hash <> ? OR retired = 1)`;
  return (await database.query(sql, [app, name, defHash])).length === 1;
}

/** Is the job paused? What a pause leaves out is recorded by whoever ends it. @throws DatabaseError */
export async function isPaused({ database, app }: Instance, { name }: Job): Promise<boolean> {
  const sql = `SELECT 1 AS found FROM ${database.tables.job_info} WHERE app = ? AND name = ? AND paused = 1`;
  return (await database.query(sql, [app, name])).length === 1;
}

function insertStart(instance: Instance, { job, fireMs, kind, logId }: MultiRun): Promise<number> {
  const { database, app, id } = instance;
  const { tables, dialect } = database;
  const mayStart = `j.paused = 0 AND j.retired = 0 AND j.def_hash = ? AND ${dialect.now} >= ?`;
  return database.execute(
    `INSERT INTO ${tables.job_log} (id, app, job_name, manual, fire_at, slot, attempt, kind, fence, owner, outcome, started_at)
     SELECT ?, j.app, j.name, 0, ?, ?, 1, ?, 0, ?, 'running', ${dialect.now} FROM ${tables.job_info} j
     WHERE j.app = ? AND j.name = ? AND ${mayStart} AND ${leaseHolds(instance)}`,
    [logId, fireMs, id, kind, id, app, job.name, job.defHash, fireMs, id],
  );
}

/** The slot is ours alone: a row that is there already is a start of ours whose reply was lost. null: it has ended. */
async function earlierStart({ database, app, id }: Instance, run: MultiRun): Promise<MultiRun | null> {
  const [found] = await database.query<{ id: string }>(
    `SELECT id FROM ${database.tables.job_log}
     WHERE app = ? AND job_name = ? AND manual = 0 AND fire_at = ? AND slot = ? AND attempt = 1 AND outcome = 'running'`,
    [app, run.job.name, run.fireMs, id],
  );
  return found === undefined ? null : { ...run, logId: found.id };
}

/** The attempt after this one. Made before the step, so that a repeated step writes the same row. */
export function multiAttemptAfter(run: MultiRun): MultiRun {
  return { ...run, attempt: run.attempt + 1, logId: newLogId() };
}

/** Ends the attempt as failed and writes the next one, which waits out its backoff. ROLLBACK: lost. */
export function* nextMultiAttemptStep(
  instance: Instance,
  from: MultiRun,
  { next, ending }: { next: MultiRun; ending: Ending },
): Step<true | typeof ROLLBACK> {
  if ((yield* endLogRow(instance, from.logId, ending)) === 0) return ROLLBACK;
  const { job, fireMs, kind, attempt, logId } = next;
  yield* insertWaiting(instance, {
    id: logId,
    job: job.name,
    manual: 0,
    fireMs,
    slot: instance.id,
    attempt,
    kind,
    fence: 0,
  });
  return true;
}

/** Ends the run. job_info is left alone: every instance would queue for its row. ROLLBACK: lost. */
export function* finishMultiStep(instance: Instance, run: MultiRun, ending: Ending): Step<true | typeof ROLLBACK> {
  return (yield* endLogRow(instance, run.logId, ending)) === 0 ? ROLLBACK : true;
}

export interface MultiDecision {
  readonly job: string;
  readonly fireMs: number;
  readonly outcome: 'skipped' | 'missed';
  readonly count: number;
  readonly note: string | null;
}

/** Writes down fires of this instance that no run of it serves. */
export function* decideMultiStep(instance: Instance, { job, fireMs, outcome, count, note }: MultiDecision): Step<void> {
  const missedCount = outcome === 'missed' ? count : null;
  const row = decision({ job, fireMs, outcome, note, missedCount, slot: instance.id });
  yield* insertDecisions(instance, [row], yield* readNow(instance));
}

/** The statement of ctx.guard for such a run: it writes the run's log row, which must still be running. */
export function guardMultiStatement(
  { database }: Instance,
  run: MultiRun,
): { sql: string; values: readonly (string | number)[] } {
  return {
    sql: `UPDATE ${database.tables.job_log} SET fence = fence + 1 WHERE id = ? AND outcome = 'running'`,
    values: [run.logId],
  };
}
