// Freeing a row whose run is over without its holder's finish: taken away past its deadline, lost with its owner, or
// given back unstarted. What must hold: the fence rises, so that whoever held it can write no more; `fire_at` stays;
// a run that is to be repeated goes to the rerun slot, which comes before everything else.
import { affected, type SqlValue, type Step } from '../db/step.js';
import type { Outcome, RunKind } from '../types.js';
import type { Instance } from './instance.js';
import { dueAt, type JobRow } from './row.js';

/** What the rerun slot is to hold: the row's run once more. */
export interface Rerun {
  readonly kind: RunKind;
  readonly attempt: number;
}

export interface Freeing {
  readonly row: JobRow;
  /** What becomes `last_outcome`; null: the run never was, and nothing is said of it. */
  readonly outcome: Outcome | null;
  readonly rerun: Rerun | null;
  /** Beyond fence and RUNNING: whose run it must still be. */
  readonly where: { readonly sql: string; readonly values: readonly SqlValue[] };
}

/** 1: freed; 0: the row moved on, leave it. */
export function* freeRow({ database, app }: Instance, { row, outcome, rerun, where }: Freeing): Step<number> {
  const said =
    outcome === null
      ? ''
      : `last_outcome = ?, last_finished_at = ${database.dialect.now}, last_error = NULL, failures_in_a_row = failures_in_a_row + 1,`;
  const slot = rerun === null ? null : { fireMs: row.run_fire_at, ...rerun };
  return yield* affected(
    `UPDATE ${database.tables.job_info} SET status = 'IDLE', owner = NULL, acq_id = NULL, fence = ?, ${said}
       run_kind = NULL, run_manual = 0, run_fire_at = NULL, run_attempt = NULL, run_log_id = NULL, run_input = ?, deadline_at = NULL,
       rerun_fire_at = ?, rerun_kind = ?, rerun_manual = ?, rerun_attempt = ?, due_at = ?
     WHERE app = ? AND name = ? AND fence = ? AND status = 'RUNNING' AND ${where.sql}`,
    [
      nextFence(row),
      ...(outcome === null ? [] : [outcome]),
      slot === null ? null : row.run_input,
      slot?.fireMs ?? null,
      slot?.kind ?? null,
      slot === null ? 0 : row.run_manual,
      slot?.attempt ?? null,
      dueAt({ ...row, status: 'IDLE', rerun_fire_at: slot?.fireMs ?? null }, row.now_ms, false),
      app,
      row.name,
      row.fence,
      ...where.values,
    ],
  );
}

/** Larger than any fence before, also in a database that was restored from an old copy. */
export function nextFence(row: Pick<JobRow, 'fence' | 'now_ms'>): number {
  return Math.max(row.fence + 1, row.now_ms);
}
