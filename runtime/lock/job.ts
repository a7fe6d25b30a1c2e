// A job as the protocol sees it: its definition with the schedule compiled and the hash of what decides when it fires.
// Only instances whose hash is the row's acquire it, so two versions side by side never disagree about a fire.
import { createHash } from 'node:crypto';
import type { ClaimDefinition } from '../claim-types.js';
import type { Clock } from '../clock.js';
import { withoutSpans } from '../schedule/left-out.js';
import { createSchedule, type Schedule } from '../schedule/schedule.js';
import type { JobDefinition } from '../types.js';

export interface Job {
  readonly name: string;
  readonly definition: JobDefinition;
  /** null: manual only. */
  readonly schedule: Schedule | null;
  readonly defHash: string;
}

export interface JobOptions {
  /** A test's may have leapt over fires. */
  readonly clock?: Clock;
  readonly claim?: ClaimDefinition | undefined;
}

/** @throws CronError when the expression or the zone is bad */
export function createJob(name: string, definition: JobDefinition, { clock, claim }: JobOptions = {}): Job {
  return { name, definition, schedule: scheduleOf(definition, clock), defHash: defHash(definition, claim) };
}

function scheduleOf({ cron, timezone, dst }: JobDefinition, clock?: Clock): Schedule | null {
  if (cron === null) return null;
  const schedule = createSchedule({ cron, timezone, dst });
  return clock?.leftOut === undefined ? schedule : withoutSpans(schedule, () => clock.leftOut ?? []);
}

/**
 * Covers what decides whether and when a fire runs, and which rows it takes and what becomes of them; not what only its
 * holder needs (timeout, retry, description, size of batches).
 */
export function defHash(definition: JobDefinition, claim?: ClaimDefinition): string {
  const { cron, timezone, dst, globalSingle, misfire, misfireLimit, overlap, onLost } = definition;
  const covered: unknown[] = [
    cron,
    timezone,
    dst.gap,
    dst.overlap,
    globalSingle,
    misfire,
    misfireLimit,
    overlap,
    onLost,
  ];
  if (claim !== undefined) covered.push(coveredOf(claim));
  return createHash('sha256').update(JSON.stringify(covered)).digest('hex');
}

function coveredOf({ batch: _, concurrency: __, columns: ___, ...rest }: ClaimDefinition): string {
  return JSON.stringify(rest);
}

/** Most attempts of one fire, lost ones included. */
export function maxAttempts(maxRetries: number): number {
  return 1 + Math.max(maxRetries, 1);
}
