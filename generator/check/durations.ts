// Durations beyond their form: not zero where zero means nothing, not too long to count, and waits in order.

import type { Backoff } from '../config.gen.js';
import { parseDurationMs } from '../duration.js';
import type { Path } from '../parse.js';
import { showSubject } from '../subject.js';
import { isBefore } from './claims.js';
import { type CheckContext, jobsOf, methodsOf } from './context.js';

export function checkDurations(context: CheckContext): void {
  for (const { job, path } of jobsOf(context.config)) {
    checkOne(context, [...path, 'timeout'], job.timeout);
    checkBackoff(context, [...path, 'retry', 'backoff'], job.retry?.backoff);
    for (const [column, condition] of Object.entries(job.claim?.where ?? {}))
      if (isBefore(condition)) checkOne(context, [...path, 'claim', 'where', column, 'before'], condition.before, 0);
  }
  for (const { method, path } of methodsOf(context.config)) {
    checkBackoff(context, [...path, 'retry', 'backoff'], method.retry?.backoff);
  }
}

function checkBackoff(context: CheckContext, path: Path, backoff: Backoff | undefined): void {
  const delayMs = checkOne(context, [...path, 'delay'], backoff?.delay, 0);
  const maxMs = checkOne(context, [...path, 'max'], backoff?.max);
  if (delayMs === null || maxMs === null || delayMs <= maxMs) return;
  const message = `${showSubject([...path, 'max'])} is ${backoff?.max}, which is less than the first wait of ${backoff?.delay}`;
  context.report.add({ code: 'DJ1038', span: context.yaml.locate([...path, 'max'], 'value'), message });
}

const LONGEST_MS = 100 * 366 * 86_400_000;

/** The duration, or null when there is none to judge. */
function checkOne(context: CheckContext, path: Path, text: string | undefined, leastMs = 1): number | null {
  if (text === undefined) return null;
  const ms = parseDurationMs(text) ?? Number.POSITIVE_INFINITY;
  if (ms >= leastMs && ms <= LONGEST_MS) return ms;
  const message = `${showSubject(path)} must be ${ms < leastMs ? 'more than 0' : 'at most a hundred years'}, got ${text}`;
  context.report.add({ code: 'DJ1009', span: context.yaml.locate(path, 'value'), message });
  return null;
}
