// The fire times of one schedule: a fixed set of instants, whoever asks, whenever, from wherever.
//
// The rule. A wall time that matches and exists once fires then. In a gap (the clock goes forward) all matching wall
// times that never exist fire together at the first instant after it, once even when that instant matches by
// itself; `gap: skip` drops them. In an overlap (the clock goes back) a repeated wall time fires the first time only when
// the hours are fixed (a number or a list), and both times when the hour field has a wildcard, a range or a step:
// those mean "every hour", and 0-23 may not differ from *. `overlap` overrides. Pure: no clock is read here.

import { CronError, parseCron } from './cron.js';
import { createFireTimes, type FireTimes } from './fires.js';
import { createWallClock } from './wall.js';
import { createZone, isTimezone, type Zone } from './zone.js';

export { isTimezone };

/** What happens to wall times that a change of the clock skips or repeats; `overlap: null` leaves it to the rule. */
export interface DstRule {
  readonly gap: 'next' | 'skip';
  readonly overlap: 'first' | 'both' | null;
}

export interface ScheduleOptions {
  readonly cron: string;
  readonly timezone: string;
  readonly dst: DstRule;
}

/** Fire times in epoch milliseconds, on whole seconds, in the years 1970 to 2099. Limits must be finite numbers. */
export interface Schedule {
  /** The first fire strictly after; null when none is left. */
  next(afterMs: number): number | null;
  /** The newest fire in (afterMs, upToMs]. */
  latest(afterMs: number, upToMs: number): number | null;
  /** How many fires lie in (afterMs, upToMs]; costs microseconds a year, however many they are. */
  count(afterMs: number, upToMs: number): number;
  /** The first of the newest `limit` (a positive integer, else RangeError) fires in (afterMs, upToMs]. */
  oldestOfNewest(limit: number, afterMs: number, upToMs: number): number | null;
}

/** Throws CronError for an expression, or a zone (offset and length are then the zone's own text), that is not valid. */
export function createSchedule(options: ScheduleOptions): Schedule {
  const expression = parseCron(options.cron);
  const zone = openZone(options.timezone);
  const repeats = options.dst.overlap === null ? expression.repeatsHours : options.dst.overlap === 'both';
  const catchesGaps = options.dst.gap === 'next';
  return fromFireTimes(createFireTimes({ wall: createWallClock(expression), zone, repeats, catchesGaps }));
}

/** The next `count` fires after an instant, fewer when the schedule ends. */
export function upcoming(schedule: Schedule, fromMs: number, count: number): number[] {
  const fires: number[] = [];
  for (let fire = schedule.next(fromMs); fire !== null && fires.length < count; fire = schedule.next(fire))
    fires.push(fire);
  return fires;
}

function openZone(name: string): Zone {
  if (isTimezone(name)) return createZone(name);
  throw new CronError(`timezone "${name}" is unknown`, {
    offset: 0,
    length: name.length,
    hint: 'use an IANA name such as Europe/Berlin or Asia/Shanghai, or UTC',
  });
}

function fromFireTimes(fires: FireTimes): Schedule {
  const next = (afterMs: number): number | null => {
    const fireMs = fires.first(secondAfter(afterMs));
    if (fireMs !== null && fireMs <= afterMs)
      throw new Error(`the fire ${fireMs} found after ${afterMs} is not after it`);
    return fireMs;
  };
  const latest = (afterMs: number, upToMs: number): number | null =>
    fires.last(secondAfter(afterMs), secondAfter(upToMs));
  const count = (afterMs: number, upToMs: number): number => fires.count(secondAfter(afterMs), secondAfter(upToMs));

  const oldestOfNewest = (limit: number, afterMs: number, upToMs: number): number | null => {
    if (!Number.isInteger(limit) || limit < 1) throw new RangeError(`limit must be a positive integer, not ${limit}`);
    const fromMs = reachBack({ limit, afterMs, upToMs, count });
    const fireMs = next(lastWithAtLeast({ limit, fromMs, upToMs, count }));
    return fireMs !== null && fireMs <= upToMs ? fireMs : null;
  };

  return { next, latest, count, oldestOfNewest };
}

/** The first whole second strictly after an instant. */
function secondAfter(ms: number): number {
  if (!Number.isFinite(ms)) throw new RangeError(`an instant must be a finite number of milliseconds, not ${ms}`);
  return (Math.floor(ms / 1000) + 1) * 1000;
}

interface NewestFires {
  readonly limit: number;
  readonly upToMs: number;
  readonly count: Schedule['count'];
}

/** An instant, not before afterMs, after which lie at least `limit` fires if there are so many: a long window of dense fires is not counted whole. */
function reachBack({ limit, afterMs, upToMs, count }: NewestFires & { afterMs: number }): number {
  let reachMs = 3_600_000;
  while (upToMs - reachMs > afterMs && count(upToMs - reachMs, upToMs) < limit) reachMs *= 8;
  return Math.max(afterMs, upToMs - reachMs);
}

/** The last instant after which `limit` fires still lie; fromMs when there are not more than that. */
function lastWithAtLeast({ limit, fromMs, upToMs, count }: NewestFires & { fromMs: number }): number {
  if (count(fromMs, upToMs) <= limit) return fromMs;
  let [low, high] = [Math.floor(fromMs), Math.ceil(upToMs)];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (count(middle, upToMs) >= limit) low = middle;
    else high = middle;
  }
  return low;
}
