// What must hold in a process test, and by when: the limits that docs/protocol.md promises for a lease. The checker judges
// by this plan and by nothing else, so a limit is loosened here or nowhere.
import type { JobPlan, Plan } from '../support/witness-events.js';
import type { TestJob } from './instance-options.js';

export const GRACE_MS = 1_000;
export const SHUTDOWN_MS = 3_000;

interface PlanOptions {
  readonly jobs: readonly TestJob[];
  readonly leaseMs: number;
  readonly plan?: Partial<Omit<Plan, 'jobs'>>;
}

/** What must hold of these jobs under this lease; `plan` is what an act knows better. */
export function planOf({ jobs, leaseMs, plan }: PlanOptions): Plan {
  return {
    jobs: Object.fromEntries(jobs.map((job) => [job.name, jobPlanOf(job)])),
    leaseMs,
    marginMs: leaseMs / 5,
    // one heartbeat's wait until the loss is noticed, and a busy machine
    abortMs: leaseMs / 5 + 1_000,
    toleranceMs: 5,
    ...recoveryLimits(leaseMs),
    stopMs: SHUTDOWN_MS + GRACE_MS + 3_000,
    ...plan,
  };
}

/** A job whose owner was killed resumes no sooner than it is recovered. */
export function recoveryLimits(leaseMs: number): Pick<Plan, 'recoveryMs' | 'resumeMs'> {
  // lease, two sights of it, the 10 s that a row may stay locked by a session whose client is frozen, and a tick
  const recoveryMs = leaseMs * 2 + 10_000 + 2_000;
  return { recoveryMs, resumeMs: recoveryMs + 2_000 };
}

function jobPlanOf({ cron, single, onLost, maxRetries, deaf, timeoutMs }: TestJob): JobPlan {
  return {
    single,
    everyMs: cron === '* * * * * *' ? 1_000 : null,
    onLost,
    maxAttempts: 1 + (onLost === 'rerun' ? Math.max(maxRetries, 1) : maxRetries),
    ...(deaf && timeoutMs !== null ? { ignoresSignal: { timeoutMs } } : {}),
  };
}
