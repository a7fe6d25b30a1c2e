// One line of the live display: what happened to one fire, here or elsewhere. Pure: from events and rows of job_log to
// words, from words to text.
import type { LogEntry } from '../../runtime/admin.js';
import { tellRows } from '../../runtime/claim/counts.js';
import { DalJobError } from '../../runtime/errors.js';
import type { AppEvents, FireEvent, Outcome } from '../../runtime/types.js';
import { clockTime, duration, oneLine, paint, type Style, styleOf } from '../format.js';
import { why } from '../logs.js';

export interface Row {
  readonly atMs: number;
  readonly job: string;
  readonly mark: string;
  readonly word: string;
  readonly style: Style;
  readonly tookMs: number | null;
  /** Where it ran; null for what concerns no instance. */
  readonly where: string | null;
  /** This instance's own: in full colour, the others' are dim. */
  readonly own: boolean;
  readonly detail: string;
}

export interface Widths {
  readonly job: number;
  readonly where: number;
}

const WORD_WIDTH = 9;
const TOOK_WIDTH = 8;

const MARKS: Readonly<Record<Outcome | 'retrying' | 'queued', string>> = {
  running: '▸',
  succeeded: '✓',
  failed: '✗',
  timed_out: '✗',
  cancelled: '✗',
  lost: '✗',
  retrying: '↻',
  skipped: '–',
  missed: '–',
  queued: '…',
  requeued: '↻',
  discarded: '–',
};

export function heading({ job, where }: Widths): string {
  const outcome = '  OUTCOME'.padEnd(WORD_WIDTH + 2);
  return `TIME UTC  ${'JOB'.padEnd(job)}  ${outcome}  ${'TOOK'.padStart(TOOK_WIDTH)}  ${'  WHERE'.padEnd(where + 2)}  WHAT`.trimEnd();
}

/** Columns before WHAT. */
export function detailColumn(widths: Widths): number {
  return heading(widths).lastIndexOf('WHAT');
}

export function format(row: Row, widths: Widths, color: boolean): string {
  const { atMs, job, mark, word, style, tookMs, where, own, detail } = row;
  const place = where === null ? '' : `${own ? '●' : '○'} ${where}`;
  const took = tookMs === null ? '' : duration(tookMs);
  const columns = [
    paint(clockTime(atMs), 'dim', color && own),
    job.padEnd(widths.job),
    paint(`${mark} ${word.padEnd(WORD_WIDTH)}`, own ? style : undefined, color),
    took.padStart(TOOK_WIDTH),
    paint(place.padEnd(widths.where + 2), own ? 'cyan' : undefined, color),
    detail,
  ];
  const line = columns.join('  ').trimEnd();
  return own ? line : paint(line, 'dim', color);
}

export function rowOfOutcome(outcome: Outcome | 'retrying' | 'queued'): Pick<Row, 'mark' | 'word' | 'style'> {
  const style = outcome === 'retrying' || outcome === 'queued' ? 'yellow' : styleOf(outcome);
  return { mark: MARKS[outcome], word: outcome.replace('_', ' '), style };
}

/** A run of this instance that ended. */
export function finishedRow(d: AppEvents['run.finished'], at: { atMs: number; where: string; said: string }): Row {
  const tries =
    d.attempt > 1 ? [d.outcome === 'succeeded' ? `at attempt ${d.attempt}` : `after ${d.attempt} attempts`] : [];
  const error = d.outcome === 'succeeded' ? [] : [describe(d.error)];
  const manual = d.kind === 'cron' ? [] : [d.kind];
  const rows = d.rows === undefined ? null : tellRows(d.rows);
  const words = [...manual, ...tries, ...error, ...(rows === null ? [] : [rows]), ...(at.said === '' ? [] : [at.said])];
  const detail = oneLine(words.join(', '));
  const { atMs, where } = at;
  return { ...rowOfOutcome(d.outcome), atMs, where, job: d.job, tookMs: d.durationMs, own: true, detail };
}

export function retryingRow(d: AppEvents['run.retrying'], at: { atMs: number; where: string }): Row {
  const detail = oneLine(`${unended(describe(d.error))}; ${nextAttempt(d.attempt, d.delayMs)}`);
  return { ...rowOfOutcome('retrying'), ...at, job: d.job, tookMs: null, own: true, detail };
}

/** What one of the three events of a recorded call tells. */
export type CallNews = AppEvents['call.succeeded'] & { readonly error?: unknown; readonly delayMs?: number };

/** A recorded call, as its instance tells of it. */
export function callRow(
  word: 'succeeded' | 'retrying' | 'failed',
  d: CallNews,
  { said, ...at }: { atMs: number; where: string; said: string },
): Row {
  const again = word === 'retrying' ? [nextAttempt(d.attempt, d.delayMs ?? 0)] : [];
  const tries =
    word === 'retrying' || d.attempt < 2 ? [] : [`${word === 'succeeded' ? 'at' : 'after'} attempt ${d.attempt}`];
  const error = d.error === undefined ? [] : [unended(word === 'retrying' ? expected(d.error) : describe(d.error))];
  const detail = oneLine([...tries, ...error, ...again, ...(said === '' ? [] : [said])].join('; '));
  return { ...rowOfOutcome(word), ...at, job: callName(d), tookMs: null, own: true, detail };
}

function nextAttempt(attempt: number, delayMs: number): string {
  return `attempt ${attempt + 1} ${delayMs === 0 ? 'now' : `in ${duration(delayMs)}`}`;
}

/** Words that others follow. */
function unended(text: string): string {
  return text.replace(/\.$/, '');
}

export function callName({ service, method }: { readonly service: string; readonly method: string }): string {
  return `${service}.${method}`;
}

/** A fire that no run serves. */
export function fireRow(word: 'skipped' | 'missed' | 'queued', d: FireEvent, atMs: number): Row {
  const fires = d.count > 1 ? `${d.count} fires up to ${clockTime(d.fireMs)}` : `the fire of ${clockTime(d.fireMs)}`;
  const detail = oneLine(d.note === null ? fires : `${fires}: ${d.note}`);
  return { ...rowOfOutcome(word), atMs, where: null, job: d.job, tookMs: null, own: true, detail };
}

/** A row of job_log that another instance wrote. */
export function elsewhereRow(entry: LogEntry, where: string): Row {
  const { jobName, outcome, attempt, durationMs, kind } = entry;
  const isDecision = attempt === 0;
  const words = [...(kind === 'cron' ? [] : [kind]), ...(attempt > 1 ? [`attempt ${attempt}`] : []), why(entry)];
  return {
    ...rowOfOutcome(outcome),
    atMs: entry.finishedAt ?? entry.startedAt,
    job: jobName,
    tookMs: isDecision ? null : durationMs,
    where,
    own: false,
    detail: words.filter((word) => word !== '').join(', '),
  };
}

/** Name and message of anything thrown, and the user's own line that threw it. */
export function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const place = ownLine(error.stack ?? '');
  const expected = error.name === 'BizRetryNeedError' || 'code' in error;
  return `${error.name}: ${error.message}${place === null || expected ? '' : ` (${place})`}`;
}

/** An error that is worth another try: where it was thrown is of no interest. */
function expected(error: unknown): string {
  if (error instanceof DalJobError && error.code === 'DJ6010') return 'not done yet, says its companion';
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}

function ownLine(stack: string): string | null {
  const frame = /(?:file:\/\/)?(\/[^\s()]*?\/)?(handlers\/[^\s():]+:\d+):\d+/.exec(stack);
  return frame?.[2] ?? null;
}
