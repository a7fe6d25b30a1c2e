// The judge of a process test of claims: reads the witness's log and the rows as they stand at the end, and says what is
// wrong: a row that nobody did, a row with two live workers (S8), a row that was done again without a reason.
// What excuses: a kill, a freeze, a database that was away, each as the harness logged it. It knows nothing of the
// project's code, and of its tables only what the application itself would look at.
import type { WitnessEvent } from './witness-events.js';

export interface ClaimPlan {
  readonly leaseMs: number;
  /** A stall shorter than lease − margin excuses nothing. */
  readonly marginMs: number;
  /** Every row that there was. */
  readonly rows: readonly number[];
  /** When an instance said by itself that its lease was over, as on a machine too busy for it: its settlements count for nothing then. */
  readonly lost?: readonly { readonly pid: number; readonly wallMs: number }[];
}

export interface ClaimVerdict {
  readonly violations: readonly string[];
  readonly tally: {
    readonly rows: number;
    readonly once: number;
    readonly again: number;
    readonly batches: number;
    readonly kills: number;
    readonly freezes: number;
    readonly outages: number;
  };
}

interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

/** One batch in one handler. */
interface Work extends Span {
  readonly pid: number;
  readonly rows: readonly number[];
  readonly outcome: 'returned' | 'threw' | 'killed' | 'unknown';
}

export function checkClaims(events: readonly WitnessEvent[], plan: ClaimPlan): ClaimVerdict {
  const works = worksOf(events);
  const byRow = new Map<number, Work[]>(plan.rows.map((row) => [row, []]));
  for (const work of works) for (const row of work.rows) byRow.get(row)?.push(work);
  const excuses = excusesOf(events, plan);
  const violations = [...byRow].flatMap(([row, of]) => judgeRow(row, of, excuses));
  const counts = [...byRow.values()].map((of) => of.length);
  const count = (event: string) => events.filter((one) => one.event === event).length;
  const tally = {
    ...{ rows: byRow.size, once: counts.filter((n) => n === 1).length, again: counts.filter((n) => n > 1).length },
    ...{ batches: works.length, kills: count('KILL'), freezes: count('STOP'), outages: count('FAULT') },
  };
  return { violations, tally };
}

function worksOf(events: readonly WitnessEvent[]): readonly Work[] {
  const open = new Map<string, Extract<WitnessEvent, { event: 'ROWS_START' }>>();
  const works: Work[] = [];
  const close = (batch: string, toMs: number, outcome: Work['outcome']) => {
    const start = open.get(batch);
    if (start !== undefined) works.push({ pid: start.pid, rows: start.rows, fromMs: start.atMs, toMs, outcome });
    open.delete(batch);
  };
  for (const event of events) {
    if (event.event === 'ROWS_START') open.set(event.batch, event);
    if (event.event === 'ROWS_END') close(event.batch, event.atMs, event.outcome);
    if (event.event === 'KILL' || event.event === 'EXIT')
      for (const { batch, pid } of [...open.values()]) if (pid === event.pid) close(batch, event.atMs, 'killed');
  }
  const endMs = events.at(-1)?.atMs ?? 0;
  for (const { batch } of [...open.values()]) close(batch, endMs, 'unknown');
  return works.sort((a, b) => a.fromMs - b.fromMs);
}

interface Excuses {
  /** The process stood still for so long that its lease could end. */
  frozen(work: Work): boolean;
  /** Its settlement may not have come through: it was killed or frozen, or the database was away. */
  unsettled(work: Work): boolean;
}

function excusesOf(events: readonly WitnessEvent[], { leaseMs, marginMs, lost = [] }: ClaimPlan): Excuses {
  const [first] = events;
  const losses = lost.map(({ pid, wallMs }) => ({ pid, atMs: wallMs - (first?.wallMs ?? 0) + (first?.atMs ?? 0) }));
  const stops = spans(events, 'STOP', 'CONT').filter(({ fromMs, toMs }) => toMs - fromMs >= leaseMs - marginMs);
  const outages = spans(events, 'FAULT', 'HEAL');
  const kills = events.flatMap((event) => (event.event === 'KILL' ? [{ pid: event.pid, atMs: event.atMs }] : []));
  const frozen = ({ pid, fromMs, toMs }: Work) =>
    stops.some((stop) => stop.pid === pid && stop.fromMs <= toMs + leaseMs && stop.toMs >= fromMs);
  return {
    frozen,
    unsettled: (work) =>
      frozen(work) ||
      [...kills, ...losses].some(
        ({ pid, atMs }) => pid === work.pid && atMs >= work.fromMs && atMs <= work.toMs + leaseMs,
      ) ||
      outages.some(({ fromMs, toMs }) => fromMs <= work.toMs + leaseMs && toMs + leaseMs >= work.fromMs),
  };
}

function spans(
  events: readonly WitnessEvent[],
  from: string,
  to: string,
): (Span & { readonly pid: number | undefined })[] {
  const pidOf = (event: WitnessEvent) => ('pid' in event ? event.pid : undefined);
  return events.flatMap((event, at) => {
    if (event.event !== from) return [];
    const end = events.slice(at).find((other) => other.event === to && pidOf(other) === pidOf(event));
    return [{ pid: pidOf(event), fromMs: event.atMs, toMs: end?.atMs ?? Number.POSITIVE_INFINITY }];
  });
}

function judgeRow(row: number, works: readonly Work[], { frozen, unsettled }: Excuses): string[] {
  if (!works.some(({ outcome }) => outcome === 'returned')) return [`row ${row} was never done`];
  return works.slice(1).flatMap((later, at) => {
    const earlier = works.slice(0, at + 1);
    const beside = earlier.find((work) => work.toMs > later.fromMs && !frozen(work));
    if (beside !== undefined) return [`S8: row ${row} had two live workers, ${beside.pid} and ${later.pid}`];
    const settled = earlier.find((work) => work.outcome === 'returned' && !unsettled(work));
    return settled === undefined ? [] : [`row ${row} was done by ${settled.pid}, and again by ${later.pid}`];
  });
}
