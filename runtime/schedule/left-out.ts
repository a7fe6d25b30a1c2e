// A schedule with spans of time in which it has no fires: those that a test leapt over. Pure but for `spans`, which is read anew
// at every question: spans come to it, at its end. What must hold: for the fires that stay, every answer is what the
// schedule itself would say, and no answer costs more than the schedule's own, times the number of spans.
import type { Span } from '../clock.js';
import type { Schedule } from './schedule.js';

/** @param spans apart from each other, in their order, both ends included */
export function withoutSpans(schedule: Schedule, spans: () => readonly Span[]): Schedule {
  /** What is left of (afterMs, upToMs], the newest part first. */
  const parts = (afterMs: number, upToMs: number) => {
    let from = afterMs;
    const left: { readonly afterMs: number; readonly upToMs: number }[] = [];
    for (const { fromMs, toMs } of spans()) {
      if (toMs <= from || fromMs > upToMs) continue;
      if (fromMs - 1 > from) left.push({ afterMs: from, upToMs: fromMs - 1 });
      from = toMs;
    }
    if (from < upToMs) left.push({ afterMs: from, upToMs });
    return left.reverse();
  };
  const count = (afterMs: number, upToMs: number) =>
    parts(afterMs, upToMs).reduce((sum, part) => sum + schedule.count(part.afterMs, part.upToMs), 0);

  return {
    count,
    next(afterMs) {
      let fireMs = schedule.next(afterMs);
      for (const { fromMs, toMs } of spans()) {
        if (fireMs !== null && fireMs >= fromMs && fireMs <= toMs) fireMs = schedule.next(toMs);
      }
      return fireMs;
    },
    latest(afterMs, upToMs) {
      for (const part of parts(afterMs, upToMs)) {
        const fireMs = schedule.latest(part.afterMs, part.upToMs);
        if (fireMs !== null) return fireMs;
      }
      return null;
    },
    oldestOfNewest(limit, afterMs, upToMs) {
      let wanted = limit;
      let oldest: number | null = null;
      for (const part of parts(afterMs, upToMs)) {
        if (wanted <= 0) break;
        oldest = schedule.oldestOfNewest(wanted, part.afterMs, part.upToMs) ?? oldest;
        wanted -= schedule.count(part.afterMs, part.upToMs);
      }
      return oldest;
    },
  };
}
