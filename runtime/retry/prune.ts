// Retention of finished records, as their method's `keep` says; a part of the built-in job `dalJob.prune`.
// What must hold: rows are found by their method's index and deleted by primary key; every statement reads and deletes a
// bounded number; UNKNOWN ones, and those of methods that this version does not know, stay.
import type { SqlValue } from '../db/step.js';
import type { Instance } from '../lock/instance.js';
import type { Method } from './methods.js';
import { tableOf } from './record.js';

const AT_ONCE = 1_000;

type Finished = 'SUCCEEDED' | 'DEAD';

interface Row {
  readonly id: string;
  readonly state: string;
  readonly created_at: number;
  readonly finished_at: number | null;
}

/**
 * Walks through the records in the order of their ids, which is about that of their making, until a page has only such as are
 * too young to have been finished long ago. @throws DatabaseError
 */
export async function pruneRecords(instance: Instance, method: Method, signal: AbortSignal): Promise<void> {
  const cuts = await cutsOf(instance, method);
  const youngestMs = Math.max(...cuts.values());
  for (let after = '', isMore = cuts.size > 0; isMore && !signal.aborted; ) {
    const page = await readPage(instance, method, after);
    for (const [state, cutMs] of cuts) await deleteThose(instance, method, { page, state, cutMs });
    after = page.at(-1)?.id ?? after;
    isMore = page.length === AT_ONCE && page.some(({ created_at }) => created_at < youngestMs);
  }
}

/** By state: what was finished before that moment goes. */
async function cutsOf({ database }: Instance, { entry }: Method): Promise<ReadonlyMap<Finished, number>> {
  const { succeededMs = null, deadMs = null } = entry.retry?.keep ?? {};
  const cuts = new Map<Finished, number>();
  if (succeededMs === null && deadMs === null) return cuts; // nothing is to be asked
  const [now] = await database.query<{ now_ms: number }>(`SELECT ${database.dialect.now} AS now_ms`, []);
  const nowMs = Number(now?.now_ms);
  if (succeededMs !== null) cuts.set('SUCCEEDED', nowMs - succeededMs);
  if (deadMs !== null) cuts.set('DEAD', nowMs - deadMs);
  return cuts;
}

/** Records without a next_at stand in their method's index in the order of their ids. */
function readPage(
  { app, database }: Instance,
  { kind, service, method }: Method,
  after: string,
): Promise<readonly Row[]> {
  const table = tableOf(database, kind);
  return database.query<Row>(
    `SELECT id, state, created_at, finished_at FROM ${table} ${database.dialect.byIndex(`${table}_method`)}
     WHERE app = ? AND service = ? AND method = ? AND next_at IS NULL AND id > ? ORDER BY id LIMIT ${AT_ONCE}`,
    [app, service, method, after],
  );
}

async function deleteThose(
  { database }: Instance,
  { kind }: Method,
  { page, state, cutMs }: { page: readonly Row[]; state: Finished; cutMs: number },
): Promise<void> {
  const ids = page
    .filter((row) => row.state === state && row.finished_at !== null && row.finished_at < cutMs)
    .map(({ id }): SqlValue => id);
  if (ids.length === 0) return;
  const these = `id IN (${ids.map(() => '?').join(', ')})`;
  await database.execute(
    `DELETE FROM ${tableOf(database, kind)} WHERE ${these} AND state = '${state}' AND finished_at < ?`,
    [...ids, cutMs],
  );
}
