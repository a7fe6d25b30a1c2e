// The lease as its holder sees it: may this instance own runs right now?
// What must hold: the answer turns to "no" a margin before the database could give the same work to somebody else. It
// is counted from before a confirmed beat was sent, on the larger of monotonic and wall time (a suspended machine
// stops the one, a set-back clock fools the other). The cells are shared with the heartbeat's thread, so that a main
// loop that was blocked sees the newest beat at once and not only after its messages are handled.
import type { Clock } from '../clock.js';
import type { Timing } from '../config.js';

/** Float64 cells in shared memory. Each has one writer. */
export const CELL = { beatWall: 0, beatMonotonic: 1, mainMonotonic: 2, lost: 3 } as const;

export class Lease {
  readonly cells: Float64Array;
  readonly #clock: Clock;
  readonly #trustMs: number;

  constructor(clock: Clock, timing: Timing) {
    this.cells = new Float64Array(new SharedArrayBuffer(8 * 4));
    this.#clock = clock;
    this.#trustMs = timing.leaseMs - timing.marginMs;
    this.cells[CELL.mainMonotonic] = clock.monotonic();
  }

  /** A beat, or the registration, that was sent then is confirmed. */
  confirm(sent: Moment): void {
    this.cells[CELL.beatWall] = sent.wall;
    this.cells[CELL.beatMonotonic] = sent.monotonic;
  }

  /** The database said that this instance is not alive any more. Final. */
  lose(): void {
    this.cells[CELL.lost] = 1;
  }

  /** Milliseconds for which the lease can still be trusted; 0 or less: stop owning. */
  remainingMs(): number {
    if (this.cells[CELL.lost] === 1) return 0;
    const wall = this.#clock.now() - (this.cells[CELL.beatWall] ?? 0);
    const monotonic = this.#clock.monotonic() - (this.cells[CELL.beatMonotonic] ?? 0);
    return this.#trustMs - Math.max(wall, monotonic);
  }

  /** Who is told no leaves work undone for others to find, so it stays no: a beat that is confirmed after that comes too late. */
  holds(): boolean {
    if (this.remainingMs() > 0) return true;
    this.lose();
    return false;
  }

  /** Was a beat confirmed that was sent after that moment of the monotonic clock? */
  confirmedSince(monotonicMs: number): boolean {
    return (this.cells[CELL.beatMonotonic] ?? 0) > monotonicMs;
  }

  /** The main loop is alive: the heartbeat's thread stops beating when it has not heard so for ten leases. */
  touch(): void {
    this.cells[CELL.mainMonotonic] = this.#clock.monotonic();
  }
}

export interface Moment {
  readonly wall: number;
  readonly monotonic: number;
}

export function moment(clock: Clock): Moment {
  return { wall: clock.now(), monotonic: clock.monotonic() };
}
