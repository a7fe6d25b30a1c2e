// The made-up world in which docs/steps.ts drives the protocol: one job, its row idle or running, one instance.
// Only what decides which statements are sent matters here; the values appear nowhere.
import { systemClock } from '../../runtime/clock.js';
import { timingOf } from '../../runtime/config.js';
import type { Database } from '../../runtime/db/database.js';
import type { Acquired, Candidate } from '../../runtime/lock/acquire.js';
import type { Held } from '../../runtime/lock/finish.js';
import type { Instance } from '../../runtime/lock/instance.js';
import { createJob } from '../../runtime/lock/job.js';
import { Lease } from '../../runtime/lock/lease.js';
import type { MultiRun } from '../../runtime/lock/multi.js';
import type { JobRow } from '../../runtime/lock/row.js';
import { Sightings, type Sweeper } from '../../runtime/lock/sweep.js';

const MINUTE_MS = 60_000;
const NOW_MS = 1_000 * MINUTE_MS;

export const JOB = createJob('closeOrders', {
  description: '',
  cron: '* * * * *',
  timezone: 'UTC',
  dst: { gap: 'next', overlap: null },
  globalSingle: true,
  timeoutMs: 50_000,
  misfire: 'latest',
  misfireLimit: 100,
  overlap: 'skip',
  onLost: 'rerun',
  retry: null,
});

/** Idle, three fires due. */
export const IDLE_ROW: JobRow = {
  ...{ name: JOB.name, def_hash: JOB.defHash, paused: 0, retired: 0, status: 'IDLE', owner: null, owner_alive: 0 },
  ...{ acq_id: null, fence: 1, max_retries: 1, on_lost: 'rerun' },
  ...{ fire_at: NOW_MS - 3 * MINUTE_MS, next_fire_at: NOW_MS - 2 * MINUTE_MS },
  ...{ run_kind: null, run_manual: 0, run_fire_at: null, run_attempt: null, run_log_id: null, run_input: null },
  ...{ started_at: null, deadline_at: null, rerun_fire_at: null, rerun_kind: null, rerun_manual: 0 },
  ...{ rerun_attempt: null, queued_fire_at: null, trigger_at: null, last_trigger_at: 0, trigger_input: null },
  ...{ trigger_forced: 0, now_ms: NOW_MS },
};

/** Running, its owner alive, a fire due. */
export const RUNNING_ROW: JobRow = {
  ...IDLE_ROW,
  ...{ status: 'RUNNING', owner: 'other', owner_alive: 1, acq_id: 'acq' },
  ...{ fire_at: NOW_MS - MINUTE_MS, next_fire_at: NOW_MS },
  ...{ run_kind: 'cron', run_fire_at: NOW_MS - MINUTE_MS, run_attempt: 1, run_log_id: 'log', started_at: 1 },
};

export const DUE_ROW = { name: null, now_ms: NOW_MS, next_due: null, lease_over: 0, orphans: 0, held: 0 };
export const CANDIDATE: Candidate = { job: JOB, acqId: 'acq', mayRun: true };

export const RUN: Acquired = {
  ...{ job: JOB, acqId: 'acq', fence: 2, logId: 'log', startedMs: NOW_MS },
  grant: {
    ...{ do: 'run', from: 'scheduled', kind: 'cron', manual: 0, fireMs: NOW_MS, attempt: 1, input: null },
    ...{ fireAt: NOW_MS, nextFireMs: NOW_MS + MINUTE_MS, missed: null },
  },
};
export const HELD: Held = { run: RUN, attempt: 1, logId: 'log' };
export const MULTI: MultiRun = { job: JOB, fireMs: NOW_MS, kind: 'cron', attempt: 1, logId: 'log' };

export function instanceOn(database: Database): Instance {
  return { database, app: 'shop', id: 'me', configHash: 'mine', timing: timingOf(15_000, 10_000, 30_000) };
}

/** A sweeper that saw the lease of `gone` over, at beat 7, long ago, and whose own beat came through since. */
export function sweeper(instance: Instance): Sweeper {
  const lease = new Lease(systemClock, instance.timing);
  const sightings = new Sightings();
  sightings.confirmed('gone', 7, { now: 0, sightMs: instance.timing.sightMs, lease });
  lease.confirm({ wall: 0, monotonic: 1 });
  return { instance, lease, sightings, clock: { ...systemClock, monotonic: () => NOW_MS } };
}
