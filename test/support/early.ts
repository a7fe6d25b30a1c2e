// S5, which alone needs the database's clock: what the harness did to it is in the witness's log.
import { eventsOf, type History } from './history.js';
import type { Violation } from './safety.js';

/**
 * S5: no start before its fire time by the database's clock. What was due before a backward step of that clock may be
 * caught up or run again after it, and what was acquired just before it may start just after it.
 */
export function neverEarly(history: History): Violation[] {
  const clocks = eventsOf(history.events, 'DATABASE_CLOCK');
  return history.runs.flatMap(({ start }) => {
    const before = clocks.filter(({ n }) => n < start.n);
    const clock = before.at(-1);
    const nowMs = start.wallMs + (clock?.offsetMs ?? 0);
    const fresh = clock !== undefined && start.atMs - clock.atMs < history.plan.abortMs;
    const latestMs = start.kind === 'cron' && !fresh ? nowMs : Math.max(nowMs, ...readingsAtSteps(before));
    const earlyMs = start.fireTimeMs - latestMs;
    if (earlyMs <= history.plan.toleranceMs) return [];
    const message = `${start.job}@${start.fireTimeMs} started ${Math.round(earlyMs)} ms early`;
    return [{ invariant: 'S5', message, slice: clock ? [clock, start] : [start] }];
  });
}

/** What the database's clock showed at each of its steps, just before it. */
function readingsAtSteps(steps: readonly { readonly wallMs: number; readonly offsetMs: number }[]): number[] {
  return steps.map(({ wallMs }, index) => wallMs + (steps[index - 1]?.offsetMs ?? 0));
}
