// What people ask from outside of any instance: trigger, pause, resume, status, logs. The CLI and the app use it.
// It needs only an open database and the application's name; it owns nothing and never beats.
import { timingOf } from './config.js';
import type { Database } from './db/database.js';
import { DalJobError } from './errors.js';
import type { Instance } from './lock/instance.js';
import type { Job } from './lock/job.js';
import {
  countLogs,
  type Rename,
  type RenameRefusal,
  type RenameResult,
  renameLogsStep,
  renameRefusal,
  renameStep,
} from './lock/rename.js';
import { pauseStep, resumeStep, type TriggerRequest, type TriggerResult, triggerStep } from './lock/request.js';
import { countRecords, type RecordCount } from './retry/people.js';
import type { Outcome, RunKind } from './types.js';

/** Times are UTC epoch milliseconds. */
export interface JobStatus {
  readonly jobName: string;
  readonly description: string | null;
  readonly cron: string | null;
  readonly timezone: string;
  readonly globalSingle: boolean;
  readonly status: 'IDLE' | 'RUNNING';
  readonly paused: boolean;
  readonly retired: boolean;
  readonly nextFireAt: number | null;
  readonly lastOutcome: Outcome | null;
  readonly lastFinishedAt: number | null;
  readonly lastDurationMs: number | null;
  readonly lastError: string | null;
  readonly failuresInARow: number;
  /** Instance that runs it now. */
  readonly owner: string | null;
  readonly runFireAt: number | null;
  readonly runAttempt: number | null;
  readonly startedAt: number | null;
  readonly triggerAt: number | null;
}

export interface InstanceStatus {
  readonly id: string;
  readonly host: string;
  readonly pid: number;
  readonly version: string;
  readonly state: 'ALIVE' | 'DEAD' | 'STOPPED';
  readonly leaseUntil: number;
  readonly beats: number;
  readonly startedAt: number;
}

export interface Status {
  readonly nowMs: number;
  readonly jobs: readonly JobStatus[];
  /** ALIVE ones. */
  readonly instances: readonly InstanceStatus[];
  /** Retry records that are not through. */
  readonly retries: readonly RecordCount[];
}

export interface LogQuery {
  readonly job?: string;
  /** Started at or after, UTC epoch milliseconds. */
  readonly sinceMs?: number;
  readonly outcome?: Outcome;
  /** Newest so many. */
  readonly limit: number;
}

export interface LogEntry {
  readonly id: string;
  readonly jobName: string;
  readonly manual: boolean;
  readonly fireAt: number;
  readonly kind: RunKind;
  readonly slot: string;
  readonly attempt: number;
  readonly fence: number;
  readonly outcome: Outcome;
  readonly owner: string | null;
  readonly startedAt: number;
  readonly finishedAt: number | null;
  readonly durationMs: number | null;
  readonly errorName: string | null;
  readonly errorMessage: string | null;
  readonly missedCount: number | null;
  readonly note: string | null;
}

/** What became of a job's rows under its new name. */
export interface Renamed {
  /** `moved`: its row has the new name; `merged`: the new name had one, which stays; `absent`: it had none. */
  readonly how: 'moved' | 'merged' | 'absent';
  /** The old row was paused. */
  readonly paused: boolean;
  /** Fires that waited in the old row, recorded as skipped. */
  readonly skipped: number;
  /** Rows of job_log. */
  readonly logs: number;
  /** Rows of job_log that keep the old name, because the new one has their fires. */
  readonly kept: number;
}

export class Admin {
  /** Whom steps asked for from outside speak for. */
  readonly who: Instance;

  constructor(database: Database, app: string) {
    // Steps ask for an instance; decisions made from outside name nobody's id.
    this.who = { database, app, id: 'admin', configHash: '', timing: timingOf(15_000, 0, 0) };
  }

  trigger(request: TriggerRequest): Promise<TriggerResult> {
    return this.who.database.transaction(() => triggerStep(this.who, request)) as Promise<TriggerResult>;
  }

  /** false: it was paused already. @throws DalJobError DJ4001 */
  async pause(job: string): Promise<boolean> {
    return known(job, await this.who.database.transaction(() => pauseStep(this.who, job)));
  }

  /** false: it was not paused. @throws DalJobError DJ4001 */
  async resume(job: string, mine: Job | null): Promise<boolean> {
    return known(job, await this.who.database.transaction(() => resumeStep(this.who, job, mine)));
  }

  /** Passes when a job could be renamed now. @throws DalJobError DJ4010, DJ4011; DatabaseError */
  async requireRenamable(rename: Rename): Promise<void> {
    const refused = await this.who.database.transaction(() => renameRefusal(this.who, rename));
    if (refused !== null) throw renameRefused(rename, refused as RenameRefusal);
  }

  /** May be repeated after a failure. @throws DalJobError DJ4010, DJ4011; DatabaseError */
  async rename(rename: Rename): Promise<Renamed> {
    const { database } = this.who;
    const result = (await database.transaction(() => renameStep(this.who, rename))) as RenameResult;
    if (!result.ok) throw renameRefused(rename, result);
    let logs = 0;
    for (let batch = 1; batch > 0; logs += batch)
      batch = (await database.transaction(() => renameLogsStep(this.who, rename))) as number;
    const kept = (await database.transaction(() => countLogs(this.who, rename.from))) as number;
    return { how: result.how, paused: result.paused, skipped: result.skipped, logs, kept };
  }

  /** By name. @throws DatabaseError */
  async status(): Promise<Status> {
    const { database, app } = this.who;
    const { tables, dialect } = database;
    const jobs = await database.query<JobRecord>(
      `SELECT name AS jobName, description, cron, timezone, global_single AS globalSingle, status, paused, retired,
         next_fire_at AS nextFireAt, last_outcome AS lastOutcome, last_finished_at AS lastFinishedAt, last_duration_ms AS lastDurationMs,
         last_error AS lastError, failures_in_a_row AS failuresInARow, owner, run_fire_at AS runFireAt, run_attempt AS runAttempt,
         started_at AS startedAt, trigger_at AS triggerAt FROM ${tables.job_info} WHERE app = ? ORDER BY name`,
      [app],
    );
    const instances = await database.query<InstanceStatus>(
      `SELECT id, host, pid, version, state, lease_until AS leaseUntil, beats, started_at AS startedAt
       FROM ${tables.job_instance} WHERE app = ? AND state = 'ALIVE' AND lease_until > ${dialect.now} ORDER BY started_at, id`,
      [app],
    );
    const [clock] = await database.query<{ now_ms: number }>(`SELECT ${dialect.now} AS now_ms`, []);
    const retries = await countRecords(this.who);
    const flags = (row: JobRecord) => ({
      globalSingle: row.globalSingle === 1,
      paused: row.paused === 1,
      retired: row.retired === 1,
    });
    return { nowMs: clock?.now_ms ?? 0, jobs: jobs.map((row) => ({ ...row, ...flags(row) })), instances, retries };
  }

  /** Newest first. @throws DatabaseError */
  async logs({ job, sinceMs, outcome, limit }: LogQuery): Promise<readonly LogEntry[]> {
    const { database, app } = this.who;
    const where = [
      ...(job === undefined ? [] : [{ sql: 'job_name = ?', value: job }]),
      ...(sinceMs === undefined ? [] : [{ sql: 'started_at >= ?', value: sinceMs }]),
      ...(outcome === undefined ? [] : [{ sql: 'outcome = ?', value: outcome }]),
    ];
    const found = await database.query<Omit<LogEntry, 'manual'> & { manual: 0 | 1 }>(
      `SELECT id, job_name AS jobName, manual, fire_at AS fireAt, kind, slot, attempt, fence, outcome, owner, started_at AS startedAt,
         finished_at AS finishedAt, duration_ms AS durationMs, error_name AS errorName, error_message AS errorMessage,
         missed_count AS missedCount, note
       FROM ${database.tables.job_log} WHERE ${['app = ?', ...where.map(({ sql }) => sql)].join(' AND ')}
       ORDER BY started_at DESC, id DESC LIMIT ${Math.trunc(limit)}`,
      [app, ...where.map(({ value }) => value)],
    );
    return found.map((row) => ({ ...row, manual: row.manual === 1 }));
  }
}

type JobRecord = Omit<JobStatus, 'globalSingle' | 'paused' | 'retired'> & {
  globalSingle: 0 | 1;
  paused: 0 | 1;
  retired: 0 | 1;
};

function renameRefused({ from }: Rename, { why }: RenameRefusal): DalJobError {
  const fields = { job: from };
  if (why === 'running') {
    const message = `${from} has a run in progress, which writes by that name: wait until it has ended, and run this again.`;
    return new DalJobError('DJ4010', message, { fields });
  }
  const message = `Living instances run another jobs.yaml, which may have ${from}: they would lose the job in silence. Stop them, or deploy the new name first, and run this again.`;
  return new DalJobError('DJ4011', message, { fields });
}

function known(job: string, answer: unknown): boolean {
  if (typeof answer === 'boolean') return answer;
  throw unknownJob(job);
}

function unknownJob(job: string): DalJobError {
  return new DalJobError(
    'DJ4001',
    `There is no job ${job} in the database: is its name right, and was an instance with it started?`,
    { fields: { job } },
  );
}

/** The fire time of a stored request, or its refusal as an error. @throws DalJobError DJ4001, DJ4002, DJ4003, DJ4005 */
export function requireTriggered(job: string, result: TriggerResult): number {
  if (result.ok) return result.fireMs;
  switch (result.why) {
    case 'unknown':
      throw unknownJob(job);
    case 'no job':
      throw new DalJobError('DJ6022', `${job} is the row of dispatch, not a job: pause and resume it.`, {
        fields: { job },
      });
    case 'waiting':
      throw new DalJobError('DJ4002', `A trigger of ${job} is already waiting: it runs as soon as the job is free.`, {
        fields: { job },
      });
    case 'paused':
      throw new DalJobError('DJ4003', `${job} is paused: resume it, or force the trigger.`, { fields: { job } });
    case 'rerun':
      throw new DalJobError('DJ4003', `${job} is paused, and a run of it that was cut short comes first: resume it.`, {
        fields: { job },
      });
    case 'retired':
      throw new DalJobError('DJ4005', `${job} is retired: no living instance declares it.`, { fields: { job } });
  }
}
