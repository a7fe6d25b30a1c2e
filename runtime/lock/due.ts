// The due read: the one statement an idle instance sends between heartbeats. It brings the due jobs, the database's
// clock, when the next job will be due, and whether there is anything for the sweep or the dispatch of retry records;
// nothing else is asked when there is nothing to do, whatever the number of jobs and records.
import type { Instance } from './instance.js';
import { notPaused } from './retry-row.js';
import { leaseIsOver, ownerLives } from './sweep.js';

export interface Due {
  /** The database's clock. */
  readonly nowMs: number;
  readonly jobs: readonly string[];
  /** Earliest due_at that is still to come; null: nothing known. */
  readonly nextDueMs: number | null;
  readonly leaseOver: boolean;
  readonly orphans: boolean;
  /** Rows that say that this instance runs them. */
  readonly held: number;
  /** A retry record is due, and dispatch is not paused. */
  readonly retriesDue: boolean;
  /** Earliest next_at of a retry record that is still to come. */
  readonly nextRetryMs: number | null;
}

interface DueRow {
  readonly name: string | null;
  readonly now_ms: number;
  readonly next_due: number | null;
  readonly lease_over: 0 | 1;
  readonly orphans: 0 | 1;
  readonly held: number;
  readonly retries_due: 0 | 1;
  readonly next_beforehand: number | null;
  readonly next_afterward: number | null;
}

/** @throws DatabaseError */
export async function readDue(instance: Instance): Promise<Due> {
  const sql = dueSql(instance);
  const apps = Array<string>(sql.split('?').length - 2).fill(instance.app);
  const found = await instance.database.query<DueRow>(sql, [instance.id, ...apps]);
  const first = found[0];
  if (first === undefined) throw new Error('the due read returns a row even when nothing is due');
  return {
    nowMs: first.now_ms,
    jobs: found.flatMap(({ name }) => (name === null ? [] : [name])),
    nextDueMs: first.next_due,
    leaseOver: first.lease_over === 1,
    orphans: first.orphans === 1,
    held: first.held,
    retriesDue: first.retries_due === 1,
    nextRetryMs: earliest(first.next_beforehand, first.next_afterward),
  };
}

/** The first placeholder is the instance, every other the app. */
function dueSql(instance: Instance): string {
  const { tables, dialect } = instance.database;
  const { now } = dialect;
  const lives = (owner: string) => ownerLives(instance, owner);
  const orphans = [
    `SELECT 1 FROM ${tables.job_info} j WHERE j.app = ? AND j.status = 'RUNNING' AND NOT ${lives('j.owner')}`,
    `SELECT 1 FROM ${tables.job_log} l WHERE l.app = ? AND l.outcome = 'running' AND l.slot <> '' AND NOT ${lives('l.owner')}`,
    `SELECT 1 FROM ${tables.job_beforehand_retry} b WHERE b.app = ? AND b.state = 'RUNNING' AND NOT ${lives('b.owner')}`,
    `SELECT 1 FROM ${tables.job_retry} r WHERE r.app = ? AND r.state = 'RUNNING' AND NOT ${lives('r.owner')}`,
  ];
  const retry = (table: string) => `SELECT 1 FROM ${table} t WHERE t.app = ? AND t.next_at <= ${now}`;
  const next = (table: string) =>
    `(SELECT t.next_at FROM ${table} t WHERE t.app = ? AND t.next_at > ${now} ORDER BY t.next_at LIMIT 1)`;
  return `SELECT d.name, f.* FROM (SELECT ${now} AS now_ms,
      (SELECT COUNT(*) FROM ${tables.job_info} h WHERE h.owner = ? AND h.app = ? AND h.status = 'RUNNING') AS held,
      (SELECT MIN(n.due_at) FROM ${tables.job_info} n WHERE n.app = ? AND n.due_at > ${now}) AS next_due,
      EXISTS (SELECT 1 FROM ${tables.job_instance} i WHERE i.app = ? AND i.state = 'ALIVE' AND ${leaseIsOver(instance)}) AS lease_over,
      (${anyOf(orphans)}) AS orphans,
      (${notPaused(instance)} AND (${anyOf([retry(tables.job_beforehand_retry), retry(tables.job_retry)])})) AS retries_due,
      ${next(tables.job_beforehand_retry)} AS next_beforehand, ${next(tables.job_retry)} AS next_afterward
    ) f LEFT JOIN ${tables.job_info} d ON d.app = ? AND d.due_at <= ${now}`;
}

function anyOf(selects: readonly string[]): string {
  return selects.map((select) => `EXISTS (${select})`).join(' OR ');
}

/** Of two moments that may be unknown. */
export function earliest(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.min(a, b);
}
