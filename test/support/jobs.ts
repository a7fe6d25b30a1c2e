// Jobs for tests, from as few words as possible.
import { createJob, type Job } from '../../runtime/lock/job.js';
import type { JobDefinition, JobEntry, RetryPolicy } from '../../runtime/types.js';

/** Every minute, on one instance, without timeout and retries; `over` says what is different. */
export function definition(over: Partial<JobDefinition> = {}): JobDefinition {
  return {
    description: 'a job of a test',
    cron: '* * * * *',
    timezone: 'UTC',
    dst: { gap: 'next', overlap: null },
    globalSingle: true,
    timeoutMs: null,
    misfire: 'latest',
    misfireLimit: 100,
    overlap: 'skip',
    onLost: 'skip',
    retry: null,
    ...over,
  };
}

export function job(name: string, over: Partial<JobDefinition> = {}): Job {
  return createJob(name, definition(over));
}

/** Anything thrown, up to `maxRetries` times, a second apart. */
export function retry(maxRetries: number, over: Partial<RetryPolicy> = {}): RetryPolicy {
  const backoff = { type: 'fixed', delayMs: 1_000, maxMs: 1_000, jitter: 0 } as const;
  return { for: ['Error'], maxRetries, backoff, ...over };
}

// biome-ignore lint/suspicious/noExplicitAny: contexts are generated per job
export type TestHandler = (context: any) => unknown;

export function entry(handler: TestHandler, over: Partial<JobDefinition> = {}): JobEntry<unknown> {
  return { definition: definition(over), input: null, load: async () => handler as (context: unknown) => void };
}
