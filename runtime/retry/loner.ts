// Whose turn it is: records in batches, or one whose last attempt was lost, alone. A call that kills its process must not
// take others along time and again; a call that merely hangs must not hold up others for ever.
// What must hold: a lone record starts when nothing else runs here, or when it has waited for that long enough; nothing
// else starts beside it, for at most as long; batches and lone ones take turns.
import type { Clock } from '../clock.js';
import type { CallKind } from '../service-types.js';
import type { ClaimedRecord } from './record.js';

/** A process that dies of a call does so soon. */
const AT_MOST_MS = 5_000;

export class Loner {
  readonly #clock: Clock;
  readonly #wake: () => void;
  /** Since when one waits. */
  #waitsSince: number | null = null;
  #kind: CallKind = 'beforehand';
  #record: ClaimedRecord | null = null;
  #cancel: () => void = () => {};

  constructor(clock: Clock, wake: () => void) {
    this.#clock = clock;
    this.#wake = wake;
  }

  /** Neither waits one nor runs one alone. */
  get isFree(): boolean {
    return this.#waitsSince === null && this.#record === null;
  }

  /** What to claim next of a kind. @param running records that run here */
  turn(kind: CallKind, running: number): 'batch' | 'alone' | 'wait' {
    if (this.#record !== null) return 'wait';
    if (this.#waitsSince === null) return 'batch';
    if (kind !== this.#kind) return 'wait';
    return running === 0 || this.#clock.monotonic() - this.#waitsSince >= AT_MOST_MS ? 'alone' : 'wait';
  }

  /** A batch left a lost record where it was. */
  wait(kind: CallKind): void {
    if (!this.isFree) return;
    this.#waitsSince = this.#clock.monotonic();
    this.#kind = kind;
    this.#arm();
  }

  /** The claim of a lone one is through; undefined: somebody else has it, or it is not due any more. */
  begin(record: ClaimedRecord | undefined): void {
    this.#waitsSince = null;
    this.#cancel();
    this.#record = record ?? null;
    if (record !== undefined) this.#arm();
  }

  ended(record: ClaimedRecord): void {
    const wasAlone = record === this.#record;
    if (wasAlone) this.begin(undefined);
    if (wasAlone || this.#waitsSince !== null) this.#wake();
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
