// A row of job_info as the protocol reads it under its lock, and the rule for `due_at`, which every write of the row
// must set. An OR over the causes would be a full scan on both servers, so the earliest cause is kept as one column.
import type { RunKind } from '../types.js';
import type { Instance } from './instance.js';

export interface JobRow {
  readonly name: string;
  readonly def_hash: string;
  readonly paused: 0 | 1;
  readonly retired: 0 | 1;
  readonly status: 'IDLE' | 'RUNNING';
  readonly owner: string | null;
  readonly owner_alive: 0 | 1;
  readonly acq_id: string | null;
  readonly fence: number;
  readonly max_retries: number;
  readonly on_lost: 'skip' | 'rerun';
  readonly fire_at: number;
  readonly next_fire_at: number | null;
  readonly run_kind: RunKind | null;
  readonly run_manual: 0 | 1;
  readonly run_fire_at: number | null;
  readonly run_attempt: number | null;
  readonly run_log_id: string | null;
  readonly run_input: string | null;
  readonly started_at: number | null;
  readonly deadline_at: number | null;
  readonly rerun_fire_at: number | null;
  readonly rerun_kind: RunKind | null;
  readonly rerun_manual: 0 | 1;
  readonly rerun_attempt: number | null;
  readonly queued_fire_at: number | null;
  readonly trigger_at: number | null;
  readonly last_trigger_at: number;
  readonly trigger_input: string | null;
  readonly trigger_forced: 0 | 1;
  /** The database's clock when the row was read. */
  readonly now_ms: number;
}

const COLUMNS = `name, def_hash, paused, retired, status, owner, acq_id, fence, max_retries, on_lost, fire_at, next_fire_at,
  run_kind, run_manual, run_fire_at, run_attempt, run_log_id, run_input, started_at, deadline_at,
  rerun_fire_at, rerun_kind, rerun_manual, rerun_attempt, queued_fire_at,
  trigger_at, last_trigger_at, trigger_input, trigger_forced`;

/** `SELECT … FROM job_info j` with everything of JobRow; the caller adds WHERE and the lock. */
export function selectRow({ database: { tables, dialect } }: Instance): string {
  return `SELECT ${COLUMNS}, ${dialect.now} AS now_ms,
    EXISTS (SELECT 1 FROM ${tables.job_instance} i WHERE i.id = j.owner AND i.state = 'ALIVE') AS owner_alive
    FROM ${tables.job_info} j`;
}

/** What of a row says when somebody must look at it. */
export type DueCauses = Pick<
  JobRow,
  | 'paused'
  | 'retired'
  | 'status'
  | 'deadline_at'
  | 'next_fire_at'
  | 'rerun_fire_at'
  | 'queued_fire_at'
  | 'trigger_at'
  | 'trigger_forced'
>;

/** `due_at` of a row that will read so. misfire `all` writes nothing while a run is on, so its fires do not make it due. */
export function dueAt(row: DueCauses, nowMs: number, misfireAll: boolean): number | null {
  if (row.retired) return null;
  if (row.status === 'RUNNING')
    return earliest(row.deadline_at, misfireAll ? null : row.paused ? null : row.next_fire_at);
  if (row.paused) return row.trigger_at !== null && row.trigger_forced && row.rerun_fire_at === null ? nowMs : null;
  if (row.trigger_at !== null) return nowMs;
  if (row.rerun_fire_at !== null || row.queued_fire_at !== null) return nowMs;
  return row.next_fire_at;
}

function earliest(a: number | null, b: number | null): number | null {
  if (a === null) return b;
  return b === null ? a : Math.min(a, b);
}

/**
 * The same rule in SQL for a row that becomes IDLE with an empty rerun slot, for statements that do not read the row
 * first. It may stand only in an UPDATE that sets none of the columns it reads.
 */
export function dueAtWhenIdle({ database: { dialect } }: Instance): string {
  return `CASE WHEN retired = 1 THEN NULL
    WHEN trigger_at IS NOT NULL AND (trigger_forced = 1 OR paused = 0) THEN ${dialect.now}
    WHEN paused = 1 THEN NULL
    WHEN queued_fire_at IS NOT NULL THEN ${dialect.now}
    ELSE next_fire_at END`;
}
