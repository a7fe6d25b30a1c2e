// A job's new name in the database: its row of job_info in one short transaction, then its rows of job_log in batches, so that
// a history of millions blocks nobody. What must hold: refused while a run is in progress (its holder writes by the old name)
// and while an instance that may declare the old name lives (it would lose the job in silence); a row that a new version
// registered under the new name meanwhile stays as it is, and what waited in the old one is recorded as skipped; it may be
// repeated after a crash at any moment. Rows whose fire the new name has already keep the old name.
import { affected, rows, type Step } from '../db/step.js';
import type { Instance } from './instance.js';
import { decision, insertDecisions, type LogRow } from './logRow.js';
import { type JobRow, selectRow } from './row.js';

const BATCH = 500;

export interface Rename {
  readonly from: string;
  readonly to: string;
  /** Of instances that know the new name. */
  readonly configHash: string;
}

/** - `moved`: the row has the new name. `merged`: the new name had a row, the old one is gone. `absent`: there was none. */
export type RenameResult =
  | {
      readonly ok: true;
      readonly how: 'moved' | 'merged' | 'absent';
      readonly paused: boolean;
      readonly skipped: number;
    }
  | RenameRefusal;

export type RenameRefusal = { readonly ok: false; readonly why: 'running' | 'declared' };

/** Why it cannot be done now; null when nothing is in the way. */
export function* renameRefusal(instance: Instance, { from, configHash }: Rename): Step<RenameRefusal | null> {
  const row = yield* readRow(instance, from, '');
  return yield* refusal(instance, row, from, configHash);
}

/** Names the row of job_info, or gives way to the one that has the new name. */
export function* renameStep(instance: Instance, rename: Rename): Step<RenameResult> {
  const { forUpdate } = instance.database.dialect;
  const [first, second] = [rename.from, rename.to].sort();
  const locked = [yield* readRow(instance, first ?? '', forUpdate), yield* readRow(instance, second ?? '', forUpdate)];
  const row = locked.find((one) => one?.name === rename.from);
  const refused = yield* refusal(instance, row, rename.from, rename.configHash);
  if (refused !== null) return refused;
  if (row === undefined) return { ok: true, how: 'absent', paused: false, skipped: 0 };
  const paused = row.paused === 1;
  if (locked.some((one) => one?.name === rename.to)) {
    const skipped = yield* giveWay(instance, row, rename.to);
    return { ok: true, how: 'merged', paused, skipped };
  }
  const { database, app } = instance;
  yield* affected(
    `UPDATE ${database.tables.job_info} SET name = ? WHERE app = ? AND name = ? AND fence = ? AND status = 'IDLE'`,
    [rename.to, app, rename.from, row.fence],
  );
  return { ok: true, how: 'moved', paused, skipped: 0 };
}

/** One batch of job_log, by primary key; how many rows it had. */
export function* renameLogsStep({ database, app }: Instance, { from, to }: Rename): Step<number> {
  const log = database.tables.job_log;
  const found = yield* rows<{ id: string }>(
    `SELECT l.id FROM ${log} l WHERE l.app = ? AND l.job_name = ? AND NOT EXISTS (SELECT 1 FROM ${log} o
       WHERE o.app = l.app AND o.job_name = ? AND o.manual = l.manual AND o.fire_at = l.fire_at AND o.slot = l.slot AND o.attempt = l.attempt)
     ORDER BY l.id LIMIT ${BATCH}`,
    [app, from, to],
  );
  if (found.length === 0) return 0;
  const places = found.map(() => '?').join(', ');
  yield* affected(`UPDATE ${log} SET job_name = ? WHERE id IN (${places})`, [to, ...found.map(({ id }) => id)]);
  return found.length;
}

/** Rows of job_log that have the name. */
export function* countLogs({ database, app }: Instance, job: string): Step<number> {
  const sql = `SELECT COUNT(*) AS n FROM ${database.tables.job_log} WHERE app = ? AND job_name = ?`;
  const [row] = yield* rows<{ n: number }>(sql, [app, job]);
  return Number(row?.n ?? 0);
}

function* readRow(instance: Instance, name: string, lock: string): Step<JobRow | undefined> {
  const [row] = yield* rows<JobRow>(`${selectRow(instance)} WHERE j.app = ? AND j.name = ? ${lock}`, [
    instance.app,
    name,
  ]);
  return row;
}

function* refusal(
  instance: Instance,
  row: JobRow | undefined,
  from: string,
  configHash: string,
): Step<RenameRefusal | null> {
  const { database, app } = instance;
  const { tables, dialect } = database;
  const running = `SELECT 1 AS found FROM ${tables.job_log} WHERE app = ? AND outcome = 'running' AND job_name = ? LIMIT 1`;
  const isRunning = row?.status === 'RUNNING' || (yield* rows(running, [app, from])).length > 0;
  if (isRunning) return { ok: false, why: 'running' };
  if (row === undefined || row.retired) return null;
  const others = `SELECT 1 AS found FROM ${tables.job_instance} WHERE app = ? AND state = 'ALIVE' AND lease_until > ${dialect.now}
    AND scheduling = 1 AND config_hash <> ? LIMIT 1`;
  return (yield* rows(others, [app, configHash])).length > 0 ? { ok: false, why: 'declared' } : null;
}

/** Removes the old row; how many fires waited in it. */
function* giveWay(instance: Instance, row: JobRow, to: string): Step<number> {
  const waiting = waitingIn(row, to);
  yield* insertDecisions(instance, waiting, row.now_ms);
  const { database, app } = instance;
  yield* affected(
    `DELETE FROM ${database.tables.job_info} WHERE app = ? AND name = ? AND fence = ? AND status = 'IDLE'`,
    [app, row.name, row.fence],
  );
  return waiting.length;
}

function waitingIn(row: JobRow, job: string): LogRow[] {
  const fires = [
    { fireMs: row.rerun_fire_at, manual: row.rerun_manual },
    { fireMs: row.queued_fire_at, manual: 0 as const },
    { fireMs: row.trigger_at, manual: 1 as const },
  ];
  return fires.flatMap(({ fireMs, manual }) =>
    fireMs === null ? [] : [decision({ job, fireMs, manual, outcome: 'skipped', note: 'renamed' })],
  );
}
