// Ends of recorded calls, gathered: while one write is under way the next gathers, an idle one goes at once.
// What must hold: a record's end is told only when it is known; it is tried until it is acknowledged or the lease is over,
// and tried at least once (its own key fences it, whatever became of the lease). One bad record never fails another, and one
// that somebody holds a lock on holds up no other.
import { type Clock, sleep } from '../clock.js';
import { DatabaseError } from '../db/errors.js';
import { rows } from '../db/step.js';
import type { Instance } from '../lock/instance.js';
import type { Lease } from '../lock/lease.js';
import type { Emit } from '../types.js';
import { tellEnd } from './ending.js';
import { firstBackoffMs, type Method } from './methods.js';
import { type CallOutcome, tableOf } from './record.js';
import { type Ended, type FinalState, type SettleKey, type Standing, settleStep } from './settle-step.js';

export type { SettleKey } from './settle-step.js';

export interface SettlerOptions {
  readonly instance: Instance;
  readonly lease: Lease;
  readonly clock: Clock;
  /** Whose records it ends. */
  readonly methods: readonly Method[];
  readonly tell: Emit;
}

interface Waiting extends Ended {
  /** undefined: not ours any more, or not known. */
  readonly answer: (became: FinalState | undefined) => void;
}

/** Records of one kind and state: what one statement can end. */
interface Bucket {
  readonly waiting: Waiting[];
  flushing: boolean;
}

/** Successes are a list of ids; failures carry their own texts, in a CASE that grows with the square. */
const SUCCESSES_AT_ONCE = 500;
const FAILURES_AT_ONCE = 100;
const FIRST_WAIT_MS = 50;
const LONGEST_WAIT_MS = 1_000;

export class Settler {
  readonly #options: SettlerOptions;
  readonly #buckets = new Map<string, Bucket>();
  #unsettled = 0;

  constructor(options: SettlerOptions) {
    this.#options = options;
  }

  /** Records whose end was asked for and is not known yet. */
  get unsettled(): number {
    return this.#unsettled;
  }

  /**
   * Writes the end of a claim. true: it stands; false: the record is not ours any more, or the lease ended before the
   * database answered. An afterward record that got newer arguments meanwhile waits again with them: that is true, too,
   * but false for what was to be DEAD and is not; of that `call.retrying` is told here. Never rejects.
   */
  settle(key: SettleKey, outcome: CallOutcome): Promise<boolean> {
    return new Promise((resolve) => {
      this.#unsettled += 1;
      const mergedDelayMs = key.kind === 'afterward' ? firstBackoffMs(this.#options.methods, key) : 0;
      const answer = (became: FinalState | undefined) => {
        this.#unsettled -= 1;
        if (outcome.state !== 'DEAD' || became !== 'RETRY') return resolve(became !== undefined);
        tellEnd(this.#options.tell, key, { state: 'RETRY', delayMs: mergedDelayMs, error: outcome.error });
        resolve(false);
      };
      const bucket = this.#bucketOf(`${key.kind} ${outcome.state}`);
      bucket.waiting.push({ key, outcome, mergedDelayMs, answer });
      if (!bucket.flushing) void this.#drain(bucket);
    });
  }

  #bucketOf(name: string): Bucket {
    const bucket = this.#buckets.get(name) ?? { waiting: [], flushing: false };
    this.#buckets.set(name, bucket);
    return bucket;
  }

  async #drain(bucket: Bucket): Promise<void> {
    bucket.flushing = true;
    await null; // what ends in the same turn goes along
    while (bucket.waiting.length > 0) {
      const state = bucket.waiting[0]?.outcome.state;
      await this.#flush(bucket.waiting.splice(0, state === 'SUCCEEDED' ? SUCCESSES_AT_ONCE : FAILURES_AT_ONCE));
    }
    bucket.flushing = false;
  }

  async #flush(batch: readonly Waiting[]): Promise<void> {
    let withText = true;
    let isTold = false;
    for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS)) {
      const settled = await this.#write(batch, withText).catch((error: unknown) => error);
      if (settled instanceof Map) {
        for (const { key, answer } of batch) answer(settled.get(key.id));
        return;
      }
      if (isRefused(settled) && batch.length > 1) return await this.#oneByOne(batch);
      if (isRefused(settled) && !withText && !isTold) {
        this.#options.tell('bug', { error: settled }); // neither other records nor a text were what was refused
        isTold = true;
      }
      if (isRefused(settled)) withText = false;
      if (!this.#options.lease.holds()) break;
      if (isLocked(settled)) return await this.#setAside(batch);
      await sleep(this.#options.clock, waitMs);
    }
    for (const { answer } of batch) answer(undefined);
  }

  /**
   * Somebody holds some of the records: a transaction of the application's that merges into them, or a person's. Those wait
   * by themselves, all on one connection.
   */
  async #setAside(batch: readonly Waiting[]): Promise<void> {
    const free = await this.#free(batch).catch(() => new Set<string>());
    const [first] = batch;
    const aside = this.#bucketOf(`${first?.key.kind} ${first?.outcome.state} aside`);
    aside.waiting.push(...batch.filter(({ key }) => !free.has(key.id)));
    if (!aside.flushing) void this.#drain(aside);
    if (free.size > 0) await this.#flush(batch.filter(({ key }) => free.has(key.id)));
  }

  /** Ids of records that nobody holds a lock on. */
  async #free(batch: readonly Waiting[]): Promise<ReadonlySet<string>> {
    const { database } = this.#options.instance;
    const ids = batch.map(({ key }) => key.id).sort();
    const table = tableOf(database, batch[0]?.key.kind ?? 'beforehand');
    const sql = `SELECT id FROM ${table} ${database.dialect.byPrimaryKey} WHERE id IN (${ids.map(() => '?').join(', ')})
      ${database.dialect.forUpdateSkipLocked}`;
    const found = (await database.transaction(() => rows<{ id: string }>(sql, ids))) as readonly { id: string }[];
    return new Set(found.map(({ id }) => id));
  }

  async #oneByOne(batch: readonly Waiting[]): Promise<void> {
    for (const one of batch) await this.#flush([one]);
  }

  /** One statement, autocommitted, when all goes well; the questions after a shortfall follow one by one. */
  async #write(batch: readonly Waiting[], withText: boolean): Promise<Standing> {
    const { database } = this.#options.instance;
    const step = settleStep(database, batch, withText);
    let turn = step.next();
    while (turn.done !== true) {
      const { sql, values } = turn.value;
      const reply = sql.startsWith('SELECT')
        ? { rows: await database.query(sql, values), affected: 0 }
        : { rows: [], affected: await database.execute(sql, values) };
      turn = step.next(reply);
    }
    return turn.value;
  }
}

/** The statement itself was refused: with other records, or without a text, it may go through. */
function isRefused(error: unknown): boolean {
  return !(error instanceof DatabaseError) || error.kind === 'bug' || error.kind === 'duplicate';
}

/** The server waited for somebody's lock, in vain. */
function isLocked(error: unknown): boolean {
  return error instanceof DatabaseError && error.reason === 1205;
}
