// The witness's log made ready to be judged: which run was alive when, which process was stalled when, and when nobody could work.
// Facts only; what is right or wrong stands in the invariants. All times are the witness's monotonic milliseconds.
import type { JobPlan, Plan, RunFacts, Start, WitnessEvent } from './witness-events.js';

export interface Interval {
  readonly fromMs: number;
  /** Infinity while it lasts. */
  readonly toMs: number;
}

/** A START with what became of it. */
export interface Run {
  readonly start: Start;
  readonly plan: JobPlan;
  readonly ends: readonly WitnessEvent[];
  /** When its handler ended or its process died; Infinity when neither is in the log. */
  readonly liveUntilMs: number;
}

export interface History {
  readonly events: readonly WitnessEvent[];
  readonly plan: Plan;
  readonly runs: readonly Run[];
  /** Times at which this process could not renew its lease (frozen, or cut off), the long ones only. */
  longStalls(pid: number): readonly Interval[];
  /** Times at which no run could start: the database away from all, or no healthy process. */
  readonly outages: readonly Interval[];
  readonly finishedMs: number;
}

type Of<E extends WitnessEvent['event']> = Extract<WitnessEvent, { event: E }>;

/** @throws when the log has no PLAN, or speaks of a job that is not in it. */
export function historyOf(events: readonly WitnessEvent[]): History {
  const [planned] = eventsOf(events, 'PLAN');
  if (planned === undefined) throw new Error('the log has no PLAN');
  const { plan } = planned;
  const shortestMs = plan.leaseMs - plan.marginMs;
  const stalls = new Map<number, readonly Interval[]>();
  const longStalls = (pid: number) => {
    const known = stalls.get(pid) ?? stallsOf(events, pid).filter(({ fromMs, toMs }) => toMs - fromMs >= shortestMs);
    stalls.set(pid, known);
    return known;
  };
  return {
    events,
    plan,
    runs: runsOf(events, plan),
    longStalls,
    outages: [...isolations(events, undefined), ...lonelyTimes(events)],
    finishedMs: eventsOf(events, 'FINISH')[0]?.atMs ?? events.at(-1)?.atMs ?? 0,
  };
}

export function eventsOf<E extends WitnessEvent['event']>(events: readonly WitnessEvent[], name: E): Of<E>[] {
  return events.filter((event): event is Of<E> => event.event === name);
}

export function overlaps(a: Interval, b: Interval): boolean {
  return a.fromMs <= b.toMs && b.fromMs <= a.toMs;
}

/** The same run in the sense of the row lock: one acquire, so one owner and one fence. */
export function sameAcquire(a: RunFacts, b: RunFacts): boolean {
  return a.pid === b.pid && a.fence === b.fence && a.key === b.key;
}

function runsOf(events: readonly WitnessEvent[], plan: Plan): Run[] {
  const allEnds = eventsOf(events, 'END');
  return eventsOf(events, 'START').map((start) => {
    const job = plan.jobs[start.job];
    if (job === undefined) throw new Error(`job ${start.job} is not in the plan`);
    const ends = allEnds.filter((end) => end.n > start.n && sameAcquire(end, start) && end.attempt === start.attempt);
    const death = deaths(events, start.pid).find((atMs) => atMs > start.atMs);
    const liveUntilMs = Math.min(ends[0]?.atMs ?? Number.POSITIVE_INFINITY, death ?? Number.POSITIVE_INFINITY);
    return { start, plan: job, ends, liveUntilMs };
  });
}

function deaths(events: readonly WitnessEvent[], pid: number): number[] {
  return [...eventsOf(events, 'KILL'), ...eventsOf(events, 'EXIT')]
    .filter((event) => event.pid === pid)
    .map(({ atMs }) => atMs)
    .sort((a, b) => a - b);
}

function stallsOf(events: readonly WitnessEvent[], pid: number): Interval[] {
  return [...freezes(events, pid), ...isolations(events, pid), ...isolations(events, undefined)];
}

function freezes(events: readonly WitnessEvent[], pid: number): Interval[] {
  const stops = eventsOf(events, 'STOP').filter((event) => event.pid === pid);
  const continues = eventsOf(events, 'CONT').filter((event) => event.pid === pid);
  return stops.map((stop) => ({ fromMs: stop.atMs, toMs: firstAfter(continues, stop.atMs) }));
}

/** Faults that cut off this process alone, or (undefined) everyone. */
function isolations(events: readonly WitnessEvent[], pid: number | undefined): Interval[] {
  const heals = eventsOf(events, 'HEAL');
  return eventsOf(events, 'FAULT')
    .filter((fault) => fault.isolates && fault.pid === pid)
    .map((fault) => {
      const own = heals.filter((heal) => heal.name === fault.name);
      return { fromMs: fault.atMs, toMs: firstAfter(own, fault.atMs) };
    });
}

/** From the moment the last healthy process is gone until there is one again. Nothing before the first UP. */
function lonelyTimes(events: readonly WitnessEvent[]): Interval[] {
  const healthy = new Set<number>();
  const lonely: Interval[] = [];
  let sinceMs: number | undefined;
  for (const event of events) {
    const before = healthy.size;
    if (event.event === 'UP' || event.event === 'CONT') healthy.add(event.pid);
    if (isLoss(event)) healthy.delete(event.pid);
    if (before > 0 && healthy.size === 0) sinceMs = event.atMs;
    if (sinceMs !== undefined && healthy.size > 0) {
      lonely.push({ fromMs: sinceMs, toMs: event.atMs });
      sinceMs = undefined;
    }
  }
  return sinceMs === undefined ? lonely : [...lonely, { fromMs: sinceMs, toMs: Number.POSITIVE_INFINITY }];
}

function isLoss(event: WitnessEvent): event is Of<'KILL'> | Of<'STOP'> | Of<'TERM'> | Of<'EXIT'> {
  return event.event === 'KILL' || event.event === 'STOP' || event.event === 'TERM' || event.event === 'EXIT';
}

function firstAfter(events: readonly WitnessEvent[], atMs: number): number {
  return events.find((event) => event.atMs > atMs)?.atMs ?? Number.POSITIVE_INFINITY;
}
