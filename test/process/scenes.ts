// What the acts of a process test share: the usual jobs, how long things take in CI and in the long run, and what is
// read off the witness's log while a test goes on (who runs what now, how many fires there were, whether all came back).
import type { Start, WitnessEvent } from '../support/witness-events.js';
import type { Actor } from './actor.js';
import { type TestJob, testJob } from './instance-options.js';
import type { Casting, Stage } from './stage.js';

export interface Scale {
  readonly leaseMs: number;
  /** How long a database stays away. */
  readonly outageMs: number;
  /** Fires to be seen from the beginning of each fault. */
  readonly fires: number;
  /** How often each fault of one statement strikes. */
  readonly strikes: number;
}

/** CI's, or with DAL_JOB_TEST_LONG=1 the long run's. */
export function chooseScale(): Scale {
  return process.env.DAL_JOB_TEST_LONG === '1'
    ? { leaseMs: 15_000, outageMs: 300_000, fires: 1_500, strikes: 25 }
    : { leaseMs: 3_000, outageMs: 6_000, fires: 300, strikes: 4 };
}

/** Short and long, lost for good and run again, failing at first, queueing, and one that every instance runs. */
export function usualJobs(): readonly TestJob[] {
  const several = (count: number, name: string, changes: Partial<TestJob>) =>
    Array.from({ length: count }, (_, index) => testJob(`${name}${index}`, changes));
  return [
    ...several(18, 'short', {}),
    ...several(6, 'retried', { onLost: 'rerun', maxRetries: 2, failsEvery: 5 }),
    ...several(4, 'long', { holdMs: [1_400, 2_600] }),
    ...several(2, 'longAgain', { holdMs: [1_400, 2_600], onLost: 'rerun', maxRetries: 1 }),
    testJob('queueing', { holdMs: [600, 1_300], overlap: 'queue' }),
    testJob('everywhere', { single: false }),
  ];
}

export function castFour(stage: Stage, casting: Casting = {}): Promise<Actor[]> {
  return Promise.all([casting, casting, casting, casting].map((each) => stage.cast(each)));
}

/** Runs that go on at the end of this log, of one process or of any. */
export function liveRuns(events: readonly WitnessEvent[], pid?: number): Start[] {
  const live = new Map<string, Start>();
  for (const event of events) {
    if (event.event === 'START' && (pid === undefined || event.pid === pid)) live.set(runOf(event), event);
    if (event.event === 'END') live.delete(runOf(event));
    if (event.event === 'KILL' || event.event === 'EXIT')
      for (const [run, start] of live) if (start.pid === event.pid) live.delete(run);
  }
  return [...live.values()];
}

const YOUNG_MS = 500;

/** An instance that began a run of a job whose name begins so a moment ago, and that run; undefined: none does just now. */
export function findHolder(
  stage: Stage,
  among: readonly Actor[],
  prefix: string,
): { actor: Actor; run: Start } | undefined {
  for (const run of liveRuns(stage.events)) {
    const actor = among.find(({ pid, ended }) => pid === run.pid && !ended);
    const young = Date.now() - run.wallMs < YOUNG_MS;
    if (actor !== undefined && young && run.job.startsWith(prefix)) return { actor, run };
  }
  return undefined;
}

/** Different fires of jobs that run on one instance at a time, from that place in the log on. */
export function firesSince(stage: Stage, from: number): number {
  const fires = new Set<string>();
  for (const event of stage.events.slice(from)) {
    if (event.event === 'START' && stage.plan.jobs[event.job]?.single) fires.add(`${event.job} ${event.key}`);
  }
  return fires.size;
}

/** Waits for so many fires since then, and until every job has run since the last fault. */
export async function untilBack(stage: Stage, from: number, fires: number): Promise<void> {
  await stage.until(`${fires} fires`, () => firesSince(stage, from) >= fires, 600_000);
  await untilResumed(stage);
}

/** Waits until every job has run since the last fault; by default for as long as recovery may take. */
export async function untilResumed(
  stage: Stage,
  limitMs: number = stage.plan.resumeMs + stage.plan.recoveryMs,
): Promise<void> {
  await stage.until('every job to run again', (events) => missingSinceFault(stage, events).length === 0, limitMs);
}

const FAULTS: ReadonlySet<string> = new Set(['KILL', 'STOP', 'CONT', 'FAULT', 'HEAL', 'DATABASE_CLOCK']);

function missingSinceFault({ plan }: Stage, events: readonly WitnessEvent[]): string[] {
  const last = events.findLast(({ event }) => FAULTS.has(event))?.n ?? 0;
  const ran = new Set(events.slice(last).flatMap((event) => (event.event === 'START' ? [event.job] : [])));
  return Object.entries(plan.jobs).flatMap(([job, { everyMs }]) => (everyMs === null || ran.has(job) ? [] : [job]));
}

function runOf({ job, key, attempt, fence, pid }: Start | Extract<WitnessEvent, { event: 'END' }>): string {
  return `${job} ${key} ${attempt} ${fence} ${pid}`;
}
