// Whether the database answers, as the tick loop sees it: told once when it stops and once when it is back, and how long
// to wait between tries. What must hold: 250 ms doubling to 2 s, with jitter, so that ticks resume within seconds of the
// database's return and instances do not come back together.
import type { Clock } from '../clock.js';
import type { Events } from './events.js';

const FIRST_BACKOFF_MS = 250;
const LONGEST_BACKOFF_MS = 2_000;

export class Outage {
  readonly #clock: Clock;
  readonly #events: Events;
  #down: { readonly sinceMs: number; readonly backoffMs: number } | null = null;

  constructor(clock: Clock, events: Events) {
    this.#clock = clock;
    this.#events = events;
  }

  /** A tick went through. */
  isUp(): void {
    if (this.#down === null) return;
    this.#events.emit('database.up', { downMs: Math.round(this.#clock.monotonic() - this.#down.sinceMs) });
    this.#down = null;
  }

  /** A tick failed; how long to wait for the next, in milliseconds. */
  isDown(error: unknown): number {
    if (this.#down === null)
      this.#events.emit('database.down', { error: error instanceof Error ? error : new Error(String(error)) });
    const backoffMs = Math.min((this.#down?.backoffMs ?? FIRST_BACKOFF_MS / 2) * 2, LONGEST_BACKOFF_MS);
    this.#down = { sinceMs: this.#down?.sinceMs ?? this.#clock.monotonic(), backoffMs };
    return backoffMs * (0.5 + Math.random() / 2);
  }
}
