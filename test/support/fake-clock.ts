// Time that stands still until a test moves it: the clock of the runtime, of its timers and (through `nowMs`) of the
// database's SQL. What must hold: timers are called in the order of their times, each at exactly its time, and
// what a callback set in motion is let settle before time moves on. Nothing here waits for real time to pass.
import type { Clock } from '../../runtime/clock.js';

/** A Monday, 2026-06-01T00:00:00Z: whole seconds, minutes, hours and days begin here. */
export const MONDAY_MS = Date.UTC(2026, 5, 1);

interface Timer {
  readonly atMs: number;
  readonly callback: () => void;
}

export class FakeClock implements Clock {
  /** What the wall clock is ahead of the monotonic one; a test may change it: somebody sets the clock. */
  wallAheadMs: number;
  readonly #timers = new Set<Timer>();
  readonly #settle: () => Promise<void>;
  #monotonicMs = 0;

  /** @param settle resolves when everything that a timer set in motion has come to rest */
  constructor(startMs = MONDAY_MS, settle: () => Promise<void> = turns) {
    this.wallAheadMs = startMs;
    this.#settle = settle;
  }

  now(): number {
    return this.#monotonicMs + this.wallAheadMs;
  }

  monotonic(): number {
    return this.#monotonicMs;
  }

  setTimer(delayMs: number, callback: () => void): () => void {
    const timer = { atMs: this.#monotonicMs + Math.max(0, delayMs), callback };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  setAlarm(delayMs: number, callback: () => void): () => void {
    return this.setTimer(delayMs, callback);
  }

  /** How many timers are set. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Milliseconds until the next timer; undefined: none is set. */
  get nextTimerMs(): number | undefined {
    const next = this.#next(Number.POSITIVE_INFINITY);
    return next === undefined ? undefined : next.atMs - this.#monotonicMs;
  }

  /** Lets time pass, timer by timer. */
  async advance(byMs: number): Promise<void> {
    const untilMs = this.#monotonicMs + byMs;
    await this.#settle();
    for (let timer = this.#next(untilMs); timer !== undefined; timer = this.#next(untilMs)) {
      this.#timers.delete(timer);
      this.#monotonicMs = Math.max(timer.atMs, this.#monotonicMs); // an overdue one is called now, not in the past
      timer.callback();
      await this.#settle();
    }
    this.#monotonicMs = untilMs;
  }

  /** Time passes and nobody is called: the machine slept, the loop was blocked. Timers that are due stay due. */
  jump(byMs: number): void {
    this.#monotonicMs += byMs;
  }

  settle(): Promise<void> {
    return this.#settle();
  }

  #next(untilMs: number): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.atMs <= untilMs && (first === undefined || timer.atMs < first.atMs)) first = timer;
    }
    return first;
  }
}

/** Some turns of the event loop: enough for chains of promises that wait for nothing outside. */
export async function turns(): Promise<void> {
  for (let turn = 0; turn < 4; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
