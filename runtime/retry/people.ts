// What people see of retry records and do to them from outside of any instance: list, show, requeue, discard. The CLI
// uses it; it owns nothing and never beats.
// What must hold: arguments come out as they are stored, secrets encrypted; a running record is never touched; every act
// leaves a row in job_log that says who, when and what it was before, in the same transaction.
import { ROLLBACK } from '../db/database.js';
import { DatabaseError } from '../db/errors.js';
import { affected, rows, type SqlValue, type Step } from '../db/step.js';
import { DalJobError } from '../errors.js';
import { type Instance, newInstanceId } from '../lock/instance.js';
import { decision, insertDecisions, readNow } from '../lock/logRow.js';
import { RETRY_ROW } from '../lock/retry-row.js';
import type { CallKind, CallState } from '../service-types.js';
import { liveKeyOf } from './live-key.js';
import { tableOf } from './record.js';

export const CALL_KINDS = ['beforehand', 'afterward'] as const;

/** Times are UTC epoch milliseconds. */
export interface RetryRecord {
  readonly kind: CallKind;
  readonly id: string;
  readonly service: string;
  readonly method: string;
  readonly state: CallState;
  /** Calls so far. */
  readonly attempt: number;
  readonly maxRetries: number;
  readonly onCrash: 'hold' | 'retry';
  readonly nextAt: number | null;
  readonly owner: string | null;
  readonly errorName: string | null;
  readonly errorMessage: string | null;
  readonly createdAt: number;
  readonly finishedAt: number | null;
  /** JSON as stored. */
  readonly args: string;
  readonly argsHash: string;
  /** Afterward: the caller's key. */
  readonly key: string | null;
}

export interface RecordQuery {
  readonly kind?: CallKind;
  readonly state?: CallState;
  readonly service?: string;
  /** Newest so many. */
  readonly limit: number;
  /** Only older ones than that id. */
  readonly below?: string;
}

export interface RecordCount {
  readonly kind: CallKind;
  readonly state: CallState;
  readonly count: number;
}

export type Act = 'requeued' | 'discarded';

/** Newest first. @throws DatabaseError */
export async function listRecords(instance: Instance, query: RecordQuery): Promise<readonly RetryRecord[]> {
  const { kind, state, service, below, limit } = query;
  const where = [
    ...(state === undefined ? [] : [{ sql: 'state = ?', value: state }]),
    ...(service === undefined ? [] : [{ sql: 'service = ?', value: service }]),
    ...(below === undefined ? [] : [{ sql: 'id < ?', value: below }]),
  ];
  const found: RetryRecord[] = [];
  for (const one of kind === undefined ? CALL_KINDS : [kind]) {
    const rest = `${where.map(({ sql }) => ` AND ${sql}`).join('')} ORDER BY id DESC LIMIT ${Math.trunc(limit)}`;
    found.push(...(await read(instance, one, { sql: rest, values: where.map(({ value }) => value) })));
  }
  return found.sort((a, b) => (a.id < b.id ? 1 : -1)).slice(0, limit);
}

/** In the order of the ids given. @throws DalJobError DJ6023; DatabaseError */
export async function findRecords(instance: Instance, ids: readonly string[]): Promise<readonly RetryRecord[]> {
  const found = new Map<string, RetryRecord>();
  const rest = { sql: ` AND id IN (${ids.map(() => '?').join(', ')})`, values: ids };
  for (const kind of CALL_KINDS) for (const one of await read(instance, kind, rest)) found.set(one.id, one);
  const missing = ids.filter((id) => !found.has(id));
  if (missing.length === 0) return ids.flatMap((id) => found.get(id) ?? []);
  const message = `There is no retry record ${missing.join(', ')}: dal-job retries lists those that there are.`;
  throw new DalJobError('DJ6023', message, { fields: { missing } });
}

/** Records that are not through, by kind and state. @throws DatabaseError */
export async function countRecords({ database, app }: Instance): Promise<readonly RecordCount[]> {
  const one = (kind: CallKind) =>
    `SELECT '${kind}' AS kind, state, COUNT(*) AS count FROM ${tableOf(database, kind)}
     WHERE app = ? AND state IN ('RUNNING', 'RETRY', 'DEAD', 'UNKNOWN') GROUP BY state`;
  return await database.query(CALL_KINDS.map(one).join(' UNION ALL '), [app, app]);
}

function read(
  { app, database }: Instance,
  kind: CallKind,
  rest: { sql: string; values: readonly SqlValue[] },
): Promise<readonly RetryRecord[]> {
  const key = kind === 'afterward' ? 'retry_data_key' : 'NULL';
  return database.query<RetryRecord>(
    `SELECT '${kind}' AS kind, id, service, method, state, attempt, max_retries AS maxRetries, on_crash AS onCrash, next_at AS nextAt,
       owner, error_name AS errorName, error_message AS errorMessage, created_at AS createdAt, finished_at AS finishedAt,
       args, args_hash AS argsHash, ${key} AS ${database.dialect.name === 'sqlite' ? '"key"' : '`key`'}
     FROM ${tableOf(database, kind)} WHERE app = ?${rest.sql}`,
    [app, ...rest.values],
  );
}

/**
 * Lets records run again from now on, their attempts counted anew, or deletes them: all of them or none.
 * @param by who asks: user@host
 * @throws DalJobError DJ6024 when one runs, has succeeded or was changed meanwhile; DatabaseError
 */
export async function act(
  instance: Instance,
  { records, what, by }: { records: readonly RetryRecord[]; what: Act; by: string },
): Promise<void> {
  requireOpen(records);
  if ((await actOn(instance, { records, what, by })) !== ROLLBACK) return;
  throw new DalJobError(
    'DJ6024',
    'A record was changed meanwhile, or a newer one of its key is live: nothing was done.',
  );
}

/** @throws DalJobError DJ6024 */
function requireOpen(records: readonly RetryRecord[]): void {
  const fixed = records.find(({ state }) => state === 'RUNNING' || state === 'SUCCEEDED');
  if (fixed !== undefined) throw refused(fixed, fixed.state === 'RUNNING' ? 'it runs now' : 'it has succeeded');
}

function refused({ service, method, id }: RetryRecord, why: string): DalJobError {
  const message = `The record ${id} of ${service}.${method} cannot be requeued or discarded: ${why}. Nothing was done.`;
  return new DalJobError('DJ6024', message, { fields: { id } });
}

/**
 * The same to all that a query names, a page at a time. What was changed meanwhile is left as it is, and of the records of
 * one key the newest is requeued. How many. @throws DalJobError DJ6024 for a state that nobody acts on; DatabaseError
 */
export async function actOnAll(
  instance: Instance,
  { query, what, by }: { query: Omit<RecordQuery, 'limit' | 'below'>; what: Act; by: string },
): Promise<number> {
  let done = 0;
  let page: readonly RetryRecord[] = [];
  do {
    const last = page.at(-1);
    page = await listRecords(instance, { ...query, limit: PAGE, ...(last === undefined ? {} : { below: last.id }) });
    const records = what === 'requeued' ? newestOfKeys(page) : page;
    requireOpen(records);
    done += (await actOn(instance, { records, what, by, leave: true })) as number;
  } while (page.length === PAGE);
  return done;
}

const PAGE = 100;

/** @param records newest first */
function newestOfKeys(records: readonly RetryRecord[]): readonly RetryRecord[] {
  const nameOf = ({ kind, service, method, key, id }: RetryRecord) =>
    kind === 'afterward' ? JSON.stringify([service, method, key]) : id;
  const names = records.map(nameOf);
  return records.filter((_, at) => names.indexOf(names[at] ?? '') === at);
}

interface Acting {
  readonly records: readonly RetryRecord[];
  readonly what: Act;
  readonly by: string;
  /** Those that cannot be acted on are left as they are; else nothing is done. */
  readonly leave?: boolean;
}

const RUNS = 5;

/**
 * How many. A call may fail, and its record take the key, between our look and our write: the next look sees it.
 * @throws DatabaseError
 */
async function actOn(instance: Instance, acting: Acting): Promise<number | typeof ROLLBACK> {
  for (let run = 1; ; run += 1) {
    try {
      return await instance.database.transaction(() => actStep(instance, acting));
    } catch (error) {
      if (!(error instanceof DatabaseError) || error.kind !== 'duplicate' || run === RUNS) throw error;
    }
  }
}

/** How many. */
function* actStep(instance: Instance, { records, what, by, leave = false }: Acting): Step<number | typeof ROLLBACK> {
  const acted: RetryRecord[] = [];
  for (const record of [...records].sort((a, b) => (a.id < b.id ? -1 : 1))) {
    const isHeld = what === 'requeued' && (yield* isReplaced(instance, record));
    const changed = isHeld ? 0 : yield* what === 'requeued' ? requeue(instance, record) : discard(instance, record);
    if (changed > 0) acted.push(record);
    else if (!leave) return ROLLBACK;
  }
  const nowMs = yield* readNow(instance);
  const told = acted.map((record) => ({
    ...decision({ job: RETRY_ROW, fireMs: nowMs, outcome: what, note: noteOf(record, by), manual: 1 }),
    ...{ kind: 'manual' as const, slot: newInstanceId() }, // in the key: a row each, however many in one millisecond
  }));
  if (told.length > 0) yield* insertDecisions(instance, told, nowMs);
  return acted.length;
}

function noteOf({ kind, service, method, id, state, attempt }: RetryRecord, by: string): string {
  return `${id} by ${by.slice(0, 80)}: ${state} after ${attempt}, ${kind} ${service}.${method}`.slice(0, 255);
}

function* isReplaced({ app, database }: Instance, record: RetryRecord): Step<boolean> {
  if (record.kind === 'beforehand' || record.key === null) return false;
  const sql = `SELECT id FROM ${database.tables.job_retry} WHERE live_key = ? AND id <> ?`;
  return (yield* rows(sql, [liveKeyOf(app, record, record.key), record.id])).length > 0;
}

function* requeue({ app, database }: Instance, record: RetryRecord): Step<number> {
  const { kind, id, state, attempt, key } = record;
  const live = kind === 'afterward' && key !== null ? [liveKeyOf(app, record, key)] : [];
  return yield* affected(
    `UPDATE ${tableOf(database, kind)} ${database.dialect.byPrimaryKey} SET state = 'RETRY', attempt = 0, next_at = ${database.dialect.now},
       owner = NULL, claim_key = NULL, finished_at = NULL${live.length > 0 ? ', live_key = ?' : ''}
     WHERE id = ? AND app = ? AND state = ? AND attempt = ?`,
    [...live, id, app, state, attempt],
  );
}

function* discard({ app, database }: Instance, { kind, id, state, attempt }: RetryRecord): Step<number> {
  const where = 'WHERE id = ? AND app = ? AND state = ? AND attempt = ?';
  return yield* affected(`DELETE FROM ${tableOf(database, kind)} ${where}`, [id, app, state, attempt]);
}
