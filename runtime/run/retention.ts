// The built-in job `dalJob.prune`: job_log and finished instances do not grow for ever. An ordinary job under the ordinary
// protocol; it can be paused and triggered like any other.
// What must hold: a row is deleted by primary key, in small statements; a running row and an instance that something
// names are kept.
import type { Instance } from '../lock/instance.js';
import type { Method } from '../retry/methods.js';
import { pruneRecords } from '../retry/prune.js';
import type { JobDefinition, JobEntry } from '../types.js';

export const PRUNE_JOB = 'dalJob.prune';
const DAY_MS = 86_400_000;
/** How long job_log rows are kept. */
export const LOG_KEPT_MS = 30 * DAY_MS;
/** How long the rows of finished instances are kept. */
const INSTANCE_KEPT_MS = DAY_MS;
const AT_ONCE = 500;

const DEFINITION: JobDefinition = {
  description:
    'Delete job_log rows older than 30 days, retry records by their keep, and instances that ended a day ago',
  cron: '0 7 * * * *',
  timezone: 'UTC',
  dst: { gap: 'next', overlap: null },
  globalSingle: true,
  timeoutMs: null,
  misfire: 'latest',
  misfireLimit: 1,
  overlap: 'skip',
  onLost: 'skip',
  retry: null,
};

/** @param instance the instance as it is when the job runs */
export function pruneEntry(
  instance: () => Instance,
  methods: readonly Method[] = [],
): JobEntry<{ readonly signal: AbortSignal }> {
  return {
    definition: DEFINITION,
    input: null,
    load: async () => async (context) => {
      for (const method of methods) await pruneRecords(instance(), method, context.signal);
      await prune(instance(), context.signal);
    },
  };
}

async function prune(instance: Instance, signal: AbortSignal): Promise<void> {
  const { tables, dialect } = instance.database;
  const { app } = instance;
  const oldLogs = `SELECT id FROM ${tables.job_log} WHERE app = ? AND started_at < ${dialect.now} - ? AND outcome <> 'running' LIMIT ${AT_ONCE}`;
  while (
    !signal.aborted &&
    (await deleteThose(instance, tables.job_log, { sql: oldLogs, values: [app, LOG_KEPT_MS] })) === AT_ONCE
  );
  const unnamed = `NOT EXISTS (SELECT 1 FROM ${tables.job_info} j WHERE j.owner = i.id)
    AND NOT EXISTS (SELECT 1 FROM ${tables.job_log} l WHERE l.app = i.app AND l.outcome = 'running' AND l.owner = i.id)
    AND NOT EXISTS (SELECT 1 FROM ${tables.job_beforehand_retry} b WHERE b.app = i.app AND b.state IN ('RUNNING', 'UNKNOWN') AND b.owner = i.id)
    AND NOT EXISTS (SELECT 1 FROM ${tables.job_retry} r WHERE r.app = i.app AND r.state IN ('RUNNING', 'UNKNOWN') AND r.owner = i.id)`;
  const ended = `SELECT i.id FROM ${tables.job_instance} i
    WHERE i.app = ? AND i.state <> 'ALIVE' AND i.lease_until < ${dialect.now} - ? AND ${unnamed} LIMIT ${AT_ONCE}`;
  await deleteThose(instance, tables.job_instance, { sql: ended, values: [app, INSTANCE_KEPT_MS] });
}

async function deleteThose(
  { database }: Instance,
  table: string,
  found: { sql: string; values: readonly (string | number)[] },
): Promise<number> {
  const ids = (await database.query<{ id: string }>(found.sql, found.values)).map(({ id }) => id);
  if (ids.length === 0) return 0;
  await database.execute(`DELETE FROM ${table} WHERE id IN (${ids.map(() => '?').join(', ')})`, ids);
  return ids.length;
}
