// Retry records that their owner did not end: part of the sweep. Found by plain SELECT, then locked and written by primary
// key, a batch a transaction.
// What must hold: a first beforehand call whose row says `hold` becomes UNKNOWN, for a person; every other record goes on
// while its attempts last, and is DEAD after. What becomes of a row is read from the row: whoever sweeps may have another
// version of jobs.yaml. The claim_key of an UNKNOWN one stays: a late, true result ends the doubt.
import { affected, rows, type Step } from '../db/step.js';
import type { Instance } from '../lock/instance.js';
import { ownerLives } from '../lock/sweep.js';
import type { CallEvent, CallKind } from '../service-types.js';
import { LOST } from './claim-step.js';
import { tableOf } from './record.js';

export type OrphanState = 'UNKNOWN' | 'RETRY' | 'DEAD';
export type FreedRecord = CallEvent & { readonly owner: string; readonly state: OrphanState };

const AT_ONCE = 100;

interface Row {
  readonly id: string;
  readonly service: string;
  readonly method: string;
  readonly attempt: number;
  readonly max_retries: number;
  readonly on_crash: 'hold' | 'retry';
  readonly owner: string;
}

/** Frees what there is of a kind; what became of each. @throws DatabaseError */
export async function freeOrphanRecords(instance: Instance, kind: CallKind): Promise<readonly FreedRecord[]> {
  const freed: FreedRecord[] = [];
  for (;;) {
    const ids = await findOrphanRecords(instance, kind);
    if (ids.length === 0) return freed;
    const some = (await instance.database.transaction(() => freeStep(instance, kind, ids))) as readonly FreedRecord[];
    freed.push(...some);
    if (some.length < AT_ONCE) return freed; // the rest is somebody else's, or seen at the next sweep
  }
}

async function findOrphanRecords(instance: Instance, kind: CallKind): Promise<readonly string[]> {
  const { database, app } = instance;
  const found = await database.query<{ id: string }>(
    `SELECT t.id FROM ${tableOf(database, kind)} t WHERE t.app = ? AND t.state = 'RUNNING' AND NOT ${ownerLives(instance, 't.owner')} LIMIT ${AT_ONCE}`,
    [app],
  );
  return found.map(({ id }) => id).sort();
}

function* freeStep(instance: Instance, kind: CallKind, ids: readonly string[]): Step<readonly FreedRecord[]> {
  const { database } = instance;
  const { dialect } = database;
  const found = yield* rows<Row>(
    `SELECT t.id, t.service, t.method, t.attempt, t.max_retries, t.on_crash, t.owner FROM ${tableOf(database, kind)} t ${dialect.byPrimaryKey}
     WHERE t.id IN (${ids.map(() => '?').join(', ')}) AND t.state = 'RUNNING' AND NOT ${ownerLives(instance, 't.owner')} ${dialect.forUpdateSkipLocked}`,
    ids,
  );
  const freed = found.map(({ max_retries, on_crash, ...row }): FreedRecord => {
    return { kind, ...row, state: stateOf(kind, { ...row, max_retries, on_crash }) };
  });
  for (const state of ['UNKNOWN', 'RETRY', 'DEAD'] as const) {
    const some = freed.filter((one) => one.state === state).map(({ id }) => id);
    if (some.length > 0) yield* end(instance, { kind, state, ids: some.sort() });
  }
  return freed;
}

function stateOf(kind: CallKind, { attempt, max_retries, on_crash }: Omit<Row, 'id' | 'service' | 'method' | 'owner'>) {
  if (kind === 'beforehand' && on_crash === 'hold' && attempt === 1) return 'UNKNOWN';
  return attempt > max_retries ? 'DEAD' : 'RETRY';
}

function* end(
  { database }: Instance,
  { kind, state, ids }: { kind: CallKind; state: OrphanState; ids: readonly string[] },
): Step<number> {
  const { now, byPrimaryKey } = database.dialect;
  const set = {
    UNKNOWN: 'next_at = NULL',
    RETRY: `owner = NULL, next_at = ${now}`,
    DEAD: `owner = NULL, next_at = NULL, finished_at = ${now}${kind === 'afterward' ? ', live_key = NULL' : ''}`,
  }[state];
  return yield* affected(
    `UPDATE ${tableOf(database, kind)} ${byPrimaryKey} SET state = '${state}', ${set}, error_name = ?, error_message = ?
     WHERE id IN (${ids.map(() => '?').join(', ')}) AND state = 'RUNNING'`,
    [LOST, 'its instance was gone before the call ended', ...ids],
  );
}
