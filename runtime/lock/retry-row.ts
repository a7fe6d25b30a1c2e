// The row of job_info that stands for the dispatch of retry records: it shows it in `status`, and holds its pause flag.
// What must hold: it is a row and no job. It is registered and kept like one, has no schedule, takes no trigger, and no
// instance ever acquires it.
import type { Instance } from './instance.js';
import { createJob, type Job } from './job.js';

export const RETRY_ROW = 'dalJob.retry';

/** SQL: dispatch is not paused. One placeholder: the app. */
export function notPaused({ database: { tables } }: Instance): string {
  return `NOT EXISTS (SELECT 1 FROM ${tables.job_info} p WHERE p.app = ? AND p.name = '${RETRY_ROW}' AND p.paused = 1)`;
}

/** What is registered. */
export function retryRow(): Job {
  return createJob(RETRY_ROW, {
    description: 'Makes recorded calls again; pause it to hold them all back',
    cron: null,
    timezone: 'UTC',
    dst: { gap: 'next', overlap: null },
    globalSingle: true,
    timeoutMs: null,
    misfire: 'skip',
    misfireLimit: 1,
    overlap: 'skip',
    onLost: 'skip',
    retry: null,
  });
}
