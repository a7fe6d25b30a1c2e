// Calls that are recorded in a transaction of the caller's: only the record; the method runs after the commit, by the
// ordinary dispatch, so that a rollback leaves nothing and runs nothing.
// What must hold: on the caller's connection nothing but the record's own table is touched; a transaction of another
// database is refused before a row is written.

import type { Database } from '../db/database.js';
import type { DatabaseError } from '../db/errors.js';
import type { Statement } from '../db/step.js';
import { changeWithin, compareDatabases, onCommit, ownerOf, queryBeside, queryWithin } from '../db/within.js';
import { DalJobError } from '../errors.js';
import { newId } from '../lock/ids.js';
import type { Instance } from '../lock/instance.js';
import type { OutboxOptions, OutboxReceipt } from '../service-types.js';
import { afterwardRow, recordRepeatedly } from './afterward.js';
import { recordAfterward, type Way } from './afterward-record.js';
import { notRecorded } from './insert.js';
import { requireKey } from './live-key.js';
import { type Bound, type CallDeps, type PreparedCall, prepare, type RecordedMethod } from './recorded-call.js';

type Transaction = OutboxOptions['transaction'];
type Owner = Database['sequelize'];

export interface Enqueuing {
  readonly method: RecordedMethod;
  readonly given: readonly unknown[];
}

const NO_SUCH_TABLE = 1146;

/** Which of the application's Sequelizes were found to be over our database. */
export class Owners {
  readonly #asked = new WeakMap<Owner, Promise<boolean>>();

  /** @throws DalJobError DJ6007; DJ6005 when its database cannot be asked */
  async require(transaction: Transaction | undefined, instance: Instance): Promise<Transaction> {
    const owner = ownerOf(transaction);
    if (owner === undefined || transaction === undefined)
      throw refused('DJ6007', 'what was given is no transaction of Sequelize 6');
    const compared = compareDatabases(instance.database.sequelize, owner);
    const same = compared === 'same' || (compared === 'ask' && (await this.#ask(owner, instance)));
    if (same) return transaction;
    throw refused('DJ6007', "its Sequelize is connected to another database than the app's");
  }

  /** Does its server know our instance? A yes stands; else it is asked again. */
  #ask(owner: Owner, instance: Instance): Promise<boolean> {
    const known = this.#asked.get(owner);
    if (known !== undefined) return known;
    const asking = knows(owner, instance);
    const forget = () => this.#asked.delete(owner);
    this.#asked.set(owner, asking);
    asking.then((same) => same || forget(), forget);
    return asking;
  }
}

async function knows(owner: Owner, { database, id }: Instance): Promise<boolean> {
  const sql = `SELECT id FROM ${database.tables.job_instance} WHERE id = ?`;
  try {
    return (await queryBeside(owner, { sql, values: [id] })).length === 1;
  } catch (cause) {
    if ((cause as DatabaseError).reason === NO_SUCH_TABLE) return false;
    const why = (cause as DatabaseError).message;
    throw refused(
      'DJ6005',
      `whether its Sequelize is connected to the app's database could not be asked: ${why}`,
      cause,
    );
  }
}

function refused(code: 'DJ6005' | 'DJ6007', problem: string, cause?: unknown): DalJobError {
  const message = `with({ transaction }): ${problem}. Nothing was recorded.`;
  return new DalJobError(code, message, { fields: { problem }, ...(cause === undefined ? {} : { cause }) });
}

/** @throws DalJobError DJ6001–DJ6003 (arguments), DJ6005 (the database refused it) */
export async function enqueue(
  deps: CallDeps,
  bound: Bound,
  { method, given, transaction }: Enqueuing & { transaction: Transaction },
): Promise<OutboxReceipt> {
  const prepared = prepare(deps, method, given);
  const { sql, values, id } = outboxRow(bound.instance, method, prepared);
  await changeWithin(transaction, { sql, values }).catch((cause: unknown) => {
    throw notRecorded(method, cause);
  });
  onCommit(transaction, bound.poke);
  return { id };
}

/**
 * By hand: the first call has failed, and its caller has the error.
 * @throws DalJobError as enqueue, and DJ6013 (key)
 */
export async function enqueueRetry(
  deps: CallDeps,
  bound: Bound,
  { method, given, key, transaction }: Enqueuing & { key: string; transaction?: Transaction },
): Promise<void> {
  if (method.retry.maxRetries === 0) throw noRetries(method);
  const prepared = prepare(deps, method, given);
  const row = afterwardRow(method, prepared, { key: requireKey(method, key) });
  const write =
    transaction === undefined
      ? recordRepeatedly(deps, bound, row)
      : recordAfterward(bound.instance, wayOf(transaction), row);
  const { merged } = await write.catch((cause: unknown) => {
    throw notRecorded(method, cause);
  });
  const tell = () => deps.emit('retry.merged', { service: row.service, method: row.method, key: row.key });
  if (merged && transaction === undefined) tell();
  else if (merged && transaction !== undefined) onCommit(transaction, tell);
}

/** A record would be called once more than its attempts. */
function noRetries({ service, method }: RecordedMethod): DalJobError {
  const message = `${service}.${method} has maxRetries: 0 in jobs.yaml, so that nothing of it can be tried again.`;
  return new DalJobError('DJ6012', message, { fields: { service, method } });
}

function wayOf(transaction: Transaction): Way {
  return {
    repeats: false, // what fails here fails the transaction
    change: (statement) => changeWithin(transaction, statement),
    read: (statement) => queryWithin(transaction, statement),
  };
}

/** Due at once, with no attempt so far. */
export function outboxRow(
  { database, app }: Instance,
  { service, method, entry, retry }: RecordedMethod,
  { stored }: PreparedCall,
): Statement & OutboxReceipt {
  const id = newId();
  const { now } = database.dialect;
  const sql = `INSERT INTO ${database.tables.job_beforehand_retry} (id, app, service, method, args, args_hash, state, attempt,
      max_retries, on_crash, next_at, created_at)
    VALUES (?, ?, ?, ?, ?, ?, 'RETRY', 0, ?, ?, ${now}, ${now})`;
  return { id, sql, values: [id, app, service, method, stored, entry.argsHash, retry.maxRetries, retry.onCrash] };
}
