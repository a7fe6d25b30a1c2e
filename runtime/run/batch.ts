// One batch of claimed rows with its handler: what the handler can do with single rows, and what becomes of the others when it
// has ended. What must hold: a row is settled once; one that was settled in a transaction of the handler's counts when that
// has committed, and is released when it has not; after a lost lease nothing is written, the sweep of others frees the rows.

import type { Claim, Sql } from '../claim/claim.js';
import type { TakenRow } from '../claim/rows.js';
import {
  releaseSql,
  releaseStep,
  type Settled,
  type SettledAs,
  settleAtOnce,
  settleSql,
  settleStep,
} from '../claim/settle.js';
import type { SettleOptions } from '../claim-types.js';
import { type Clock, sleep } from '../clock.js';
import { DatabaseError } from '../db/errors.js';
import { executeWithin, onCommit } from '../db/within.js';
import { DalJobError } from '../errors.js';
import type { Instance } from '../lock/instance.js';
import type { Lease } from '../lock/lease.js';
import type { Events } from './events.js';

export interface BatchDeps {
  readonly instance: Instance;
  readonly lease: Lease;
  readonly clock: Clock;
  readonly events: Events;
}

/** Counts as they grow over the batches of a run. */
export interface Tally {
  done: number;
  failed: number;
  released: number;
  changed: number;
}

/**
 * waiting: with the handler. touched: being settled, or settled in a transaction that has not committed. failed: released at
 * the end of the run, also when the handler answers so. settled: over.
 */
type RowState = 'waiting' | 'touched' | 'failed' | 'settled';

interface Entry extends TakenRow {
  state: RowState;
}

const FIRST_WAIT_MS = 50;
/** The third try of a statement that meets a lock; each has waited for 2 s by then. */
const PATIENCE_MS = 200;

type Transaction = NonNullable<SettleOptions['transaction']>;

export class Batch {
  readonly claimKey: string;
  /** The handler has asked for the rows. */
  seen = false;
  readonly #deps: BatchDeps;
  readonly #claim: Claim;
  readonly #nowMs: number;
  readonly #tally: Tally;
  readonly #entries: readonly Entry[];
  /** Some statement of this batch was never answered: 0 rows may be our own earlier success. */
  #doubt = false;

  constructor(
    deps: BatchDeps,
    {
      claim,
      claimKey,
      rows,
      nowMs,
      tally,
    }: { claim: Claim; claimKey: string; rows: readonly TakenRow[]; nowMs: number; tally: Tally },
  ) {
    this.#deps = deps;
    this.#claim = claim;
    this.claimKey = claimKey;
    this.#nowMs = nowMs;
    this.#tally = tally;
    this.#entries = rows.map((row) => ({ ...row, state: 'waiting' }));
  }

  get rows(): readonly object[] {
    this.seen = true;
    return this.#entries.map(({ row }) => row);
  }

  async done(row: object, options: SettleOptions = {}): Promise<boolean> {
    return this.#settleOne(this.#take(row), 'done', options);
  }

  async fail(row: object, error: unknown, options: SettleOptions = {}): Promise<boolean> {
    const entry = this.#take(row);
    const givenUp = this.#givesUp(entry);
    if (givenUp) await this.#settleOne(entry, 'failed', options);
    else entry.state = 'failed';
    this.#deps.events.emit('row.failed', { job: this.#claim.job, key: entry.key, givenUp, error });
    return givenUp;
  }

  /**
   * The handler has returned: what waits is done, also where no type has asked for an answer, or `released`. That, and what was
   * touched and did not come through, stays claimed until the run is over: released at once, this very run would take it again,
   * and again.
   */
  async end(answer: unknown): Promise<void> {
    const waiting = this.#in('waiting');
    if (answer === 'released') for (const entry of waiting) entry.state = 'failed';
    else if (waiting.length > 0) {
      const { settled, changed } = await this.#settle(waiting, 'done');
      this.#tally.done += settled;
      this.#tally.changed += changed;
      for (const entry of waiting) entry.state = 'settled';
    }
    for (const entry of this.#in('touched')) entry.state = 'failed';
  }

  /** The handler has thrown, or was told to stop: only what it settled itself is settled. */
  async undo(): Promise<void> {
    await this.#release([...this.#in('waiting'), ...this.#in('touched')]);
  }

  /** At the end of the run: what failed may be taken again. */
  async releaseFailed(): Promise<void> {
    await this.#release(this.#in('failed'));
  }

  /** Rows wait for that. */
  get hasFailed(): boolean {
    return this.#in('failed').length > 0;
  }

  #in(state: RowState): readonly Entry[] {
    return this.#entries.filter((entry) => entry.state === state);
  }

  #take(row: object): Entry {
    const entry = this.#entries.find((one) => one.row === row);
    if (entry?.state === 'waiting' || entry?.state === 'touched') return entry;
    const why =
      entry === undefined ? 'is none of this batch: hand over the very object from `rows`' : 'was settled before';
    throw new DalJobError('DJ7002', `A row handed to done() or fail() of ${this.#claim.job} ${why}.`, {
      fields: { job: this.#claim.job },
    });
  }

  /** Its attempts are used up, or nobody counts them. */
  #givesUp({ attempts }: Entry): boolean {
    const { failed, maxAttempts } = this.#claim.definition;
    return failed !== null && (maxAttempts === null || attempts >= maxAttempts);
  }

  async #settleOne(entry: Entry, as: SettledAs, { transaction }: SettleOptions): Promise<boolean> {
    if (!this.#deps.lease.holds()) throw this.#lost();
    entry.state = 'touched';
    if (transaction === undefined) {
      const { settled, changed } = await this.#settle([entry], as, this.#locked());
      if (settled + changed === 0) throw this.#lost();
      this.#count(entry, as, settled > 0);
      return settled > 0;
    }
    const settled = await this.#settleWithin(transaction, entry, as);
    onCommit(transaction, () => this.#count(entry, as, settled));
    return settled;
  }

  /** In one statement where that is enough, which it is unless the application changed some of the rows. */
  async #settle(rows: readonly Entry[], as: SettledAs, locked?: DalJobError): Promise<Settled> {
    const { database } = this.#deps.instance;
    const claimed = { claimKey: this.claimKey, rows };
    const one = settleAtOnce(this.#claim, claimed, as, this.#nowMs);
    const met = one === null ? 0 : await this.#persist(() => database.execute(one.sql, one.values), locked);
    if (met === rows.length) return { settled: met, changed: 0 };
    const step = () => settleStep(this.#claim, claimed, as, this.#nowMs);
    const rest = (await this.#persist(() => database.transaction(step), locked)) as Settled;
    const settled = this.#doubt ? rows.length - rest.changed : met + rest.settled;
    return { settled, changed: rest.changed };
  }

  async #settleWithin(transaction: Transaction, entry: Entry, as: SettledAs): Promise<boolean> {
    const rows = { claimKey: this.claimKey, rows: [entry] };
    const within = ({ sql, values }: Sql) =>
      executeWithin(this.#deps.instance.database.sequelize, transaction, {
        sql,
        values: values as readonly (string | number)[],
      });
    if ((await within(settleSql(this.#claim, rows, as, this.#nowMs))) === 1) return true;
    if ((await within(releaseSql(this.#claim, rows))) === 1) return false;
    throw this.#lost();
  }

  #count(entry: Entry, as: SettledAs, settled: boolean): void {
    entry.state = 'settled';
    this.#tally[settled ? as : 'changed'] += 1;
  }

  async #release(rows: readonly Entry[]): Promise<void> {
    if (rows.length === 0 || !this.#deps.lease.holds()) return;
    const step = () => releaseStep(this.#claim, { claimKey: this.claimKey, rows });
    this.#tally.released += (await this.#persist(() => this.#deps.instance.database.transaction(step))) as number;
    for (const entry of rows) entry.state = 'settled';
  }

  /**
   * Until the database has answered. For locks of others as long as they last, or for three tries if there is something to
   * say about them. @throws DatabaseError that no repeating mends; DalJobError DJ7003 when the lease is over, or `locked`
   */
  async #persist<T>(work: () => Promise<T>, locked?: DalJobError): Promise<T> {
    const { lease, clock } = this.#deps;
    for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(waitMs * 2, 1_000)) {
      if (!lease.holds()) throw this.#lost();
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof DatabaseError) || error.kind === 'bug' || error.kind === 'duplicate') throw error;
        if (locked !== undefined && error.reason === 1205 && waitMs >= PATIENCE_MS) throw locked;
        this.#doubt ||= error.commitUnknown;
      }
      await sleep(clock, waitMs);
    }
  }

  /** The handler waits for it, and may be in the middle of the very transaction that has the lock. */
  #locked(): DalJobError {
    const { job } = this.#claim;
    const message = `A row of ${job} is locked by another transaction. If that is one of the handler's: done(row, { transaction }).`;
    return new DalJobError('DJ7005', message, { fields: { job } });
  }

  #lost(): DalJobError {
    const { job } = this.#claim;
    return new DalJobError('DJ7003', `A row of ${job} is no longer claimed by this instance: roll back.`, {
      fields: { job },
    });
  }
}
