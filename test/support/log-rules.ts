// What must be true of job_info and job_log at any moment, whatever happened: the invariants S1, S2, S6 and S7 of
// docs/protocol.md as far as these two tables can break them, and that `due_at` says what the rest of its row says.
// A list of sentences; empty when all is well. These rules look at rows only: they call nothing of the runtime.
import type { JobRow } from '../../runtime/lock/row.js';
import type { Outcome } from '../../runtime/types.js';

/** A row of job_info. */
export type InfoRow = Omit<JobRow, 'owner_alive' | 'now_ms'> & {
  readonly due_at: number | null;
  readonly cron: string | null;
  readonly def_config: string;
  readonly guards: number;
  readonly last_outcome: string | null;
  readonly last_finished_at: number | null;
  readonly last_duration_ms: number | null;
  readonly last_error: string | null;
  readonly failures_in_a_row: number;
};

/** A row of job_log. */
export interface LogLine {
  readonly id: string;
  readonly job_name: string;
  readonly manual: 0 | 1;
  readonly fire_at: number;
  readonly slot: string;
  readonly attempt: number;
  readonly kind: string;
  readonly fence: number;
  readonly owner: string | null;
  readonly outcome: Outcome;
  readonly started_at: number;
  readonly finished_at: number | null;
  readonly duration_ms: number | null;
  readonly error_name: string | null;
  readonly error_message: string | null;
  readonly missed_count: number | null;
  readonly note: string | null;
}

export interface Rows {
  readonly info: readonly InfoRow[];
  readonly log: readonly LogLine[];
  readonly nowMs: number;
}

/** Sentences, each beginning with the name of its rule. */
export function brokenRules({ info, log, nowMs }: Rows): string[] {
  const fires = groups(log, ({ job_name, manual, fire_at, slot }) => [job_name, manual, fire_at, slot].join(' '));
  return [
    ...[...fires.values()].flatMap(servedOnce),
    ...[...groups(log.filter(isSingleRun), ({ job_name }) => job_name).values()].flatMap(fencesRise),
    ...log.flatMap(endedOnce),
    ...info.flatMap((row) => holderAgrees(row, log)),
    ...info.flatMap((row) => dueAgrees(row, nowMs)),
  ];
}

/**
 * S1: attempts count from 1, and another one follows only a failed one (with a higher fence if it was handed over while it
 * waited), or a lost or cancelled one (always with a higher fence).
 */
function servedOnce(lines: readonly LogLine[]): string[] {
  const runs = lines.filter(({ attempt }) => attempt > 0).sort((a, b) => a.attempt - b.attempt);
  const decided = lines.filter(({ attempt, note }) => attempt === 0 && note !== 'duplicate');
  const both = decided.length > 0 && runs.length > 0 ? [`S1: ${told(runs[0])} ran and was ${decided[0]?.outcome}`] : [];
  const repeated = runs.slice(1).flatMap((run, at) => {
    const before = runs[at];
    if (before === undefined) return [];
    if (run.attempt !== before.attempt + 1) return [`S6: ${told(run)} follows attempt ${before.attempt}`];
    const retried = before.outcome === 'failed' && run.fence >= before.fence;
    const rerun = ['lost', 'cancelled'].includes(before.outcome) && run.fence > before.fence;
    return retried || rerun ? [] : [`S1: ${told(run)} follows one that was ${before.outcome}`];
  });
  return [...both, ...repeated];
}

/** S2: a fence belongs to one fire, and a later start has a higher one. */
function fencesRise(lines: readonly LogLine[]): string[] {
  const byFence = [...lines].sort((a, b) => a.fence - b.fence || a.attempt - b.attempt);
  return byFence.slice(1).flatMap((line, at) => {
    const before = byFence[at];
    if (before === undefined) return [];
    const same = line.fire_at === before.fire_at && line.manual === before.manual;
    if (line.fence === before.fence) return same ? [] : [`S2: ${told(line)} shares its fence with ${told(before)}`];
    return line.started_at >= before.started_at
      ? []
      : [`S2: ${told(line)} started before ${told(before)} of a lower fence`];
  });
}

/** S7: what is over says when, what is not says nothing. */
function endedOnce(line: LogLine): string[] {
  const over = line.outcome !== 'running';
  return over === (line.finished_at !== null)
    ? []
    : [`S7: ${told(line)} is ${line.outcome}, finished at ${line.finished_at}`];
}

function holderAgrees(row: InfoRow, log: readonly LogLine[]): string[] {
  const running = log.filter((line) => line.job_name === row.name && line.slot === '' && line.outcome === 'running');
  if (row.status === 'RUNNING') {
    const named = running.length === 1 && running[0]?.id === row.run_log_id && running[0]?.fence === row.fence;
    const whole = row.owner !== null && row.acq_id !== null && row.run_fire_at !== null && row.run_attempt !== null;
    return named && whole ? [] : [`S7: ${row.name} is RUNNING, and ${running.length} rows of its log say so`];
  }
  const left = [row.owner, row.acq_id, row.run_fire_at, row.run_log_id, row.run_attempt, row.deadline_at].some(
    (value) => value !== null,
  );
  return left || running.length > 0 ? [`S7: ${row.name} is IDLE with remains of a run`] : [];
}

/** A due read finds a row by due_at alone: a wrong one is a job that never fires, or a statement at each tick for nothing. */
function dueAgrees(row: InfoRow, nowMs: number): string[] {
  if (row.status === 'RUNNING') {
    const held = row.retired ? null : [row.deadline_at, row.paused ? null : row.next_fire_at];
    const fits = held === null ? row.due_at === null : [earliest(held), row.deadline_at].includes(row.due_at);
    return fits ? [] : [`due: ${row.name} RUNNING is due at ${row.due_at}`];
  }
  const triggered = row.trigger_at !== null && (!row.paused || (row.trigger_forced && row.rerun_fire_at === null));
  if (row.retired || (row.paused && !triggered))
    return row.due_at === null ? [] : [`due: ${row.name} waits for nothing and is due`];
  const waiting = triggered || row.rerun_fire_at !== null || row.queued_fire_at !== null;
  const fits = waiting ? row.due_at !== null && row.due_at <= nowMs : row.due_at === row.next_fire_at;
  return fits ? [] : [`due: ${row.name} is due at ${row.due_at}, its next fire is ${row.next_fire_at}`];
}

function earliest(times: readonly (number | null)[]): number | null {
  const known = times.filter((time) => time !== null);
  return known.length === 0 ? null : Math.min(...known);
}

function isSingleRun({ attempt, slot }: LogLine): boolean {
  return attempt > 0 && slot === '';
}

function told(line: LogLine | undefined): string {
  return line === undefined ? 'nothing' : `${line.job_name}@${line.fire_at} attempt ${line.attempt}`;
}

function groups<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const all = new Map<string, T[]>();
  for (const item of items) {
    const group = all.get(keyOf(item)) ?? [];
    all.set(keyOf(item), group);
    group.push(item);
  }
  return all;
}
