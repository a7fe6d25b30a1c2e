// When this instance should look: the next fire of each job it declares, by the database's clock as this instance knows
// it. Only a wake-up: what runs is decided by the rows. A wake too many costs one statement, one too few a late run.
import type { Clock } from '../clock.js';
import type { Job } from '../lock/job.js';

export class WakeTimes {
  readonly #clock: Clock;
  readonly #jobs: readonly { readonly job: Job; nextMs: number | null }[];
  /** The database's clock minus the local monotonic one; the local wall clock never matters. */
  #offsetMs: number;

  constructor(clock: Clock, jobs: readonly Job[]) {
    this.#clock = clock;
    this.#offsetMs = clock.now() - clock.monotonic();
    this.#jobs = jobs.map((job) => ({ job, nextMs: Number.NEGATIVE_INFINITY }));
  }

  /** The database said `nowMs` (cut to the millisecond) between two moments of the monotonic clock. */
  observe(nowMs: number, sentMs: number, receivedMs: number): void {
    this.#offsetMs = nowMs + 0.5 - (sentMs + receivedMs) / 2;
  }

  databaseNow(): number {
    return this.#clock.monotonic() + this.#offsetMs;
  }

  /** Milliseconds until the earliest fire after now, `otherMs` (an instant of the database's clock), or `idleMs`. */
  untilNext(otherMs: number | null, idleMs: number): number {
    const now = this.databaseNow();
    let earliest = Math.min(now + idleMs, otherMs ?? Number.POSITIVE_INFINITY);
    for (const entry of this.#jobs) {
      if (entry.nextMs !== null && entry.nextMs <= now)
        entry.nextMs = entry.job.schedule?.next(Math.floor(now)) ?? null;
      if (entry.nextMs !== null && entry.nextMs < earliest) earliest = entry.nextMs;
    }
    return Math.max(0, earliest - now);
  }
}
