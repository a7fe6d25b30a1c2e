// Registration: an instance writes the jobs it declares into job_info, and keeps that true while it lives.
// What must hold: it never writes status, owner, acq_id or fence (somebody may be running the job); autocommit or one
// short transaction a job, in name order (all in one deadlocks); only rows whose def_hash differs are touched, so ten
// instances of one version starting at once write each row once.
import { affected, rows, type Step } from '../db/step.js';
import { createSchedule, type Schedule } from '../schedule/schedule.js';
import type { Instance } from './instance.js';
import type { Job } from './job.js';
import { decision, insertDecisions, type LogRow, readNow } from './logRow.js';
import { dueAt, type JobRow, selectRow } from './row.js';

interface Registered {
  readonly name: string;
  readonly def_hash: string;
  readonly def_config: string;
  readonly retired: 0 | 1;
}

/**
 * Inserts the missing; with takeOver (an instance that starts) also updates the changed and brings back the retired.
 * Only scheduling instances register: a web process of a newer version must not take jobs from those that can run them.
 * @throws DatabaseError
 */
export async function register(
  instance: Instance,
  jobs: readonly Job[],
  { takeOver }: { takeOver: boolean },
): Promise<void> {
  const known = new Map((await readRegistered(instance)).map((row) => [row.name, row]));
  for (const job of byName(jobs)) {
    const row = known.get(job.name);
    if (row === undefined) await instance.database.transaction(() => insertStep(instance, job));
    else if (takeOver && (row.def_hash !== job.defHash || row.retired)) await redefine(instance, job, row);
  }
}

interface Kept {
  readonly redefined: readonly string[];
  readonly retired: readonly string[];
  readonly superseded: readonly string[];
}

/**
 * Once a lease: jobs whose registered definition belongs to no living instance any more (a canary that died) get ours
 * again, as do those whose row somebody deleted, and jobs that nobody living declares are retired. Returns the names of
 * either, and of our jobs that somebody living has redefined since we registered them. @throws DatabaseError
 */
export async function keepRegistered(instance: Instance, jobs: readonly Job[]): Promise<Kept> {
  const mine = new Map(jobs.map((job) => [job.name, job]));
  const redefined: string[] = [];
  const retired: string[] = [];
  const standing = await readStanding(instance);
  const known = new Set(standing.map(({ name }) => name));
  for (const job of byName(jobs)) {
    if (known.has(job.name)) continue;
    await instance.database.transaction(() => insertStep(instance, job));
    redefined.push(job.name);
  }
  for (const row of standing.filter(({ abandoned }) => abandoned)) {
    const job = mine.get(row.name);
    if (job !== undefined) {
      await redefine(instance, job, row);
      redefined.push(row.name);
    } else if (!row.retired && (await retire(instance, row)) === 1) retired.push(row.name);
  }
  const superseded = standing.filter((row) => !row.abandoned && isOther(row, mine.get(row.name)));
  return { redefined, retired, superseded: superseded.map(({ name }) => name) };
}

function isOther({ def_hash }: Registered, job: Job | undefined): boolean {
  return job !== undefined && job.defHash !== def_hash;
}

function readRegistered({ database, app }: Instance): Promise<readonly Registered[]> {
  return database.query<Registered>(
    `SELECT name, def_hash, def_config, retired FROM ${database.tables.job_info} WHERE app = ?`,
    [app],
  );
}

/** Abandoned: no living scheduling instance has their def_config; or they are mine, retired while I was taken for dead. */
function readStanding({
  database,
  app,
  configHash,
}: Instance): Promise<readonly (Registered & { readonly abandoned: 0 | 1 })[]> {
  const { tables } = database;
  return database.query(
    `SELECT j.name, j.def_hash, j.def_config, j.retired,
       ((j.retired = 1 AND j.def_config = ?) OR NOT EXISTS (SELECT 1 FROM ${tables.job_instance} i
         WHERE i.app = j.app AND i.state = 'ALIVE' AND i.scheduling = 1 AND i.config_hash = j.def_config)) AS abandoned
     FROM ${tables.job_info} j WHERE j.app = ? ORDER BY j.name`,
    [configHash, app],
  );
}

function* insertStep(instance: Instance, job: Job): Step<void> {
  const { app, database, configHash } = instance;
  const nowMs = yield* readNow(instance);
  const next = nextFire(job, nowMs);
  yield* affected(
    `INSERT INTO ${database.tables.job_info}
       (app, name, description, cron, timezone, global_single, on_lost, max_retries, def_hash, def_config, paused, retired, status,
        fence, guards, fire_at, next_fire_at, run_manual, rerun_manual, trigger_forced, last_trigger_at, failures_in_a_row, due_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, 'IDLE', ?, 0, ?, ?, 0, 0, 0, 0, 0, ?) ${database.dialect.keepExisting('name')}`,
    [app, job.name, ...described(job), job.defHash, configHash, nowMs, nowMs, next, next],
  );
}

/** Writes our definition over another one, if the row still has that one. */
async function redefine(instance: Instance, job: Job, seen: Registered): Promise<void> {
  await instance.database.transaction(() => redefineStep(instance, job, seen));
}

/** The columns of the definition in force that a row shows beside its hash. */
interface Defined extends JobRow {
  readonly cron: string | null;
  readonly timezone: string;
  readonly global_single: 0 | 1;
}

function* redefineStep(instance: Instance, job: Job, seen: Registered): Step<void> {
  const { app, database, configHash } = instance;
  const where = `WHERE j.app = ? AND j.name = ? AND j.def_hash = ? AND j.def_config = ? AND j.retired = ?`;
  const values = [app, job.name, seen.def_hash, seen.def_config, seen.retired];
  const select = selectRow(instance).replace('SELECT ', 'SELECT cron, timezone, global_single, ');
  const [row] = yield* rows<Defined>(`${select} ${where} ${database.dialect.forUpdate}`, values);
  if (row === undefined) return;
  const moved = isMoved(row, job);
  const dropped = moved ? droppedBy(row) : null;
  const fireAt = moved ? Math.max(row.fire_at, row.now_ms) : row.fire_at;
  const next = nextFire(job, fireAt);
  const after = { ...row, retired: 0, next_fire_at: next } as const;
  yield* affected(
    `UPDATE ${database.tables.job_info} SET description = ?, cron = ?, timezone = ?, global_single = ?, on_lost = ?, max_retries = ?,
       def_hash = ?, def_config = ?, retired = 0, fire_at = ?, next_fire_at = ?, due_at = ?
     WHERE app = ? AND name = ? AND def_hash = ? AND def_config = ? AND fence = ?`,
    [
      ...described(job),
      ...[job.defHash, configHash, fireAt, next, dueAt(after, row.now_ms, job.definition.misfire === 'all')],
      ...[app, job.name, seen.def_hash, seen.def_config, row.fence],
    ],
  );
  if (dropped !== null) yield* insertDecisions(instance, [dropped], row.now_ms);
}

/**
 * Its fires are other ones from now on. A row of a job that ran everywhere knows nothing of the fires served so far; one of
 * a job that will run everywhere is asked for no fire any more, and each instance's cursor begins now.
 */
function isMoved(row: Defined, { definition }: Job): boolean {
  const gatheredOrSpread = (row.global_single === 1) !== definition.globalSingle;
  return gatheredOrSpread || row.cron !== definition.cron || row.timezone !== definition.timezone;
}

/** What the old schedule had due and nobody served, as one `missed` row. */
function droppedBy(row: Defined): LogRow | null {
  if (row.cron === null || row.next_fire_at === null || row.next_fire_at > row.now_ms) return null;
  const old = readable(row.cron, row.timezone);
  const missedCount = old === null ? null : Math.max(1, old.count(row.fire_at, row.now_ms));
  const fireMs = old?.latest(row.fire_at, row.now_ms) ?? row.next_fire_at;
  return decision({ job: row.name, fireMs, outcome: 'missed', missedCount, note: 'definition changed' });
}

/** null: another version of dal-job, or of the time zones, wrote it, and this one cannot read it. That must stop nobody. */
function readable(cron: string, timezone: string): Schedule | null {
  try {
    return createSchedule({ cron, timezone, dst: { gap: 'next', overlap: null } });
  } catch {
    return null;
  }
}

async function retire({ database, app }: Instance, row: Registered): Promise<number> {
  return database.execute(
    `UPDATE ${database.tables.job_info} SET retired = 1, due_at = NULL WHERE app = ? AND name = ? AND def_config = ? AND retired = 0`,
    [app, row.name, row.def_config],
  );
}

function nextFire({ schedule, definition }: Job, afterMs: number): number | null {
  return schedule === null || !definition.globalSingle ? null : schedule.next(afterMs);
}

function described({ definition }: Job): (string | number | null)[] {
  const { description, cron, timezone, globalSingle, onLost, retry } = definition;
  return [description.slice(0, 1000), cron, timezone, globalSingle ? 1 : 0, onLost, retry?.maxRetries ?? 0];
}

function byName(jobs: readonly Job[]): readonly Job[] {
  return [...jobs].sort((a, b) => (a.name < b.name ? -1 : 1));
}
