// Acquire: one transaction takes up to as many jobs as the instance has free slots.
//   SELECT … FOR UPDATE SKIP LOCKED      the pessimistic lock: what another instance looks at is not ours to look at
//   decide                               JobStatusCheck and TimeLimit (decide.ts)
//   UPDATE … WHERE fence, the kind's own condition again, and my lease holds
//   INSERT INTO job_log                  the run exists before its handler starts
//   COMMIT
// The conditions stand in the WHERE although the row is locked: on a multi-primary cluster the lock is local to a node,
// and the write decides. A row that the UPDATE does not match is simply not ours. After COMMIT the caller must ask its
// lease once more before it starts anything.
import { affected, rows, type Step } from '../db/step.js';
import { decide, type Grant } from './decide.js';
import { nextFence } from './free.js';
import { type Instance, leaseHolds } from './instance.js';
import type { Job } from './job.js';
import { insertDecisions, insertRuns, type LogRow, newLogId } from './logRow.js';
import { dueAt, type JobRow, selectRow } from './row.js';
import { type Decided, decisionRowOf, isWritten, missed, overlap, pass, takeAway } from './settle-fires.js';

/** A run that is ours, as committed. */
export interface Acquired {
  readonly job: Job;
  readonly acqId: string;
  readonly fence: number;
  readonly logId: string;
  readonly grant: Grant;
  /** The database's clock at the acquire. */
  readonly startedMs: number;
}

export interface AcquireResult {
  readonly acquired: readonly Acquired[];
  readonly decided: readonly Decided[];
  /** Earliest fire of the looked-at jobs that is still to come by the database's clock: the caller was too early. */
  readonly nextDueMs: number | null;
}

export interface Candidate {
  readonly job: Job;
  readonly acqId: string;
  /** false: decide about its fires, but do not take it (this instance still has a handler of it). */
  readonly mayRun: boolean;
}

/** One transaction over the candidates. @throws DatabaseError of kind `duplicate` when a run row exists already. */
export function* acquireStep(
  instance: Instance,
  candidates: readonly Candidate[],
  graceMs: number,
): Step<AcquireResult> {
  const byName = new Map(candidates.map((candidate) => [candidate.job.name, candidate]));
  const locked = yield* lockRows(instance, [...byName.keys()]);
  const acquired: Acquired[] = [];
  const decided: Decided[] = [];
  for (const row of locked) {
    const candidate = byName.get(row.name);
    if (candidate === undefined) continue;
    const choice = decide(row, candidate.job);
    if (choice.do === 'run') {
      if (!candidate.mayRun) continue;
      const run = yield* take(instance, { row, candidate, grant: choice, graceMs });
      if (run !== null) acquired.push(run);
      if (run !== null && choice.missed !== null) decided.push(missed(row.name, choice.missed));
    } else if (choice.do === 'overlap') decided.push(...(yield* overlap(instance, row, choice)));
    else if (choice.do === 'pass') decided.push(...(yield* pass(instance, row, choice)));
    else if (choice.do === 'take-away') decided.push(...(yield* takeAway(instance, row)));
  }
  const nowMs = locked[0]?.now_ms ?? 0;
  const ahead = locked.flatMap(({ next_fire_at, now_ms }) =>
    next_fire_at !== null && next_fire_at > now_ms ? [next_fire_at] : [],
  );
  yield* insertRuns(instance, acquired.map(logRowOf), nowMs);
  yield* insertDecisions(instance, decided.filter(isWritten).map(decisionRowOf), nowMs);
  return { acquired, decided, nextDueMs: ahead.length === 0 ? null : Math.min(...ahead) };
}

export function* lockRows(instance: Instance, names: readonly string[]): Step<readonly JobRow[]> {
  const { app, database } = instance;
  const places = names.map(() => '?').join(', ');
  const sql = `${selectRow(instance)} WHERE j.app = ? AND j.name IN (${places}) ${database.dialect.forUpdateSkipLocked}`;
  return yield* rows<JobRow>(sql, [app, ...names]); // 0 rows: all of them locked by others, or gone
}

interface Taking {
  readonly row: JobRow;
  readonly candidate: Candidate;
  readonly grant: Grant;
  readonly graceMs: number;
}

function* take(instance: Instance, { row, candidate, grant, graceMs }: Taking): Step<Acquired | null> {
  const { app, id, database } = instance;
  const { job, acqId } = candidate;
  const fence = nextFence(row);
  const logId = newLogId();
  const deadline = deadlineOf(job, row.now_ms, graceMs);
  const after = {
    ...row,
    ...slotsAfter(row, grant),
    status: 'RUNNING',
    next_fire_at: grant.nextFireMs,
    deadline_at: deadline,
  } as const;
  const condition = CONDITION[grant.from];
  const changed = yield* affected(
    `UPDATE ${database.tables.job_info} SET status = 'RUNNING', owner = ?, acq_id = ?, fence = ?,
       run_kind = ?, run_manual = ?, run_fire_at = ?, run_attempt = ?, run_log_id = ?, run_input = ?, started_at = ?, deadline_at = ?,
       fire_at = ?, next_fire_at = ?, rerun_fire_at = NULL, rerun_kind = NULL, rerun_manual = 0, rerun_attempt = NULL,
       queued_fire_at = ?, trigger_at = ?, trigger_input = ?, trigger_forced = ?, due_at = ?
     WHERE app = ? AND name = ? AND fence = ? AND status = 'IDLE' AND ${condition(database.dialect.now)} AND ${leaseHolds(instance)}`,
    [
      ...[id, acqId, fence],
      ...[grant.kind, grant.manual, grant.fireMs, grant.attempt, logId, grant.input, row.now_ms, deadline],
      ...[grant.fireAt, grant.nextFireMs],
      ...[after.queued_fire_at, after.trigger_at, after.trigger_input, after.trigger_forced],
      dueAt(after, row.now_ms, job.definition.misfire === 'all'),
      ...[app, row.name, row.fence, grant.fireMs, id],
    ],
  );
  return changed === 1 ? { job, acqId, fence, logId, grant, startedMs: row.now_ms } : null;
}

/** TimeLimit, once more, where the write decides. Each has one placeholder: the fire. */
export const CONDITION: Readonly<Record<Grant['from'], (now: string) => string>> = {
  rerun: () => 'rerun_fire_at = ?',
  manual: () => 'trigger_at = ? AND rerun_fire_at IS NULL',
  queued: () => 'queued_fire_at = ? AND rerun_fire_at IS NULL',
  scheduled: (now) => `fire_at < ? AND next_fire_at <= ${now} AND rerun_fire_at IS NULL`,
};

/** The slots that the run does not take stay. */
export function slotsAfter(row: JobRow, grant: Grant) {
  const manual = grant.from === 'manual';
  return {
    rerun_fire_at: null,
    queued_fire_at: grant.from === 'queued' ? null : row.queued_fire_at,
    trigger_at: manual ? null : row.trigger_at,
    trigger_input: manual ? null : row.trigger_input,
    trigger_forced: manual ? 0 : row.trigger_forced,
  } as const;
}

/** When others may take the run away: its holder had the timeout, the grace, and the time of two statements to say so. */
function deadlineOf({ definition }: Job, nowMs: number, graceMs: number): number | null {
  const SETTLE_MS = 6_000;
  return definition.timeoutMs === null ? null : nowMs + definition.timeoutMs + graceMs + SETTLE_MS;
}

function logRowOf({ job, fence, logId, grant }: Acquired): LogRow {
  const { manual, fireMs, attempt, kind } = grant;
  return {
    id: logId,
    job: job.name,
    manual,
    fireMs,
    slot: '',
    attempt,
    kind,
    fence,
    outcome: 'running',
    missedCount: null,
    note: null,
  };
}

/** The runs that stand under the candidates' acq_ids. @throws DatabaseError */
export async function findAcquired(
  { database, app }: Instance,
  candidates: readonly Candidate[],
): Promise<readonly Acquired[]> {
  const byAcqId = new Map(candidates.map((candidate) => [candidate.acqId, candidate.job]));
  const names = candidates.map(({ job }) => job.name);
  const found = await database.query<FoundRow>(
    `SELECT acq_id, fence, run_log_id, run_kind, run_manual, run_fire_at, run_attempt, run_input, started_at, fire_at, next_fire_at
     FROM ${database.tables.job_info} WHERE app = ? AND status = 'RUNNING' AND name IN (${names.map(() => '?').join(', ')})`,
    [app, ...names],
  );
  return found.flatMap((row) => {
    const job = byAcqId.get(row.acq_id);
    return job === undefined ? [] : [acquiredOf(row, job)];
  });
}

interface FoundRow {
  readonly acq_id: string;
  readonly fence: number;
  readonly run_log_id: string;
  readonly run_kind: Grant['kind'];
  readonly run_manual: 0 | 1;
  readonly run_fire_at: number;
  readonly run_attempt: number;
  readonly run_input: string | null;
  readonly started_at: number;
  readonly fire_at: number;
  readonly next_fire_at: number | null;
}

function acquiredOf(row: FoundRow, job: Job): Acquired {
  const run = { kind: row.run_kind, manual: row.run_manual, fireMs: row.run_fire_at, attempt: row.run_attempt };
  const grant: Grant = {
    ...{ do: 'run', from: 'scheduled', missed: null },
    ...{ ...run, input: row.run_input, fireAt: row.fire_at, nextFireMs: row.next_fire_at },
  };
  return { job, acqId: row.acq_id, fence: row.fence, logId: row.run_log_id, startedMs: row.started_at, grant };
}
