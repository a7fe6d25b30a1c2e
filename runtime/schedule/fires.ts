// From wall times to instants: the daylight-saving rule of schedule.ts, applied to stretches of constant offset.
//
// Inside a stretch wall time and instant differ by a constant, so that the wall clock's arithmetic carries over. The rule
// only touches a stretch's beginning: one fire more after a gap, a quiet while after an overlap. Fires are whole seconds,
// as offsets and changes of offset are. Nothing here may look at where a search began to decide whether something fires.

import type { WallClock } from './wall.js';
import type { OffsetChange, Stretch, Zone } from './zone.js';

export interface FireRule {
  readonly wall: WallClock;
  readonly zone: Zone;
  /** Repeated wall times fire both times. */
  readonly repeats: boolean;
  /** Wall times that a gap swallowed fire at its end. */
  readonly catchesGaps: boolean;
}

/** Fires by whole seconds in epoch milliseconds; ranges are [fromMs, toMs). */
export interface FireTimes {
  first(fromMs: number): number | null;
  last(fromMs: number, toMs: number): number | null;
  count(fromMs: number, toMs: number): number;
}

/** A stretch with what the rule says of its beginning. */
interface Lane {
  readonly startMs: number;
  readonly endMs: number;
  readonly offsetMs: number;
  /** From here on, matching wall times fire. */
  readonly openMs: number;
  /** The stretch's first instant is the fire of wall times in the gap before it. */
  readonly gapFire: boolean;
}

/** More than any zone is ahead of or behind UTC. */
const MAX_OFFSET_MS = 86_400_000;

export function createFireTimes(rule: FireRule): FireTimes {
  const { wall } = rule;
  const laneAt = (ms: number): Lane => layLane(rule, rule.zone.stretchAt(ms));
  return {
    first(fromMs) {
      let at = skipForward(wall, fromMs);
      while (at !== null) {
        const lane = laneAt(at);
        const fireMs = firstIn(wall, lane, at);
        if (fireMs !== null) return fireMs;
        at = skipForward(wall, lane.endMs);
      }
      return null;
    },

    last(fromMs, toMs) {
      let end = skipBack(wall, toMs);
      while (end !== null && end > fromMs) {
        const lane = laneAt(end - 1000);
        const fireMs = lastIn(wall, lane, end);
        if (fireMs !== null) return fireMs < fromMs ? null : fireMs;
        end = skipBack(wall, lane.startMs);
      }
      return null;
    },

    count(fromMs, toMs) {
      let total = 0;
      let at = skipForward(wall, fromMs);
      while (at !== null && at < toMs) {
        const lane = laneAt(at);
        total += countIn(wall, lane, { fromMs: at, toMs });
        at = skipForward(wall, lane.endMs);
      }
      return total;
    },
  };
}

function layLane({ wall, repeats, catchesGaps }: FireRule, { startMs, endMs, offsetMs, change }: Stretch): Lane {
  if (change === null) return { startMs, endMs, offsetMs, openMs: startMs, gapFire: false };
  const repeatedUntilMs = change.atMs + change.beforeMs - change.afterMs;
  const openMs = repeats ? startMs : Math.max(startMs, repeatedUntilMs);
  const gapFire = catchesGaps && change.atMs === startMs && swallowsFires(wall, change);
  return { startMs, endMs, offsetMs, openMs, gapFire };
}

/** Whether a gap holds matches while its end is none by itself. An overlap, whose end is before its start, holds none. */
function swallowsFires(wall: WallClock, { atMs, beforeMs, afterMs }: OffsetChange): boolean {
  const [gap, end] = [toSeconds(atMs + beforeMs), toSeconds(atMs + afterMs)];
  return wall.count(gap, end) > 0 && wall.atOrAfter(end) !== end;
}

/** Moves forward over time in which no clock on Earth shows a match; null when none ever will. */
function skipForward(wall: WallClock, ms: number): number | null {
  const match = wall.atOrAfter(toSeconds(ms - MAX_OFFSET_MS));
  return match === null ? null : Math.max(ms, match * 1000 - MAX_OFFSET_MS);
}

function skipBack(wall: WallClock, toMs: number): number | null {
  const match = wall.before(toSeconds(toMs + MAX_OFFSET_MS));
  return match === null ? null : Math.min(toMs, match * 1000 + MAX_OFFSET_MS + 1000);
}

/** The lane's first fire at or after fromMs, which lies in it. */
function firstIn(wall: WallClock, lane: Lane, fromMs: number): number | null {
  if (lane.gapFire && fromMs === lane.startMs) return fromMs;
  const match = wall.atOrAfter(toSeconds(Math.max(fromMs, lane.openMs) + lane.offsetMs));
  const fireMs = match === null ? lane.endMs : match * 1000 - lane.offsetMs;
  return fireMs < lane.endMs ? fireMs : null;
}

/** The lane's last fire before toMs, which is not beyond it. */
function lastIn(wall: WallClock, lane: Lane, toMs: number): number | null {
  const match = wall.before(toSeconds(toMs + lane.offsetMs));
  const fireMs = match === null ? null : match * 1000 - lane.offsetMs;
  if (fireMs !== null && fireMs >= lane.openMs) return fireMs;
  return lane.gapFire ? lane.startMs : null;
}

function countIn(wall: WallClock, lane: Lane, { fromMs, toMs }: { fromMs: number; toMs: number }): number {
  const gapFires = lane.gapFire && fromMs === lane.startMs ? 1 : 0;
  const from = toSeconds(Math.max(fromMs, lane.openMs) + lane.offsetMs);
  return gapFires + wall.count(from, toSeconds(Math.min(toMs, lane.endMs) + lane.offsetMs));
}

/** Whole seconds only ever come in; the division is exact. */
function toSeconds(ms: number): number {
  return ms / 1000;
}
