// Time that stands still until a test moves it: the clock of the runtime, of its timers and (through `nowMs`) of the
// database's SQL. What must hold: timers are called in the order of their times, each at exactly its time, and time
// moves on only when everything that a timer set in motion has come to rest: no statement is under way and no handler
// works. A handler that does not end is waited for so long (`patienceMs`, real time), then time goes on without it.
import type { Clock, Span } from '../clock.js';

/** A Monday, 2026-06-01T00:00:00Z: whole seconds, minutes, hours and days begin here. */
export const MONDAY_MS = Date.UTC(2026, 5, 1);

// Kept from the start: tests put false timers into the place of the true ones.
const { setImmediate: soon, setTimeout: later, clearTimeout: never } = globalThis;

interface Timer {
  readonly atMs: number;
  readonly callback: () => void;
}

export interface FakeClockOptions {
  /** Real time that a handler may take without an end. Default 0: some turns of the event loop. */
  readonly patienceMs?: number;
}

/** Turns of the event loop in which nothing may begin: enough for chains of promises that wait for nothing outside. */
const CALM_TURNS = 4;

export class FakeClock implements Clock {
  /** What the wall clock is ahead of the monotonic one; a test may change it: somebody sets the clock. */
  wallAheadMs: number;
  readonly #patienceMs: number;
  readonly #timers = new Set<Timer>();
  /** Handlers at work that are waited for. */
  readonly #handlers = new Set<object>();
  readonly #abandoned = new Set<object>();
  #statements = 0;
  #waiters: (() => void)[] = [];
  #monotonicMs = 0;
  readonly #leftOut: Span[] = [];

  constructor(startMs = MONDAY_MS, { patienceMs = 0 }: FakeClockOptions = {}) {
    this.wallAheadMs = startMs;
    this.#patienceMs = patienceMs;
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

  async during<T>(what: 'handler' | 'statement', work: () => T | Promise<T>): Promise<T> {
    const token = {};
    if (what === 'handler') this.#handlers.add(token);
    else this.#statements += 1;
    try {
      return await work();
    } finally {
      if (what === 'handler') this.#end(token);
      else this.#statements -= 1;
      for (const wake of this.#waiters.splice(0)) wake();
    }
  }

  /** How many handlers are at work that are not waited for any more. */
  get abandoned(): number {
    return this.#abandoned.size;
  }

  get leftOut(): readonly Span[] {
    return this.#leftOut;
  }

  /** No schedule names a fire from now until byMs from now, the end included. */
  leaveOut(byMs: number): void {
    const [fromMs, toMs] = [this.now(), this.now() + byMs];
    const last = this.#leftOut.at(-1);
    if (last !== undefined && last.toMs >= fromMs) this.#leftOut.splice(-1, 1, { fromMs: last.fromMs, toMs });
    else this.#leftOut.push({ fromMs, toMs });
  }

  /** How many timers are set. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Milliseconds until the next timer; undefined: none is set. */
  get nextTimerMs(): number | undefined {
    const next = this.#next(Number.POSITIVE_INFINITY);
    return next === undefined ? undefined : Math.max(0, next.atMs - this.#monotonicMs);
  }

  /** Lets time pass, timer by timer. */
  async advance(byMs: number): Promise<void> {
    const untilMs = this.#monotonicMs + byMs;
    await this.settle();
    for (let timer = this.#next(untilMs); timer !== undefined; timer = this.#next(untilMs)) {
      this.#timers.delete(timer);
      this.#monotonicMs = Math.max(timer.atMs, this.#monotonicMs); // an overdue one is called now, not in the past
      timer.callback();
      await this.settle();
    }
    this.#monotonicMs = untilMs;
  }

  /** Time passes and nobody is called: the machine slept, the loop was blocked. Timers that are due stay due. */
  jump(byMs: number): void {
    this.#monotonicMs += byMs;
  }

  /** Resolves when everything has come to rest, but for handlers that were waited for in vain. */
  async settle(): Promise<void> {
    for (let calm = 0; calm < CALM_TURNS; calm += 1) {
      await new Promise<void>((resolve) => soon(resolve));
      if (!this.#isCalm) calm = -1;
      while (!this.#isCalm) await this.#change();
    }
  }

  get #isCalm(): boolean {
    return this.#handlers.size === 0 && this.#statements === 0;
  }

  /** Until something ends; without any statement under way for so long at most. */
  async #change(): Promise<void> {
    const changed = new Promise<'changed'>((resolve) => this.#waiters.push(() => resolve('changed')));
    if (this.#statements > 0) return void (await changed);
    let timer: NodeJS.Timeout | undefined;
    const overdue = new Promise<'overdue'>((resolve) => {
      timer = later(resolve, this.#patienceMs, 'overdue');
    });
    if ((await Promise.race([changed, overdue])) === 'overdue') this.#abandon();
    never(timer);
  }

  #end(token: object): void {
    this.#handlers.delete(token);
    this.#abandoned.delete(token);
  }

  #abandon(): void {
    for (const token of this.#handlers) this.#abandoned.add(token);
    this.#handlers.clear();
  }

  #next(untilMs: number): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.atMs <= untilMs && (first === undefined || timer.atMs < first.atMs)) first = timer;
    }
    return first;
  }
}
