// Builds witness logs by hand, for the checker's own tests: one line an event, at a time the test names.
// A fluent list on purpose, so that a test reads as the story it tells.
import type { HarnessEvent, JobPlan, Plan, RecordedRow, RunEvent, RunFacts, WitnessEvent } from './witness-events.js';

/** Fires are multiples of a second; this one is at the log's time 0. */
export const EPOCH_MS = 1_700_000_000_000;

const JOB: JobPlan = { single: true, everyMs: 1000, onLost: 'skip', maxAttempts: 2 };
const PLAN: Omit<Plan, 'jobs'> = {
  leaseMs: 3000,
  marginMs: 600,
  abortMs: 500,
  toleranceMs: 5,
  recoveryMs: 10_000,
  resumeMs: 5000,
  stopMs: 4000,
};

/** What of a run a story may say; the rest has defaults. */
export interface RunStory {
  readonly pid?: number;
  readonly fence?: number;
  readonly attempt?: number;
  readonly kind?: RunFacts['kind'];
}

export interface MadeUpLog {
  readonly events: WitnessEvent[];
  /** START of the fire at `fireMs` (log time). */
  start(atMs: number, fireMs: number, story?: RunStory): MadeUpLog;
  end(atMs: number, fireMs: number, story?: RunStory): MadeUpLog;
  double(atMs: number, fireMs: number, story?: RunStory): MadeUpLog;
  effect(atMs: number, fence: number, accepted: boolean): MadeUpLog;
  row(fireMs: number, row: Partial<RecordedRow> & { outcome: string }): MadeUpLog;
  harness(atMs: number, event: HarnessEvent): MadeUpLog;
}

/** A log whose only job `tick` is a single job that fires each second, unless told otherwise. */
export function madeUpLog(job: Partial<JobPlan> = {}): MadeUpLog {
  const events: WitnessEvent[] = [];
  const add = (atMs: number, event: RunEvent | HarnessEvent): MadeUpLog => {
    events.push({ n: events.length, atMs, wallMs: EPOCH_MS + atMs, ...event } as WitnessEvent);
    return log;
  };
  const log: MadeUpLog = {
    events,
    start: (atMs, fireMs, story) => add(atMs, { event: 'START', ...facts(fireMs, story) }),
    end: (atMs, fireMs, story) => add(atMs, { event: 'END', outcome: 'returned', ...facts(fireMs, story) }),
    double: (atMs, fireMs, story) => add(atMs, { event: 'DOUBLE', ...facts(fireMs, story) }),
    effect: (atMs, fence, accepted) =>
      add(atMs, { event: 'EFFECT', resource: 'stock', accepted, ...facts(0, { fence }) }),
    row: (fireMs, row) => add(lastOf(events), { event: 'ROW', ...rowFacts(fireMs), ...row }),
    harness: add,
  };
  return add(0, { event: 'PLAN', plan: { ...PLAN, jobs: { tick: { ...JOB, ...job } } } });
}

function facts(
  fireMs: number,
  { pid = 1, fence = 10 + fireMs / 1000, attempt = 1, kind = 'cron' }: RunStory = {},
): RunFacts {
  const fireTimeMs = EPOCH_MS + fireMs;
  return { job: 'tick', key: `app/tick@${fireTimeMs}`, fireTimeMs, fence, attempt, kind, instance: `i${pid}`, pid };
}

function rowFacts(fireMs: number): Omit<RecordedRow, 'outcome'> {
  const fireTimeMs = EPOCH_MS + fireMs;
  return { job: 'tick', key: `app/tick@${fireTimeMs}`, fireTimeMs, slot: '', attempt: 1 };
}

function lastOf(events: readonly WitnessEvent[]): number {
  return events.at(-1)?.atMs ?? 0;
}
