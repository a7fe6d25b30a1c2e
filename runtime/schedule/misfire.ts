// The misfire plan: which of the fires that are due is served now, and which are dropped.
//
// Pure: the last fire taken and the database's now come in, a decision goes out; nothing is written and no clock read.
// fireAt never falls and never passes nowMs. Everything in (lastFireMs, fireAt] is either run or counted as missed,
// nothing twice. A year of missed seconds costs what one missed fire costs: nothing here may walk from fire to fire.

import type { Schedule } from './schedule.js';

/** A fire older than this when it is served is late, and `skip` does not serve it any more. */
export const MISFIRE_GRACE_MS = 60_000;

/** All times are epoch milliseconds. */
export interface MisfirePlan {
  /** The fire to serve now; null: none. */
  readonly run: number | null;
  /** The new watermark: the last fire taken, served or not; above lastFireMs. */
  readonly fireAt: number;
  /** The first fire after fireAt; null: never again. With `all` it may be due already. */
  readonly nextFireMs: number | null;
  /** Fires that this plan drops, not counting run. */
  readonly missedCount: number;
  /** The newest of the dropped ones: the fire time of the one `missed` row. */
  readonly missedFireMs: number | null;
  /** run is served late: more than one fire was due, or run is older than MISFIRE_GRACE_MS. */
  readonly catchUp: boolean;
}

export interface MisfireQuestion {
  readonly schedule: Schedule;
  readonly misfire: 'latest' | 'skip' | 'all';
  /** With `all`: how many of the newest due fires are served, a positive integer; the others ignore it. */
  readonly misfireLimit: number;
  readonly lastFireMs: number;
  readonly nowMs: number;
}

/** What to do with the fires in (lastFireMs, nowMs]; null when there are none. */
export function planMisfire(question: MisfireQuestion): MisfirePlan | null {
  const { schedule, misfire, lastFireMs, nowMs } = question;
  const newest = schedule.latest(lastFireMs, nowMs);
  if (newest === null) return null;
  if (misfire === 'all') return serveOldestKept(question);
  if (misfire === 'skip' && isLate(newest, nowMs)) return dropAll(question, newest);
  return serve(question, newest);
}

function serveOldestKept(question: MisfireQuestion): MisfirePlan | null {
  const { schedule, misfireLimit, lastFireMs, nowMs } = question;
  const oldest = schedule.oldestOfNewest(misfireLimit, lastFireMs, nowMs);
  return oldest === null ? null : serve(question, oldest);
}

function serve({ schedule, lastFireMs, nowMs }: MisfireQuestion, run: number): MisfirePlan {
  const nextFireMs = schedule.next(run);
  const missedCount = schedule.count(lastFireMs, run) - 1;
  const alone = missedCount === 0 && (nextFireMs === null || nextFireMs > nowMs);
  return {
    run,
    fireAt: run,
    nextFireMs,
    missedCount,
    missedFireMs: missedCount === 0 ? null : schedule.latest(lastFireMs, run - 1),
    catchUp: !alone || isLate(run, nowMs),
  };
}

function dropAll({ schedule, lastFireMs }: MisfireQuestion, newest: number): MisfirePlan {
  return {
    run: null,
    fireAt: newest,
    nextFireMs: schedule.next(newest),
    missedCount: schedule.count(lastFireMs, newest),
    missedFireMs: newest,
    catchUp: false,
  };
}

function isLate(fireMs: number, nowMs: number): boolean {
  return nowMs - fireMs > MISFIRE_GRACE_MS;
}
