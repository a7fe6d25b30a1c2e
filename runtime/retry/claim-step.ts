// The claim of retry records, and its undoing.
//   SELECT … FOR UPDATE SKIP LOCKED      by one method's own index, in the order of next_at: no sort, so only what is
//                                        taken gets locked, and a method with a long backlog is never in another's way
//   UPDATE by primary key                owner, key and attempt + 1, no next_at; only while my lease holds and dispatch is not paused
// What must hold: the attempt is counted here, so that a record that kills its process runs out too; a record whose last
// attempt was lost is claimed alone, so that it takes no neighbour along, and holds up none that stands behind it. A read
// walks past such records and no others, however long the backlog.
import { ROLLBACK } from '../db/database.js';
import { affected, rows, type Step } from '../db/step.js';
import { type Instance, leaseHolds } from '../lock/instance.js';
import { notPaused } from '../lock/retry-row.js';
import type { CallKind } from '../service-types.js';
import { type ClaimedRecord, tableOf } from './record.js';

/** error_name of a record whose instance was gone before it ended. */
export const LOST = 'InstanceLost';

/** Of one method: what may be claimed now. */
export interface Quota {
  readonly service: string;
  readonly method: string;
  /** null: arguments of any schema are accepted. */
  readonly argsHash: string | null;
  readonly limit: number;
  /** Id of a record whose last attempt was lost: it alone, and none else. */
  readonly lone?: string;
}

export interface Wanted {
  readonly kind: CallKind;
  readonly claimKey: string;
  readonly quotas: readonly Quota[];
}

/** A record that must be claimed alone, and was left where it is. */
export interface Lost {
  readonly kind: CallKind;
  readonly id: string;
  readonly nextAtMs: number;
  readonly quota: Quota;
}

export interface Claimed {
  readonly records: readonly ClaimedRecord[];
  /** Quotas that were not used up, with no lost one among them: nothing more of them is due. */
  readonly dry: readonly Quota[];
  /** The first of each quota. */
  readonly lost: readonly Lost[];
}

interface Row {
  readonly id: string;
  readonly service: string;
  readonly method: string;
  readonly args: string;
  readonly args_hash: string;
  readonly attempt: number;
  readonly max_retries: number;
  readonly next_at: number;
  readonly error_name: string | null;
  readonly retry_data_key?: string;
  readonly generation?: number;
}

/** One transaction. ROLLBACK: paused, or the lease is over, or somebody was faster: nothing was taken. */
export function* claimStep(instance: Instance, wanted: Wanted): Step<Claimed | typeof ROLLBACK> {
  const taken: Row[] = [];
  const dry: Quota[] = [];
  const lost: Lost[] = [];
  for (const quota of wanted.quotas) {
    const found =
      quota.lone === undefined
        ? yield* lockTogether(instance, wanted, quota)
        : yield* lockLone(instance, wanted, quota);
    taken.push(...found.rows);
    if (found.lost !== undefined)
      lost.push({ kind: wanted.kind, id: found.lost.id, nextAtMs: found.lost.next_at, quota });
    else if (found.isAll) dry.push(quota);
  }
  if (taken.length > 0 && !(yield* take(instance, wanted, taken))) return ROLLBACK;
  return { records: taken.map((row) => recordOf(row, wanted)), dry, lost };
}

interface Found {
  readonly rows: readonly Row[];
  /** The first that runs alone. */
  readonly lost?: Row | undefined;
  /** Nothing else is due. */
  readonly isAll: boolean;
}

/** Those that may run beside others, also when a crash has left more that may not than the quota is wide. */
function* lockTogether(instance: Instance, wanted: Wanted, quota: Quota): Step<Found> {
  const first = yield* lockDue(instance, wanted, quota);
  const lost = first.find(({ error_name }) => error_name === LOST);
  const isAll = first.length < quota.limit;
  if (lost === undefined) return { rows: first, isAll };
  const together = isAll
    ? first.filter(({ error_name }) => error_name !== LOST)
    : yield* lockDue(instance, wanted, quota, `AND (error_name IS NULL OR error_name <> '${LOST}')`);
  return { rows: together, lost, isAll };
}

function* lockDue(
  { app, database }: Instance,
  { kind }: Wanted,
  { service, method, argsHash, limit }: Quota,
  only = '',
): Step<readonly Row[]> {
  const { dialect } = database;
  const table = tableOf(database, kind);
  const known = knows(argsHash);
  return yield* rows<Row>(
    `SELECT ${columnsOf(kind)} FROM ${table} ${dialect.byIndex(`${table}_method`)}
     WHERE app = ? AND service = ? AND method = ? AND state = 'RETRY' AND next_at <= ${dialect.now} ${known.sql} ${only}
     ORDER BY next_at, id LIMIT ${Math.trunc(limit)} ${dialect.forUpdateSkipLocked}`,
    [app, service, method, ...known.values],
  );
}

/** Its arguments may be newer by now, of another schema. */
function* lockLone({ database }: Instance, { kind }: Wanted, { lone = '', argsHash }: Quota): Step<Found> {
  const { dialect } = database;
  const known = knows(argsHash);
  const found = yield* rows<Row>(
    `SELECT ${columnsOf(kind)} FROM ${tableOf(database, kind)} ${dialect.byPrimaryKey}
     WHERE id = ? AND state = 'RETRY' AND next_at <= ${dialect.now} ${known.sql} LIMIT 1 ${dialect.forUpdateSkipLocked}`,
    [lone, ...known.values],
  );
  return { rows: found, isAll: false };
}

function knows(argsHash: string | null): { readonly sql: string; readonly values: readonly string[] } {
  return argsHash === null ? { sql: '', values: [] } : { sql: 'AND args_hash = ?', values: [argsHash] };
}

function columnsOf(kind: CallKind): string {
  const own = kind === 'afterward' ? ', retry_data_key, generation' : '';
  return `id, service, method, args, args_hash, attempt, max_retries, next_at, error_name${own}`;
}

function* take(instance: Instance, { kind, claimKey }: Wanted, taken: readonly Row[]): Step<boolean> {
  const { app, id, database } = instance;
  const ids = taken.map((row) => row.id).sort();
  const changed = yield* affected(
    `UPDATE ${tableOf(database, kind)} ${database.dialect.byPrimaryKey} SET state = 'RUNNING', next_at = NULL, owner = ?, claim_key = ?, attempt = attempt + 1
     WHERE id IN (${ids.map(() => '?').join(', ')}) AND state = 'RETRY' AND ${notPaused(instance)} AND ${leaseHolds(instance)}`,
    [id, claimKey, ...ids, app, id],
  );
  return changed === ids.length;
}

/** @param row as it was before the claim */
function recordOf(row: Row, { kind, claimKey }: Pick<Wanted, 'kind' | 'claimKey'>): ClaimedRecord {
  return {
    kind,
    id: row.id,
    service: row.service,
    method: row.method,
    args: row.args,
    argsHash: row.args_hash,
    attempt: row.attempt + 1,
    maxRetries: row.max_retries,
    errorName: row.error_name,
    claimKey,
    retryDataKey: row.retry_data_key ?? null,
    generation: row.generation ?? null,
  };
}

/** The records that stand under a claim's key; for a COMMIT whose reply never came. @throws DatabaseError */
export async function findClaimed(
  { database, app, id }: Instance,
  { kind, claimKey }: Pick<Wanted, 'kind' | 'claimKey'>,
): Promise<readonly ClaimedRecord[]> {
  const found = await database.query<Row>(
    `SELECT ${columnsOf(kind)} FROM ${tableOf(database, kind)} WHERE app = ? AND state = 'RUNNING' AND owner = ? AND claim_key = ?`,
    [app, id, claimKey],
  );
  return found.map((row) => recordOf({ ...row, attempt: row.attempt - 1 }, { kind, claimKey }));
}

/** Gives back what was claimed under that key and never started. The number of records. */
export function* releaseStep(
  { app, id, database }: Instance,
  { kind, claimKey }: Pick<Wanted, 'kind' | 'claimKey'>,
): Step<number> {
  const table = tableOf(database, kind);
  const found = yield* rows<{ id: string }>(
    `SELECT id FROM ${table} WHERE app = ? AND state = 'RUNNING' AND owner = ? AND claim_key = ?`,
    [app, id, claimKey],
  );
  const ids = found.map((row) => row.id).sort();
  if (ids.length === 0) return 0;
  return yield* affected(
    `UPDATE ${table} ${database.dialect.byPrimaryKey} SET state = 'RETRY', next_at = ${database.dialect.now}, owner = NULL, attempt = attempt - 1
     WHERE id IN (${ids.map(() => '?').join(', ')}) AND state = 'RUNNING' AND claim_key = ?`,
    [...ids, claimKey],
  );
}
