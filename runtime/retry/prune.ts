// Retention of finished records, as their method's `keep` says; a part of the built-in job `dalJob.prune`.
// What must hold: rows are found by their method's index and deleted by primary key, in small statements; UNKNOWN ones, and
// those of methods that this version does not know, stay.
import type { Instance } from '../lock/instance.js';
import type { Method } from './methods.js';
import { tableOf } from './record.js';

const AT_ONCE = 500;

/** @throws DatabaseError */
export async function pruneRecords(instance: Instance, method: Method, signal: AbortSignal): Promise<void> {
  const keep = method.entry.retry?.keep;
  if (keep === undefined) return;
  const kept = { SUCCEEDED: keep.succeededMs, DEAD: keep.deadMs } as const;
  for (const state of ['SUCCEEDED', 'DEAD'] as const) {
    const keptMs = kept[state];
    if (keptMs !== null) while (!signal.aborted && (await pruneSome(instance, method, { state, keptMs })) === AT_ONCE);
  }
}

async function pruneSome(
  { app, database }: Instance,
  { kind, service, method }: Method,
  { state, keptMs }: { state: 'SUCCEEDED' | 'DEAD'; keptMs: number },
): Promise<number> {
  const { dialect } = database;
  const table = tableOf(database, kind);
  // Finished ones have no next_at, so they stand in the order of their ids, which is that of their making.
  const found = await database.query<{ id: string }>(
    `SELECT id FROM ${table} ${dialect.byIndex(`${table}_method`)} WHERE app = ? AND state = '${state}' AND service = ? AND method = ?
     AND next_at IS NULL AND finished_at < ${dialect.now} - ? ORDER BY id LIMIT ${AT_ONCE}`,
    [app, service, method, keptMs],
  );
  const ids = found.map(({ id }) => id).sort();
  if (ids.length === 0) return 0;
  await database.execute(
    `DELETE FROM ${table} WHERE id IN (${ids.map(() => '?').join(', ')}) AND state = '${state}'`,
    ids,
  );
  return ids.length;
}
