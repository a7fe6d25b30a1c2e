// A run of a job with a claim: its handler is called once a batch, several batches side by side, until no row waits.
// What must hold: the run is finished only when a plain SELECT finds nothing; a batch whose handler throws ends the run as
// failed, after the batches beside it; when the signal is aborted nothing new is taken, and what a handler has not settled
// itself is released when it has really ended: to give its rows away earlier would hand them to two.
import type { Claim } from '../claim/claim.js';
import { tellRows } from '../claim/counts.js';
import type { ClaimKeys } from '../claim/keys.js';
import { newClaimKey } from '../claim/owner.js';
import { giveUpStep, releaseStep } from '../claim/settle.js';
import { Spread } from '../claim/spread.js';
import { type Candidates, chooseBatch, findCandidates, readBack, stamp, usedUp } from '../claim/take.js';
import type { RowCounts } from '../claim-types.js';
import { sleep } from '../clock.js';
import { DatabaseError } from '../db/errors.js';
import { DalJobError } from '../errors.js';
import type { JobContext } from '../types.js';
import { Batch, type BatchDeps, type Tally } from './batch.js';
import { claimContext } from './context.js';

export interface ClaimedRunDeps extends BatchDeps {
  readonly keys: ClaimKeys;
}

type Handler = (context: object) => unknown;
type HandlerContext = JobContext<string, unknown, object>;

interface Lane {
  readonly handler: Handler;
  readonly context: HandlerContext;
  readonly lanes: Lanes;
  /** Batches with rows that wait for the end of the run to be released. */
  readonly failed: Batch[];
}

/** After a stamp that got none of the rows, and after a statement that failed. */
const RACED_MS = 5;
const FAILED_MS = 50;
const LONGEST_WAIT_MS = 1_000;

export class ClaimedRun {
  readonly #deps: ClaimedRunDeps;
  readonly #claim: Claim;
  readonly #spread: Spread;
  readonly #tally: Tally = { done: 0, failed: 0, released: 0, changed: 0 };

  constructor(deps: ClaimedRunDeps, claim: Claim) {
    this.#deps = deps;
    this.#claim = claim;
    this.#spread = new Spread(claim.definition.batch);
  }

  get counts(): RowCounts {
    return { ...this.#tally };
  }

  /** What job_log says of it; null when there was nothing to do. */
  get note(): string | null {
    return tellRows(this.#tally);
  }

  /** The handler as the executor calls it, once an attempt. Rejects with the first error of a batch. */
  wrap(handler: Handler): (context: object) => Promise<void> {
    return async (context) => {
      const lanes = new Lanes((context as HandlerContext).signal);
      const failed: Batch[] = [];
      const work = Array.from({ length: this.#claim.definition.concurrency }, () =>
        this.#lane({ handler, context: context as HandlerContext, lanes, failed }).catch((error: unknown) =>
          lanes.fail(error),
        ),
      );
      await Promise.all(work);
      for (const batch of failed) await this.#releaseFailed(batch);
      if (lanes.error !== undefined) throw lanes.error.thrown;
    };
  }

  async #lane({ handler, context, lanes, failed }: Lane): Promise<void> {
    while (lanes.open) {
      const batch = await this.#next(lanes);
      if (batch === null) return;
      await this.#handOver(batch, handler, context).finally(() => {
        if (batch.hasFailed) failed.push(batch);
      });
    }
  }

  /** The next batch with rows in it; null: none waits, or no more may be taken. */
  async #next(lanes: Lanes): Promise<Batch | null> {
    for (let turn = 0; lanes.open; turn += 1) {
      try {
        const taken = await this.#take(lanes);
        if (taken !== 'raced') return taken;
        if (turn > 0) await this.#pause(RACED_MS, turn, lanes); // the first time a wider look is enough
      } catch (error) {
        if (!(error instanceof DatabaseError) || error.kind === 'bug' || error.kind === 'duplicate') throw error;
        await this.#pause(FAILED_MS, turn, lanes);
      }
    }
    return null;
  }

  /** Longer with every turn in vain, up to a second, give or take a half. */
  #pause(firstMs: number, turn: number, { signal }: Lanes): Promise<void> {
    const longestMs = Math.min(firstMs * 2 ** turn, LONGEST_WAIT_MS);
    return sleep(this.#deps.clock, longestMs * (0.5 + Math.random()), signal);
  }

  async #take(lanes: Lanes): Promise<Batch | null | 'raced'> {
    for (;;) {
      const { rows, nowMs } = await findCandidates(this.#deps.instance, this.#claim, this.#spread.batches);
      if (rows.length === 0 || !lanes.open) return null;
      const over = usedUp(this.#claim, rows);
      if (over.length === 0) return this.#stamp({ rows: chooseBatch(this.#claim, rows), nowMs }, lanes);
      if ((await this.#giveUp({ rows: over, nowMs })) === 0) return 'raced'; // else there may be more of them
    }
  }

  /** How many of them. */
  async #giveUp({ rows, nowMs }: Candidates): Promise<number> {
    const step = () => giveUpStep(this.#claim, rows, nowMs);
    const count = (await this.#deps.instance.database.transaction(step)) as number;
    this.#tally.failed += count;
    if (count > 0) this.#deps.events.emit('rows.givenUp', { job: this.#claim.job, count });
    return count;
  }

  async #stamp(window: Candidates, lanes: Lanes): Promise<Batch | null | 'raced'> {
    const { instance, lease, keys } = this.#deps;
    const claimKey = newClaimKey(instance);
    keys.pend(claimKey, this.#claim.definition.table);
    try {
      const stamped = await stamp(instance, this.#claim, { key: claimKey, ...window });
      this.#spread.observe(window.rows.length, stamped);
      const rows = stamped === 0 ? [] : await readBack(instance, this.#claim, { key: claimKey, rows: window.rows });
      if (rows.length === 0) {
        keys.forget(claimKey);
        return 'raced';
      }
      if (lanes.open && lease.holds() && keys.run(claimKey))
        return new Batch(this.#deps, { claim: this.#claim, claimKey, rows, nowMs: window.nowMs, tally: this.#tally });
      await instance.database.transaction(() => releaseStep(this.#claim, { claimKey, rows }, true));
      keys.forget(claimKey);
      return null;
    } catch (error) {
      keys.abandon(claimKey); // stamped or not: the sweep looks
      this.#spread.observe(window.rows.length, 0); // one of them may be locked for long: the others are not to wait for it
      throw error;
    }
  }

  async #handOver(batch: Batch, handler: Handler, context: HandlerContext): Promise<void> {
    const { keys, instance } = this.#deps;
    const { thrown, answer } = await call(handler, claimContext(context, batch, instance.database));
    const returned = thrown === undefined && !context.signal.aborted;
    const blind = returned && !batch.seen && answer !== 'released';
    try {
      await (returned && !blind ? batch.end(answer) : batch.undo());
    } catch (error) {
      keys.abandon(batch.claimKey);
      throw error;
    }
    if (!batch.hasFailed) keys.forget(batch.claimKey);
    if (thrown !== undefined) throw thrown.error;
    if (blind) throw unseen(this.#claim.job);
  }

  async #releaseFailed(batch: Batch): Promise<void> {
    const { keys } = this.#deps;
    await batch.releaseFailed().then(
      () => keys.stateOf(batch.claimKey) === 'running' && keys.forget(batch.claimKey), // other rows may carry an abandoned one
      () => keys.abandon(batch.claimKey),
    );
  }
}

interface Called {
  /** undefined: it returned. */
  readonly thrown?: { readonly error: unknown };
  readonly answer?: unknown;
}

/** A handler that throws synchronously has thrown like any other. */
async function call(handler: Handler, context: object): Promise<Called> {
  try {
    return { answer: await handler(context) };
  } catch (error) {
    return { thrown: { error } };
  }
}

/** It would else count rows as done that nobody has looked at. */
function unseen(job: string): DalJobError {
  const message = `The handler of ${job} returned without looking at \`rows\`: they were released, not settled.`;
  return new DalJobError('DJ7004', message, { fields: { job } });
}

/** The batches side by side: open until one fails or the run is aborted. */
class Lanes {
  readonly signal: AbortSignal;
  error: { readonly thrown: unknown } | undefined;

  constructor(signal: AbortSignal) {
    this.signal = signal;
  }

  get open(): boolean {
    return this.error === undefined && !this.signal.aborted;
  }

  fail(thrown: unknown): void {
    this.error ??= { thrown };
  }
}
