// The judge of a process test: reads a witness's log once and says which invariants of docs/protocol.md it breaks, each with
// the fewest lines that show it; and how much happened at all, so that a test can refuse to pass on nothing.
// It knows nothing of the project's code, tables or SQL, and must stay so.
import { neverEarly } from './early.js';
import { eventsOf, type History, historyOf } from './history.js';
import { deadOwnersRecovered, everyFireAccounted, stopsClean, ticksResume } from './liveness.js';
import {
  attemptsBounded,
  effectsFenced,
  fencesIncrease,
  holdersAlone,
  oneTerminalState,
  overlapping,
  startsOnce,
  type Violation,
} from './safety.js';
import type { WitnessEvent } from './witness-events.js';

export interface Tally {
  readonly starts: number;
  /** Different fires of jobs that run on one instance at a time. */
  readonly fires: number;
  readonly kills: number;
  /** Kills that ended a handler. */
  readonly killsInRun: number;
  readonly freezes: number;
  readonly faults: number;
  /** Overlaps that a long stall excused. */
  readonly zombies: number;
  readonly effectsRejected: number;
}

export interface Verdict {
  readonly violations: readonly Violation[];
  readonly tally: Tally;
}

const INVARIANTS: readonly ((history: History) => Violation[])[] = [
  startsOnce,
  fencesIncrease,
  holdersAlone,
  effectsFenced,
  neverEarly,
  attemptsBounded,
  oneTerminalState,
  everyFireAccounted,
  deadOwnersRecovered,
  ticksResume,
  stopsClean,
];

/** S1–S7, L1, L2, L4, L5 over a whole log. @throws when the log has no PLAN. */
export function checkLog(events: readonly WitnessEvent[]): Verdict {
  const history = historyOf(events);
  return { violations: INVARIANTS.flatMap((invariant) => invariant(history)), tally: tallyOf(history) };
}

/** For an assertion's message: at most `limit` violations, each with its slice of the log. */
export function describeViolations(violations: readonly Violation[], limit = 5): string {
  const shown = violations
    .slice(0, limit)
    .flatMap(({ invariant, message, slice }) => [
      `${invariant}: ${message}`,
      ...[...slice].sort((a, b) => a.n - b.n).map((event) => `    ${JSON.stringify(event)}`),
    ]);
  const rest = violations.length - limit;
  return [...shown, ...(rest > 0 ? [`… and ${rest} more`] : [])].join('\n');
}

function tallyOf(history: History): Tally {
  const { events, runs } = history;
  const kills = eventsOf(events, 'KILL');
  const single = runs.filter(({ plan }) => plan.single);
  const killed = ({ start, liveUntilMs, ends }: (typeof runs)[number]) =>
    ends.length === 0 && kills.some(({ pid, atMs }) => pid === start.pid && atMs === liveUntilMs);
  return {
    starts: runs.length,
    fires: new Set(single.map(({ start }) => `${start.job} ${start.key}`)).size,
    kills: kills.length,
    killsInRun: runs.filter(killed).length,
    freezes: eventsOf(events, 'STOP').length,
    faults: eventsOf(events, 'FAULT').length,
    zombies: overlapping(history).length,
    effectsRejected: eventsOf(events, 'EFFECT').filter(({ accepted }) => !accepted).length,
  };
}
