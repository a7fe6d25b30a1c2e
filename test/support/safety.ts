// S1 to S7 (S5 is in early.ts): what must never have happened, read off the witness's log. The words are those of docs/protocol.md.
// An excuse is always something the harness did and logged (a kill, a long stall); a handler's own account excuses nothing.
import { eventsOf, type History, type Interval, overlaps, type Run, sameAcquire } from './history.js';
import type { RecordedRow, Stamped, WitnessEvent } from './witness-events.js';

export interface Violation {
  readonly invariant: string;
  readonly message: string;
  /** The fewest events that show it, in order. */
  readonly slice: readonly WitnessEvent[];
}

/** S1: at most one start of a fire, but for retries inside the run and reruns of a run that the harness ended. */
export function startsOnce(history: History): Violation[] {
  const doubles = eventsOf(history.events, 'DOUBLE').map((event) => ({
    invariant: 'S1',
    message: `${event.job}@${event.fireTimeMs} attempt ${event.attempt} was entered twice, say the files`,
    slice: [event],
  }));
  const repeated = pairs(history.runs, identity)
    .filter(([first, second]) => !isRetry(first, second) && !isRerun(history, first, second))
    .filter(([first, second]) => !(isLate(history, first, second) && isRerun(history, second, first)))
    .map(([first, second]) => ({
      invariant: 'S1',
      message: `${first.start.job}@${first.start.fireTimeMs} started twice`,
      slice: [first.start, second.start],
    }));
  return [...doubles, ...repeated];
}

function identity({ start, plan }: Run): string {
  return plan.single ? `${start.job} ${start.key}` : `${start.job} ${start.key} ${start.pid}`;
}

function isRetry(first: Run, second: Run): boolean {
  return sameAcquire(first.start, second.start) && second.start.attempt > first.start.attempt;
}

function isRerun(history: History, first: Run, second: Run): boolean {
  const { start } = first;
  if (first.plan.onLost !== 'rerun' || second.start.fence <= start.fence || second.start.attempt <= start.attempt)
    return false;
  const killed = eventsOf(history.events, 'KILL').some(
    (kill) => kill.pid === start.pid && kill.atMs > start.atMs && kill.atMs < second.start.atMs,
  );
  return killed || wasStalled(history, first, second) || isLate(history, second, first);
}

/** The first one's process could not renew its lease for long, between the two starts. */
function wasStalled(history: History, first: Run, second: Run): boolean {
  const between = { fromMs: first.start.atMs, toMs: second.start.atMs };
  return history.longStalls(first.start.pid).some((stall) => overlaps(stall, between));
}

/** S2: fences strictly increase from grant to grant; only a start that a stall held up may come late with its older one. */
export function fencesIncrease(history: History): Violation[] {
  return singleJobs(history).flatMap((runs) => {
    const found: Violation[] = [];
    let highest: Run | undefined;
    for (const run of runs) {
      const late = highest !== undefined && run.start.fence < highest.start.fence;
      const reused = highest !== undefined && run.start.fence === highest.start.fence && !isRetry(highest, run);
      if (highest && (reused || (late && !isHeldUp(history, highest, run)))) found.push(fenceFell(highest, run));
      if (highest === undefined || run.start.fence > highest.start.fence || isRetry(highest, run)) highest = run;
    }
    return found;
  });
}

/** The second's acquire came first, and its process was frozen before the handler began: it is a zombie from its start. */
function isLate(history: History, first: Run, second: Run): boolean {
  return second.start.fence < first.start.fence && isHeldUp(history, first, second);
}

/** Stalled for long since the higher one's start, or woken so shortly before its own that its abort was still to come. */
function isHeldUp(history: History, higher: Run, late: Run): boolean {
  const fromMs = Math.min(higher.start.atMs, late.start.atMs - history.plan.abortMs);
  const between = { fromMs, toMs: late.start.atMs };
  return history.longStalls(late.start.pid).some((stall) => overlaps(stall, between));
}

function fenceFell(higher: Run, later: Run): Violation {
  const message = `${later.start.job}: fence ${later.start.fence} after ${higher.start.fence}`;
  return { invariant: 'S2', message, slice: [higher.start, later.start] };
}

/** S3: live holders do not overlap; a holder that was stalled for long is a zombie and must end soon after it wakes. */
export function holdersAlone(history: History): Violation[] {
  return overlapping(history).flatMap(([first, second]) => {
    const slice = [first.start, second.start, ...first.ends.slice(0, 1)];
    const wokenMs = wakeOf(history, first, second);
    if (wokenMs === undefined) {
      const message = `${first.start.job}: ${describe(second)} began while ${describe(first)} was running`;
      return [{ invariant: 'S3', message, slice }];
    }
    const deadlineMs = Math.max(wokenMs, second.start.atMs) + history.plan.abortMs;
    if (Math.min(first.liveUntilMs, history.finishedMs) <= deadlineMs) return [];
    return [
      { invariant: 'S3', message: `${first.start.job}: zombie ${describe(first)} did not end after it woke`, slice },
    ];
  });
}

/** Pairs of runs of a job, the second begun while the first was alive, that obedient handlers cannot explain. */
export function overlapping(history: History): [Run, Run][] {
  return singleJobs(history).flatMap((runs) =>
    runs.flatMap((second, index) =>
      runs
        .slice(0, index)
        .filter((first) => first.liveUntilMs > second.start.atMs && !sameAcquire(first.start, second.start))
        .filter((first) => !isPastTimeout(first, second))
        .map((first): [Run, Run] => [first, second]),
    ),
  );
}

function isPastTimeout({ plan, start }: Run, second: Run): boolean {
  return plan.ignoresSignal !== undefined && second.start.atMs - start.atMs >= plan.ignoresSignal.timeoutMs;
}

/** When the stall that excuses the overlap ended; undefined: nothing excuses it. A late START of a stalled run is a zombie too. */
function wakeOf(history: History, first: Run, second: Run): number | undefined {
  const between = { fromMs: first.start.atMs, toMs: second.start.atMs };
  const asleep = { fromMs: Math.min(between.fromMs, between.toMs - history.plan.abortMs), toMs: between.toMs };
  const late = second.start.fence < first.start.fence ? history.longStalls(second.start.pid) : [];
  const stalls = [
    ...history.longStalls(first.start.pid).filter((stall) => overlaps(stall, between)),
    ...late.filter((stall) => overlaps(stall, asleep)),
    ...stallsBefore(history, first),
  ];
  return stalls.length === 0 ? undefined : Math.max(...stalls.map(({ toMs }) => toMs));
}

/** The stalls that made a run start after one with a higher fence: it was a zombie from its start. */
function stallsBefore(history: History, late: Run): readonly Interval[] {
  const { job, n, fence, atMs, pid } = late.start;
  const higher = history.runs.some(({ start }) => start.job === job && start.n < n && start.fence > fence);
  const before = { fromMs: atMs - history.plan.abortMs, toMs: atMs };
  return higher ? history.longStalls(pid).filter((stall) => overlaps(stall, before)) : [];
}

/** S4: no guarded resource accepts a fence below one that it accepted before. */
export function effectsFenced(history: History): Violation[] {
  const highest = new Map<string, Extract<WitnessEvent, { event: 'EFFECT' }>>();
  return eventsOf(history.events, 'EFFECT').flatMap((effect) => {
    if (!effect.accepted) return [];
    const before = highest.get(effect.resource);
    if (before === undefined || effect.fence >= before.fence) {
      highest.set(effect.resource, effect);
      return [];
    }
    const message = `${effect.resource} accepted fence ${effect.fence} after ${before.fence}`;
    return [{ invariant: 'S4', message, slice: [before, effect] }];
  });
}

/** S6: a fire is tried no more often than it may be, crashes included, and its numbers say so. */
export function attemptsBounded(history: History): Violation[] {
  return [...groups(history.runs, identity).values()].flatMap((runs) => {
    const [first] = runs;
    const most = Math.max(runs.length, ...runs.map(({ start }) => start.attempt));
    if (first === undefined || most <= first.plan.maxAttempts) return [];
    const message = `${first.start.job}@${first.start.fireTimeMs}: ${most} attempts, ${first.plan.maxAttempts} allowed`;
    return [{ invariant: 'S6', message, slice: runs.map(({ start }) => start) }];
  });
}

/** S7: one terminal state a run: handlers end once, rows do not repeat or contradict, and no success without a run. */
export function oneTerminalState(history: History): Violation[] {
  const endings = history.runs
    .filter(({ ends }) => ends.length > 1)
    .map(({ start, ends }) => ({
      invariant: 'S7',
      message: `${start.job}@${start.fireTimeMs} ended twice`,
      slice: ends,
    }));
  const rows = eventsOf(history.events, 'ROW');
  return [...endings, ...repeatedRows(rows), ...twoSuccesses(rows), ...inventedSuccesses(history, rows)];
}

function repeatedRows(rows: readonly Stamped<{ event: 'ROW' } & RecordedRow>[]): Violation[] {
  return pairs(rows, (row) => `${row.job} ${row.key} ${row.slot} ${row.attempt}`).map((slice) => {
    const [{ job, fireTimeMs, attempt }] = slice;
    return { invariant: 'S7', message: `two rows for ${job}@${fireTimeMs} attempt ${attempt}`, slice };
  });
}

function twoSuccesses(rows: readonly Stamped<{ event: 'ROW' } & RecordedRow>[]): Violation[] {
  const succeeded = rows.filter(({ outcome }) => outcome === 'succeeded');
  return pairs(succeeded, (row) => `${row.job} ${row.key} ${row.slot}`).map((slice) => {
    const [{ job, fireTimeMs }] = slice;
    return { invariant: 'S7', message: `${job}@${fireTimeMs} is recorded as succeeded twice`, slice };
  });
}

function inventedSuccesses(history: History, rows: readonly Stamped<{ event: 'ROW' } & RecordedRow>[]): Violation[] {
  const ends = eventsOf(history.events, 'END').filter(({ outcome }) => outcome === 'returned');
  const returned = new Set(ends.map(({ job, key, attempt }) => `${job} ${key} ${attempt}`));
  return rows
    .filter(({ outcome, job, key, attempt }) => outcome === 'succeeded' && !returned.has(`${job} ${key} ${attempt}`))
    .map((row) => ({
      invariant: 'S7',
      message: `${row.job}@${row.fireTimeMs} is recorded as succeeded, but no handler returned`,
      slice: [row],
    }));
}

function describe({ start }: Run): string {
  return `@${start.fireTimeMs} of pid ${start.pid} (fence ${start.fence})`;
}

/** Runs of each job that runs on one instance at a time, in the order of their starts. */
function singleJobs(history: History): Run[][] {
  return [
    ...groups(
      history.runs.filter(({ plan }) => plan.single),
      ({ start }) => start.job,
    ).values(),
  ];
}

function groups<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const all = new Map<string, T[]>();
  for (const item of items) all.set(keyOf(item), [...(all.get(keyOf(item)) ?? []), item]);
  return all;
}

/** Neighbours within each group. */
function pairs<T>(items: readonly T[], keyOf: (item: T) => string): [T, T][] {
  return [...groups(items, keyOf).values()].flatMap((group) =>
    group.slice(1).map((second, index): [T, T] => [group[index] as T, second]),
  );
}
