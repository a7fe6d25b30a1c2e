// Policies that contradict each other: what jobs on every instance cannot have, limits and waits that never count.
// Contradictions are errors; what only looks like a slip is a warning.

import { defaultMaxMs } from '../build/retry.js';
import type { Job, JobRetry } from '../config.gen.js';
import { parseDurationMs } from '../duration.js';
import type { Path } from '../parse.js';
import { type CheckContext, jobsOf } from './context.js';

export function checkPolicies(context: CheckContext): void {
  for (const { name, job, path } of jobsOf(context.config)) {
    if (job.globalSingle === false) checkEveryInstance(context, name, job, path);
    checkMisfireLimit(context, name, job, path);
    if (job.cron === undefined) warnWithoutCron(context, name, job, path);
    warnTimeoutBelowWaits(context, name, job, path);
  }
}

/** Key and value of what needs one instance at a time. */
const NEEDS_ONE_INSTANCE = [
  ['overlap', 'queue'],
  ['misfire', 'skip'],
  ['misfire', 'all'],
  ['onLost', 'rerun'],
] as const;

function checkEveryInstance({ yaml, report }: CheckContext, name: string, job: Job, path: Path): void {
  for (const [key, value] of NEEDS_ONE_INSTANCE) {
    if (job[key] !== value) continue;
    const message = `${key}: ${value} needs globalSingle: true, but every instance runs job "${name}"`;
    const hint = `remove it; ${key} is ${key === 'misfire' ? 'latest' : 'skip'} there`;
    report.add({ code: 'DJ1035', span: yaml.locate([...path, key], 'value'), message, hint });
  }
}

function checkMisfireLimit({ yaml, report }: CheckContext, name: string, job: Job, path: Path): void {
  if (job.misfireLimit === undefined || job.misfire === 'all') return;
  const message = `misfireLimit of job "${name}" counts only with misfire: all`;
  const hint = `misfire is ${job.misfire ?? 'latest'} here`;
  report.add({ code: 'DJ1036', span: yaml.locate([...path, 'misfireLimit'], 'key'), message, hint });
}

function warnWithoutCron({ yaml, report }: CheckContext, name: string, job: Job, path: Path): void {
  for (const key of ['timezone', 'dst', 'misfire', 'overlap'] as const) {
    if (job[key] === undefined) continue;
    const message = `${key} has no effect: job "${name}" has no cron and runs only when it is triggered`;
    report.add({ code: 'DJ1063', span: yaml.locate([...path, key], 'key'), message });
  }
}

function warnTimeoutBelowWaits({ yaml, report }: CheckContext, name: string, job: Job, path: Path): void {
  const timeoutMs = parseDurationMs(job.timeout ?? '');
  if (timeoutMs === null || timeoutMs === 0 || job.retry === undefined) return;
  const waitsMs = sumOfWaitsMs(job.retry);
  if (waitsMs === null || waitsMs <= timeoutMs) return;
  const waits = waitsMs >= 1_000 ? `${Math.round(waitsMs / 1_000)}s` : `${waitsMs}ms`;
  const message = `timeout of job "${name}" is ${job.timeout}, but the waits of its ${job.retry.maxRetries ?? 3} retries take ${waits}`;
  report.add({
    code: 'DJ1062',
    span: yaml.locate([...path, 'timeout'], 'value'),
    message,
    hint: 'the last attempts would never start',
  });
}

/** All waits without jitter; null when a duration cannot be read. */
function sumOfWaitsMs({ maxRetries = 3, backoff = {} }: JobRetry): number | null {
  const delayMs = parseDurationMs(backoff.delay ?? '5s');
  if (delayMs === null) return null;
  const maxMs = backoff.max === undefined ? defaultMaxMs(delayMs) : parseDurationMs(backoff.max);
  if (maxMs === null) return null;
  let sumMs = 0;
  for (let retry = 0; retry < maxRetries; retry++) {
    sumMs += Math.min(maxMs, backoff.type === 'fixed' ? delayMs : delayMs * 2 ** retry);
  }
  return sumMs;
}
