// What an acquire does with the fires that it does not run: an overlap is skipped or queued, fires too old to run are
// missed, a run past its deadline is taken away from its holder.
// What must hold: each is one conditional UPDATE of a row that is locked already, and 0 rows is no decision; `fire_at`
// never falls; nothing here touches status, owner or fence but the taking away, which raises the fence.
import { affected, type Step } from '../db/step.js';
import type { Missed, Overlap, Pass } from './decide.js';
import { freeRow } from './free.js';
import type { Instance } from './instance.js';
import { decision, endingWithout, endLogRow, type LogRow } from './logRow.js';
import { dueAt, type JobRow } from './row.js';

/** A decision that was committed; for events. */
export interface Decided {
  readonly job: string;
  readonly outcome: 'skipped' | 'missed' | 'timed_out' | 'queued';
  readonly fireMs: number;
  readonly count: number;
  readonly note: string | null;
}

/** One that is a row of its own. */
export type Written = Decided & { readonly outcome: 'skipped' | 'missed' };

export function* overlap(instance: Instance, row: JobRow, choice: Overlap): Step<readonly Decided[]> {
  const queuedFireAt = choice.queue ? choice.fireMs : row.queued_fire_at;
  const changed = yield* moveWatermark(instance, row, { ...choice, queuedFireAt });
  if (changed === 0) return [];
  const outcome = choice.queue ? 'queued' : 'skipped';
  const own: Decided = {
    job: row.name,
    outcome,
    fireMs: choice.fireMs,
    count: 1,
    note: choice.queue ? null : choice.note,
  };
  return choice.missed === null ? [own] : [own, missed(row.name, choice.missed)];
}

export function* pass(instance: Instance, row: JobRow, choice: Pass): Step<readonly Decided[]> {
  const changed = yield* moveWatermark(instance, row, { ...choice, queuedFireAt: row.queued_fire_at });
  return changed === 0 || choice.missed === null ? [] : [missed(row.name, choice.missed)];
}

interface Watermark {
  readonly fireAt: number;
  readonly nextFireMs: number | null;
  readonly queuedFireAt: number | null;
}

/** Moves `fire_at` and `next_fire_at` (and the queue slot) and nothing else; never back. */
function* moveWatermark({ database, app }: Instance, row: JobRow, to: Watermark): Step<number> {
  const after = { ...row, next_fire_at: to.nextFireMs, queued_fire_at: to.queuedFireAt };
  return yield* affected(
    `UPDATE ${database.tables.job_info} SET fire_at = ?, next_fire_at = ?, queued_fire_at = ?, due_at = ?
     WHERE app = ? AND name = ? AND fence = ? AND status = ? AND fire_at <= ?`,
    [
      to.fireAt,
      to.nextFireMs,
      to.queuedFireAt,
      dueAt(after, row.now_ms, false),
      app,
      row.name,
      row.fence,
      row.status,
      to.fireAt,
    ],
  );
}

export function* takeAway(instance: Instance, row: JobRow): Step<readonly Decided[]> {
  const where = { sql: 'acq_id = ?', values: [row.acq_id] };
  const changed = yield* freeRow(instance, { row, outcome: 'timed_out', rerun: null, where });
  if (changed === 0) return [];
  const note = 'taken away past its deadline';
  if (row.run_log_id !== null) yield* endLogRow(instance, row.run_log_id, endingWithout('timed_out', note));
  return [{ job: row.name, outcome: 'timed_out', fireMs: row.run_fire_at ?? 0, count: 1, note }];
}

export function missed(job: string, { count, fireMs }: Missed): Written {
  return { job, outcome: 'missed', fireMs, count, note: null };
}

/** A queued fire has its row when it runs; a run taken away has its row already. */
export function isWritten(decided: Decided): decided is Written {
  return decided.outcome === 'skipped' || decided.outcome === 'missed';
}

export function decisionRowOf({ job, outcome, fireMs, count, note }: Written): LogRow {
  return decision({ job, fireMs, outcome, note, missedCount: outcome === 'missed' ? count : null });
}
