// What people and code ask of a job from outside: trigger, pause, resume. Each is one short transaction on the job's row,
// and none of them touches status, owner, acq_id or fence.
import { affected, rows, type Step } from '../db/step.js';
import type { Schedule } from '../schedule/schedule.js';
import type { Instance } from './instance.js';
import type { Job } from './job.js';
import { decision, insertDecisions } from './logRow.js';
import { RETRY_ROW } from './retry-row.js';
import { dueAt, type JobRow, selectRow } from './row.js';

export type TriggerResult =
  | { readonly ok: true; readonly fireMs: number }
  | { readonly ok: false; readonly why: 'unknown' | 'waiting' | 'retired' | 'paused' | 'rerun' | 'no job' };

export interface TriggerRequest {
  readonly job: string;
  /** JSON, or null for none. */
  readonly input: string | null;
  /** Run although the job is paused. */
  readonly force: boolean;
}

/** Stores one request; its fire time is the database's now, later than any request before. */
export function* triggerStep(instance: Instance, { job, input, force }: TriggerRequest): Step<TriggerResult> {
  if (job === RETRY_ROW) return { ok: false, why: 'no job' };
  const row = yield* lockRow(instance, job);
  if (row === undefined) return { ok: false, why: 'unknown' };
  if (row.retired) return { ok: false, why: 'retired' };
  if (row.trigger_at !== null) return { ok: false, why: 'waiting' };
  if (row.paused && !force) return { ok: false, why: 'paused' };
  if (row.paused && row.rerun_fire_at !== null) return { ok: false, why: 'rerun' }; // it comes first, and the pause holds it
  const fireMs = Math.max(row.now_ms, row.last_trigger_at + 1);
  const after = { ...row, trigger_at: fireMs, trigger_forced: force ? 1 : 0 } as const;
  const { database, app } = instance;
  yield* affected(
    `UPDATE ${database.tables.job_info} SET trigger_at = ?, last_trigger_at = ?, trigger_input = ?, trigger_forced = ?, due_at = ?
     WHERE app = ? AND name = ? AND trigger_at IS NULL AND retired = 0`,
    [fireMs, fireMs, input, force ? 1 : 0, dueAt(after, row.now_ms, false), app, job],
  );
  return { ok: true, fireMs };
}

/** true: paused now; false: it was already; undefined: no such job. */
export function* pauseStep(instance: Instance, job: string): Step<boolean | undefined> {
  const { database, app } = instance;
  const row = yield* lockRow(instance, job);
  if (row === undefined) return undefined;
  if (row.paused) return false;
  const due = dueAt({ ...row, paused: 1 }, row.now_ms, false);
  // Jobs without a next fire in their row plan elsewhere (multi-instance): what the pause leaves out counts from here.
  const fireAt = row.next_fire_at === null ? Math.max(row.fire_at, row.now_ms) : row.fire_at;
  yield* affected(
    `UPDATE ${database.tables.job_info} SET paused = 1, fire_at = ?, due_at = ? WHERE app = ? AND name = ?`,
    [fireAt, due, app, job],
  );
  return true;
}

/**
 * Lets a job fire again from now on. What its schedule named meanwhile is one `skipped` row, note `paused`.
 * @param known null: not known here, as is a job whose definition in force is another (another version asks). Then whoever
 * acquires it finds the next fire, and how many were skipped is not said.
 * @returns true: resumed; false: it was not paused; undefined: no such job
 */
export function* resumeStep(instance: Instance, job: string, known: Job | null): Step<boolean | undefined> {
  const { database, app } = instance;
  const row = yield* lockRow(instance, job);
  if (row === undefined) return undefined;
  if (!row.paused) return false;
  const schedule = known?.defHash === row.def_hash ? known.schedule : null;
  const fireAt = Math.max(row.fire_at, row.now_ms);
  const next = nextAfterPause(row, schedule, fireAt);
  const due = dueAt({ ...row, paused: 0, next_fire_at: next }, row.now_ms, false);
  yield* affected(
    `UPDATE ${database.tables.job_info} SET paused = 0, fire_at = ?, next_fire_at = ?, due_at = ? WHERE app = ? AND name = ?`,
    [fireAt, next, due, app, job],
  );
  const left = leftOut(row, schedule);
  if (left !== null) {
    const skipped = decision({ job, outcome: 'skipped', note: 'paused', ...left });
    yield* insertDecisions(instance, [skipped], row.now_ms);
  }
  return true;
}

/** Now is no fire: an instance with the schedule finds it due and moves on to the true next one. */
function nextAfterPause(row: JobRow, schedule: Schedule | null, fireAt: number): number | null {
  if (row.next_fire_at === null) return null;
  return schedule === null ? row.now_ms : schedule.next(fireAt);
}

function leftOut(row: JobRow, schedule: Schedule | null): { fireMs: number; missedCount: number | null } | null {
  if (schedule === null) {
    const fireMs = row.next_fire_at;
    return fireMs === null || fireMs > row.now_ms ? null : { fireMs, missedCount: null };
  }
  const fireMs = schedule.latest(row.fire_at, row.now_ms);
  return fireMs === null ? null : { fireMs, missedCount: schedule.count(row.fire_at, row.now_ms) };
}

function* lockRow(instance: Instance, job: string): Step<JobRow | undefined> {
  const { app, database } = instance;
  const sql = `${selectRow(instance)} WHERE j.app = ? AND j.name = ? ${database.dialect.forUpdate}`;
  const [row] = yield* rows<JobRow>(sql, [app, job]);
  return row;
}
