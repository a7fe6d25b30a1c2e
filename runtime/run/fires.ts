// When this instance should look: the next fire of each job it declares, by the database's clock as this instance knows
// it. Only a wake-up: what runs is decided by the rows. A wake too many costs one statement, one too few a late run.
import type { Clock } from '../clock.js';
import type { Job } from '../lock/job.js';

export class WakeTimes {
  readonly #clock: Clock;
  readonly #jobs: readonly { readonly job: Job; nextMs: number | null }[];
  /** The database's clock minus the local monotonic one; the local wall clock never matters. */
  #offset: Observation;

  constructor(clock: Clock, jobs: readonly Job[]) {
    this.#clock = clock;
    this.#offset = {
      offsetMs: clock.now() - clock.monotonic(),
      errorMs: Number.POSITIVE_INFINITY,
      atMs: clock.monotonic(),
    };
    this.#jobs = jobs.map((job) => ({ job, nextMs: Number.NEGATIVE_INFINITY }));
  }

  /**
   * The database said `nowMs` (cut to the millisecond) between two moments of the monotonic clock. Half the round trip
   * is what is not known, so a quick reply is worth more than a slow one; an old one is worth nothing, and neither is one
   * that the new one contradicts: the database's clock was set.
   */
  observe(nowMs: number, sentMs: number, receivedMs: number): void {
    const seen = {
      offsetMs: nowMs + 0.5 - (sentMs + receivedMs) / 2,
      errorMs: (receivedMs - sentMs) / 2 + 0.5,
      atMs: receivedMs,
    };
    const kept = this.#offset;
    const stale = receivedMs - kept.atMs > KEPT_MS;
    const contradicts = Math.abs(seen.offsetMs - kept.offsetMs) > seen.errorMs + kept.errorMs;
    if (stale || contradicts || seen.errorMs <= kept.errorMs) this.#offset = seen;
  }

  databaseNow(): number {
    return this.#clock.monotonic() + this.#offset.offsetMs;
  }

  /** Jobs whose fire has come since the last call. Their next one is set. */
  takeDue(): readonly Job[] {
    const now = this.databaseNow();
    const due: Job[] = [];
    for (const entry of this.#jobs) {
      if (entry.nextMs === null || entry.nextMs > now) continue;
      if (entry.nextMs !== Number.NEGATIVE_INFINITY) due.push(entry.job);
      entry.nextMs = entry.job.schedule?.next(Math.floor(now)) ?? null;
    }
    return due;
  }

  /** Milliseconds until the earliest fire after now, `otherMs` (an instant of the database's clock), or `idleMs`. */
  untilNext(otherMs: number | null, idleMs: number): number {
    const now = this.databaseNow();
    let earliest = Math.min(now + idleMs, otherMs ?? Number.POSITIVE_INFINITY);
    for (const { nextMs } of this.#jobs) if (nextMs !== null && nextMs < earliest) earliest = nextMs;
    return Math.max(0, earliest - now);
  }
}

interface Observation {
  readonly offsetMs: number;
  /** The truth is at most so far away. */
  readonly errorMs: number;
  readonly atMs: number;
}

/** Clocks of good machines drift apart by less than a millisecond in that time. */
const KEPT_MS = 30_000;

/** In random order. */
export function shuffled<T>(items: readonly T[]): readonly T[] {
  return items
    .map((item) => ({ item, at: Math.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}
