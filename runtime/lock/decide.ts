// What to do with a job whose row we hold locked: the original's JobStatusCheck and TimeLimit, as one pure function.
// JobStatusCheck: is it running, and whose is it? TimeLimit: is this fire still to be served, by `fire_at`, never by
// "is it locked now". Nothing here reads a clock or a database; `row.now_ms` is the database's.
import { planMisfire } from '../schedule/misfire.js';
import type { RunKind } from '../types.js';
import type { Job } from './job.js';
import type { JobRow } from './row.js';

/** A fire to serve now. */
export interface Grant {
  readonly do: 'run';
  readonly from: 'rerun' | 'manual' | 'queued' | 'scheduled';
  readonly kind: RunKind;
  readonly manual: 0 | 1;
  readonly fireMs: number;
  readonly attempt: number;
  readonly input: string | null;
  /** `fire_at` and `next_fire_at` after it: moved by a scheduled fire only. */
  readonly fireAt: number;
  readonly nextFireMs: number | null;
  readonly missed: Missed | null;
}

/** Fires that no run will serve, as one `missed` row at the newest of them. */
export interface Missed {
  readonly count: number;
  readonly fireMs: number;
}

/** A due fire that is not run now, because the job is running. */
export interface Overlap {
  readonly do: 'overlap';
  /** queue: `queued_fire_at` takes it; skip: a `skipped` row says why. */
  readonly queue: boolean;
  readonly note: string;
  readonly fireMs: number;
  readonly fireAt: number;
  readonly nextFireMs: number | null;
  readonly missed: Missed | null;
}

/** Nothing to run: all due fires are too old (misfire skip), or `next_fire_at` was not a fire (another zone database). */
export interface Pass {
  readonly do: 'pass';
  readonly fireAt: number;
  readonly nextFireMs: number | null;
  readonly missed: Missed | null;
}

/** The run in progress is past its deadline and its holder has not ended it. */
export interface TakeAway {
  readonly do: 'take-away';
}

export interface Leave {
  readonly do: 'leave';
}

export type Decision = Grant | Overlap | Pass | TakeAway | Leave;

const LEAVE: Leave = { do: 'leave' };

export function decide(row: JobRow, job: Job): Decision {
  if (row.def_hash !== job.defHash || row.retired) return LEAVE;
  if (row.status === 'RUNNING') return whileRunning(row, job);
  if (row.rerun_fire_at !== null) return row.paused ? LEAVE : rerun(row, row.rerun_fire_at);
  if (row.trigger_at !== null && (!row.paused || row.trigger_forced)) return manual(row, row.trigger_at);
  if (row.paused) return LEAVE;
  if (row.queued_fire_at !== null) return queued(row, row.queued_fire_at);
  return scheduled(row, job);
}

function whileRunning(row: JobRow, job: Job): Decision {
  if (!row.owner_alive) return LEAVE; // the sweep's: it alone knows what a lost run is worth
  if (row.deadline_at !== null && row.now_ms >= row.deadline_at) return { do: 'take-away' };
  if (row.paused || job.definition.misfire === 'all') return LEAVE; // all: its fires wait until this run has ended
  const plan = planOf(row, job);
  if (plan === null || plan.run === null) return pass(row, job, plan);
  const queue = job.definition.overlap === 'queue' && row.queued_fire_at === null;
  const note = job.definition.overlap === 'queue' ? 'queue full' : 'overlap';
  return { do: 'overlap', queue, note, fireMs: plan.run, ...watermark(plan), missed: missedOf(plan) };
}

function rerun(row: JobRow, fireMs: number): Grant {
  const kind = row.rerun_kind ?? 'rerun';
  const attempt = row.rerun_attempt ?? 1;
  return { ...grant(row, fireMs), from: 'rerun', kind, manual: row.rerun_manual, attempt, input: row.run_input };
}

function manual(row: JobRow, fireMs: number): Grant {
  return { ...grant(row, fireMs), from: 'manual', kind: 'manual', manual: 1, input: row.trigger_input };
}

function queued(row: JobRow, fireMs: number): Grant {
  return { ...grant(row, fireMs), from: 'queued', kind: 'catch-up' };
}

/** A run that moves neither `fire_at` nor `next_fire_at`: a trigger must not swallow a cron fire. */
function grant(row: JobRow, fireMs: number): Grant {
  const still = { fireAt: row.fire_at, nextFireMs: row.next_fire_at, missed: null, input: null };
  return { do: 'run', from: 'scheduled', kind: 'cron', manual: 0, fireMs, attempt: 1, ...still };
}

function scheduled(row: JobRow, job: Job): Decision {
  const plan = planOf(row, job);
  if (plan === null || plan.run === null) return pass(row, job, plan);
  const kind = plan.catchUp ? 'catch-up' : 'cron';
  return { ...grant(row, plan.run), kind, ...watermark(plan), missed: missedOf(plan) };
}

type Plan = NonNullable<ReturnType<typeof planMisfire>>;

function planOf(row: JobRow, job: Job): Plan | null {
  const { definition, schedule } = job;
  if (schedule === null || !isScheduledDue(row, job)) return null;
  const { misfire, misfireLimit } = definition;
  return planMisfire({ schedule, misfire, misfireLimit, lastFireMs: row.fire_at, nowMs: row.now_ms });
}

function watermark(plan: Plan): { fireAt: number; nextFireMs: number | null } {
  return { fireAt: plan.fireAt, nextFireMs: plan.nextFireMs };
}

function missedOf(plan: Plan): Missed | null {
  return plan.missedFireMs === null ? null : { count: plan.missedCount, fireMs: plan.missedFireMs };
}

function isScheduledDue(row: JobRow, job: Job): boolean {
  if (!job.definition.globalSingle) return false; // those plan from each instance's own cursor
  return row.next_fire_at !== null && row.next_fire_at <= row.now_ms;
}

function pass(row: JobRow, job: Job, plan: Plan | null): Decision {
  if (plan !== null) return { do: 'pass', ...watermark(plan), missed: missedOf(plan) };
  if (job.schedule === null || !isScheduledDue(row, job)) return LEAVE;
  return { do: 'pass', fireAt: row.fire_at, nextFireMs: job.schedule.next(row.now_ms), missed: null };
}
