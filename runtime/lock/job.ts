// A job as the protocol sees it: its definition with the schedule compiled and the hash of what decides when it fires.
// Only instances whose hash is the row's acquire it, so two versions side by side never disagree about a fire.
import { createHash } from 'node:crypto';
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

/**
 * @param clock a test's may have leapt over fires
 * @throws CronError when the expression or the zone is bad
 */
export function createJob(name: string, definition: JobDefinition, clock?: Clock): Job {
  return { name, definition, schedule: scheduleOf(definition, clock), defHash: defHash(definition) };
}

function scheduleOf({ cron, timezone, dst }: JobDefinition, clock?: Clock): Schedule | null {
  if (cron === null) return null;
  const schedule = createSchedule({ cron, timezone, dst });
  return clock?.leftOut === undefined ? schedule : withoutSpans(schedule, () => clock.leftOut ?? []);
}

/** Covers what decides whether and when a fire runs; not what only its holder needs (timeout, retry, description). */
export function defHash(definition: JobDefinition): string {
  const { cron, timezone, dst, globalSingle, misfire, misfireLimit, overlap, onLost } = definition;
  const covered = [cron, timezone, dst.gap, dst.overlap, globalSingle, misfire, misfireLimit, overlap, onLost];
  return createHash('sha256').update(JSON.stringify(covered)).digest('hex');
}

/** Most attempts of one fire, lost ones included. */
export function maxAttempts(maxRetries: number): number {
  return 1 + Math.max(maxRetries, 1);
}
