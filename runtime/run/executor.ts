// One run from its start to its end: load the handler, read its input, try, try again while that is worth it, end.
// The rows in the database are the tenure's; here are the handler, its signal, and time.
// What must hold: after a lost lease nothing is written; for the database a run is over when its handler has ended or
// the grace after its abort has, whichever comes first; this instance counts it until the handler has really ended.
import { type Clock, sleep, stopwatch } from '../clock.js';
import { DalJobError, NotImplementedError } from '../errors.js';
import type { Instance } from '../lock/instance.js';
import { backoffMs, type ErrorClasses, isRetryable } from '../retry/backoff.js';
import { runInContext } from '../retry/call-context.js';
import type { JobContext, JobEntry, Log } from '../types.js';
import type { ClaimedRun } from './claimed-run.js';
import { createContext } from './context.js';
import type { Events } from './events.js';
import { readInput } from './input.js';
import { type AttemptResult, endingOf } from './outcome.js';
import type { Tenure, Written } from './tenure.js';

export interface ExecutorDeps {
  readonly clock: Clock;
  readonly events: Events;
  readonly log: Log;
  readonly services: object;
  /** Error classes by the names that `retry.for` uses. */
  readonly errorClasses: () => Promise<ErrorClasses>;
}

export interface Execution {
  readonly tenure: Tenure;
  readonly instance: Instance;
  // biome-ignore lint/suspicious/noExplicitAny: contexts are generated per job; the runtime builds them all alike
  readonly entry: JobEntry<any>;
  /** Milliseconds since before the run was acquired: the timeout counts from there, as the deadline in its row does. */
  readonly ageMs: () => number;
  /** Its rows, when the job has a claim. */
  readonly claimed?: ClaimedRun;
  /** Aborts the run: timeout, shutdown, lost lease. Its reason is a DalJobError. */
  readonly controller: AbortController;
}

/** Nothing more may be written for this run. */
type Over = 'over';

interface Handler {
  readonly call: (context: object) => unknown;
  readonly input: unknown;
}

/**
 * Resolves when the handler has really ended, which may be long after the run has; `onEnded` is called when the run has.
 * Never rejects.
 */
export async function execute(deps: ExecutorDeps, execution: Execution, onEnded: () => void): Promise<void> {
  const elapsedMs = stopwatch(deps.clock);
  const cancelTimeout = armTimeout(deps, execution);
  const settled: Promise<unknown>[] = [];
  const result = await attempts(deps, execution, settled).catch(asFailure); // a run that nobody ends blocks its job
  cancelTimeout();
  if (result !== 'over') await end(deps, execution, { result, durationMs: Math.round(elapsedMs()) });
  onEnded();
  await Promise.all(settled);
}

/** @param settled gets one promise an attempt, which resolves when its handler has ended */
async function attempts(
  deps: ExecutorDeps,
  execution: Execution,
  settled: Promise<unknown>[],
): Promise<AttemptResult | Over> {
  const { signal } = execution.controller;
  const prepared = deps.clock.during('handler', () => prepare(execution)).catch(asFailure);
  const handler = await Promise.race([prepared, aborted(signal)]);
  if (handler === 'aborted') return resultOfAbort(signal); // loading has no end of its own
  if ('outcome' in handler) return handler;
  for (;;) {
    const result = await tryOnce(deps, execution, { handler, settled });
    if (result === 'over') return 'over';
    const delayMs = await delayBeforeNext(deps, execution, result);
    if (delayMs === null) return result;
    const goOn = await nextAttempt(deps, execution, { result, delayMs });
    if (goOn !== 'go') return goOn;
  }
}

function asFailure(error: unknown): AttemptResult {
  return { outcome: 'failed', error };
}

function armTimeout({ clock }: ExecutorDeps, { tenure, controller, ageMs }: Execution): () => void {
  const { timeoutMs } = tenure.job.definition;
  if (timeoutMs === null) return () => {};
  const { name } = tenure.job;
  const reason = new DalJobError('DJ3004', `The run of ${name} was over its timeout of ${timeoutMs} ms.`, {
    fields: { job: name, timeoutMs },
  });
  return clock.setTimer(timeoutMs - ageMs(), () => controller.abort(reason));
}

/** Loads the handler and reads its input; what goes wrong here is this run's failure and no other's. */
async function prepare({ entry, tenure, claimed }: Execution): Promise<Handler> {
  const { name } = tenure.job;
  const input = readInput(name, tenure.input, entry.input);
  const call: unknown = await entry.load().catch((cause: unknown) => {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new DalJobError('DJ3006', `The handler of ${name} cannot be loaded: ${why}`, {
      cause,
      fields: { job: name },
    });
  });
  if (typeof call === 'function') return { call: wrapped(call as Handler['call'], claimed), input };
  throw new DalJobError('DJ3006', `The handler of ${name} is not a function but ${typeof call}.`, {
    fields: { job: name },
  });
}

/** With a claim, the handler is called once a batch. */
function wrapped(call: Handler['call'], claimed: ClaimedRun | undefined): Handler['call'] {
  return claimed === undefined ? call : claimed.wrap(call);
}

interface Trying {
  readonly handler: Handler;
  readonly settled: Promise<unknown>[];
}

async function tryOnce(
  deps: ExecutorDeps,
  execution: Execution,
  { handler, settled }: Trying,
): Promise<AttemptResult | Over> {
  const { tenure, instance, controller } = execution;
  const { signal } = controller;
  if (signal.aborted) return resultOfAbort(signal);
  const context = createContext({
    instance,
    tenure,
    input: handler.input,
    signal,
    services: deps.services,
    log: deps.log,
  });
  const outcome = deps.clock.during('handler', () => invoke(handler, context));
  settled.push(outcome);
  const first = await Promise.race([outcome, aborted(signal)]);
  if (first !== 'aborted' && !signal.aborted) return first;
  const graceOver = sleep(deps.clock, instance.timing.graceMs).then(() => 'grace over' as const);
  if ((await Promise.race([outcome, graceOver])) === 'grace over') deps.events.emit('run.zombie', tenure.current());
  return resultOfAbort(signal);
}

/** Never rejects; a handler that throws synchronously has failed like any other. */
async function invoke({ call }: Handler, context: JobContext<string, unknown, object>): Promise<AttemptResult> {
  try {
    const { services, signal, log } = context;
    const below = {
      ...{ services, signal, log, retry: undefined },
      get sequelize() {
        return context.sequelize;
      },
    };
    await runInContext(below, () => call(context));
    return { outcome: 'succeeded' };
  } catch (error) {
    return asFailure(error);
  }
}

function aborted(signal: AbortSignal): Promise<'aborted'> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve('aborted'), { once: true }));
}

/** After an abort its reason is the outcome, however the handler ended: nobody can tell a finished one from a cut one. */
function resultOfAbort({ reason }: AbortSignal): AttemptResult | Over {
  const code = reason instanceof DalJobError ? reason.code : undefined;
  if (code === 'DJ3002') return 'over';
  return { outcome: code === 'DJ3004' ? 'timed_out' : 'cancelled', error: reason };
}

/** Milliseconds until another attempt; null: there is none. */
async function delayBeforeNext(
  deps: ExecutorDeps,
  { tenure, ageMs }: Execution,
  result: AttemptResult,
): Promise<number | null> {
  const { retry, timeoutMs } = tenure.job.definition;
  const { attempt } = tenure.current();
  if (retry === null || result.outcome !== 'failed' || attempt > retry.maxRetries) return null;
  if (result.error instanceof NotImplementedError) return null;
  if (!(await isWorthAnother(deps, result.error, retry.for).catch(() => false))) return null;
  const delayMs = backoffMs(retry.backoff, attempt, Math.random());
  return timeoutMs !== null && ageMs() + delayMs >= timeoutMs ? null : delayMs;
}

/** Rejects when the error or one of the classes is such that it cannot be judged. */
async function isWorthAnother(deps: ExecutorDeps, error: unknown, names: readonly string[]): Promise<boolean> {
  return isRetryable(error, names, await deps.clock.during('handler', deps.errorClasses));
}

async function nextAttempt(
  deps: ExecutorDeps,
  { tenure, controller }: Execution,
  { result, delayMs }: { result: AttemptResult; delayMs: number },
): Promise<'go' | AttemptResult | Over> {
  const failed = tenure.current();
  if (!(await written(deps, tenure, tenure.nextAttempt(endingOf(result))))) return 'over';
  deps.events.emit('run.retrying', { ...failed, error: result.error, delayMs });
  await sleep(deps.clock, delayMs, controller.signal);
  if (controller.signal.aborted) return resultOfAbort(controller.signal);
  return (await written(deps, tenure, tenure.startAttempt())) ? 'go' : 'over';
}

async function end(
  deps: ExecutorDeps,
  { tenure, claimed }: Execution,
  { result, durationMs }: { result: AttemptResult; durationMs: number },
): Promise<void> {
  const again = result.outcome === 'cancelled' && tenure.job.definition.onLost === 'rerun';
  const ending = endingOf(result, claimed?.note ?? null);
  const ended = await written(deps, tenure, again ? tenure.handOver(ending) : tenure.finish(ending));
  if (!ended) return;
  const { outcome, error } = result;
  const rows = claimed === undefined ? {} : { rows: claimed.counts };
  deps.events.emit('run.finished', { ...tenure.current(), outcome, durationMs, error, ...rows });
}

async function written({ events }: ExecutorDeps, tenure: Tenure, writing: Promise<Written>): Promise<boolean> {
  const outcome = await writing;
  if (outcome === 'lost') events.emit('run.fenced', tenure.current());
  return outcome === 'written';
}
