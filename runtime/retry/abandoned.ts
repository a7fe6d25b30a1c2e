// Records of calls that were never made: their insert had no reply, so that the caller was told it failed; the row may
// stand, or may yet come to stand. They are deleted, for a whole lease long: a server may still apply what we gave up on.
// What must hold: only ids of calls that provably never started come here, and only rows in the state that the insert gave
// them are deleted. If this instance dies first, the sweep finds them like any call whose instance is gone.
import type { Clock } from '../clock.js';
import type { Instance } from '../lock/instance.js';

const IDS_AT_ONCE = 500;

export class Abandoned {
  readonly #instance: Instance;
  readonly #clock: Clock;
  /** When each was abandoned, on the monotonic clock. */
  readonly #since = new Map<string, number>();
  #cancel: (() => void) | null = null;
  #stopped = false;

  constructor(instance: Instance, clock: Clock) {
    this.#instance = instance;
    this.#clock = clock;
  }

  get size(): number {
    return this.#since.size;
  }

  add(ids: readonly string[]): void {
    for (const id of ids) this.#since.set(id, this.#clock.monotonic());
    this.#schedule();
  }

  /** Which of these records stand. @throws DatabaseError */
  async standing(ids: readonly string[]): Promise<ReadonlySet<string>> {
    const { database } = this.#instance;
    const places = ids.map(() => '?').join(', ');
    const sql = `SELECT id FROM ${database.tables.job_beforehand_retry} WHERE id IN (${places})`;
    const found = await database.query<{ id: string }>(sql, ids);
    return new Set(found.map(({ id }) => id));
  }

  /** Deletes what stands, and forgets what has been abandoned for a lease. @throws DatabaseError */
  async clean(): Promise<void> {
    const { database, id, timing } = this.#instance;
    const startedAt = this.#clock.monotonic();
    const ids = [...this.#since.keys()].sort();
    for (let at = 0; at < ids.length; at += IDS_AT_ONCE) {
      const some = ids.slice(at, at + IDS_AT_ONCE);
      await database.execute(
        `DELETE FROM ${database.tables.job_beforehand_retry}
         WHERE id IN (${some.map(() => '?').join(', ')}) AND owner = ? AND state = 'RUNNING' AND attempt = 1`,
        [...some, id],
      );
    }
    for (const one of ids) {
      if (startedAt - (this.#since.get(one) ?? startedAt) >= timing.leaseMs) this.#since.delete(one);
    }
  }

  /** No more timers; the last try. Never rejects. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancel?.();
    if (this.size > 0) await this.clean().catch(() => {});
  }

  #schedule(): void {
    if (this.#stopped || this.#cancel !== null || this.size === 0) return;
    this.#cancel = this.#clock.setTimer(this.#instance.timing.beatMs, () => {
      void this.clean()
        .catch(() => {}) // the database will be back, or the lease will be over
        .finally(() => {
          this.#cancel = null;
          this.#schedule();
        });
    });
  }
}
