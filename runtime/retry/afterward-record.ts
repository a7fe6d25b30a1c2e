// Records of calls that failed: one live record a key.
// What must hold: a row is inserted, never overwritten by an insert; one that has the key already gets the newest arguments and another
// generation, so that a run of the old ones in progress does not end it. The same statements autocommitted and in a
// transaction of the caller's. Repeating it after a lost reply does no harm, also if the record has run and ended by then.
import { DatabaseError } from '../db/errors.js';
import type { SqlValue, Statement } from '../db/step.js';
import type { Instance } from '../lock/instance.js';
import { liveKeyOf } from './live-key.js';

export interface AfterwardRow {
  readonly id: string;
  readonly service: string;
  readonly method: string;
  /** JSON, secrets encrypted. */
  readonly args: string;
  readonly argsHash: string;
  /** The caller's key. */
  readonly key: string;
  readonly maxRetries: number;
  readonly delayMs: number;
  readonly errorName: string | null;
  readonly errorMessage: string | null;
}

/** How the statements are sent. Both reject with a DatabaseError. */
export interface Way {
  /** After a lost reply they are sent again: the row may be there. */
  readonly repeats: boolean;
  change(statement: Statement): Promise<number>;
  read(statement: Statement): Promise<readonly { readonly id: string }[]>;
}

export interface Recorded {
  /** Of the live record of the key. */
  readonly id: string;
  readonly merged: boolean;
}

/** A live record may end between two statements of ours, but not time and again. */
const ROUNDS = 5;

/** Autocommitted. */
export function plainWay({ database }: Instance): Way {
  return {
    repeats: true,
    change: ({ sql, values }) => database.execute(sql, values),
    read: ({ sql, values }) => database.query(sql, values),
  };
}

/** @throws DatabaseError */
export async function recordAfterward(instance: Instance, way: Way, row: AfterwardRow): Promise<Recorded> {
  const liveKey = liveKeyOf(instance.app, row, row.key);
  for (let round = 1; round <= ROUNDS; round += 1) {
    if ((await way.change(insertRow(instance, row, liveKey))) === 1) return { id: row.id, merged: false };
    // An insert without a reply went through. Not to be merged into who has its key now: that one is newer
    if (way.repeats && (await way.read(findOwn(instance, row))).length > 0) return { id: row.id, merged: false };
    const [live] = await way.read(findLive(instance, liveKey));
    if (live !== undefined && (await way.change(renew(instance, { id: live.id, liveKey, row }))) === 1)
      return { id: live.id, merged: true };
  }
  throw new DatabaseError('duplicate', 'the live records of a key ended one after the other', { cause: undefined });
}

/** An INSERT that fails would share a lock on the live record with others like it, and none of them could renew it. */
function insertRow({ database, app }: Instance, row: AfterwardRow, liveKey: string): Statement {
  const { now } = database.dialect;
  const text = row.errorName === null ? ['NULL', 'NULL'] : ['?', '?'];
  const texts: readonly SqlValue[] = row.errorName === null ? [] : [row.errorName, row.errorMessage ?? ''];
  return {
    sql: `INSERT INTO ${database.tables.job_retry} (id, app, service, method, args, args_hash, state, attempt, max_retries,
        on_crash, next_at, error_name, error_message, created_at, retry_data_key, generation, live_key)
      VALUES (?, ?, ?, ?, ?, ?, 'RETRY', 1, ?, 'retry', ${now} + ?, ${text.join(', ')}, ${now}, ?, 0, ?) ${database.dialect.keepExisting('id')}`,
    values: [
      ...[row.id, app, row.service, row.method, row.args, row.argsHash, row.maxRetries, row.delayMs],
      ...texts,
      ...[row.key, liveKey],
    ],
  };
}

function findOwn({ database }: Instance, { id }: AfterwardRow): Statement {
  return { sql: `SELECT id FROM ${database.tables.job_retry} WHERE id = ?`, values: [id] };
}

/** Locking in a transaction: its snapshot may be older than the live record. */
function findLive({ database }: Instance, liveKey: string): Statement {
  const sql = `SELECT id FROM ${database.tables.job_retry} WHERE live_key = ? ${database.dialect.forUpdate}`;
  return { sql, values: [liveKey] };
}

interface Renewal {
  readonly id: string;
  readonly liveKey: string;
  readonly row: AfterwardRow;
}

/** At least one attempt is left for the new arguments, also if the instance dies that runs the old ones for the last time. */
function renew({ database }: Instance, { id, liveKey, row }: Renewal): Statement {
  return {
    sql: `UPDATE ${database.tables.job_retry} ${database.dialect.byPrimaryKey}
      SET args = ?, args_hash = ?, generation = generation + 1,
        attempt = CASE WHEN attempt > max_retries THEN max_retries ELSE attempt END
      WHERE id = ? AND live_key = ?`,
    values: [row.args, row.argsHash, id, liveKey],
  };
}
