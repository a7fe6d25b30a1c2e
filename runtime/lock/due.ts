// The due read: the one statement an idle instance sends between heartbeats. It brings the due jobs, the database's
// clock, when the next job will be due, and whether there is anything for the sweep; nothing else is asked when there is
// nothing to do, whatever the number of jobs.
import type { Instance } from './instance.js';
import { leaseIsOver, ownerLives } from './sweep.js';

export interface Due {
  /** The database's clock. */
  readonly nowMs: number;
  readonly jobs: readonly string[];
  /** Earliest due_at that is still to come; null: nothing known. */
  readonly nextDueMs: number | null;
  readonly leaseOver: boolean;
  readonly orphans: boolean;
}

interface DueRow {
  readonly name: string | null;
  readonly now_ms: number;
  readonly next_due: number | null;
  readonly lease_over: 0 | 1;
  readonly orphans: 0 | 1;
}

/** @throws DatabaseError */
export async function readDue(instance: Instance): Promise<Due> {
  const { app } = instance;
  const found = await instance.database.query<DueRow>(dueSql(instance), [app, app, app, app, app]);
  const first = found[0];
  if (first === undefined) throw new Error('the due read returns a row even when nothing is due');
  return {
    nowMs: first.now_ms,
    jobs: found.flatMap(({ name }) => (name === null ? [] : [name])),
    nextDueMs: first.next_due,
    leaseOver: first.lease_over === 1,
    orphans: first.orphans === 1,
  };
}

function dueSql(instance: Instance): string {
  const { tables, dialect } = instance.database;
  const { now } = dialect;
  const running = `j.app = ? AND j.status = 'RUNNING' AND NOT ${ownerLives(instance, 'j.owner')}`;
  const logged = `l.app = ? AND l.outcome = 'running' AND l.slot <> '' AND NOT ${ownerLives(instance, 'l.owner')}`;
  return `SELECT d.name, f.now_ms, f.next_due, f.lease_over, f.orphans FROM (SELECT ${now} AS now_ms,
      (SELECT MIN(n.due_at) FROM ${tables.job_info} n WHERE n.app = ? AND n.due_at > ${now}) AS next_due,
      EXISTS (SELECT 1 FROM ${tables.job_instance} i WHERE i.app = ? AND i.state = 'ALIVE' AND ${leaseIsOver(instance)}) AS lease_over,
      (EXISTS (SELECT 1 FROM ${tables.job_info} j WHERE ${running}) OR EXISTS (SELECT 1 FROM ${tables.job_log} l WHERE ${logged})) AS orphans
    ) f LEFT JOIN ${tables.job_info} d ON d.app = ? AND d.due_at <= ${now}`;
}
