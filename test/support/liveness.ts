// L1, L2, L4 and L5: what must have happened by a time, read off the witness's log and the rows the harness exported at the end.
// Deadlines start over when an outage ends: nobody can work without a database or with no process. A log that ends
// before a deadline is a violation where the harness is free to wait (L4), and says nothing elsewhere.
import { eventsOf, type History, type Run } from './history.js';
import type { Violation } from './safety.js';
import type { JobPlan, WitnessEvent } from './witness-events.js';

/** L1: between the first and the last fire seen of a job, each was started, or is recorded with a reason. */
export function everyFireAccounted(history: History): Violation[] {
  return scheduledJobs(history).flatMap(([job, { everyMs }]) => {
    const covered = coveredFires(history, job, everyMs);
    if (covered.size === 0) return [{ invariant: 'L1', message: `${job} never fired`, slice: [] }];
    const [first, last] = [Math.min(...covered), Math.max(...covered)];
    const lost: number[] = [];
    for (let fireMs = first; fireMs <= last; fireMs += everyMs) if (!covered.has(fireMs)) lost.push(fireMs);
    return lost.map((fireMs) => ({
      invariant: 'L1',
      message: `${job}@${fireMs} was neither started nor recorded`,
      slice: neighbours(history, job, fireMs),
    }));
  });
}

function coveredFires(history: History, job: string, everyMs: number): Set<number> {
  const covered = new Set<number>();
  for (const { start } of history.runs)
    if (start.job === job && !start.key.endsWith('/manual')) covered.add(start.fireTimeMs);
  for (const row of eventsOf(history.events, 'ROW')) {
    if (row.job !== job || row.outcome === 'running' || row.key.endsWith('/manual')) continue;
    const count = row.outcome === 'missed' ? (row.missedCount ?? 1) : 1;
    for (let index = 0; index < count; index += 1) covered.add(row.fireTimeMs - index * everyMs);
  }
  return covered;
}

function neighbours(history: History, job: string, fireMs: number): WitnessEvent[] {
  const starts = history.runs.map(({ start }) => start).filter((start) => start.job === job);
  const before = starts.findLast((start) => start.fireTimeMs < fireMs);
  const after = starts.find((start) => start.fireTimeMs > fireMs);
  return [before, after].filter((start) => start !== undefined);
}

/** L2: after its owner died in mid-run, or was stalled for long, a job runs again in the time promised. */
export function deadOwnersRecovered(history: History): Violation[] {
  return history.runs.flatMap((run) => {
    const loss = lossOf(history, run);
    if (loss === undefined) return [];
    const next = nextRun(history, run, loss);
    const deadlineMs = deadlineAfter(history, loss.atMs, history.plan.recoveryMs + (run.plan.everyMs ?? 0));
    if (next !== undefined && next.start.atMs <= deadlineMs) return [];
    if (next === undefined && history.finishedMs < deadlineMs) return [];
    const message = `${run.start.job}@${run.start.fireTimeMs}: its owner was lost, and no run came within ${history.plan.recoveryMs} ms`;
    return [{ invariant: 'L2', message, slice: next ? [run.start, next.start] : [run.start] }];
  });
}

interface Loss {
  readonly atMs: number;
  readonly how: 'kill' | 'stall';
  /** The last attempt that was lost with a process that the harness killed. */
  readonly attempt: number;
}

/** How a live run lost its owner; undefined: it did not, or nothing would bring the job back. */
function lossOf(history: History, run: Run): Loss | undefined {
  const { start, plan, liveUntilMs, ends } = run;
  if (!plan.single || (plan.everyMs === null && plan.onLost === 'skip')) return undefined;
  const killed = eventsOf(history.events, 'KILL').find(({ pid, atMs }) => pid === start.pid && atMs === liveUntilMs);
  if (killed !== undefined && ends.length === 0) return lossAgain(history, run, killed.atMs);
  const stalled = history.longStalls(start.pid).filter(({ fromMs }) => fromMs >= start.atMs && fromMs < liveUntilMs);
  return stalled.length === 0
    ? undefined
    : { atMs: Math.min(...stalled.map(({ fromMs }) => fromMs)), how: 'stall', attempt: start.attempt };
}

/** Whoever took the job next, in time, may have been killed before its handler began: a row says so, and the time starts over. */
function lossAgain(history: History, run: Run, atMs: number): Loss {
  const again = unstartedLosses(history, run).sort((a, b) => a.atMs - b.atMs);
  return again.reduce<Loss>(
    (loss, next) =>
      next.atMs > loss.atMs && next.atMs <= deadlineAfter(history, loss.atMs, history.plan.recoveryMs) ? next : loss,
    { how: 'kill', atMs, attempt: run.start.attempt },
  );
}

/** Later takings of the job (of the same fire where it is to be run again) by processes killed before the start. */
function unstartedLosses(history: History, { start, plan }: Run): Loss[] {
  const kills = eventsOf(history.events, 'KILL');
  const begun = new Set(history.runs.map((run) => `${run.start.key} ${run.start.attempt}`));
  return eventsOf(history.events, 'ROW')
    .filter(({ job, outcome }) => job === start.job && outcome === 'lost')
    .filter((row) =>
      row.key === start.key ? row.attempt > start.attempt : isLater(row, start) && plan.onLost === 'skip',
    )
    .filter(({ key, attempt }) => !begun.has(`${key} ${attempt}`))
    .flatMap(({ attempt, pid }) =>
      kills.flatMap((kill) => (kill.pid === pid ? [{ how: 'kill', atMs: kill.atMs, attempt } as const] : [])),
    );
}

function isLater(row: { readonly fireTimeMs: number }, start: { readonly fireTimeMs: number }): boolean {
  return row.fireTimeMs > start.fireTimeMs;
}

/** What shows that the job lives: after a kill a rerun of the same fire where that is the policy, else any later run. */
function nextRun(history: History, { start, plan }: Run, loss: Loss): Run | undefined {
  // a stall hardly longer than the lease may have ended before anybody took the run away
  const sameFire = loss.how === 'kill' && plan.onLost === 'rerun' && loss.attempt < plan.maxAttempts;
  return history.runs.find(
    (other) =>
      other.start.job === start.job &&
      other.start.atMs > loss.atMs &&
      other.start.fence > start.fence &&
      (!sameFire || other.start.key === start.key),
  );
}

/** `limitMs` from then, started over at the end of every outage on the way. */
function deadlineAfter(history: History, fromMs: number, limitMs: number): number {
  const outages = [...history.outages].sort((a, b) => a.fromMs - b.fromMs);
  let deadlineMs = fromMs + limitMs;
  for (const outage of outages) {
    if (outage.fromMs <= deadlineMs && outage.toMs > fromMs) deadlineMs = Math.max(deadlineMs, outage.toMs + limitMs);
  }
  return deadlineMs;
}

/** L4: after the last fault before FINISH every scheduled job runs again, by itself. */
export function ticksResume(history: History): Violation[] {
  const watched = history.events.filter(({ atMs }) => atMs <= history.finishedMs);
  const last = watched.findLast(({ event }) => FAULTS.has(event));
  if (last === undefined) return [];
  const deadlineMs = last.atMs + history.plan.resumeMs;
  return scheduledJobs(history).flatMap(([job]) => {
    const resumed = history.runs.some(
      ({ start }) => start.job === job && start.atMs > last.atMs && start.atMs <= deadlineMs,
    );
    if (resumed) return [];
    const early = history.finishedMs < deadlineMs ? ' (the test stopped watching too early to say so)' : '';
    const message = `${job} did not run within ${history.plan.resumeMs} ms of the last fault${early}`;
    return [{ invariant: 'L4', message, slice: [last] }];
  });
}

const FAULTS: ReadonlySet<string> = new Set(['KILL', 'STOP', 'CONT', 'FAULT', 'HEAL', 'DATABASE_CLOCK']);

/** L5: SIGTERM ends the process in time and cleanly, with no handler left and no row of it left running. */
export function stopsClean(history: History): Violation[] {
  return eventsOf(history.events, 'TERM').flatMap((term) => {
    const exit = eventsOf(history.events, 'EXIT').find(({ pid, n }) => pid === term.pid && n > term.n);
    const limit = history.plan.stopMs;
    if (exit === undefined || exit.atMs - term.atMs > limit)
      return [
        { invariant: 'L5', message: `pid ${term.pid} did not exit within ${limit} ms of SIGTERM`, slice: [term] },
      ];
    const dirty =
      exit.code === 0
        ? []
        : [{ invariant: 'L5', message: `pid ${term.pid} exited with ${exit.code}`, slice: [term, exit] }];
    return [...dirty, ...leftRunning(history, term, exit)];
  });
}

function leftRunning(history: History, term: { readonly pid: number } & WitnessEvent, exit: WitnessEvent): Violation[] {
  const handlers = history.runs
    .filter(({ start, ends, plan }) => start.pid === term.pid && ends.length === 0 && plan.ignoresSignal === undefined)
    .map(({ start }) => ({
      invariant: 'L5',
      message: `${start.job}@${start.fireTimeMs} was running when pid ${term.pid} exited`,
      slice: [start, term, exit],
    }));
  const rows = eventsOf(history.events, 'ROW')
    .filter(({ outcome, pid }) => outcome === 'running' && pid === term.pid)
    .map((row) => ({
      invariant: 'L5',
      message: `pid ${term.pid} left a row of ${row.job} running`,
      slice: [term, exit, row],
    }));
  return [...handlers, ...rows];
}

function scheduledJobs(history: History): [string, JobPlan & { readonly everyMs: number }][] {
  return Object.entries(history.plan.jobs).filter(
    (entry): entry is [string, JobPlan & { everyMs: number }] => entry[1].everyMs !== null,
  );
}
