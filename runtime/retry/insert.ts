// The records of beforehand calls: written before each call, many calls by one statement.
// What must hold: an idle call is flushed at once; while one flush is in flight the next gathers; the statement itself asks
// whether our lease holds. A bad row never fails its neighbours. A call whose record may or may not stand is not made: its
// caller is told so, and its record is taken away again (abandoned.ts).
import { type Clock, sleep } from '../clock.js';
import { DatabaseError } from '../db/errors.js';
import type { SqlValue, Statement } from '../db/step.js';
import { DalJobError } from '../errors.js';
import { fromLease, type Instance, leaseHolds } from '../lock/instance.js';
import type { Lease } from '../lock/lease.js';
import type { MethodRetry } from '../service-types.js';
import type { Emit } from '../types.js';
import type { Abandoned } from './abandoned.js';

/** What differs between the rows of one flush. */
export interface CallRow {
  readonly id: string;
  readonly service: string;
  readonly method: string;
  /** JSON, secrets encrypted. */
  readonly args: string;
  readonly argsHash: string;
  readonly maxRetries: number;
  readonly onCrash: MethodRetry['onCrash'];
}

export interface InsertsOptions {
  readonly instance: Instance;
  readonly lease: Lease;
  readonly clock: Clock;
  readonly abandoned: Abandoned;
  readonly emit: Emit;
}

interface Waiting {
  readonly row: CallRow;
  resolve(): void;
  reject(error: DalJobError): void;
}

const ROWS_AT_ONCE = 200;
/** Well below any server's max_allowed_packet; one row alone may be larger. */
const CHARACTERS_AT_ONCE = 1024 * 1024;
const SENDS = 3;
const REPEAT_DELAY_MS = 30;

/** The key of first executions: all of an instance's have the same, so that many are settled by one short condition. */
export function firstClaimKey({ id }: Instance): string {
  return id;
}

export class Inserts {
  readonly #options: InsertsOptions;
  readonly #waiting: Waiting[] = [];
  #flushing = false;

  constructor(options: InsertsOptions) {
    this.#options = options;
  }

  /**
   * Resolves when the record is committed and the lease still allows the call.
   * @throws DalJobError DJ6005 (not recorded), DJ6014 (the lease is over)
   */
  insert(row: CallRow): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ row, resolve, reject });
      if (!this.#flushing) void this.#drain();
    });
  }

  async #drain(): Promise<void> {
    this.#flushing = true;
    await null; // what is called in the same turn goes along
    while (this.#waiting.length > 0) await this.#flush(this.#next());
    this.#flushing = false;
  }

  #next(): readonly Waiting[] {
    let characters = 0;
    let count = 0;
    for (const { row } of this.#waiting.slice(0, ROWS_AT_ONCE)) {
      characters += row.args.length;
      if (count > 0 && characters > CHARACTERS_AT_ONCE) break;
      count += 1;
    }
    return this.#waiting.splice(0, count);
  }

  /** Never rejects. */
  async #flush(batch: readonly Waiting[]): Promise<void> {
    try {
      const inserted = await this.#send(batch);
      if (inserted === batch.length) this.#begin(batch);
      else for (const one of batch) one.reject(leaseOver(this.#options.instance));
    } catch (error) {
      await this.#failed(batch, error as DatabaseError);
    }
  }

  /** Rows inserted: all, or none if the lease is over. A refused lock is asked for again. @throws DatabaseError */
  async #send(batch: readonly Waiting[]): Promise<number> {
    const { instance, clock } = this.#options;
    const { sql, values } = insertStatement(
      instance,
      batch.map(({ row }) => row),
    );
    for (let run = 1; ; run += 1) {
      try {
        return await instance.database.execute(sql, values);
      } catch (error) {
        if (!(error instanceof DatabaseError) || error.kind !== 'repeat' || run === SENDS) throw error;
        await sleep(clock, REPEAT_DELAY_MS * run);
      }
    }
  }

  async #failed(batch: readonly Waiting[], error: DatabaseError): Promise<void> {
    if (error.commitUnknown) return await this.#ask(batch, error);
    if (error.kind === 'repeat' || error.kind === 'reconnect') return this.#reject(batch, error);
    if (batch.length > 1) {
      for (const one of batch) await this.#flush([one]);
    } else if (error.kind === 'duplicate') {
      this.#begin(batch); // the id is ours alone: an earlier send of it went through
    } else {
      this.#options.emit('bug', { error });
      this.#reject(batch, error);
    }
  }

  /** The reply never came. What stands is ours; the rest may still come to stand, so it is abandoned, whatever becomes of it. */
  async #ask(batch: readonly Waiting[], error: DatabaseError): Promise<void> {
    const { abandoned } = this.#options;
    const ids = batch.map(({ row }) => row.id);
    const found = await abandoned.standing(ids).catch(() => new Set<string>());
    this.#begin(batch.filter(({ row }) => found.has(row.id)));
    const lost = batch.filter(({ row }) => !found.has(row.id));
    abandoned.add(lost.map(({ row }) => row.id));
    this.#reject(lost, error);
  }

  #begin(batch: readonly Waiting[]): void {
    const { lease, instance, abandoned } = this.#options;
    const holds = lease.holds();
    if (!holds) abandoned.add(batch.map(({ row }) => row.id));
    for (const one of batch) {
      if (holds) one.resolve();
      else one.reject(leaseOver(instance));
    }
  }

  #reject(batch: readonly Waiting[], cause: DatabaseError): void {
    for (const { row, reject } of batch) reject(notRecorded(row, cause));
  }
}

export function notRecorded({ service, method }: Pick<CallRow, 'service' | 'method'>, cause: unknown): DalJobError {
  const why = cause instanceof Error ? cause.message : String(cause);
  const message = `${service}.${method} was not called: its record could not be written: ${why}`;
  return new DalJobError('DJ6005', message, { cause, fields: { service, method } });
}

export function leaseOver({ id }: Instance): DalJobError {
  const message = `The instance ${id} lost its lease and takes no calls until it is back: nothing was executed.`;
  return new DalJobError('DJ6014', message, { fields: { instance: id } });
}

/** One statement for all rows: every one of them, or none if the lease is over. */
export function insertStatement(instance: Instance, rows: readonly CallRow[]): Statement {
  const [first] = rows;
  const { sql, values } = rows.length === 1 && first ? oneRow(instance, first) : manyRows(instance, rows);
  return {
    sql: `INSERT INTO ${instance.database.tables.job_beforehand_retry} (id, app, service, method, args, args_hash, state, attempt,
        max_retries, on_crash, next_at, owner, claim_key, created_at) ${sql}`,
    values,
  };
}

/** Selected from our own instance's row: a derived table would cost the server half as much again. */
function oneRow(instance: Instance, row: CallRow): Statement {
  const { database, app, id } = instance;
  const { service, method, args, argsHash, maxRetries, onCrash } = row;
  return {
    sql: `SELECT ?, ?, ?, ?, ?, ?, 'RUNNING', 1, ?, ?, NULL, me.id, ?, ${database.dialect.now} ${fromLease(instance)}`,
    values: [row.id, app, service, method, args, argsHash, maxRetries, onCrash, firstClaimKey(instance), id],
  };
}

function manyRows(instance: Instance, rows: readonly CallRow[]): Statement {
  const { database, app, id } = instance;
  const first = `SELECT ? AS id, ? AS service, ? AS method, ? AS args, ? AS args_hash, ? AS max_retries, ? AS on_crash`;
  const more = rows.slice(1).map(() => ' UNION ALL SELECT ?, ?, ?, ?, ?, ?, ?');
  const perRow = rows.flatMap((row): SqlValue[] => {
    return [row.id, row.service, row.method, row.args, row.argsHash, row.maxRetries, row.onCrash];
  });
  return {
    sql: `SELECT r.id, ?, r.service, r.method, r.args, r.args_hash, 'RUNNING', 1, r.max_retries, r.on_crash, NULL, ?, ?, ${database.dialect.now}
      FROM (${first}${more.join('')}) r WHERE ${leaseHolds(instance)}`,
    values: [app, id, firstClaimKey(instance), ...perRow, id],
  };
}
