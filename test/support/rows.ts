// Rows of job_info as decide and dueAt see them, from as few words as possible.
import { type Decision, decide } from '../../runtime/lock/decide.js';
import type { Job } from '../../runtime/lock/job.js';
import type { JobRow } from '../../runtime/lock/row.js';
import { MONDAY_MS } from '../../runtime/testing/fake-clock.js';
import type { JobDefinition } from '../../runtime/types.js';
import { job } from './jobs.js';

export const MINUTE_MS = 60_000;
/** Ten minutes past Monday 00:00, a fire of a job that runs every minute. */
export const NOW = MONDAY_MS + 10 * MINUTE_MS;

/** IDLE, and its newest fire is due now; the one before it was run. */
export function row(of: Job, over: Partial<JobRow> = {}): JobRow {
  return {
    ...{
      name: of.name,
      def_hash: of.defHash,
      paused: 0,
      retired: 0,
      status: 'IDLE',
      owner: null,
      owner_alive: 0,
      acq_id: null,
    },
    ...{ fence: 1, max_retries: 0, on_lost: 'skip', fire_at: NOW - MINUTE_MS, next_fire_at: NOW },
    ...{ run_kind: null, run_manual: 0, run_fire_at: null, run_attempt: null, run_log_id: null, run_input: null },
    ...{
      started_at: null,
      deadline_at: null,
      rerun_fire_at: null,
      rerun_kind: null,
      rerun_manual: 0,
      rerun_attempt: null,
    },
    ...{
      queued_fire_at: null,
      trigger_at: null,
      last_trigger_at: 0,
      trigger_input: null,
      trigger_forced: 0,
      now_ms: NOW,
    },
    ...over,
  };
}

/** Somebody alive runs the fire before. */
export const running = {
  status: 'RUNNING',
  owner: 'somebody',
  owner_alive: 1,
  acq_id: 'a',
  run_fire_at: NOW - MINUTE_MS,
  run_attempt: 1,
} as const;
/** What is done with such a row of a job with such policies. */
export const decided = (over: Partial<JobRow>, policies: Partial<JobDefinition> = {}): Decision => {
  const of = job('every', policies);
  return decide(row(of, over), of);
};
