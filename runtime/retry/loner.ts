// Whose turn it is: records in batches, or one whose last attempt was lost, alone. A call that kills its process must not
// take others along time and again; a call that merely hangs must not hold up others for ever.
// What must hold: a lone record starts when nothing else runs here, or when it has waited for that long enough; nothing
// else starts beside it, for at most as long; batches, of both kinds, and lone ones take turns.
import type { Clock } from '../clock.js';
import type { Lost } from './claim-step.js';
import type { ClaimedRecord } from './record.js';

/** A process that dies of a call does so soon. */
const AT_MOST_MS = 5_000;

export class Loner {
  readonly #clock: Clock;
  readonly #wake: () => void;
  #waiting: { readonly lost: Lost; readonly sinceMs: number } | null = null;
  #record: ClaimedRecord | null = null;
  #cancel: () => void = () => {};

  constructor(clock: Clock, wake: () => void) {
    this.#clock = clock;
    this.#wake = wake;
  }

  /** What to claim next: the one that waits, a batch of each kind, or nothing. @param running records that run here */
  turn(running: number): Lost | 'batch' | 'wait' {
    if (this.#record !== null) return 'wait';
    if (this.#waiting === null) return 'batch';
    const { lost, sinceMs } = this.#waiting;
    return running === 0 || this.#clock.monotonic() - sinceMs >= AT_MOST_MS ? lost : 'wait';
  }

  /** Batches left these where they were: the oldest is next. Only after a turn of batches. */
  wait(lost: readonly Lost[]): void {
    const [oldest] = [...lost].sort((one, other) => one.nextAtMs - other.nextAtMs);
    if (oldest === undefined) return;
    this.#waiting = { lost: oldest, sinceMs: this.#clock.monotonic() };
    this.#arm();
  }

  /** The claim of a lone one is through; undefined: somebody else has it, it is not due any more, or the claim failed. */
  begin(record: ClaimedRecord | undefined): void {
    this.#waiting = null;
    this.#cancel();
    this.#record = record ?? null;
    if (record !== undefined) this.#arm();
  }

  ended(record: ClaimedRecord): void {
    const wasAlone = record === this.#record;
    if (wasAlone) this.begin(undefined);
    if (wasAlone || this.#waiting !== null) this.#wake();
  }

  stop(): void {
    this.#cancel();
  }

  #arm(): void {
    this.#cancel();
    this.#cancel = this.#clock.setTimer(AT_MOST_MS, () => {
      this.#record = null;
      this.#wake();
    });
  }
}
