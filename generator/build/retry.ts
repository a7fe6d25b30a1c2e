// Retry policies with every default filled in: of a run of a job, and of a method of a service.
// What must hold: durations are milliseconds from here on, `forever` is null, and what a method does not say is what
// jobs.schema.json and docs/config.md promise.
import type { Backoff, JobRetry, MethodRetry } from '../config.gen.js';
import { parseDurationMs } from '../duration.js';
import type { ModelBackoff, ModelMethodRetry, ModelParam, ModelRetry } from '../model.js';

const DEFAULT_MAX_RETRIES = 3;
const DEFAULT_RETRY_FOR = ['BizRetryNeedError'];
const DEFAULT_BACKOFF: ModelBackoff = { type: 'exponential', delayMs: 5_000, maxMs: 600_000, jitter: 0.2 };
const DEFAULT_CONCURRENCY = 16;
const DEFAULT_KEEP = { succeeded: '1d', dead: 'forever' };

export function buildRetry(retry: JobRetry): ModelRetry {
  return {
    for: retry.for ?? DEFAULT_RETRY_FOR,
    maxRetries: retry.maxRetries ?? DEFAULT_MAX_RETRIES,
    backoff: buildBackoff(retry.backoff ?? {}),
  };
}

export function buildMethodRetry(retry: MethodRetry, params: readonly ModelParam[]): ModelMethodRetry {
  return {
    mode: retry.mode,
    ...buildRetry(retry),
    // a record made after a failure has no run that could be cut short unseen
    onCrash: retry.mode === 'afterward' ? 'retry' : (retry.onCrash ?? 'hold'),
    key: retry.key === undefined ? null : buildKey(retry.key, params),
    keep: {
      succeededMs: durationOrForeverMs(retry.keep?.succeeded ?? DEFAULT_KEEP.succeeded),
      deadMs: durationOrForeverMs(retry.keep?.dead ?? DEFAULT_KEEP.dead),
    },
    concurrency: retry.concurrency ?? DEFAULT_CONCURRENCY,
    upcast: retry.upcast ?? false,
  };
}

/** `order.id` by the index of its parameter. */
function buildKey(key: string, params: readonly ModelParam[]): [number, ...string[]] {
  const [first, ...path] = key.split('.');
  return [params.findIndex(({ name }) => name === first), ...path];
}

/** A first wait that is longer than the default counts. */
export function defaultMaxMs(delayMs: number): number {
  return Math.max(DEFAULT_BACKOFF.maxMs, delayMs);
}

function buildBackoff(backoff: Backoff): ModelBackoff {
  const delayMs = backoff.delay === undefined ? DEFAULT_BACKOFF.delayMs : durationMs(backoff.delay);
  return {
    type: backoff.type ?? DEFAULT_BACKOFF.type,
    delayMs,
    maxMs: backoff.max === undefined ? defaultMaxMs(delayMs) : durationMs(backoff.max),
    jitter: backoff.jitter ?? DEFAULT_BACKOFF.jitter,
  };
}

/** Durations were checked before; one that is none is a bug of ours. */
export function durationMs(text: string): number {
  const ms = parseDurationMs(text);
  if (ms === null) throw new TypeError(`not a duration: ${text}`);
  return ms;
}

function durationOrForeverMs(text: string): number | null {
  return text === 'forever' ? null : durationMs(text);
}
